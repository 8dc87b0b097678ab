/* sealpost exception: what is demanded of a domain instead of everything else, until a day, for a reason. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "answer.h"
#include "conf/settings.h"
#include "ctl.h"
#include "mail/date.h"
#include "policy/level.h"
#include "print.h"
#include "words.h"

static const struct print_column columns[] = {
	{ "domain", "domain", 32, false }, { "mode", "demanded", 8, false }, { "state", "state", 8, false },
	{ "until", "until", 19, true }, { "why", "why", 0, false }
};
#define COLUMNS (sizeof(columns) / sizeof(*columns))

enum { OPTION_REQUIRE, OPTION_UNTIL, OPTION_WHY };

static const struct words_option add_options[] = { { "--require", true }, { "--until", true }, { "--why", true }, { NULL } };
static const struct words_option no_options[] = { { NULL } };

static void
row_print(void *arg, const struct row *row)
{
	bool *has_begun = arg;

	if (!*has_begun)
		print_titles(columns, COLUMNS);
	*has_begun = true;
	print_columns(row, columns, COLUMNS);
}

static int
exception_ask(const struct options *options, struct span verb, struct span *arguments, uint32_t count)
{
	const struct request request = { verb, arguments, count };
	bool has_begun = false;

	return answer_print(options, &request, row_print, &has_begun);
}

static bool
is_one_line(struct span text)
{
	for (size_t i = 0; i < text.length; i++)
		if (iscntrl((unsigned char)text.data[i]))
			return false;
	return true;
}

/* Returns NULL, or what is wrong with what was given. */
static const char *
values_check(const struct words *words)
{
	enum policy_level level;
	int64_t until_s;

	if (!words->is_given[OPTION_REQUIRE] || !words->is_given[OPTION_UNTIL] || !words->is_given[OPTION_WHY])
		return "--require, --until and --why are all needed: no exception without an end and a reason";
	if (!policy_level_parse(words->value[OPTION_REQUIRE], &level) || level > POLICY_SECURE)
		return "--require: not one of encrypt, verify, secure";
	if (!date_parse_end(words->value[OPTION_UNTIL], &until_s))
		return "--until: neither a date (2027-01-31: to the end of that day, UTC) nor a time (2027-01-31T12:00Z)";
	if (until_s <= time(NULL))
		return "--until: that is over";
	if (span_trim(words->value[OPTION_WHY]).length == 0)
		return "--why: say why, for those who come later";
	if (words->value[OPTION_WHY].length > EXCEPTION_WHY_MAX || !is_one_line(words->value[OPTION_WHY]))
		return "--why: one line of at most 500 octets";
	return NULL;
}

static int
add(const struct options *options, const struct words *words)
{
	const char *why = words->plain_count != 1 ? "one domain is expected" : values_check(words);
	struct span arguments[4];

	if (why != NULL)
		return ctl_usage("exception add: %s", why);
	arguments[0] = words->plain[0];
	arguments[1] = words->value[OPTION_REQUIRE];
	arguments[2] = words->value[OPTION_UNTIL];
	arguments[3] = span_trim(words->value[OPTION_WHY]);
	return exception_ask(options, SPAN("exception add"), arguments, 4);
}

int
exception_add(const struct options *options, int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct words words;
	int code = words_read(arena, "exception add", argc, argv, add_options, &words) ? add(options, &words) : EX_USAGE;

	arena_free(&arena);
	return code;
}

int
exception_list(const struct options *options, int argc, char **argv)
{
	if (argc > 1)
		return ctl_usage("exception list: \"%s\" has no place here", argv[1]);
	return exception_ask(options, SPAN("exception list"), NULL, 0);
}

int
exception_remove(const struct options *options, int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct words words;
	int code = EX_USAGE;

	if (words_read(arena, "exception remove", argc, argv, no_options, &words))
		code = words.plain_count == 1 ? exception_ask(options, SPAN("exception remove"), words.plain, 1) :
		    ctl_usage("exception remove: one domain is expected");
	arena_free(&arena);
	return code;
}
