/* What all fakes share. README says how they play together. */
#ifndef TESTS_FAKE_FAKE_H
#define TESTS_FAKE_FAKE_H

#include <stdbool.h>

/* Say why and abort: the test that runs has failed. */
__attribute__((noreturn, format(printf, 1, 2))) void fake_fail(const char *format, ...);

/* Where the test is (kept, not copied): said with every failure. NULL = nowhere in particular. */
void fake_where(const char *where);

/* Whether text is what pattern says; `*` stands for any octets. */
bool fake_matches(const char *pattern, const char *text);

/* A descriptor that no kernel knows. */
int fake_fd(void);

/* Each fake gives its own reset to this list when it is first used. */
void fake_on_reset(void (*reset)(void));

/* Forget everything: clock, streams, channels, files, lines. */
void fake_reset(void);

/* The end of a test: nothing unexpected was logged. Then fake_reset(). */
void fake_finish(void);

#endif
