/* sealpost notice: peers whose TLS is at fault: what they are told, who is told nothing, and one now. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "answer.h"
#include "conf/material.h"
#include "ctl.h"
#include "print.h"
#include "words.h"

#define TEMPLATE_OCTETS_MAX (256u * 1024)

static const struct words_option none[] = { { NULL } };
static const struct words_option language[] = { { "--language", true }, { NULL } };

static const struct print_column columns[] = {
	{ "direction", "way", 3, false }, { "peer", "peer", 30, false }, { "fault", "fault", 24, false }, { "failed", "failed", 7, false },
	{ "good", "good", 7, false }, { "first_s", "since", 19, true }, { "state", "state", 9, false }, { "sent_s", "sent", 19, true },
	{ "next_s", "next", 19, true }, { "text", "what", 0, false }
};
#define COLUMNS (sizeof(columns) / sizeof(*columns))

static void
case_print(void *arg, const struct row *row)
{
	bool *has_begun = arg;

	if (!*has_begun)
		print_titles(columns, COLUMNS);
	*has_begun = true;
	print_columns(row, columns, COLUMNS);
}

static void
letter_print(void *arg, const struct row *row)
{
	struct span text = print_field_text(row, "text"), line;

	(void)arg;
	printf("Subject: ");
	print_text(span_trim_end(print_field_text(row, "subject")));
	printf("\n\n");
	while (span_cut(&text, '\n', &line)) {
		print_text(span_trim_end(line));
		printf("\n");
	}
}

static void
nothing_print(void *arg, const struct row *row)
{
	(void)arg;
	(void)row;
}

/* --- stats --- */

static const struct print_column counts[] = {
	{ "period", "period", 8, false }, { "sent", "sent", 8, false }, { "taken", "taken", 8, false }, { "bounced", "bounced", 8, false },
	{ "no_tls", "no tls", 8, false }, { "bounced_percent", "bounced %", 0, false }
};
#define COUNTS (sizeof(counts) / sizeof(*counts))

static void
now_print(const struct row *row)
{
	bool is_braked = print_field_number(row, "braked") != 0;

	printf("\nmode ");
	print_text(print_field_text(row, "mode"));
	printf("; at most %lld a day; %lld look-ups of %lld today\n", (long long)print_field_number(row, "most"),
	    (long long)print_field_number(row, "lookups"), (long long)print_field_number(row, "lookups_most"));
	printf("%lld want none, or are to get none\n", (long long)print_field_number(row, "stopped"));
	printf("%s: the most that may bounce are %lld %%\n", is_braked ? "none are sent, too many bounced" : "the brake does not hold",
	    (long long)print_field_number(row, "bounces_most"));
}

static void
stats_print(void *arg, const struct row *row)
{
	bool *has_begun = arg;

	if (span_equal(print_field_text(row, "period"), SPAN("now"))) {
		now_print(row);
		return;
	}
	if (!*has_begun)
		print_titles(counts, COUNTS);
	*has_begun = true;
	print_columns(row, counts, COUNTS);
}

/* --- what is asked --- */

static const struct notice_command {
	const char *name, *called;
	const char *about;	/* the option that the room takes its one word as; NULL = it has none */
	const struct words_option *options;
	void (*on_row)(void *arg, const struct row *row);
} commands[] = {
	{ "list", "notice list", NULL, none, case_print },
	{ "preview", "notice preview", "peer", language, letter_print },
	{ "send", "notice send", "peer", none, nothing_print },
	{ "suppress", "notice suppress", "what", none, nothing_print },
	{ "allow", "notice allow", "what", none, nothing_print },
	{ "stats", "notice stats", NULL, none, stats_print },
};

/* The template of another language than the configured one: it is sent along. Returns false after a complaint. */
static bool
template_read(struct span name, struct buf *out)
{
	char path[PATH_MAX];
	const char *why;

	if (span_find(name, '/') < name.length || span_find(name, '.') < name.length)
		return ctl_usage("notice preview: --language en, or de") == EX_OK;
	snprintf(path, sizeof(path), "%s/%.*s.txt", SEALPOST_NOTICEDIR, SPAN_ARG(name));
	why = material_read(path, TEMPLATE_OCTETS_MAX, out);
	return why == NULL || ctl_usage("notice preview: %s: %s", path, why) == EX_OK;
}

static int
ask(const struct options *options, const struct notice_command *command, const struct words *words)
{
	struct span arguments[4];
	struct request request = { span_of(command->called), arguments, 0 };
	bool has_begun = false;
	struct buf template;
	int code = EX_USAGE;

	buf_init(&template, TEMPLATE_OCTETS_MAX + 1);
	if (command->about != NULL) {
		arguments[request.arguments_count++] = span_of(command->about);
		arguments[request.arguments_count++] = words->plain[0];
	}
	if (!words->is_given[0] || template_read(words->value[0], &template)) {
		if (words->is_given[0]) {
			arguments[request.arguments_count++] = SPAN("template");
			arguments[request.arguments_count++] = buf_span(&template);
		}
		code = answer_print(options, &request, command->on_row, &has_begun);
	}
	buf_clear(&template);
	return code;
}

static const struct notice_command *
command_find(const char *name)
{
	const struct notice_command *command = commands;

	while (strcmp(command->name, name) != 0)
		command++;
	return command;
}

/* argv[0] is the second word of the command: main.c has all of them. */
int
notice_run(const struct options *options, int argc, char **argv)
{
	const struct notice_command *command = command_find(argv[0]);
	struct arena *arena = arena_new();
	struct words words;
	int code = EX_USAGE;

	if (!words_read(arena, command->called, argc, argv, command->options, &words))
		;
	else if (words.plain_count != (command->about != NULL))
		code = ctl_usage(command->about != NULL ? "%s: takes one word: see sealpost(8)" : "%s: takes no words", command->called);
	else
		code = ask(options, command, &words);
	arena_free(&arena);
	return code;
}
