/* Reports on TLS as messages (RFC 8460 5.3, RFC 6522). What peers said is in the attachment, and in words only behind field_text(). */
#include "report/tlsrpt_mail.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "mail/date.h"
#include "policy/reason.h"
#include "policy/tlsrpt.h"
#include "report/field.h"

#define SHOWN_FAILURES 3
#define SHOWN_POLICIES 6
#define SHOWN_NAME 60			/* octets of a name in a line */
#define SHOWN_SENTENCE 480		/* octets of a paragraph */
#define LINE_IN 57			/* octets that make a base64 line of 76 */
#define SMALL_CEILING (64u * 1024)	/* of all but the attachment */

/* Is there anything about it that a header or a parameter could not hold? */
static bool
is_good(const struct tlsrpt_mail *mail)
{
	return tlsrpt_json_refuse(mail->report) == NULL && tlsrpt_address_is_valid(mail->to) &&
	    tlsrpt_domain_is_valid(span_of(mail->hostname));
}

void
tlsrpt_mail_begin(struct tlsrpt_mail *mail)
{
	field_boundary_make(mail->boundary);
}

char *
tlsrpt_mail_filename(const struct tlsrpt_report *report, char out[TLSRPT_FILENAME])
{
	struct span submitter = tlsrpt_json_submitter(report);

	snprintf(out, TLSRPT_FILENAME, "%.*s!%.*s!%lld!%lld%s%.*s.json.gz", SPAN_ARG(submitter), SPAN_ARG(report->domain),
	    (long long)report->begin_s, (long long)report->end_s, report->part.length > 0 ? "!" : "", SPAN_ARG(report->part));
	return out;
}

/* --- the header --- */

/* The literal words, letter for letter, and folded only between words (5.3). */
static void
write_subject(struct buf *out, const struct tlsrpt_report *report)
{
	struct span submitter = tlsrpt_json_submitter(report);
	char value[2048];

	snprintf(value, sizeof(value), "Report Domain: %.*s Submitter: %.*s Report-ID: <%.*s@%.*s>", SPAN_ARG(report->domain),
	    SPAN_ARG(submitter), SPAN_ARG(report->id), SPAN_ARG(submitter));
	field_write(out, "Subject", span_of(value));
}

static void
write_header(struct buf *out, const struct tlsrpt_mail *mail)
{
	const struct tlsrpt_report *report = mail->report;
	char date[DATE_TEXT], id[MID_TEXT], value[700];

	snprintf(value, sizeof(value), "TLS reports <%.*s>", SPAN_ARG(report->contact));
	field_write(out, "From", span_of(value));
	snprintf(value, sizeof(value), "<%.*s>", SPAN_ARG(mail->to));
	field_write(out, "To", span_of(value));
	write_subject(out, report);
	field_write(out, "Date", span_of(date_format(mail->now_s, date)));
	snprintf(value, sizeof(value), "<%s@%s>", mid_format(mail->mid, id), mail->hostname);
	field_write(out, "Message-ID", span_of(value));
	field_write(out, "TLS-Report-Domain", report->domain);
	field_write(out, "TLS-Report-Submitter", tlsrpt_json_submitter(report));
	/* Nobody is to answer by machine (RFC 3834 5), and no policy of the recipient's stops it (RFC 8460 3, RFC 8689 5). */
	field_line(out, "Auto-Submitted: auto-generated");
	field_line(out, "TLS-Required: No");
	field_line(out, "MIME-Version: 1.0");
	snprintf(value, sizeof(value), "Content-Type: multipart/report; report-type=\"tlsrpt\";\r\n boundary=\"%s\"", mail->boundary);
	field_line(out, value);
}

/* --- for people --- */

static const char *const rules[TLSRPT_POLICY_TYPES] = {
	[TLSRPT_POLICY_TLSA] = "DANE", [TLSRPT_POLICY_STS] = "MTA-STS", [TLSRPT_POLICY_NONE] = "no policy"
};

static void
put_number(struct buf *out, uint64_t number)
{
	char text[24];

	put_raw(out, text, (size_t)snprintf(text, sizeof(text), "%llu", (unsigned long long)number));
}

static void
put_sessions(struct buf *out, uint64_t number)
{
	put_number(out, number);
	field_words(out, number == 1 ? " session" : " sessions");
}

/* "2026-03-01 00:00:00 UTC" */
static void
put_time(struct buf *out, int64_t when_s)
{
	time_t when = (time_t)when_s;
	char text[40];
	struct tm tm;

	if (gmtime_r(&when, &tm) != NULL)
		put_raw(out, text, strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm));
}

