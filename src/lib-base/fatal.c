/* The end of a process that cannot go on, and allocation that cannot fail. */
#include "base/fatal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"

__attribute__((noreturn)) static void
say_and_end(const char *text)
{
	log_error("fatal", LOG_TEXT("what", text));
	log_flush();
	_exit(EX_SOFTWARE);
}

void
fatal(const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	say_and_end(text);
}

void
fatal_errno(const char *format, ...)
{
	char text[512], whole[640];
	int error = errno;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	snprintf(whole, sizeof(whole), "%s: %s", text, strerror(error));
	say_and_end(whole);
}

void *
must_alloc(size_t octets)
{
	void *memory = calloc(1, octets == 0 ? 1 : octets);

	if (memory == NULL)
		fatal("out of memory for %zu octets", octets);
	return memory;
}

void *
must_realloc(void *memory, size_t octets)
{
	memory = realloc(memory, octets == 0 ? 1 : octets);
	if (memory == NULL)
		fatal("out of memory for %zu octets", octets);
	return memory;
}

char *
must_copy(const char *data, size_t length)
{
	char *copy = must_alloc(length + 1);

	if (length > 0)
		memcpy(copy, data, length);
	return copy;
}
