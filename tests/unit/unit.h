/*
 * A unit test is one program per source file: a table of Check tests and
 *
 *   UNIT_MAIN("span", a_cut_leaves_the_rest, numbers_are_digits_only)
 *
 * Test names are sentences: START_TEST(a_cut_leaves_the_rest).
 */
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "tests/unit/leaks.h"

/*
 * Check writes to a file at each assertion that holds, so that it can name the last one before a crash: that was most of what tests cost
 * that look at every octet. The test's own name is left, and what sanitizers and core files say.
 */
#define _mark_point(file, line) ((void)(line))

/* A span compared with a string, both shown when they differ. */
#define ck_span_eq(s, expected) \
	do { \
		struct span ck_span = (s); \
		char *ck_text = strndup(ck_span.length == 0 ? "" : ck_span.data, ck_span.length); \
		ck_assert_str_eq(ck_text, (expected)); \
		free(ck_text); \
	} while (0)

/* For one test, on a machine with other work: sanitizers take their time with those that walk through every combination. */
#ifdef SEALPOST_SANITIZED
#define UNIT_SECONDS 300
#else
#define UNIT_SECONDS 60
#endif

/* The first test is run once per row (its number is in _i), the others once. */
static inline int
unit_run_looped(const char *name, const TTest *const *tests, size_t count, size_t rows)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	SRunner *runner;
	int failed;

	for (size_t i = 0; i < count; i++)
		tcase_add_loop_test(tcase, tests[i], 0, i == 0 ? (int)rows : 1);
	tcase_set_timeout(tcase, UNIT_SECONDS);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static inline int
unit_run(const char *name, const TTest *const *tests, size_t count)
{
	return unit_run_looped(name, tests, count, 1);
}

#define UNIT_MAIN(name, ...) \
	int \
	main(void) \
	{ \
		const TTest *const unit_tests[] = { __VA_ARGS__ }; \
\
		return unit_run((name), unit_tests, sizeof(unit_tests) / sizeof(*unit_tests)); \
	}

/* The same, with a first test that is run once per row of a table: UNIT_MAIN_LOOPED("x", test, rows, others) */
#define UNIT_MAIN_LOOPED(name, looped, table, ...) \
	int \
	main(void) \
	{ \
		const TTest *const unit_tests[] = { looped, __VA_ARGS__ }; \
\
		return unit_run_looped((name), unit_tests, sizeof(unit_tests) / sizeof(*unit_tests), \
		    sizeof(table) / sizeof(*(table))); \
	}

#endif
