/* Arenas: blocks in a list, filled from the front. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"

#define BLOCK_OCTETS 1024	/* of an ordinary block; a larger wish gets its own */

struct block {
	struct block *next;
	size_t used, size;	/* of room */
	alignas(max_align_t) char room[];
};

struct arena {
	struct block *blocks;	/* the first is the one being filled */
	size_t used;		/* octets handed out */
};

struct arena *
arena_new(void)
{
	return must_alloc(sizeof(struct arena));
}

void
arena_free(struct arena **arena)
{
	if (*arena == NULL)
		return;
	for (struct block *next, *block = (*arena)->blocks; block != NULL; block = next) {
		next = block->next;
		free(block);
	}
	free(*arena);
	*arena = NULL;
}

static struct block *
block_new(size_t size)
{
	struct block *block = must_alloc(sizeof(*block) + size);

	block->size = size;
	return block;
}

void *
arena_alloc(struct arena *arena, size_t octets)
{
	size_t wanted = (octets + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	struct block *block = arena->blocks;

	if (block == NULL || block->size - block->used < wanted) {
		block = block_new(wanted > BLOCK_OCTETS ? wanted : BLOCK_OCTETS);
		block->next = arena->blocks;
		arena->blocks = block;
	}
	void *room = block->room + block->used;
	block->used += wanted;
	arena->used += wanted;
	return room;
}

char *
arena_copy(struct arena *arena, struct span octets)
{
	char *copy = arena_alloc(arena, octets.length + 1);

	if (octets.length > 0)
		memcpy(copy, octets.data, octets.length);
	return copy;
}

struct span
arena_span(struct arena *arena, struct span octets)
{
	return (struct span){ arena_copy(arena, octets), octets.length };
}

struct span
arena_lower(struct arena *arena, struct span octets)
{
	char *copy = arena_copy(arena, octets);

	for (size_t i = 0; i < octets.length; i++)
		if (copy[i] >= 'A' && copy[i] <= 'Z')
			copy[i] = (char)(copy[i] - 'A' + 'a');
	return span_make(copy, octets.length);
}

size_t
arena_used(const struct arena *arena)
{
	return arena->used;
}
