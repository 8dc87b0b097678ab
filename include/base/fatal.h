/*
 * Cannot go on: log the sentence and end the process with EX_SOFTWARE.
 * Master restarts the room; what was answered 250 is on disk.
 */
#ifndef BASE_FATAL_H
#define BASE_FATAL_H

#include <stddef.h>

__attribute__((noreturn, format(printf, 1, 2))) void fatal(const char *format, ...);

/* As fatal(), with ": " and the text of errno behind it. */
__attribute__((noreturn, format(printf, 1, 2))) void fatal_errno(const char *format, ...);

/*
 * malloc, calloc and strndup that end the process instead of returning NULL.
 * The memory is the caller's, to be given back with free().
 */
void *must_alloc(size_t octets);	/* zeroed */
void *must_realloc(void *memory, size_t octets);
char *must_copy(const char *data, size_t length);	/* NUL-terminated */

#endif
