/* sealpost policy: what is known of domains, and what is done about it. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "answer.h"
#include "ctl.h"
#include "print.h"
#include "words.h"

static const char *const times[] = { "since", "until", "due", "last", NULL };

static const struct print_column policy_columns[] = {
	{ "domain", "domain", 32, false }, { "source", "source", 9, false }, { "mode", "mode", 8, false },
	{ "state", "state", 8, false }, { "until", "until", 19, true }, { "mx", "hosts", 0, false }
};
static const struct print_column observed_columns[] = {
	{ "domain", "domain", 32, false }, { "reason", "reason", 26, false }, { "because", "because", 12, false },
	{ "count", "messages", 8, false }, { "last", "last", 0, true }
};
#define COLUMNS(of) (sizeof(of) / sizeof(*(of)))

static const struct words_option list_options[] = { { "--mode", true }, { NULL } };
static const struct words_option forget_options[] = { { "--sts", false }, { "--ratchet", false }, { NULL } };
static const struct words_option observed_options[] = { { "--since", true }, { NULL } };
static const struct words_option no_options[] = { { NULL } };

/* How a command differs from the others. */
static const struct kind {
	const char *name;
	bool has_domain;			/* and takes one */
	const struct words_option *options;
	const struct print_column *columns;	/* NULL = a line for each field */
	size_t columns_count;
} kinds[] = {
	{ "list", false, list_options, policy_columns, COLUMNS(policy_columns) },
	{ "show", true, no_options, NULL, 0 },
	{ "refresh", true, no_options, NULL, 0 },
	{ "forget", true, forget_options, NULL, 0 },
	{ "observed", false, observed_options, observed_columns, COLUMNS(observed_columns) },
};

struct printing {
	const struct kind *kind;
	bool has_begun;
};

static void
row_print(void *arg, const struct row *row)
{
	struct printing *printing = arg;
	const struct kind *kind = printing->kind;

	if (kind->columns == NULL) {
		if (printing->has_begun)
			printf("\n");
		print_row(row, times, false);
	} else {
		if (!printing->has_begun)
			print_titles(kind->columns, kind->columns_count);
		print_columns(row, kind->columns, kind->columns_count);
	}
	printing->has_begun = true;
}

static const struct kind *
kind_find(const char *name)
{
	const struct kind *kind = kinds;

	while (strcmp(kind->name, name) != 0)
		kind++;
	return kind;
}

int
policy_run(const struct options *options, int argc, char **argv)
{
	struct printing printing = { .kind = kind_find(argv[0]) };
	const struct kind *kind = printing.kind;
	struct arena *arena = arena_new();
	struct request request;
	struct words words;
	char verb[32];
	int code;

	snprintf(verb, sizeof(verb), "policy %s", argv[0]);
	if (!words_read(arena, verb, argc, argv, kind->options, &words)) {
		code = EX_USAGE;
	} else if (words.plain_count != kind->has_domain) {
		code = ctl_usage(kind->has_domain ? "%s: one domain is expected" : "%s: takes options only", verb);
	} else {
		request.verb = span_of(verb);
		request.arguments_count = words_join(arena, &words, kind->options, &request.arguments);
		code = answer_print(options, &request, row_print, &printing);
	}
	arena_free(&arena);
	return code;
}
