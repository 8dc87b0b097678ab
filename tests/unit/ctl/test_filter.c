/* Tests of src/ctl/filter.c: what is typed, and what the queue is sent. */
#include "src/ctl/filter.h"

#include <stdio.h>

#include "tests/unit/unit.h"

#define ID "0123456789-2a"

static const struct {
	const char *typed;	/* words between blanks */
	bool may_dry;
	const char *sent;	/* NULL = refused */
	const char *why;
	bool is_stated;
} rows[] = {
	{ "", false, "", NULL, false },
	{ "--all", false, "--all|", NULL, true },
	{ ID " " ID, false, ID "|" ID "|", NULL, true },
	{ "--from <> --to a@b.example", false, "--from|<>|--to|a@b.example|", NULL, true },
	{ "--to-domain=.example.org", false, "--to-domain|.example.org|", NULL, true },
	{ "--hop mx:example.org --reason certificate-expired", false, "--hop|mx:example.org|--reason|certificate-expired|", NULL, true },
	{ "--state held", false, "--state|held|", NULL, true },
	{ "--from-domain example.org --newer 1h", false, "--from-domain|example.org|--newer|3600|", NULL, true },
	{ "--older 90s", false, "--older|90|", NULL, true },
	{ "--older=2h", false, "--older|7200|", NULL, true },
	{ "--older 3d " ID, false, "--older|259200|" ID "|", NULL, true },
	{ "--dry-run", true, "--dry-run|", NULL, false },
	{ "--dry-run --all", true, "--dry-run|--all|", NULL, true },
	{ "--dry-run", false, NULL, "--dry-run: there is no such option", false },
	{ "--older 90", false, NULL, "--older: a duration is a number and s, m, h or d", false },
	{ "--older 99999999999d", false, NULL, "--older: a duration is a number and s, m, h or d", false },
	{ "--older", false, NULL, "--older: a duration is a number and s, m, h or d", false },
	{ "--from", false, NULL, "--from: lacks its value (the empty reverse path is \"<>\")", false },
	{ "--from=", false, NULL, "--from: lacks its value (the empty reverse path is \"<>\")", false },
	{ "--state waiting", false, NULL, "--state: a state is ready, deferred, active or held", false },
	{ "--to-domain a@b.example", false, NULL, "--to-domain: a domain has no @ (there are --from and --to for addresses)", false },
	{ "--all=yes", false, NULL, "--all=yes: takes no value", false },
	{ "--al", false, NULL, "--al: there is no such option", false },
	{ "-x", false, NULL, "-x: there is no such option", false },
	{ "nonsense", false, NULL, "nonsense: not the identity of a message", false },
};

START_TEST(what_is_typed_becomes_what_is_sent)
{
	struct arena *arena = arena_new();
	char typed[300], name[] = "list", why[256] = "", sent[512] = "", *argv[20] = { name };
	struct filter filter;
	int argc = 1;
	bool good;

	snprintf(typed, sizeof(typed), "%s", rows[_i].typed);
	for (char *word = strtok(typed, " "); word != NULL; word = strtok(NULL, " "))
		argv[argc++] = word;
	good = filter_read(arena, argc, argv, rows[_i].may_dry, &filter, why, sizeof(why));
	ck_assert_msg(good == (rows[_i].sent != NULL), "%s", why);
	if (good) {
		for (size_t i = 0; i < filter.arguments_count; i++)
			sprintf(sent + strlen(sent), "%.*s|", SPAN_ARG(filter.arguments[i]));
		ck_assert_str_eq(sent, rows[_i].sent);
		ck_assert_int_eq(filter.is_stated, rows[_i].is_stated);
	} else {
		ck_assert_str_eq(why, rows[_i].why);
	}
	arena_free(&arena);
}
END_TEST

UNIT_MAIN_LOOPED("filter", what_is_typed_becomes_what_is_sent, rows)
