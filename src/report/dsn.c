/* Delivery status notifications as octets. */
#include "report/dsn.h"

#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "mail/date.h"
#include "mail/xtext.h"
#include "policy/because.h"
#include "policy/reason.h"
#include "policy/verdict.h"
#include "report/field.h"

#define TEXT_MOST 800		/* octets of a peer's words that are shown */
#define VALUE_CEILING 4096	/* of one field's value */

/* What the notification says of a kind of end. */
static const struct {
	const char *word;	/* Action (RFC 3464 2.3.3) */
	const char *heading;	/* above the recipients it is about: "Your message of ... */
	bool has_reason;	/* something went wrong, and is explained */
} actions[ACTIONS] = {
	[ACTION_FAILED] = { "failed", "could not be delivered to", true },
	[ACTION_DELAYED] = { "delayed", "has not been delivered yet to", true },
	[ACTION_DELIVERED] = { "delivered", "was delivered to", false },
	[ACTION_RELAYED] = { "relayed", "was handed to a server that sends no notice of delivery of its own, for", false },
};

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
	*dsn = (struct dsn){ .notification = notification, .hostname = hostname, .postmaster = postmaster, .mid = mid,
		.now_ms = now_ms };
	field_boundary_make(dsn->boundary);
	/*
	 * Content goes back with failures only (RFC 3461 6.2), not when headers were asked for, not beyond the limit. 8-bit content
	 * could not pass a host without 8BITMIME, and a notification that cannot be delivered is lost: headers then. REQUIRETLS is
	 * as RET=HDRS, whatever RET said (RFC 8689 5).
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
	field_line(out, "Auto-Submitted: auto-replied");
	/* What the message asked is asked for what is said of it (RFC 8689 6). */
	if (dsn->notification->envelope.flags & ENVELOPE_TLS_OPTIONAL)
		field_line(out, "TLS-Required: No");
	field_line(out, "MIME-Version: 1.0");
	/* What a part has, the whole has (RFC 2045 6.4). */
	if (dsn_is_utf8(dsn->notification))
		field_line(out, "Content-Transfer-Encoding: 8bit");
	field_line(out, "Content-Type: multipart/report; report-type=delivery-status;");
	snprintf(value, sizeof(value), " boundary=\"%s\"", dsn->boundary);
	field_line(out, value);
	field_line(out, "");
	field_line(out, "This is a report of what became of a message, in three parts.");
	field_line(out, "");
}

/* --- for people --- */

/* An address as people may see it: in their own script where the notification can carry it. */
static void
write_address(struct buf *out, const struct dsn *dsn, struct span address)
{
	put_raw(out, "  <", 3);
	if (is_global(dsn) && !dsn_is_utf8(dsn->notification))
		xtext_escape_address(out, address);
	else
		put_raw(out, address.data, address.length);
	field_line(out, ">");
}

/* "5 days": how long it was tried, roughly. */
static void
add_duration(struct buf *out, int64_t from_ms, int64_t to_ms)
{
	static const struct { int64_t ms; const char *word; } units[] = {
		{ 86400000, "days" }, { 3600000, "hours" }, { 60000, "minutes" }, { 0, "" }
	};
	size_t i = 0;
	char text[40];

	while (units[i].ms > 0 && to_ms - from_ms < 2 * units[i].ms)
		i++;
	if (units[i].ms > 0)
		put_raw(out, text, (size_t)snprintf(text, sizeof(text), " for %lld %s", (long long)((to_ms - from_ms) / units[i].ms), units[i].word));
}

/* Will the sender hear of it when this recipient fails in the end (RFC 3461 4.1)? */
static bool
will_be_told(const struct recipient *recipient)
{
	return recipient->notify == NOTIFY_DEFAULT || recipient->notify & NOTIFY_FAILURE;
}

/* Is anything still to come, and until when? */
static void
write_prospect(struct buf *out, const struct dsn *dsn, uint32_t first)
{
	const struct noticed_recipient *noticed = &dsn->notification->recipients[first];
	char date[DATE_TEXT];
	struct buf text;

	buf_init(&text, VALUE_CEILING);
	if (noticed->action == ACTION_DELAYED) {
		field_words(&text, "It is still being tried, until ");
		field_words(&text, date_format(noticed->retry_until_ms / 1000, date));
		field_words(&text, ". You need not send it again.");
		if (will_be_told(&dsn->notification->envelope.recipients[first]))
			field_words(&text, " If it cannot be delivered by then, you will be told.");
	} else {
		if (noticed->outcome.kind == OUTCOME_LATER) {
			field_words(&text, "It was tried");
			add_duration(&text, dsn->notification->envelope.arrival_ms, noticed->attempt_ms);
			field_words(&text, ". ");
		}
		field_words(&text, "It will not be tried again, and this relay no longer keeps it.");
	}
	field_paragraph(out, "", buf_span(&text));
	buf_clear(&text);
}

