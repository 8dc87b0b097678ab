/* The log, kept line by line: "event=name key=value ...", without time and room. */
#ifndef TESTS_FAKE_FAKE_LOG_H
#define TESTS_FAKE_FAKE_LOG_H

#include <stdbool.h>

/* Remove the oldest line that matches (`*` for any octets); false when there is none. */
bool fake_log_take(const char *pattern);

/* As fake_log_take(), and the test fails when there is none. */
void fake_log_expect(const char *pattern);

/* The test fails when a line matches. */
void fake_log_expect_none(const char *pattern);

/* Forget the lines so far, but warnings and errors: those are still to be taken. */
void fake_log_clear(void);

/* The test fails when a warning or an error is left that nobody took. */
void fake_log_check(void);

/* All lines that are left, to stderr. */
void fake_log_print(void);

#endif
