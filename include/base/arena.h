/*
 * Memory that lives as long as one named thing (a session, a transaction, a job)
 * and is given back all at once. Allocating cannot fail: out of memory ends the process.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/span.h"

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena **arena);	/* tolerates NULL, leaves NULL */

/* Zeroed octets, aligned for any type, valid until arena_free(). */
void *arena_alloc(struct arena *arena, size_t octets);

/* A NUL-terminated copy. */
char *arena_copy(struct arena *arena, struct span octets);
struct span arena_span(struct arena *arena, struct span octets);
struct span arena_lower(struct arena *arena, struct span octets);	/* A to Z in lower case, whatever the locale: names of hosts and domains */

/* Octets handed out so far, for budgets. */
size_t arena_used(const struct arena *arena);

#endif