static void
write_answer(struct buf *out, const char *question, struct span answer)
{
	field_line(out, "");
	field_line(out, question);
	field_paragraph(out, "  ", answer);
}

static void
write_why(struct buf *out, const struct reason *reason, const struct outcome *outcome)
{
	struct buf text;

	buf_init(&text, VALUE_CEILING);
	field_words(&text, reason->plain);
	if (outcome->is_remote && outcome->code >= 400 && outcome->code < 500)
		field_words(&text, " It said so for the time being, not for good.");
	if (outcome->verdict.length > 0) {
		field_words(&text, " ");
		field_words(&text, verdict_find(outcome->verdict)->plain);
	}
	write_answer(out, "Why?", buf_span(&text));
	buf_clear(&text);
}

/* Who said what: the peer's words are marked as such. */
static void
write_words(struct buf *out, const struct outcome *outcome)
{
	char code[16];
	struct buf text;

	buf_init(&text, VALUE_CEILING);
	if (outcome->mx.length > 0 || outcome->address.length > 0) {
		field_words(&text, outcome->is_remote ? "The server " : "At the server ");
		field_text(&text, outcome->mx, 255);
		if (outcome->address.length > 0) {
			field_words(&text, " [");
			field_text(&text, outcome->address, 64);
			field_words(&text, "]");
		}
		field_words(&text, outcome->is_remote ? " said: " : ": ");
	} else {
		field_words(&text, "Found by this relay: ");
	}
	if (outcome->code > 0)
		put_raw(&text, code, (size_t)snprintf(code, sizeof(code), "%u ", outcome->code));
	field_text(&text, outcome->text, TEXT_MOST);
	field_paragraph(out, "  ", buf_span(&text));
	buf_clear(&text);
}

static bool
words_equal(const struct outcome *a, const struct outcome *b)
{
	return a->code == b->code && span_equal(a->text, b->text) && span_equal(a->evidence, b->evidence) && span_equal(a->mx, b->mx) && span_equal(a->address, b->address);
}

/* The same end for the same reason, and the same to come: explained together. */
static bool
is_alike(const struct notification *notification, uint32_t one, uint32_t other)
{
	const struct noticed_recipient *a = &notification->recipients[one], *b = &notification->recipients[other];
	const struct recipient *recipients = notification->envelope.recipients;

	return a->action == b->action && a->retry_until_ms == b->retry_until_ms && a->outcome.kind == b->outcome.kind &&
	    a->outcome.code / 100 == b->outcome.code / 100 && span_equal(a->outcome.reason, b->outcome.reason) &&
	    span_equal(a->outcome.because, b->outcome.because) && span_equal(a->outcome.verdict, b->outcome.verdict) &&
	    will_be_told(&recipients[one]) == will_be_told(&recipients[other]);
}

static bool
is_first_of_its_kind(const struct notification *notification, uint32_t at)
{
	for (uint32_t i = 0; i < at; i++)
		if (is_alike(notification, i, at))
			return false;
	return true;
}

/* Do all recipients of a group have the same words? */
static bool
is_uniform(const struct notification *notification, uint32_t first)
{
	const struct outcome *outcome = &notification->recipients[first].outcome;

	for (uint32_t i = 0; i < notification->envelope.recipients_count; i++)
		if (is_alike(notification, i, first) && !words_equal(&notification->recipients[i].outcome, outcome))
			return false;
	return true;
}

/* The domain that all recipients of a group have; "" when they have several. */
static struct span
domain_of_group(const struct notification *notification, uint32_t first)
{
	struct span domain = SPAN("");

	for (uint32_t i = first; i < notification->envelope.recipients_count; i++) {
		struct span other = span_behind_last(notification->envelope.recipients[i].address, '@');

		if (is_alike(notification, i, first) && i > first && !span_equal_nocase(domain, other))
			return SPAN("");
		if (is_alike(notification, i, first))
			domain = other;
	}
	return domain;
}

/* By what it looks so: what one host has shown, and no other. */
static void
write_evidence(struct buf *out, const struct outcome *outcome)
{
	struct buf text;

	buf_init(&text, VALUE_CEILING);
	field_text(&text, outcome->evidence, TEXT_MOST);
	if (buf_length(&text) > 0)
		field_paragraph(out, "  ", buf_span(&text));
	buf_clear(&text);
}

