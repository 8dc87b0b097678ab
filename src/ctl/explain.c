/* sealpost explain: what a domain's mail hosts must prove, why, and (live) what they prove now. */
#include <stdio.h>
#include <sysexits.h>

#include "answer.h"
#include "ctl.h"
#include "print.h"
#include "words.h"

static const struct words_option explain_options[] = { { "--live", false }, { NULL } };

/* Above the fields of each kind of row, for people: what is below can be sent to somebody else as it is. */
static const struct {
	const char *row, *title, *name;		/* name: the field that says of what */
} titles[] = {
	{ "domain", "What is known of", "domain" },
	{ "host", "What has to be proved by", "mx" },
	{ "live", "What happens now at", "mx" },
};

static void
title_print(const struct row *row)
{
	for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++) {
		if (!span_equal(print_field_text(row, "row"), span_of(titles[i].row)))
			continue;
		printf("%s ", titles[i].title);
		print_text(print_field_text(row, titles[i].name));
		printf("\n");
	}
}

/* The row without the field that the title stands for. */
static struct row
row_rest(const struct row *row)
{
	struct row rest = { .fields_count = 0 };

	for (uint32_t i = 0; i < row->fields_count; i++)
		if (!span_equal(row->fields[i].name, SPAN("row")))
			rest.fields[rest.fields_count++] = row->fields[i];
	return rest;
}

static void
row_print(void *arg, const struct row *row)
{
	static const char *const times[] = { "sts_until", "preload_until", "ratchet_until", "exception_until", "past_first", "past_last", NULL };
	bool *has_begun = arg;
	struct row rest = row_rest(row);

	if (*has_begun)
		printf("\n");
	*has_begun = true;
	title_print(row);
	print_row(&rest, times, false);
}

int
explain_run(const struct options *options, int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct request request = { .verb = SPAN("explain") };
	bool has_begun = false;
	struct words words;
	int code = EX_USAGE;

	if (words_read(arena, "explain", argc, argv, explain_options, &words)) {
		request.arguments_count = words_join(arena, &words, explain_options, &request.arguments);
		code = words.plain_count == 1 ? answer_print(options, &request, row_print, &has_begun) :
		    ctl_usage("explain: one domain is expected, or a next hop as \"sealpost queue list\" shows it");
	}
	arena_free(&arena);
	return code;
}
