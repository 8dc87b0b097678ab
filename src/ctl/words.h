/* The words of a command: options as a table has them, wherever they stand, and the rest. */
#ifndef CTL_WORDS_H
#define CTL_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

#define WORDS_OPTIONS_MAX 5

struct words_option {
	const char *name;		/* "--until"; NULL ends the table */
	bool has_value;			/* --until VALUE, --until=VALUE */
};

struct words {
	struct span *plain;		/* in the arena */
	uint32_t plain_count;
	bool is_given[WORDS_OPTIONS_MAX];	/* as the table has them */
	struct span value[WORDS_OPTIONS_MAX];
};

/* Read argv[1] and what follows. Returns false after a complaint about the command, which is called so. */
bool words_read(struct arena *arena, const char *command, int argc, char **argv, const struct words_option *options, struct words *words);

/* As the rooms take them: the plain words, then each option that was given with its value. Returns how many. */
uint32_t words_join(struct arena *arena, const struct words *words, const struct words_option *options, struct span **out);

#endif
