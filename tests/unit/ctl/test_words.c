/* Tests of src/ctl/words.c: options among words. */
#include "src/ctl/words.h"

#include <stdarg.h>
#include <stdio.h>

#include "src/ctl/ctl.h"
#include "tests/unit/unit.h"

static char said[256];

int
ctl_usage(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(said, sizeof(said), format, arguments);
	va_end(arguments);
	return 64;
}

static const struct words_option options[] = { { "--until", true }, { "--live", false }, { NULL } };

static const struct {
	const char *typed;	/* words between blanks */
	const char *sent;	/* NULL = refused */
	const char *said;
} rows[] = {
	{ "", "", "" },
	{ "a.example", "a.example|", "" },
	{ "--live a.example", "a.example|--live|", "" },
	{ "a.example --until 2027-01-31 b", "a.example|b|--until|2027-01-31|", "" },
	{ "--until=2027-01-31 --live", "--until|2027-01-31|--live|", "" },
	{ "--until=", "--until||", "" },
	{ "-", "-|", "" },
	{ "--until", NULL, "x: --until: a value is expected behind it" },
	{ "--live --live", NULL, "x: --live: is here twice" },
	{ "--live=yes", NULL, "x: --live=yes: there is no such option" },
	{ "--liv", NULL, "x: --liv: there is no such option" },
	{ "-l", NULL, "x: -l: there is no such option" },
};

START_TEST(options_stand_anywhere)
{
	static char typed[256], name[] = "x";
	char *argv[16] = { name }, *rest = typed, text[512] = "";
	struct arena *arena = arena_new();
	struct words words;
	struct span *all;
	int argc = 1;

	snprintf(typed, sizeof(typed), "%s", rows[_i].typed);
	while ((argv[argc] = strsep(&rest, " ")) != NULL && argv[argc][0] != '\0')
		argc++;
	ck_assert(words_read(arena, "x", argc, argv, options, &words) == (rows[_i].sent != NULL));
	ck_assert_str_eq(said, rows[_i].said);
	if (rows[_i].sent != NULL) {
		uint32_t count = words_join(arena, &words, options, &all);

		for (uint32_t i = 0; i < count; i++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%.*s|", SPAN_ARG(all[i]));
		ck_assert_str_eq(text, rows[_i].sent);
	}
	arena_free(&arena);
}
END_TEST

UNIT_MAIN_LOOPED("words", options_stand_anywhere, rows, )
