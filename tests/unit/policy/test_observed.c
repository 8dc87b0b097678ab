/* Tests of src/policy/observed.c. */
#include "tests/unit/policy/folder.h"

#include "policy/observed.h"

#define DAY 86400

static char text[1000];

static void
each(void *arg, struct span domain, struct span reason, struct span because, int64_t count, int64_t last_day_s)
{
	size_t length = strlen(text);

	(void)arg;
	snprintf(text + length, sizeof(text) - length, "%.*s %.*s %.*s %lld %lld\n", SPAN_ARG(domain), SPAN_ARG(reason),
	    SPAN_ARG(because), (long long)count, (long long)(last_day_s - FAKE_WALL_START) / DAY);
}

static void
note(const char *domain, const char *reason, int64_t day)
{
	observed_note(store, span_of(domain), span_of(reason), SPAN("sts"), FAKE_WALL_START + day * DAY + 77);
}

static const char *
since(int64_t day)
{
	text[0] = '\0';
	observed_each(store, FAKE_WALL_START + day * DAY, each, NULL);
	return text;
}

START_TEST(counts_are_summed_over_days)
{
	folder_begin();
	note("a.example", "no-starttls", 0);
	for (int i = 0; i < 3; i++)
		note("b.example", "certificate-expired", i);
	note("b.example", "certificate-expired", 2);
	store_again();
	ck_assert_str_eq(since(0), "b.example certificate-expired sts 4 2\na.example no-starttls sts 1 0\n");
	ck_assert_str_eq(since(2), "b.example certificate-expired sts 2 2\n");
	ck_assert_str_eq(since(3), "");
	folder_end();
}
END_TEST

START_TEST(they_are_kept_for_ninety_days)
{
	folder_begin();
	note("a.example", "no-starttls", 0);
	observed_expire(store, FAKE_WALL_START + 90 * DAY);
	ck_assert_str_eq(since(0), "a.example no-starttls sts 1 0\n");
	observed_expire(store, FAKE_WALL_START + 91 * DAY);
	ck_assert_str_eq(since(0), "");
	folder_end();
}
END_TEST

UNIT_MAIN("observed", counts_are_summed_over_days, they_are_kept_for_ninety_days)