/* "Domain: example.org; demanded by: MTA-STS; looks like: misconfiguration." */
static void
write_judgement(struct buf *out, const struct dsn *dsn, uint32_t first)
{
	const struct outcome *outcome = &dsn->notification->recipients[first].outcome;
	struct span domain = domain_of_group(dsn->notification, first);
	bool is_policy = outcome->is_policy && outcome->because.length > 0;
	struct buf text;

	if (!is_policy && outcome->verdict.length == 0)
		return;
	buf_init(&text, VALUE_CEILING);
	field_words(&text, domain.length > 0 && span_is_ascii(domain) ? "Domain: " : "Domains: as above");
	if (domain.length > 0 && span_is_ascii(domain))
		field_text(&text, domain, 255);
	if (is_policy) {
		field_words(&text, "; demanded by: ");
		field_words(&text, because_name(outcome->because));
	}
	if (outcome->verdict.length > 0) {
		field_words(&text, "; looks like: ");
		field_text(&text, outcome->verdict, 40);
	}
	field_words(&text, ".");
	field_paragraph(out, "  ", buf_span(&text));
	buf_clear(&text);
}

static void
write_last_try(struct buf *out, const struct noticed_recipient *noticed)
{
	char date[DATE_TEXT];
	struct buf text;

	buf_init(&text, VALUE_CEILING);
	field_words(&text, noticed->attempt_ms == 0 ? "Not tried yet" : "Last tried ");
	if (noticed->attempt_ms != 0)
		field_words(&text, date_format(noticed->attempt_ms / 1000, date));
	field_words(&text, "; reason: ");
	field_text(&text, noticed->outcome.reason, 40);
	field_paragraph(out, "  ", buf_span(&text));
	buf_clear(&text);
}

/* What was seen and said, for those who know how to read it; once for all, or for each recipient. */
static void
write_details(struct buf *out, const struct dsn *dsn, uint32_t first)
{
	const struct notification *notification = dsn->notification;
	bool once = is_uniform(notification, first);

	field_line(out, "");
	field_line(out, "Details, for postmasters:");
	for (uint32_t i = first; i < notification->envelope.recipients_count; i++) {
		if (!is_alike(notification, i, first))
			continue;
		if (!once)
			write_address(out, dsn, notification->envelope.recipients[i].address);
		write_words(out, &notification->recipients[i].outcome);
		if (once)
			break;
		write_evidence(out, &notification->recipients[i].outcome);
	}
	write_judgement(out, dsn, first);
	if (once)
		write_evidence(out, &notification->recipients[first].outcome);
	write_last_try(out, &notification->recipients[first]);
}

/* What became of some recipients, why, and what can be done: in that order, for people who know nothing of mail servers. */
static void
write_group(struct buf *out, const struct dsn *dsn, uint32_t first)
{
	const struct notification *notification = dsn->notification;
	const struct noticed_recipient *group = &notification->recipients[first];
	const struct reason *reason = reason_find(group->outcome.reason);
	char date[DATE_TEXT], line[200];

	snprintf(line, sizeof(line), "Your message of %s", date_format(notification->envelope.arrival_ms / 1000, date));
	field_line(out, line);
	field_line(out, actions[group->action].heading);
	field_line(out, "");
	for (uint32_t i = first; i < notification->envelope.recipients_count; i++)
		if (is_alike(notification, i, first))
			write_address(out, dsn, notification->envelope.recipients[i].address);
	field_line(out, "");
	if (!actions[group->action].has_reason)
		return;
	write_prospect(out, dsn, first);
	write_why(out, reason, &group->outcome);
	if (group->outcome.is_policy && *because_text(group->outcome.because) != '\0')
		write_answer(out, "What asks for it?", span_of(because_text(group->outcome.because)));
	write_answer(out, "What can you do?", span_of(verdict_advise_sender(group->outcome.verdict, reason)));
	write_answer(out, "What can the postmaster of the receiving server do?",
	    span_of(verdict_advise_postmaster(group->outcome.verdict, reason)));
	write_details(out, dsn, first);
	field_line(out, "");
}

/* How much of the message comes back, and why not more. */
static void
write_returned(struct buf *out, const struct dsn *dsn)
{
	if (dsn->notification->envelope.flags & ENVELOPE_REQUIRETLS)
		field_paragraph(out, "", SPAN("You asked for your message to be encrypted, and for every server to prove itself, all "
		    "the way (REQUIRETLS). The same is asked for this notice, and only the header of the message is attached."));
	else
		field_line(out, dsn->returns_content ? "The message is attached." : "The header of the message is attached.");
}

