/* Failing, matching, starting afresh. */
#include "tests/fake/fake.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/fake/fake_log.h"

#define RESETS 16
#define FIRST_FD 10000

static void (*resets[RESETS])(void);
static int resets_count, fds;
static const char *place;

void
fake_where(const char *where)
{
	place = where;
}

void
fake_fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fflush(stdout);
	if (place != NULL)
		fprintf(stderr, "%s: ", place);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	fake_log_print();
	abort();
}

bool
fake_matches(const char *pattern, const char *text)
{
	for (; *pattern != '*'; pattern++, text++) {
		if (*pattern != *text)
			return false;
		if (*pattern == '\0')
			return true;
	}
	while (*pattern == '*')
		pattern++;
	if (*pattern == '\0')
		return true;
	for (; *text != '\0'; text++)
		if (fake_matches(pattern, text))
			return true;
	return false;
}

int
fake_fd(void)
{
	return FIRST_FD + fds++;
}

void
fake_on_reset(void (*reset)(void))
{
	for (int i = 0; i < resets_count; i++)
		if (resets[i] == reset)
			return;
	if (resets_count == RESETS)
		fake_fail("more than %d fakes", RESETS);
	resets[resets_count++] = reset;
}

void
fake_reset(void)
{
	for (int i = 0; i < resets_count; i++)
		resets[i]();
	fds = 0;
}

void
fake_finish(void)
{
	fake_log_check();
	fake_reset();
}
