/* Delivery status notifications as octets. */
#include "report/dsn.h"

#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "base/hex.h"
#include "base/random.h"
#include "mail/date.h"
#include "mail/xtext.h"
#include "report/field.h"

#define TEXT_MOST 800		/* octets of a peer's words that are shown */
#define VALUE_CEILING 4096	/* of one field's value */

/* What the notification says of a kind of end. */
static const struct {
	const char *word;	/* Action (RFC 3464 2.3.3) */
	const char *heading;	/* above the recipients it is about */
} actions[ACTIONS] = {
	[ACTION_FAILED] = { "failed", "could not be delivered, and will not be tried again:" },
	[ACTION_DELAYED] = { "delayed", "has not been delivered yet; it is being tried again, and nothing is lost:" },
	[ACTION_DELIVERED] = { "delivered", "was delivered:" },
	[ACTION_RELAYED] = { "relayed", "was handed to a server that sends no notice of delivery of its own:" },
};

static void
put_line(struct buf *out, const char *line)
{
	put_raw(out, line, strlen(line));
	put_raw(out, "\r\n", 2);
}

bool
dsn_is_utf8(const struct notification *notification)
{
	return !span_is_ascii(notification->envelope.sender);
}

/* Something about the message needs the forms of RFC 6533. */
static bool
is_global(const struct dsn *dsn)
{
	const struct envelope *envelope = &dsn->notification->envelope;

	if (!span_is_ascii(envelope->sender))
		return true;
	for (uint32_t i = 0; i < envelope->recipients_count; i++)
		if (!span_is_ascii(envelope->recipients[i].address))
			return true;
	return false;
}

static bool
has_action(const struct dsn *dsn, enum notice_action action)
{
	for (uint32_t i = 0; i < dsn->notification->envelope.recipients_count; i++)
		if (dsn->notification->recipients[i].action == action)
			return true;
	return false;
}

void
dsn_begin(struct dsn *dsn, const struct notification *notification, const char *hostname, const char *postmaster,
    struct mid mid, int64_t now_ms, uint64_t returned_octets)
{
	const struct envelope *envelope = &notification->envelope;
	unsigned char random[16];

	*dsn = (struct dsn){ .notification = notification, .hostname = hostname, .postmaster = postmaster, .mid = mid,
		.now_ms = now_ms };
	random_bytes(random, sizeof(random));
	hex_format(span_make(random, sizeof(random)), dsn->boundary);
	/*
	 * Content goes back with failures only (RFC 3461 6.2), not when headers were asked for, not beyond the limit. 8-bit content
	 * could not pass a host without 8BITMIME, and a notification that cannot be delivered is lost: headers then.
	 */
	dsn->returns_content = has_action(dsn, ACTION_FAILED) && envelope->ret != RET_HDRS &&
	    !(envelope->flags & (ENVELOPE_8BIT | ENVELOPE_SMTPUTF8 | ENVELOPE_REQUIRETLS)) &&
	    envelope->body.length <= returned_octets;
}

bool
dsn_is_encoded(const struct dsn *dsn)
{
	return dsn->notification->envelope.flags & (ENVELOPE_8BIT | ENVELOPE_SMTPUTF8);
}

/* --- the header --- */

static const char *
subject(const struct dsn *dsn)
{
	if (has_action(dsn, ACTION_FAILED))
		return "Mail could not be delivered";
	if (has_action(dsn, ACTION_DELAYED))
		return "Mail is delayed";
	return "Mail was delivered";
}