/* Nobody there can be told over TLS, so that the sender, who may know another way, has the words. */
static void
write_paste(struct buf *out, const struct dsn *dsn)
{
	if (span_is_empty(dsn->paste))
		return;
	field_paragraph(out, "", SPAN("This relay found no way to tell the people who run the receiving server, as it writes over TLS alone. If you know "
	    "another way to reach them, pass this on:"));
	field_line(out, "");
	put_raw(out, dsn->paste.data, dsn->paste.length);
	field_line(out, "");
}

static void
write_people(struct buf *out, const struct dsn *dsn)
{
	const struct notification *notification = dsn->notification;
	char line[400];

	field_boundary(out, dsn->boundary, "");
	field_line(out, dsn_is_utf8(dsn->notification) ? "Content-Type: text/plain; charset=utf-8" :
	    "Content-Type: text/plain; charset=us-ascii");
	field_line(out, dsn_is_utf8(dsn->notification) ? "Content-Transfer-Encoding: 8bit" : "Content-Transfer-Encoding: 7bit");
	field_line(out, "");
	snprintf(line, sizeof(line), "This is the mail relay %s. Replies to this notice reach its postmaster.", dsn->hostname);
	field_paragraph(out, "", span_of(line));
	field_line(out, "");
	for (enum notice_action action = 0; action < ACTIONS; action++)
		for (uint32_t i = 0; i < notification->envelope.recipients_count; i++)
			if (notification->recipients[i].action == action && is_first_of_its_kind(notification, i))
				write_group(out, dsn, i);
	write_paste(out, dsn);
	write_returned(out, dsn);
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

/*
 * "rfc822;a+40b" as it was given: the type, and the address decoded (RFC 3464 2.3.1). Of type utf-8 it may have come with characters
 * beyond ASCII, which are no xtext: they are escaped here (RFC 6533 3).
 */
static void
write_original_recipient(struct buf *out, struct span orcpt)
{
	size_t semicolon = span_find(orcpt, ';');
	char type[40];
	struct span address = span_skip(orcpt, semicolon + 1);
	struct buf text;
	bool is_good = true;

	if (orcpt.length == 0 || semicolon == orcpt.length || semicolon >= sizeof(type))
		return;
	snprintf(type, sizeof(type), "%.*s", SPAN_ARG(span_first(orcpt, semicolon)));
	buf_init(&text, VALUE_CEILING);
	if (span_is_ascii(address))
		is_good = xtext_decode(address, &text);
	else
		xtext_escape_unitext(&text, address);
	if (is_good)
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
	xtext_escape_address(&text, address);
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

	field_line(out, "");
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
	if (outcome->is_policy && *because_name(outcome->because) != '\0')
		field_write(out, "X-Sealpost-Mechanism", span_of(because_name(outcome->because)));
	if (outcome->verdict.length > 0)
		field_write(out, "X-Sealpost-Verdict", verdict_find(outcome->verdict)->word);
	if (noticed->attempt_ms != 0)
		write_date(out, "Last-Attempt-Date", noticed->attempt_ms);
	if (noticed->action == ACTION_DELAYED)
		write_date(out, "Will-Retry-Until", noticed->retry_until_ms);
}

static void
write_programs(struct buf *out, const struct dsn *dsn)
{
	const struct notification *notification = dsn->notification;

	field_boundary(out, dsn->boundary, "");
	field_line(out, is_global(dsn) ? "Content-Type: message/global-delivery-status" : "Content-Type: message/delivery-status");
	field_line(out, "");
	write_message_fields(out, dsn);
	for (uint32_t i = 0; i < notification->envelope.recipients_count; i++)
		write_recipient_fields(out, &notification->envelope.recipients[i], &notification->recipients[i]);
	field_line(out, "");
}

void
dsn_write_head(struct buf *out, const struct dsn *dsn)
{
	bool is_utf8 = dsn->notification->envelope.flags & ENVELOPE_SMTPUTF8;

	write_header(out, dsn);
	write_people(out, dsn);
	write_programs(out, dsn);
	field_boundary(out, dsn->boundary, "");
	if (dsn->returns_content)
		field_line(out, "Content-Type: message/rfc822");
	else
		field_line(out, is_utf8 ? "Content-Type: message/global-headers" : "Content-Type: text/rfc822-headers");
	if (dsn_is_encoded(dsn))
		field_line(out, "Content-Transfer-Encoding: base64");
	field_line(out, "");
}

void
dsn_write_tail(struct buf *out, const struct dsn *dsn)
{
	field_line(out, "");
	field_boundary(out, dsn->boundary, "--");
}
