/* Which messages: the one syntax of all queue commands, as typed, made what the queue takes. */
#ifndef CTL_FILTER_H
#define CTL_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"

struct filter {
	struct span *arguments;		/* --option value --option value ID ...; in the arena */
	size_t arguments_count;
	bool is_stated;			/* something was chosen, or --all */
};

/* Returns false with a sentence in why (size octets). may_dry: --dry-run has a place here. */
bool filter_read(struct arena *arena, int argc, char **argv, bool may_dry, struct filter *filter, char *why, size_t size);

#endif
