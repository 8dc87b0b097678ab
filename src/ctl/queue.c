/* sealpost queue: what waits, and what is done with it. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "answer.h"
#include "ctl.h"
#include "filter.h"
#include "print.h"

/* "  recipient-refused: mx.example.org said 450 4.2.1 ...", or without a code in our own words. */
static void
why_print(const struct row *row)
{
	struct span reason = print_field_text(row, "reason"), reply = print_field_text(row, "reply"),
	    mx = print_field_text(row, "mx");
	int64_t code = print_field_number(row, "code");

	if (reason.length == 0 && reply.length == 0)
		return;
	printf("    ");
	print_text(reason);
	if (reason.length > 0 && (reply.length > 0 || mx.length > 0))
		printf(": ");
	print_text(mx);
	if (code > 0)
		printf("%s%lld ", mx.length > 0 ? " said " : "", (long long)code);
	else if (mx.length > 0 && reply.length > 0)
		printf(": ");
	print_text(reply);
	printf("\n");
}

/* Three lines: the message, where it goes, and why it is still here. */
static void
short_print(void *arg, const struct row *row)
{
	int64_t now = time(NULL), next = print_field_number(row, "next_try"), others = print_field_number(row, "recipients") - 1;
	char age[PRINT_SPAN_TEXT], size[PRINT_SPAN_TEXT], wait[PRINT_SPAN_TEXT];
	struct span sender = print_field_text(row, "sender"), hop = print_field_text(row, "next_hop");

	(void)arg;
	print_text(print_field_text(row, "id"));
	printf("  %-8.*s  %5s  %6s  <", SPAN_ARG(print_field_text(row, "state")),
	    print_duration(now - print_field_number(row, "arrival"), age), print_size(print_field_number(row, "size"), size));
	print_text(sender);
	printf("> to <");
	print_text(print_field_text(row, "recipient"));
	printf(">");
	if (others > 0)
		printf(" and %lld more", (long long)others);
	if (hop.length > 0) {
		printf("\n    by ");
		print_text(hop);
		printf(", attempts: %lld", (long long)print_field_number(row, "attempts"));
		if (next > 0)
			printf(", next in %s", print_duration(next - now, wait));
	}
	printf("\n");
	why_print(row);
}

/* Every field on a line of its own. */
static void
long_print(void *arg, const struct row *row)
{
	static const char *const times[] = { "arrival", "next_try", "tried", "expires", NULL };
	bool *is_first = arg;

	if (!*is_first)
		printf("\n");
	*is_first = false;
	print_row(row, times, true);
}

/* How a command of the queue differs from the others. */
struct kind {
	bool needs_filter;
	bool may_dry;
	void (*print)(void *arg, const struct row *row);
};

static int
queue_ask(const struct options *options, int argc, char **argv, const struct kind *kind)
{
	struct arena *arena = arena_new();
	bool is_first = true;
	struct filter filter;
	struct request request;
	char verb[64], why[256];
	int code;

	if (!filter_read(arena, argc, argv, kind->may_dry, &filter, why, sizeof(why))) {
		code = ctl_usage("%s", why);
	} else if (kind->needs_filter && !filter.is_stated) {
		code = ctl_usage("queue %s: say which messages: identities, a filter, or --all", argv[0]);
	} else {
		snprintf(verb, sizeof(verb), "queue %s", argv[0]);
		request = (struct request){ span_of(verb), filter.arguments, (uint32_t)filter.arguments_count };
		code = answer_print(options, &request, kind->print, &is_first);
	}
	arena_free(&arena);
	return code;
}

int
queue_list(const struct options *options, int argc, char **argv)
{
	static const struct kind kind = { .print = short_print };

	return queue_ask(options, argc, argv, &kind);
}

int
queue_show(const struct options *options, int argc, char **argv)
{
	static const struct kind kind = { .needs_filter = true, .print = long_print };

	return queue_ask(options, argc, argv, &kind);
}

int
queue_change(const struct options *options, int argc, char **argv)
{
	static const struct kind kind = { .needs_filter = true, .may_dry = true, .print = short_print };

	return queue_ask(options, argc, argv, &kind);
}
