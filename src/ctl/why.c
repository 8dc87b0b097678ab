/* sealpost why: one message, and for each domain that it did not reach yet what happened, in words for anybody. */
#include <inttypes.h>
#include <stdio.h>
#include <sysexits.h>

#include "answer.h"
#include "base/ident.h"
#include "ctl.h"
#include "policy/because.h"
#include "policy/reason.h"
#include "policy/verdict.h"
#include "print.h"

/* Recipients at one domain who wait for one reason. */
struct group {
	struct group *next;
	struct span domain, state, reason, hop, mx, reply, because, verdict, evidence;	/* in the arena */
	int64_t recipients, code, attempts, next_try, tried, expires;
	bool is_notifying;		/* it is over for them, and their sender is about to be told */
};

struct why {
	const struct options *options;
	struct arena *arena;
	struct group *first, **end;
	int64_t over;			/* recipients with whom nothing is left to do */
	struct span id, sender;
	int64_t arrival;
};

static const struct {
	const char *word, *sentence;
} faults[] = {
	[FAULT_OF_PEER] = { "peer", "The fault is on the receiving side." },
	[FAULT_OF_NETWORK] = { "network", "The fault is somewhere on the way: the network, or the DNS." },
	[FAULT_OF_US] = { "us", "The fault is here, with this relay." },
	[FAULT_OF_SENDER] = { "sender", "The fault is in the message, or in the address it is for." },
};

static struct group *
group_find(struct why *why, struct span domain, struct span reason, bool is_notifying)
{
	struct group *group = why->first;

	while (group != NULL && !(span_equal_nocase(group->domain, domain) && span_equal(group->reason, reason) &&
	    group->is_notifying == is_notifying))
		group = group->next;
	return group;
}

static struct span
field_keep(struct why *why, const struct row *row, const char *name)
{
	return arena_span(why->arena, print_field_text(row, name));
}

static struct group *
group_add(struct why *why, const struct row *row, struct span domain, bool is_notifying)
{
	struct group *group = arena_alloc(why->arena, sizeof(*group));

	*group = (struct group){
		.domain = arena_span(why->arena, domain), .state = field_keep(why, row, "state"),
		.reason = field_keep(why, row, "reason"), .hop = field_keep(why, row, "next_hop"), .mx = field_keep(why, row, "mx"),
		.reply = field_keep(why, row, "reply"), .because = field_keep(why, row, "because"),
		.verdict = field_keep(why, row, "judged"), .evidence = field_keep(why, row, "evidence"), .code = print_field_number(row, "code"),
		.attempts = print_field_number(row, "attempts"), .next_try = print_field_number(row, "next_try"),
		.tried = print_field_number(row, "tried"), .expires = print_field_number(row, "expires"), .is_notifying = is_notifying
	};
	*why->end = group;
	why->end = &group->next;
	return group;
}

/* A row is a recipient. */
static void
on_row(void *arg, const struct row *row)
{
	struct span state = print_field_text(row, "recipient_state"), recipient = print_field_text(row, "recipient");
	struct span domain = span_behind_last(recipient, '@');
	bool is_notifying = span_equal(state, SPAN("notifying"));
	struct why *why = arg;
	struct group *group;

	why->id = field_keep(why, row, "id");
	why->sender = field_keep(why, row, "sender");
	why->arrival = print_field_number(row, "arrival");
	if (span_equal(state, SPAN("over"))) {
		why->over++;
		return;
	}
	if (span_is_empty(domain))
		domain = recipient;	/* postmaster */
	group = group_find(why, domain, print_field_text(row, "reason"), is_notifying);
	if (group == NULL)
		group = group_add(why, row, domain, is_notifying);
	group->recipients++;
}

static void
group_print_json(const struct why *why, const struct group *group)
{
	const struct reason *reason = reason_find(group->reason);
	const struct verdict *verdict = verdict_find(group->verdict);
	bool is_tried = group->reason.length > 0;
	struct row row = { .fields_count = 0 };

	row_text(&row, "id", why->id);
	row_text(&row, "domain", group->domain);
	row_number(&row, "recipients", group->recipients);
	row_text(&row, "state", group->is_notifying ? SPAN("notifying") : group->state);
	row_text(&row, "reason", group->reason);
	row_text(&row, "text", span_of(is_tried ? reason->text : ""));
	row_text(&row, "fault", span_of(!is_tried ? "" : *verdict->fault != '\0' ? verdict->fault : faults[reason->fault].word));
	row_flag(&row, "policy", is_tried && reason->is_policy);
	row_text(&row, "plain", span_of(is_tried ? reason->plain : ""));
	row_text(&row, "sender", span_of(is_tried ? verdict_advise_sender(group->verdict, reason) : ""));
	row_text(&row, "postmaster", span_of(is_tried ? verdict_advise_postmaster(group->verdict, reason) : ""));
	row_text(&row, "because", group->because);
	row_text(&row, "mechanism", span_of(because_name(group->because)));
	row_text(&row, "judged", group->verdict);
	row_text(&row, "evidence", group->evidence);
	row_text(&row, "mx", group->mx);
	row_number(&row, "code", group->code);
	row_text(&row, "reply", group->reply);
	row_text(&row, "next_hop", group->hop);
	row_number(&row, "attempts", group->attempts);
	row_number(&row, "tried", group->tried);
	row_number(&row, "next_try", group->next_try);
	row_number(&row, "expires", group->expires);
	print_json(&row);
}

