/* One tree of places; a place has resting clients, or a session, or both. */
#include "relay/reuse.h"

#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "loop/clock.h"
#include "relay/client.h"

#define SESSIONS_MOST 4096	/* of all places; the one used longest ago goes first */
#define RESTING_MOST 500	/* connections: each costs a descriptor here and a place at a peer */

struct place {
	RB_ENTRY(place) entry;
	TAILQ_ENTRY(place) by_age;	/* if it has a session */
	struct client_list clients;	/* resting; the one that came last first */
	struct tls_session *session;
	char key[];
};

static int
place_compare(struct place *a, struct place *b)
{
	return strcmp(a->key, b->key);
}

TREE_GENERATE(place_tree, place, entry, place_compare)

/* A key to look with, in the shape of a place. */
union place_key {
	struct place place;
	char room[sizeof(struct place) + PLAN_KEY];
};

static struct place *
place_find(struct relay *relay, const char *key)
{
	static union place_key wanted;

	memcpy(wanted.place.key, key, strlen(key) + 1);
	return RB_FIND(place_tree, &relay->places, &wanted.place);
}

static struct place *
place_get(struct relay *relay, const char *key)
{
	struct place *place = place_find(relay, key);
	size_t octets = strlen(key) + 1;

	if (place != NULL)
		return place;
	place = must_alloc(sizeof(*place) + octets);
	memcpy(place->key, key, octets);
	TAILQ_INIT(&place->clients);
	RB_INSERT(place_tree, &relay->places, place);
	return place;
}

static void
place_rest_if_unused(struct relay *relay, struct place *place)
{
	if (!TAILQ_EMPTY(&place->clients) || place->session != NULL)
		return;
	RB_REMOVE(place_tree, &relay->places, place);
	free(place);
}

void
reuse_keep(struct relay *relay, struct client *client)
{
	client->place = place_get(relay, client->key);
	TAILQ_INSERT_HEAD(&client->place->clients, client, of_place);
	TAILQ_INSERT_TAIL(&relay->resting, client, of_resting);
	if (++relay->resting_count > RESTING_MOST)
		client_leave(TAILQ_FIRST(&relay->resting));
}

void
reuse_drop(struct relay *relay, struct client *client)
{
	struct place *place = client->place;

	if (place == NULL)
		return;
	client->place = NULL;
	TAILQ_REMOVE(&place->clients, client, of_place);
	TAILQ_REMOVE(&relay->resting, client, of_resting);
	relay->resting_count--;
	place_rest_if_unused(relay, place);
}

/* A resting client at an address, by any of the proofs that would do there. */
static struct client *
candidate_find(struct relay *relay, const struct plan *plan, unsigned candidate, unsigned *proof)
{
	static const struct proof none = { .name = NULL };
	const struct plan_host *host = plan->candidates[candidate].host;
	unsigned count = host == NULL ? 1 : host->decision.demand.proofs_count;
	bool must_require = host != NULL && host->facts.wish == WISH_REQUIRETLS;
	char key[PLAN_KEY];

	for (unsigned i = 0; i < count; i++) {
		const struct proof *wanted = host == NULL ? &none : &host->decision.demand.proofs[i];
		struct place *place = place_find(relay, plan_key(plan, &plan->candidates[candidate], wanted, key));
		struct client *client = place == NULL ? NULL : TAILQ_FIRST(&place->clients);

		/* What a peer offers is the peer's, not the connection's: any other there lacks it as well. */
		if (client != NULL && (!must_require || client->capability.flags & CAPABILITY_REQUIRETLS)) {
			*proof = i;
			return client;
		}
	}
	return NULL;
}

struct client *
reuse_find(struct relay *relay, const struct plan *plan, unsigned *candidate, unsigned *proof)
{
	int64_t now = clock_ms();
	int best = -1;

	for (unsigned i = 0; i < plan->count; i++) {
		const struct candidate *at = &plan->candidates[i];
		int preference = at->host == NULL ? 0 : at->host->preference;
		struct client *client;

		if (at->rest_until_ms > now || (at->host != NULL && at->host->decision.demand.verdict != DECIDE_TRY))
			continue;
		if (best >= 0 && preference > best)
			break;
		best = preference;
		client = candidate_find(relay, plan, i, proof);
		if (client != NULL) {
			*candidate = i;
			return client;
		}
	}
	return NULL;
}

static void
session_drop(struct relay *relay, struct place *place)
{
	TAILQ_REMOVE(&relay->places_with_session, place, by_age);
	relay->sessions--;
	tls_session_free(&place->session);
	place_rest_if_unused(relay, place);
}

void
reuse_keep_session(struct relay *relay, const char *key, struct tls_session *session)
{
	struct place *place = place_get(relay, key);

	if (place->session != NULL) {
		TAILQ_REMOVE(&relay->places_with_session, place, by_age);
		tls_session_free(&place->session);
		relay->sessions--;
	}
	place->session = session;
	TAILQ_INSERT_TAIL(&relay->places_with_session, place, by_age);
	if (++relay->sessions > SESSIONS_MOST)
		session_drop(relay, TAILQ_FIRST(&relay->places_with_session));
}

struct tls_session *
reuse_take_session(struct relay *relay, const char *key)
{
	struct place *place = place_find(relay, key);
	struct tls_session *session;

	if (place == NULL || place->session == NULL)
		return NULL;
	session = place->session;
	place->session = NULL;
	TAILQ_REMOVE(&relay->places_with_session, place, by_age);
	relay->sessions--;
	place_rest_if_unused(relay, place);
	return session;
}

void
reuse_forget_sessions(struct relay *relay)
{
	struct place *place;

	while ((place = TAILQ_FIRST(&relay->places_with_session)) != NULL)
		session_drop(relay, place);
}
