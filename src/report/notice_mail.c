/*
 * Notices as messages: from <> (notice_sending.c), marked so that no program answers (RFC 3834 5), and so that no policy of the very
 * peer whose TLS is at fault keeps them from it (RFC 8689 5). Encrypted they are nevertheless.
 */
#include "report/notice_mail.h"

#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "mail/date.h"
#include "policy/tlsrpt.h"
#include "report/field.h"
#include "report/notice_text.h"
#include "report/notice_value.h"
#include "report/notice_xarf.h"
#include "report/quoted.h"
#include "report/signed.h"

#define VALUE_OCTETS 1024

static bool
token_is_good(const char *token)
{
	return token != NULL && strlen(token) == STOP_TOKEN && strspn(token, "0123456789abcdef") == STOP_TOKEN;
}

/* All that becomes part of the header: of the configuration, of the DNS, of our own. Returns NULL, or what is not good. */
static const char *
refuse(const struct notice_letter *letter, const struct conf_report *conf)
{
	char stop[NOTICE_STOP_OCTETS];

	if (letter->count == 0)
		return "there is nothing to tell of";
	if (!tlsrpt_address_is_valid(span_of(conf->notices_from)))
		return "the address that notices are from is no plain address";
	if (!tlsrpt_address_is_valid(letter->to))
		return "the contact is no plain address";
	if (!tlsrpt_domain_is_valid(span_of(conf->hostname)))
		return "this host's name is no name in A-labels";
	if (span_of(conf->notices_stop).length == 0)
		return NULL;
	if (!token_is_good(letter->token) || !notice_value_stop(letter, conf, stop) || !tlsrpt_address_is_valid(span_of(stop)))
		return "the address that stops notices is no plain address";
	return NULL;
}

/* --- the header --- */

static const char *
write_subject(struct buf *out, const struct notice_letter *letter, const struct conf_report *conf)
{
	struct buf subject, quoted;
	const char *why;

	buf_init(&subject, VALUE_OCTETS);
	buf_init(&quoted, 4 * VALUE_OCTETS);
	why = notice_write_subject(&subject, letter, conf);
	if (why == NULL) {
		quoted_words(&quoted, buf_span(&subject));
		field_write(out, "Subject", buf_span(&quoted));
	}
	buf_clear(&subject);
	buf_clear(&quoted);
	return why;
}

static const char *
write_header(struct buf *out, const struct notice_letter *letter, const struct conf_report *conf, const char *boundary)
{
	char date[DATE_TEXT], id[MID_TEXT], stop[NOTICE_STOP_OCTETS], value[VALUE_OCTETS];
	const char *why;

	snprintf(value, sizeof(value), "Mail relay <%s>", conf->notices_from);
	field_write(out, "From", span_of(value));
	snprintf(value, sizeof(value), "<%.*s>", SPAN_ARG(letter->to));
	field_write(out, "To", span_of(value));
	why = write_subject(out, letter, conf);
	field_write(out, "Date", span_of(date_format(letter->now_s, date)));
	snprintf(value, sizeof(value), "<%s@%s>", mid_format(letter->mid, id), conf->hostname);
	field_write(out, "Message-ID", span_of(value));
	/* No program is to answer: by the standard, and in the words of one that has its own (RFC 3834 5; [MS-OXCMAIL] 2.2.3.2.14). */
	field_line(out, "Auto-Submitted: auto-generated");
	field_line(out, "X-Auto-Response-Suppress: All");
	field_line(out, "TLS-Required: No");
	if (notice_value_stop(letter, conf, stop)) {
		snprintf(value, sizeof(value), "<mailto:%s>", stop);
		field_write(out, "List-Unsubscribe", span_of(value));
	}
	field_line(out, "MIME-Version: 1.0");
	snprintf(value, sizeof(value), "Content-Type: multipart/mixed;\r\n boundary=\"%s\"", boundary);
	field_line(out, value);
	return why;
}

/* --- the parts --- */

static const char *
write_words(struct buf *out, const struct notice_letter *letter, const struct conf_report *conf)
{
	const char *why;
	struct buf text;

	field_line(out, "Content-Type: text/plain; charset=utf-8");
	field_line(out, "Content-Transfer-Encoding: quoted-printable");
	field_line(out, "");
	buf_init(&text, NOTICE_TEXT_OCTETS);
	why = notice_write_text(&text, letter, conf, false);
	quoted_printable(out, buf_span(&text));
	buf_clear(&text);
	return why;
}

static const char *
write_body(struct buf *out, const struct notice_letter *letter, const struct conf_report *conf, const char *boundary)
{
	struct buf xarf;
	const char *why;

	field_boundary(out, boundary, "");
	why = write_words(out, letter, conf);
	field_line(out, "");
	field_boundary(out, boundary, "");
	field_line(out, "Content-Type: application/json");
	field_line(out, "Content-Transfer-Encoding: 7bit");
	field_line(out, "Content-Disposition: attachment; filename=\"xarf.json\"");
	field_line(out, "");
	buf_init(&xarf, NOTICE_XARF_OCTETS);
	if (!notice_xarf_write(&xarf, letter, conf) && why == NULL)
		why = "it is larger for programs than there is room for";
	put_raw(out, buf_span(&xarf).data, buf_length(&xarf));
	buf_clear(&xarf);
	field_line(out, "");
	field_boundary(out, boundary, "--");
	return why;
}

static const char *
add_all(struct buf *out, struct span signatures, struct span header, struct span body)
{
	if (signatures.length + header.length + 2 + body.length > NOTICE_MAIL_OCTETS)
		return "it is larger than notices may be";
	if (!buf_add(out, signatures) || !buf_add(out, header) || !buf_add(out, SPAN("\r\n")) || !buf_add(out, body))
		return "there is no room for it";
	return NULL;
}

const char *
notice_compose(struct buf *out, const struct notice_letter *letter, const struct conf_report *conf)
{
	const char *why = refuse(letter, conf);
	struct buf signatures, header, body;
	char boundary[FIELD_BOUNDARY];

	if (why != NULL)
		return why;
	field_boundary_make(boundary);
	buf_init(&signatures, SIGNED_OCTETS);
	buf_init(&header, NOTICE_MAIL_OCTETS);
	buf_init(&body, 4 * NOTICE_MAIL_OCTETS);
	why = write_header(&header, letter, conf, boundary);
	if (why == NULL)
		why = write_body(&body, letter, conf, boundary);
	if (why == NULL)
		why = signed_make(&signatures, conf, buf_span(&header), buf_span(&body), letter->now_s);
	if (why == NULL)
		why = add_all(out, buf_span(&signatures), buf_span(&header), buf_span(&body));
	buf_clear(&signatures);
	buf_clear(&header);
	buf_clear(&body);
	return why;
}