static void
write_header(struct buf *out, const struct dsn *dsn)
{
	char date[DATE_TEXT], id[MID_TEXT], value[600];
	struct span sender = dsn->notification->envelope.sender;

	snprintf(value, sizeof(value), "Mail delivery <%s>", dsn->postmaster);
	field_write(out, "From", span_of(value));
	snprintf(value, sizeof(value), "<%.*s>", SPAN_ARG(sender));
	field_write(out, "To", span_of(value));
	field_write(out, "Subject", span_of(subject(dsn)));
	field_write(out, "Date", span_of(date_format(dsn->now_ms / 1000, date)));
	snprintf(value, sizeof(value), "<%s@%s>", mid_format(dsn->mid, id), dsn->hostname);
	field_write(out, "Message-ID", span_of(value));
	/* A message set off by another one (RFC 3834 5.2). */
	put_line(out, "Auto-Submitted: auto-replied");
	put_line(out, "MIME-Version: 1.0");
	put_line(out, "Content-Type: multipart/report; report-type=delivery-status;");
	snprintf(value, sizeof(value), " boundary=\"%s\"", dsn->boundary);
	put_line(out, value);
	put_line(out, "");
	put_line(out, "This is a report of what became of a message, in three parts.");
	put_line(out, "");
}

static void
write_boundary(struct buf *out, const struct dsn *dsn, const char *end)
{
	put_raw(out, "--", 2);
	put_raw(out, dsn->boundary, strlen(dsn->boundary));
	put_line(out, end);
}

/* --- for people --- */

/* An address as people may see it: in their own script where the notification can carry it. */
static void
write_address(struct buf *out, const struct dsn *dsn, struct span address)
{
	put_raw(out, "  <", 3);
	if (is_global(dsn) && !dsn_is_utf8(dsn->notification))
		field_utf8_address(out, address);
	else
		put_raw(out, address.data, address.length);
	put_line(out, ">");
}

/* Who said what: the peer's words are marked as such. */
static void
write_words(struct buf *out, const struct outcome *outcome)
{
	struct buf text;

	buf_init(&text, VALUE_CEILING);
	if (outcome->mx.length > 0 || outcome->address.length > 0) {
		put_raw(&text, outcome->is_remote ? "The server " : "At the server ", outcome->is_remote ? 11 : 14);
		field_text(&text, outcome->mx, 255);
		if (outcome->address.length > 0) {
			put_raw(&text, " [", 2);
			field_text(&text, outcome->address, 64);
			put_raw(&text, "]", 1);
		}
		put_raw(&text, outcome->is_remote ? " said: " : ": ", outcome->is_remote ? 7 : 2);
	}
	if (outcome->code > 0) {
		char code[16];

		put_raw(&text, code, (size_t)snprintf(code, sizeof(code), "%u ", outcome->code));
	}
	field_text(&text, outcome->text, TEXT_MOST);
	field_paragraph(out, "      ", buf_span(&text));
	buf_clear(&text);
}

/* Mail that waits or fails for want of proof: say that it is not the sender's doing, and whose it is. */
static void
write_policy_note(struct buf *out)
{
	field_paragraph(out, "      ", SPAN("This relay hands mail on only over TLS, to servers that prove who they are; it "
	    "never falls back to an unprotected connection. The fault is not in your message: the operator of the receiving server, "
	    "or of the network between, has to mend it. Please let them know by another way."));
}

static void
write_retry_note(struct buf *out, const struct noticed_recipient *noticed)
{
	char text[128], date[DATE_TEXT];

	snprintf(text, sizeof(text), "It will be tried until %s. You need not send it again.",
	    date_format(noticed->retry_until_ms / 1000, date));
	field_paragraph(out, "      ", span_of(text));
}

static void
write_people_about(struct buf *out, const struct dsn *dsn, enum notice_action action)
{
	const struct notification *notification = dsn->notification;
	char date[DATE_TEXT], line[200];

	snprintf(line, sizeof(line), "Your message of %s", date_format(notification->envelope.arrival_ms / 1000, date));
	put_line(out, line);
	put_line(out, actions[action].heading);
	for (uint32_t i = 0; i < notification->envelope.recipients_count; i++) {
		const struct noticed_recipient *noticed = &notification->recipients[i];

		if (noticed->action != action)
			continue;
		put_line(out, "");
		write_address(out, dsn, notification->envelope.recipients[i].address);
		if (action == ACTION_RELAYED || action == ACTION_DELIVERED)
			continue;
		write_words(out, &noticed->outcome);
		if (noticed->outcome.is_policy)
			write_policy_note(out);
		if (action == ACTION_DELAYED)
			write_retry_note(out, noticed);
	}
	put_line(out, "");
}