static void
line_print(const char *title, struct span text)
{
	if (text.length == 0)
		return;
	printf("    %-16s ", title);
	print_text(text);
	printf("\n");
}

/* "mx.example.org: 450 4.2.1 come again (recipient-refused)" */
static void
seen_print(const struct group *group)
{
	printf("    %-16s ", "What was seen:");
	print_text(group->mx);
	printf("%s", group->mx.length > 0 ? ": " : "");
	if (group->code > 0)
		printf("%" PRId64 " ", group->code);
	print_text(group->reply);
	printf("%s(", group->mx.length > 0 || group->code > 0 || group->reply.length > 0 ? " " : "");
	print_text(group->reason);
	printf(")\n");
}

static void
reason_print(const struct group *group)
{
	const struct reason *reason = reason_find(group->reason);
	const struct verdict *verdict = verdict_find(group->verdict);
	const char *other = reason->fault == FAULT_OF_US ? "The other side:" : "Its postmaster:";

	line_print("What happened:", span_of(reason->plain));
	seen_print(group);
	if (reason->is_policy)
		line_print("By which rule:", span_of(because_text(group->because)));
	line_print("Looks like:", span_of(verdict->plain));
	line_print("Evidence:", group->evidence);
	line_print("Whose fault:", span_of(*verdict->blame != '\0' ? verdict->blame : faults[reason->fault].sentence));
	line_print("The sender:", span_of(verdict_advise_sender(group->verdict, reason)));
	line_print(other, span_of(verdict_advise_postmaster(group->verdict, reason)));
}

/* What comes next, and until when. */
static void
future_print(const struct group *group)
{
	char when[PRINT_TIME_TEXT], until[PRINT_TIME_TEXT];

	if (group->is_notifying) {
		printf("    It is given up: the sender is being told.\n");
		return;
	}
	if (span_equal(group->state, SPAN("held")))
		printf("    It is held by the operator: sealpost queue release.\n");
	else if (group->next_try > 0)
		printf("    %-16s %s, after %" PRId64 " attempt%s\n", "Next attempt:", print_time(group->next_try, when), group->attempts,
		    group->attempts == 1 ? "" : "s");
	else
		printf("    %-16s under way, or as soon as it is its turn\n", "Next attempt:");
	if (group->expires > 0)
		printf("    %-16s %s; then it goes back to its sender\n", "Tried until:", print_time(group->expires, until));
}

/* What explain takes: the domain, or the next hop when that is not where its MX records lead. */
static void
more_print(const struct group *group)
{
	struct span what = span_starts(group->hop, SPAN("mx:")) ? span_skip(group->hop, 3) : group->hop;

	if (what.length == 0 || span_starts(what, SPAN("lmtp:")))
		return;
	printf("    %-16s sealpost explain --live ", "More:");
	print_text(what);
	printf("\n");
}

static void
group_print(const struct group *group)
{
	printf("\n");
	print_text(group->domain);
	printf(": %" PRId64 " recipient%s\n", group->recipients, group->recipients == 1 ? "" : "s");
	if (group->reason.length > 0)
		reason_print(group);
	else
		printf("    No attempt has failed so far.\n");
	future_print(group);
	more_print(group);
}

static void
why_print(const struct why *why)
{
	char when[PRINT_TIME_TEXT];

	for (const struct group *group = why->first; why->options->json && group != NULL; group = group->next)
		group_print_json(why, group);
	if (why->options->json)
		return;
	print_text(why->id);
	printf(" from <");
	print_text(why->sender);
	printf("> is here since %s\n", print_time(why->arrival, when));
	for (const struct group *group = why->first; group != NULL; group = group->next)
		group_print(group);
	if (why->over > 0)
		printf("\nFor %" PRId64 " more recipient%s nothing is left to do: the log says what became of them.\n", why->over,
		    why->over == 1 ? "" : "s");
}

int
why_run(const struct options *options, int argc, char **argv)
{
	struct why why = { .options = options };
	struct span id = argc == 2 ? span_of(argv[1]) : SPAN("");
	const struct request request = { SPAN("queue show"), &id, 1 };
	struct mid mid;
	struct buf text;
	int code;

	if (!mid_parse(id, &mid))
		return ctl_usage("why: the identity of one message is expected");
	why.arena = arena_new();
	why.end = &why.first;
	code = answer_ask(options, &request, on_row, &why, &text);
	if (why.id.length > 0)
		why_print(&why);
	else if (code == 1)
		fprintf(stderr, "sealpost: there is no such message here: it was delivered, or went back; the log says which\n");
	else if (code != EX_OK)
		fprintf(stderr, "sealpost: %.*s\n", SPAN_ARG(buf_span(&text)));
	buf_clear(&text);
	arena_free(&why.arena);
	return code;
}
