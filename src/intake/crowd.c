/* One node per client network that has sessions now: memory is bounded by the number of sessions. */
#include "intake/crowd.h"

#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"

struct place {
	RB_ENTRY(place) entry;
	struct ip network;
	size_t sessions;
};

static int
place_compare(struct place *a, struct place *b)
{
	if (a->network.family != b->network.family)
		return a->network.family < b->network.family ? -1 : 1;
	return memcmp(a->network.octets, b->network.octets, sizeof(a->network.octets));
}

TREE_GENERATE(places, place, entry, place_compare)

struct place *
crowd_enter(struct crowd *crowd, struct ip network, size_t most)
{
	struct place wanted = { .network = network };
	struct place *place = RB_FIND(places, &crowd->places, &wanted);

	if (most == 0 || (place != NULL && place->sessions >= most))
		return NULL;
	if (place == NULL) {
		place = must_alloc(sizeof(*place));
		place->network = network;
		RB_INSERT(places, &crowd->places, place);
	}
	place->sessions++;
	return place;
}

void
crowd_leave(struct crowd *crowd, struct place **place)
{
	if (*place != NULL && --(*place)->sessions == 0) {
		RB_REMOVE(places, &crowd->places, *place);
		free(*place);
	}
	*place = NULL;
}
