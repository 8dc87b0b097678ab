/* sealpost tlsrpt: reports on TLS to domains (RFC 8460): what one would say, which are due or were sent, and one now. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "answer.h"
#include "ctl.h"
#include "print.h"
#include "words.h"

static const struct words_option of_day[] = { { "--day", true }, { NULL } };
static const struct words_option since[] = { { "--since", true }, { NULL } };

static const struct print_column columns[] = {
	{ "day", "of", 10, false }, { "domain", "domain", 30, false }, { "for", "for", 6, false }, { "state", "state", 8, false },
	{ "sent_s", "sent", 19, true }, { "due_s", "due", 19, true }, { "to", "to", 36, false }, { "text", "why", 0, false }
};
#define COLUMNS (sizeof(columns) / sizeof(*columns))

/* For people, and what a program of the domain's would read. */
static void
report_print(void *arg, const struct row *row)
{
	struct span words = print_field_text(row, "words"), report = print_field_text(row, "report"), line;

	(void)arg;
	while (span_cut(&words, '\n', &line)) {
		print_text(span_trim_end(line));
		printf("\n");
	}
	printf("%.*s\n", SPAN_ARG(report));
}

static void
due_print(void *arg, const struct row *row)
{
	bool *has_begun = arg;

	if (!*has_begun)
		print_titles(columns, COLUMNS);
	*has_begun = true;
	print_columns(row, columns, COLUMNS);
}

static void
nothing_print(void *arg, const struct row *row)
{
	(void)arg;
	(void)row;
}

static const struct tlsrpt_command {
	const char *name, *called;
	const struct words_option *options;
	bool needs_domain;
	void (*on_row)(void *arg, const struct row *row);
} commands[] = {
	{ "preview", "tlsrpt preview", of_day, true, report_print },
	{ "send", "tlsrpt send", of_day, true, nothing_print },
	{ "list", "tlsrpt list", since, false, due_print },
};

/* As the room takes it: options only, the domain too. */
static int
ask(const struct options *options, const struct tlsrpt_command *command, const struct words *words)
{
	struct span arguments[4];
	struct request request = { span_of(command->called), arguments, 0 };
	bool has_begun = false;

	if (words->plain_count > 0) {
		arguments[request.arguments_count++] = SPAN("--domain");
		arguments[request.arguments_count++] = words->plain[0];
	}
	if (words->is_given[0]) {
		arguments[request.arguments_count++] = span_of(command->options[0].name);
		arguments[request.arguments_count++] = words->value[0];
	}
	return answer_print(options, &request, command->on_row, &has_begun);
}

static const struct tlsrpt_command *
command_find(const char *name)
{
	const struct tlsrpt_command *command = commands;

	while (strcmp(command->name, name) != 0)
		command++;
	return command;
}

/* argv[0] is the second word of the command: main.c has all of them. */
int
tlsrpt_run(const struct options *options, int argc, char **argv)
{
	const struct tlsrpt_command *command = command_find(argv[0]);
	struct arena *arena = arena_new();
	struct words words;
	int code = EX_USAGE;

	if (!words_read(arena, command->called, argc, argv, command->options, &words))
		;
	else if (words.plain_count > 1 || (command->needs_domain && words.plain_count == 0))
		code = ctl_usage("%s: takes one domain", command->called);
	else
		code = ask(options, command, &words);
	arena_free(&arena);
	return code;
}