/* Whom it is for, and what of. Whoever runs a host for others may have no idea why its name is a "domain" here: that is said. */
static void
put_scope(struct buf *text, const struct tlsrpt_report *report)
{
	field_words(text, "This is a report on TLS between mail servers (RFC 8460) for the ");
	field_words(text, report->is_host ? "mail host " : "domain ");
	field_text(text, report->domain, 253);
	if (report->is_host)
		field_words(text, ". It says how connections from the relay named below to that host went in one day, by the TLSA records "
		    "that stand under its name (DANE), whatever domains their mail was for; what such a domain was told at the same "
		    "address is not told again. Whoever publishes these records ");
	else
		field_words(text, ". It says how connections from the relay named below to mail servers of the domain went in one day. "
		    "The domain ");
	field_words(text, "asks for such reports: the TXT record of _smtp._tls.");
	field_text(text, report->domain, 253);
	field_words(text, " says where to send them, and they end when that record is gone.");
}

/* What this is and who sends it. Names that are not domains stand in lines with an indent: none can begin with "--". */
static void
write_opening(struct buf *out, const struct tlsrpt_report *report)
{
	struct buf text;

	buf_init(&text, SMALL_CEILING);
	put_scope(&text, report);
	field_paragraph(out, "", buf_span(&text));
	buf_empty(&text);
	field_words(&text, "From: ");
	field_text(&text, report->organization, SHOWN_NAME);
	field_words(&text, " <");
	field_text(&text, report->contact, TLSRPT_ADDRESS_OCTETS);
	field_words(&text, ">");
	field_line(out, "");
	field_paragraph(out, "  ", buf_span(&text));
	buf_empty(&text);
	field_words(&text, "Time: ");
	put_time(&text, report->begin_s);
	field_words(&text, " to ");
	put_time(&text, report->end_s);
	field_paragraph(out, "  ", buf_span(&text));
	buf_clear(&text);
}

/* One line: "  example.net, MTA-STS: 17 sessions good, 2 failed"; TLSA records are a host's, not the domain's. */
static void
write_policy(struct buf *out, const struct tlsrpt_policy *policy)
{
	struct buf text;

	buf_init(&text, SMALL_CEILING);
	field_words(&text, policy->type == TLSRPT_POLICY_TLSA ? "mail host " : "");
	field_text(&text, policy->domain, SHOWN_NAME);
	field_words(&text, ", ");
	field_words(&text, rules[policy->type]);
	field_words(&text, ": ");
	put_sessions(&text, policy->successful);
	field_words(&text, " good, ");
	put_number(&text, policy->failed);
	field_words(&text, " failed");
	field_paragraph(out, "  ", buf_span(&text));
	buf_clear(&text);
}

/* No sum of all: where two policies applied, a session is in both. */
static void
write_policies(struct buf *out, const struct tlsrpt_report *report)
{
	char line[80];

	field_line(out, "");
	for (uint32_t i = 0; i < report->policies_count && i < SHOWN_POLICIES; i++)
		write_policy(out, &report->policies[i]);
	if (report->policies_count > SHOWN_POLICIES) {
		snprintf(line, sizeof(line), "  and %u more, in the attachment", report->policies_count - SHOWN_POLICIES);
		field_line(out, line);
	}
}

/* Those with the most sessions; of equals the first stands first. Returns how many there are. */
static size_t
find_worst(const struct tlsrpt_report *report, const struct tlsrpt_failure *worst[SHOWN_FAILURES])
{
	size_t count = 0;

	for (uint32_t i = 0; i < report->policies_count; i++) {
		for (uint32_t k = 0; k < report->policies[i].failures_count; k++) {
			const struct tlsrpt_failure *failure = &report->policies[i].failures[k];
			size_t at = count;

			while (at > 0 && worst[at - 1]->sessions < failure->sessions)
				at--;
			if (at == SHOWN_FAILURES)
				continue;
			count += count < SHOWN_FAILURES;
			memmove(&worst[at + 1], &worst[at], (count - at - 1) * sizeof(*worst));
			worst[at] = failure;
		}
	}
	return count;
}

/* A sentence of the table begins small: it stands in the middle of a line elsewhere. */
static void
capitalise(struct buf *text)
{
	char *first = text->data + text->start;

	if (buf_length(text) > 0 && *first >= 'a' && *first <= 'z')
		*first = (char)(*first - 'a' + 'A');
}