static void
write_people(struct buf *out, const struct dsn *dsn)
{
	char line[400];

	write_boundary(out, dsn, "");
	put_line(out, dsn_is_utf8(dsn->notification) ? "Content-Type: text/plain; charset=utf-8" :
	    "Content-Type: text/plain; charset=us-ascii");
	put_line(out, dsn_is_utf8(dsn->notification) ? "Content-Transfer-Encoding: 8bit" : "Content-Transfer-Encoding: 7bit");
	put_line(out, "");
	snprintf(line, sizeof(line), "This is the mail relay %s.", dsn->hostname);
	put_line(out, line);
	put_line(out, "");
	for (enum notice_action action = 0; action < ACTIONS; action++)
		if (has_action(dsn, action))
			write_people_about(out, dsn, action);
	put_line(out, dsn->returns_content ? "The message is attached." : "The header of the message is attached.");
}

/* --- for programs --- */

/* `type; value` with the value made safe. */
static void
write_typed(struct buf *out, const char *name, const char *type, struct span value)
{
	struct buf text;

	buf_init(&text, VALUE_CEILING);
	put_raw(&text, type, strlen(type));
	put_raw(&text, "; ", 2);
	field_text(&text, value, TEXT_MOST);
	field_write(out, name, buf_span(&text));
	buf_clear(&text);
}

static void
write_date(struct buf *out, const char *name, int64_t when_ms)
{
	char date[DATE_TEXT];

	field_write(out, name, span_of(date_format(when_ms / 1000, date)));
}

static void
write_message_fields(struct buf *out, const struct dsn *dsn)
{
	const struct envelope *envelope = &dsn->notification->envelope;
	struct buf text;

	write_typed(out, "Reporting-MTA", "dns", span_of(dsn->hostname));
	buf_init(&text, VALUE_CEILING);
	/* Only when it was given, and decoded (RFC 3464 2.2.1). */
	if (envelope->envid.length > 0 && xtext_decode(envelope->envid, &text)) {
		struct buf safe;

		buf_init(&safe, VALUE_CEILING);
		field_text(&safe, buf_span(&text), TEXT_MOST);
		field_write(out, "Original-Envelope-Id", buf_span(&safe));
		buf_clear(&safe);
	}
	buf_clear(&text);
	if (envelope->client_name.length > 0)
		write_typed(out, "Received-From-MTA", "dns", envelope->client_name);
	write_date(out, "Arrival-Date", envelope->arrival_ms);
}

/* "rfc822;a+40b" as it was given: the type, and the address decoded (RFC 3464 2.3.1). */
static void
write_original_recipient(struct buf *out, struct span orcpt)
{
	size_t semicolon = span_find(orcpt, ';');
	char type[40];
	struct buf text;

	if (orcpt.length == 0 || semicolon == orcpt.length || semicolon >= sizeof(type))
		return;
	snprintf(type, sizeof(type), "%.*s", SPAN_ARG(span_first(orcpt, semicolon)));
	buf_init(&text, VALUE_CEILING);
	if (xtext_decode(span_skip(orcpt, semicolon + 1), &text))
		write_typed(out, "Original-Recipient", type, buf_span(&text));
	buf_clear(&text);
}

static void
write_final_recipient(struct buf *out, struct span address)
{
	struct buf text;

	if (span_is_ascii(address)) {
		write_typed(out, "Final-Recipient", "rfc822", address);
		return;
	}
	buf_init(&text, VALUE_CEILING);
	field_utf8_address(&text, address);
	write_typed(out, "Final-Recipient", "utf-8", buf_span(&text));
	buf_clear(&text);
}

