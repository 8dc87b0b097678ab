/* Things to be freed when the turn is over. */
#include "loop/reap.h"

#include <stddef.h>

#include "base/fatal.h"
#include "internal.h"

struct grave {
	void (*free_it)(void *thing);
	void *thing;
};

static struct grave *graves;
static size_t count, capacity;

void
reap_later(void (*free_it)(void *thing), void *thing)
{
	if (count == capacity) {
		capacity = capacity == 0 ? 64 : capacity * 2;
		graves = must_realloc(graves, capacity * sizeof(*graves));
	}
	graves[count++] = (struct grave){ free_it, thing };
}

void
reap_run(void)
{
	/* Freeing may give up more: those are behind in the same list. */
	for (size_t i = 0; i < count; i++)
		graves[i].free_it(graves[i].thing);
	count = 0;
}
