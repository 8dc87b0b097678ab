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

/* A span compared with a string, both shown when they differ. */
#define ck_span_eq(s, expected) \
	do { \
		struct span ck_span = (s); \
		char *ck_text = strndup(ck_span.length == 0 ? "" : ck_span.data, ck_span.length); \
		ck_assert_str_eq(ck_text, (expected)); \
		free(ck_text); \
	} while (0)

static inline int
unit_run(const char *name, const TTest *const *tests, size_t count)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	SRunner *runner;
	int failed;

	for (size_t i = 0; i < count; i++)
		tcase_add_test(tcase, tests[i]);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#define UNIT_MAIN(name, ...) \
	int \
	main(void) \
	{ \
		const TTest *const unit_tests[] = { __VA_ARGS__ }; \
\
		return unit_run((name), unit_tests, sizeof(unit_tests) / sizeof(*unit_tests)); \
	}

#endif