/* A status of the right class; an expired message keeps the 4yz of its cause (RFC 3464 2.3.4, standards.md N7). */
static struct span
status_of(const struct noticed_recipient *noticed)
{
	static const char *const fallback[ACTIONS] = {
		[ACTION_FAILED] = "5.0.0", [ACTION_DELAYED] = "4.0.0", [ACTION_DELIVERED] = "2.0.0", [ACTION_RELAYED] = "2.0.0"
	};
	struct span status = noticed->outcome.status;
	char class = status.length > 0 ? status.data[0] : '0';
	bool fits = noticed->action == ACTION_FAILED ? class == '4' || class == '5' : class == fallback[noticed->action][0];

	return fits ? status : span_of(fallback[noticed->action]);
}

static void
write_recipient_fields(struct buf *out, const struct recipient *recipient, const struct noticed_recipient *noticed)
{
	const struct outcome *outcome = &noticed->outcome;
	char code[16];
	struct buf text;

	put_line(out, "");
	write_original_recipient(out, recipient->orcpt);
	write_final_recipient(out, recipient->address);
	field_write(out, "Action", span_of(actions[noticed->action].word));
	field_write(out, "Status", status_of(noticed));
	/* Only when a peer answered (RFC 3464 2.3.5, 2.3.6). */
	if (outcome->is_remote && outcome->mx.length > 0)
		write_typed(out, "Remote-MTA", "dns", outcome->mx);
	if (outcome->is_remote && outcome->code > 0) {
		buf_init(&text, VALUE_CEILING);
		put_raw(&text, code, (size_t)snprintf(code, sizeof(code), "%u ", outcome->code));
		put_raw(&text, outcome->text.data, span_first(outcome->text, TEXT_MOST).length);
		write_typed(out, "Diagnostic-Code", "smtp", buf_span(&text));
		buf_clear(&text);
	} else if (outcome->text.length > 0 && noticed->action != ACTION_RELAYED) {
		write_typed(out, "Diagnostic-Code", "X-sealpost", outcome->text);
	}
	if (outcome->reason.length > 0) {
		buf_init(&text, VALUE_CEILING);
		field_text(&text, outcome->reason, TEXT_MOST);
		field_write(out, "X-Sealpost-Reason", buf_span(&text));
		buf_clear(&text);
	}
	write_date(out, "Last-Attempt-Date", noticed->attempt_ms);
	if (noticed->action == ACTION_DELAYED)
		write_date(out, "Will-Retry-Until", noticed->retry_until_ms);
}

static void
write_programs(struct buf *out, const struct dsn *dsn)
{
	const struct notification *notification = dsn->notification;

	write_boundary(out, dsn, "");
	put_line(out, is_global(dsn) ? "Content-Type: message/global-delivery-status" : "Content-Type: message/delivery-status");
	put_line(out, "");
	write_message_fields(out, dsn);
	for (uint32_t i = 0; i < notification->envelope.recipients_count; i++)
		write_recipient_fields(out, &notification->envelope.recipients[i], &notification->recipients[i]);
	put_line(out, "");
}

void
dsn_write_head(struct buf *out, const struct dsn *dsn)
{
	bool is_utf8 = dsn->notification->envelope.flags & ENVELOPE_SMTPUTF8;

	write_header(out, dsn);
	write_people(out, dsn);
	write_programs(out, dsn);
	write_boundary(out, dsn, "");
	if (dsn->returns_content)
		put_line(out, "Content-Type: message/rfc822");
	else
		put_line(out, is_utf8 ? "Content-Type: message/global-headers" : "Content-Type: text/rfc822-headers");
	if (dsn_is_encoded(dsn))
		put_line(out, "Content-Transfer-Encoding: base64");
	put_line(out, "");
}

void
dsn_write_tail(struct buf *out, const struct dsn *dsn)
{
	put_line(out, "");
	write_boundary(out, dsn, "--");
}