/* How often, why and where; then what can be done about it. */
static void
write_failure(struct buf *out, const struct tlsrpt_failure *failure)
{
	const struct reason *reason = reason_find(failure->reason);
	char address[IP_TEXT];
	struct buf text;

	buf_init(&text, SMALL_CEILING);
	put_sessions(&text, failure->sessions);
	if (failure->mx_host.length > 0) {
		field_words(&text, " with ");
		field_text(&text, failure->mx_host, SHOWN_NAME);
	}
	if (failure->receiving.family != 0) {
		field_words(&text, " [");
		field_words(&text, tlsrpt_json_address(failure->receiving, address));
		field_words(&text, "]");
	}
	field_words(&text, ": ");
	field_words(&text, tlsrpt_json_result(failure));
	field_line(out, "");
	field_paragraph(out, "  ", buf_span(&text));
	buf_empty(&text);
	field_text(&text, span_of(reason->text), SHOWN_SENTENCE);
	capitalise(&text);
	field_words(&text, ". ");
	field_text(&text, span_of(reason->postmaster), SHOWN_SENTENCE);
	field_paragraph(out, "    ", buf_span(&text));
	buf_clear(&text);
}

static void
write_text(struct buf *out, const struct tlsrpt_report *report)
{
	const struct tlsrpt_failure *worst[SHOWN_FAILURES];
	size_t count = find_worst(report, worst);

	write_opening(out, report);
	write_policies(out, report);
	if (count > 0) {
		field_line(out, "");
		field_line(out, count == 1 ? "What went wrong:" : "What went wrong most often:");
	}
	for (size_t i = 0; i < count; i++)
		write_failure(out, worst[i]);
	field_line(out, "");
	field_line(out, "All of it, for programs, is attached as JSON, compressed with gzip.");
}

/* --- the parts --- */

/* Returns false when it does not fit. */
static bool
write_base64(struct buf *out, struct span octets)
{
	unsigned char line[4 * ((LINE_IN + 2) / 3) + 1];

	while (octets.length > 0) {
		struct span part = span_first(octets, LINE_IN);
		int length = EVP_EncodeBlock(line, (const unsigned char *)part.data, (int)part.length);

		if (!buf_add(out, span_make(line, (size_t)length)) || !buf_add(out, SPAN("\r\n")))
			return false;
		octets = span_skip(octets, part.length);
	}
	return true;
}

/* Everything before the octets of the attachment, its header with it. */
static void
write_front(struct buf *out, const struct tlsrpt_mail *mail)
{
	char filename[TLSRPT_FILENAME], line[TLSRPT_FILENAME + 40];

	field_line(out, "This is a report on TLS, in two parts.");
	field_line(out, "");
	field_boundary(out, mail->boundary, "");
	field_line(out, "Content-Type: text/plain; charset=us-ascii");
	field_line(out, "Content-Transfer-Encoding: 7bit");
	field_line(out, "");
	write_text(out, mail->report);
	field_line(out, "");
	field_boundary(out, mail->boundary, "");
	field_line(out, "Content-Type: application/tlsrpt+gzip");
	field_line(out, "Content-Transfer-Encoding: base64");
	snprintf(line, sizeof(line), "Content-Disposition: attachment;\r\n filename=\"%s\"", tlsrpt_mail_filename(mail->report, filename));
	field_line(out, line);
	field_line(out, "");
}

/* What is small is written aside: its size has bounds of its own, and out's ceiling is the caller's. */
static bool
write_aside(struct buf *out, const struct tlsrpt_mail *mail, void (*write)(struct buf *out, const struct tlsrpt_mail *mail))
{
	struct buf small;
	bool fits;

	if (!is_good(mail))
		return false;
	buf_init(&small, SMALL_CEILING);
	write(&small, mail);
	fits = buf_add(out, buf_span(&small));
	buf_clear(&small);
	return fits;
}

bool
tlsrpt_mail_write_header(struct buf *out, const struct tlsrpt_mail *mail)
{
	return write_aside(out, mail, write_header);
}

bool
tlsrpt_mail_write_text(struct buf *out, const struct tlsrpt_report *report)
{
	struct buf small;
	bool fits;

	if (tlsrpt_json_refuse(report) != NULL)
		return false;
	buf_init(&small, SMALL_CEILING);
	write_text(&small, report);
	fits = buf_add(out, buf_span(&small));
	buf_clear(&small);
	return fits;
}

static void
write_end(struct buf *out, const struct tlsrpt_mail *mail)
{
	field_line(out, "");
	field_boundary(out, mail->boundary, "--");
}

bool
tlsrpt_mail_write_body(struct buf *out, const struct tlsrpt_mail *mail)
{
	return write_aside(out, mail, write_front) && write_base64(out, mail->compressed) && write_aside(out, mail, write_end);
}
