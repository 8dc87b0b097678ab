/* What the journal said, by place, until the scan has asked for it. */
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/fatal.h"
#include "base/tree.h"
#include "queue/entry.h"
#include "queue/state.h"

/* The last word on one place. */
struct said {
	RB_ENTRY(said) entry;
	uint64_t generation, offset;
	uint32_t length;	/* of state; 0 = done */
	char state[];
};

/* A snapshot's word on a segment: what lives of the records before `until`. */
struct living {
	RB_ENTRY(living) entry;
	uint64_t generation, until;
	uint32_t count;
	uint64_t offsets[];	/* in order */
};

RB_HEAD(said_tree, said);
RB_HEAD(living_tree, living);

struct replay {
	struct said_tree said;
	struct living_tree living;
};

static int
said_compare(struct said *a, struct said *b)
{
	if (a->generation != b->generation)
		return a->generation < b->generation ? -1 : 1;
	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

static int
living_compare(struct living *a, struct living *b)
{
	return a->generation < b->generation ? -1 : a->generation > b->generation;
}

TREE_GENERATE(said_tree, said, entry, said_compare)
TREE_GENERATE(living_tree, living, entry, living_compare)

struct replay *
replay_new(void)
{
	struct replay *replay = must_alloc(sizeof(*replay));

	RB_INIT(&replay->said);
	RB_INIT(&replay->living);
	return replay;
}

void
replay_free(struct replay **replay)
{
	struct said *said, *next_said;
	struct living *living, *next_living;

	if (*replay == NULL)
		return;
	RB_FOREACH_SAFE(said, said_tree, &(*replay)->said, next_said) {
		RB_REMOVE(said_tree, &(*replay)->said, said);
		free(said);
	}
	RB_FOREACH_SAFE(living, living_tree, &(*replay)->living, next_living) {
		RB_REMOVE(living_tree, &(*replay)->living, living);
		free(living);
	}
	free(*replay);
	*replay = NULL;
}

static void
say(struct replay *replay, uint64_t generation, uint64_t offset, struct span state)
{
	struct said *said = must_alloc(sizeof(*said) + state.length), *former;

	said->generation = generation;
	said->offset = offset;
	said->length = (uint32_t)state.length;
	if (state.length > 0)
		memcpy(said->state, state.data, state.length);
	former = RB_FIND(said_tree, &replay->said, said);
	if (former != NULL) {
		RB_REMOVE(said_tree, &replay->said, former);
		free(former);
	}
	RB_INSERT(said_tree, &replay->said, said);
}

/* The rest of an entry is a state: generation and offset come first in it. */
static bool
take_state(struct replay *replay, struct span state)
{
	struct codec in = codec_read(state);
	uint64_t generation = get_u64(&in), offset = get_u64(&in);

	if (in.bad)
		return false;
	say(replay, generation, offset, state);
	return true;
}

static bool
take_segment(struct replay *replay, struct codec *in)
{
	uint64_t generation = get_u64(in), until = get_u64(in);
	uint32_t count = get_count(in, 8);
	struct living *living = must_alloc(sizeof(*living) + count * sizeof(living->offsets[0])), *former;

	living->generation = generation;
	living->until = until;
	living->count = count;
	for (uint32_t i = 0; i < count; i++)
		living->offsets[i] = get_u64(in);
	if (!codec_done(in)) {
		free(living);
		return false;
	}
	former = RB_FIND(living_tree, &replay->living, living);
	if (former != NULL) {
		RB_REMOVE(living_tree, &replay->living, former);
		free(former);
	}
	RB_INSERT(living_tree, &replay->living, living);
	return true;
}

bool
replay_take(struct replay *replay, struct span entry)
{
	struct codec in = codec_read(entry);
	enum entry_kind kind = get_enum(&in, ENTRY_KINDS);
	uint64_t generation, offset;

	if (kind == ENTRY_STATE)
		return take_state(replay, in.rest);
	if (kind == ENTRY_SEGMENT)
		return take_segment(replay, &in);
	if (kind != ENTRY_DONE && kind != ENTRY_MOVED)
		return false;
	generation = get_u64(&in);
	offset = get_u64(&in);
	if (in.bad)
		return false;
	say(replay, generation, offset, SPAN(""));
	return kind == ENTRY_DONE || take_state(replay, in.rest);
}

static int
offset_compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

enum replayed
replay_find(const struct replay *replay, uint64_t generation, uint64_t offset, struct span *state)
{
	struct living wanted_living = { .generation = generation };
	struct said wanted_said = { .generation = generation, .offset = offset };
	/* RB_FIND does not change the trees; its type says otherwise. */
	const struct living *living = RB_FIND(living_tree, (struct living_tree *)(uintptr_t)&replay->living, &wanted_living);
	const struct said *said = RB_FIND(said_tree, (struct said_tree *)(uintptr_t)&replay->said, &wanted_said);

	if (said != NULL && said->length == 0)
		return REPLAYED_DONE;
	if (living != NULL && offset < living->until &&
	    bsearch(&offset, living->offsets, living->count, sizeof(offset), offset_compare) == NULL)
		return REPLAYED_DONE;
	if (said == NULL)
		return REPLAYED_NOTHING;
	*state = span_make(said->state, said->length);
	return REPLAYED_STATE;
}
