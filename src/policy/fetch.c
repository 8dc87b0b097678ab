/* Whose turn it is to be fetched or posted, and where: slots, addresses, and who waits for either. */
#include "policy/fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/fatal.h"
#include "base/tree.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "metrics/count.h"
#include "policy/https.h"
#include "policy/sts.h"

#define URL_TEXT 350			/* "https://mta-sts.", a domain, and the path */
#define BACKGROUND_PART(all) ((all) - (all) / 4)	/* the rest is kept for what mail waits for */
#define PLACE_PART(all) ((all) / 8 > 4 ? (all) / 8 : 4)	/* at one address, at most */

enum state {
	STATE_WAITING,		/* for its turn: on one of the fetcher's lists */
	STATE_LOOKING,		/* for addresses */
	STATE_PARKED,		/* too many are at its address: on the place's list */
	STATE_RUNNING,		/* https.c has it */
	STATE_ENDING		/* somebody will be told later in this turn */
};

TAILQ_HEAD(fetch_list, fetch);
RB_HEAD(place_tree, place);

/* An address, and who is there. */
struct place {
	RB_ENTRY(place) entry;
	struct ip ip;
	unsigned taken;			/* by fetches that run, or may as soon as it is their turn */
	struct fetch_list parked;
};

struct fetcher {
	struct https *https;
	const struct conf_policy *conf;
	struct resolver *resolver;
	int64_t whole_ms;
	struct fetch_list waiting[2];	/* [is_urgent] */
	struct fetch_list looking;
	struct fetch_list running;
	struct place_tree places;
	unsigned begun[2];		/* looking or running, [is_urgent as it was when they began] */
	unsigned waits;			/* waiting or parked */
	bool is_pumping;
	uint64_t done, failed;
};

struct fetch {
	TAILQ_ENTRY(fetch) entry;	/* on the list of its state */
	struct fetcher *fetcher;
	enum state state;
	bool is_urgent, began_urgent;
	struct arena *arena;		/* of the request */
	struct https_request request;
	void (*on_end)(void *arg, const struct fetch_result *result);
	void *arg;
	int64_t began_ms;
	struct timer *timer;		/* while it looks for addresses */
	struct lookup *lookups[2];	/* AAAA, A */
	enum dns_status statuses[2];
	struct ip addresses[FETCH_ADDRESSES];
	unsigned addresses_count;
	bool has_special;		/* addresses were left out */
	struct place *place;		/* NULL until it has taken one */
	struct exchange *exchange;	/* STATE_RUNNING */
	struct buf body;
	struct fetch_result result;
};

static const struct { const char *word, *text, *report; } ends[FETCH_ENDS] = {
	[FETCH_DONE] = { "done", "the policy was fetched", "" },
	[FETCH_NO_ADDRESS] = { "no-address", "the policy host has no address", "sts-policy-fetch-error" },
	[FETCH_DNS_FAILED] = { "dns-failed", "the DNS gives no address of the policy host", "sts-policy-fetch-error" },
	[FETCH_SPECIAL_ADDRESS] = { "special-address", "the policy host has no public address", "sts-policy-fetch-error" },
	[FETCH_UNREACHABLE] = { "unreachable", "the policy host cannot be reached", "sts-policy-fetch-error" },
	[FETCH_TIMED_OUT] = { "timeout", "the policy host does not answer in time", "sts-policy-fetch-error" },
	[FETCH_TLS_FAILED] = { "tls-failed", "no TLS session with the policy host", "sts-policy-fetch-error" },
	[FETCH_CERTIFICATE] = { "certificate", "the certificate of the policy host is not valid", "sts-webpki-invalid" },
	[FETCH_STATUS] = { "status", "the policy host answers with another status than 200", "sts-policy-fetch-error" },
	[FETCH_TYPE] = { "type", "the policy is not of the type text/plain", "sts-policy-invalid" },
	[FETCH_ENCODED] = { "encoded", "the policy is coded in a way that was not asked for", "sts-policy-fetch-error" },
	[FETCH_TOO_LARGE] = { "too-large", "the policy host sends too much", "sts-policy-fetch-error" },
	[FETCH_BROKEN] = { "broken", "the answer of the policy host is not whole", "sts-policy-fetch-error" },
};

static void pump(struct fetcher *fetcher);

const char *
fetch_word(enum fetch_end end)
{
	return ends[end].word;
}

const char *
fetch_text(enum fetch_end end)
{
	return ends[end].text;
}

const char *
fetch_report(enum fetch_end end)
{
	return ends[end].report;
}

/* --- places --- */

static int
place_compare(const struct place *a, const struct place *b)
{
	int order = (a->ip.family > b->ip.family) - (a->ip.family < b->ip.family);

	return order != 0 ? order : memcmp(a->ip.octets, b->ip.octets, sizeof(a->ip.octets));
}

TREE_GENERATE(place_tree, place, entry, place_compare)

static struct place *
place_get(struct fetcher *fetcher, struct ip ip)
{
	struct place key = { .ip = ip }, *place = RB_FIND(place_tree, &fetcher->places, &key);

	if (place != NULL)
		return place;
	place = must_alloc(sizeof(*place));
	place->ip = ip;
	TAILQ_INIT(&place->parked);
	RB_INSERT(place_tree, &fetcher->places, place);
	return place;
}

static void
place_drop_unused(struct fetcher *fetcher, struct place *place)
{
	if (place->taken > 0 || !TAILQ_EMPTY(&place->parked))
		return;
	RB_REMOVE(place_tree, &fetcher->places, place);
	free(place);
}

/* One leaves; the first who is parked there gets its turn before others. */
static void
place_leave(struct fetch *fetch)
{
	struct place *place = fetch->place;
	struct fetch *next = TAILQ_FIRST(&place->parked);

	fetch->place = NULL;
	place->taken--;
	if (next == NULL) {
		place_drop_unused(fetch->fetcher, place);
		return;
	}
	TAILQ_REMOVE(&place->parked, next, entry);
	place->taken++;
	next->place = place;
	next->state = STATE_WAITING;
	TAILQ_INSERT_HEAD(&next->fetcher->waiting[next->is_urgent], next, entry);
}

static void
place_park(struct fetch *fetch, struct place *place)
{
	fetch->state = STATE_PARKED;
	fetch->fetcher->waits++;
	if (fetch->is_urgent)
		TAILQ_INSERT_HEAD(&place->parked, fetch, entry);
	else
		TAILQ_INSERT_TAIL(&place->parked, fetch, entry);
}

/* --- the end of a fetch --- */

static void
fetch_free(struct fetch *fetch)
{
	timer_free(&fetch->timer);
	lookup_cancel(&fetch->lookups[0]);
	lookup_cancel(&fetch->lookups[1]);
	buf_clear(&fetch->body);
	arena_free(&fetch->arena);
	free(fetch);
}

/* It leaves the state it is in, and what it took. */
static void
fetch_leave(struct fetch *fetch)
{
	struct fetcher *fetcher = fetch->fetcher;
	struct place *parked_at = NULL;

	switch (fetch->state) {
	case STATE_WAITING:
		TAILQ_REMOVE(&fetcher->waiting[fetch->is_urgent], fetch, entry);
		fetcher->waits--;
		break;
	case STATE_PARKED:
		parked_at = place_get(fetcher, fetch->addresses[0]);
		TAILQ_REMOVE(&parked_at->parked, fetch, entry);
		fetcher->waits--;
		break;
	case STATE_LOOKING:
		TAILQ_REMOVE(&fetcher->looking, fetch, entry);
		fetcher->begun[fetch->began_urgent]--;
		break;
	case STATE_RUNNING:
		TAILQ_REMOVE(&fetcher->running, fetch, entry);
		fetcher->begun[fetch->began_urgent]--;
		break;
	case STATE_ENDING:
		break;
	}
	exchange_cancel(&fetch->exchange);
	if (fetch->place != NULL)
		place_leave(fetch);
}

static void
fetch_tell(void *arg)
{
	struct fetch *fetch = arg;

	if (fetch->on_end != NULL) {
		fetch->result.body = buf_span(&fetch->body);
		fetch->on_end(fetch->arg, &fetch->result);
	}
	fetch_free(fetch);
}

static void
fetch_conclude(struct fetch *fetch, enum fetch_end end, const char *seen)
{
	struct fetcher *fetcher = fetch->fetcher;

	snprintf(fetch->result.seen, sizeof(fetch->result.seen), "%s", seen);
	fetch->result.end = end;
	fetch->result.took_ms = clock_ms() - fetch->began_ms;
	fetch_leave(fetch);
	fetch->state = STATE_ENDING;
	if (span_is_empty(fetch->request.body))		/* a report that is posted is no fetch of a policy */
		count(METRIC_POLICY_FETCHES, metrics_find(METRICS_FETCH, span_of(ends[end].word)));
	if (end == FETCH_DONE)
		fetcher->done++;
	else
		fetcher->failed++;
	loop_soon(fetch_tell, fetch);
	pump(fetcher);
}

/* --- addresses --- */

static void
on_exchanged(void *arg, enum fetch_end end, unsigned status, struct span body, const char *seen)
{
	struct fetch *fetch = arg;

	fetch->exchange = NULL;
	fetch->result.status = status;
	if (!buf_add(&fetch->body, body))
		end = FETCH_TOO_LARGE;
	fetch_conclude(fetch, end, seen);
}

static void
fetch_run(struct fetch *fetch)
{
	struct fetcher *fetcher = fetch->fetcher;

	fetch->state = STATE_RUNNING;
	TAILQ_INSERT_TAIL(&fetcher->running, fetch, entry);
	fetch->exchange = exchange_start(fetcher->https, &fetch->request, fetch->addresses, fetch->addresses_count,
	    fetcher->whole_ms - (clock_ms() - fetch->began_ms), on_exchanged, fetch);
}

static enum fetch_end
addresses_fault(const struct fetch *fetch)
{
	if (fetch->has_special)
		return FETCH_SPECIAL_ADDRESS;
	for (int i = 0; i < 2; i++)
		if (fetch->statuses[i] == DNS_FAILED || fetch->statuses[i] == DNS_BOGUS)
			return FETCH_DNS_FAILED;
	return FETCH_NO_ADDRESS;
}

/* The slot is another's while this one waits for its place. */
static void
addresses_found(struct fetch *fetch)
{
	struct fetcher *fetcher = fetch->fetcher;
	struct place *place;

	timer_cancel(fetch->timer);
	if (fetch->addresses_count == 0) {
		fetch_conclude(fetch, addresses_fault(fetch), "");
		return;
	}
	fetch->result.address = fetch->addresses[0];
	TAILQ_REMOVE(&fetcher->looking, fetch, entry);
	place = place_get(fetcher, fetch->addresses[0]);
	if (place->taken < PLACE_PART(fetcher->conf->fetches)) {
		place->taken++;
		fetch->place = place;
		fetch_run(fetch);
		return;
	}
	fetcher->begun[fetch->began_urgent]--;
	place_park(fetch, place);
	pump(fetcher);
}

static void
addresses_take(struct fetch *fetch, int family, const struct dns_answer *answer)
{
	unsigned before = fetch->addresses_count;

	fetch->lookups[family] = NULL;
	fetch->statuses[family] = answer->status;
	for (uint32_t i = 0; i < answer->count && fetch->addresses_count - before < FETCH_ADDRESSES / 2; i++) {
		if (ip_is_special(answer->addresses[i]) && !fetch->fetcher->conf->private_destinations)
			fetch->has_special = true;
		else
			fetch->addresses[fetch->addresses_count++] = answer->addresses[i];
	}
	if (fetch->lookups[!family] == NULL)
		addresses_found(fetch);
}

static void
on_address6(void *arg, const struct dns_answer *answer)
{
	addresses_take(arg, 0, answer);
}

static void
on_address4(void *arg, const struct dns_answer *answer)
{
	addresses_take(arg, 1, answer);
}

static void
on_looked_too_long(void *arg)
{
	struct fetch *fetch = arg;

	lookup_cancel(&fetch->lookups[0]);
	lookup_cancel(&fetch->lookups[1]);
	fetch_conclude(fetch, FETCH_DNS_FAILED, "no answer");
}

static void
addresses_ask(struct fetch *fetch)
{
	struct resolver *resolver = fetch->fetcher->resolver;

	fetch->addresses_count = 0;
	fetch->has_special = false;
	fetch->lookups[0] = resolver_ask(resolver, fetch->request.host, DNS_AAAA, on_address6, fetch);
	fetch->lookups[1] = resolver_ask(resolver, fetch->request.host, DNS_A, on_address4, fetch);
}

/* --- whose turn it is --- */

static struct fetch *
turn_next(struct fetcher *fetcher)
{
	uint64_t most = fetcher->conf->fetches;
	struct fetch *urgent = TAILQ_FIRST(&fetcher->waiting[true]);

	if (fetcher->begun[false] + fetcher->begun[true] >= most)
		return NULL;
	if (urgent != NULL)
		return urgent;
	return fetcher->begun[false] < BACKGROUND_PART(most) ? TAILQ_FIRST(&fetcher->waiting[false]) : NULL;
}

static void
turn_take(struct fetch *fetch)
{
	struct fetcher *fetcher = fetch->fetcher;

	TAILQ_REMOVE(&fetcher->waiting[fetch->is_urgent], fetch, entry);
	fetcher->waits--;
	fetch->began_urgent = fetch->is_urgent;
	fetcher->begun[fetch->began_urgent]++;
	fetch->began_ms = clock_ms();
	if (fetch->place != NULL) {
		fetch_run(fetch);
		return;
	}
	fetch->state = STATE_LOOKING;
	TAILQ_INSERT_TAIL(&fetcher->looking, fetch, entry);
	timer_start(fetch->timer, fetcher->whole_ms / 2);
	addresses_ask(fetch);
}

static void
pump(struct fetcher *fetcher)
{
	struct fetch *fetch;

	if (fetcher->conf == NULL || fetcher->is_pumping)
		return;
	fetcher->is_pumping = true;
	while ((fetch = turn_next(fetcher)) != NULL)
		turn_take(fetch);
	fetcher->is_pumping = false;
}

static struct fetch *
fetch_new(struct fetcher *fetcher, bool is_urgent, void (*on_end)(void *arg, const struct fetch_result *result), void *arg)
{
	struct fetch *fetch = must_alloc(sizeof(*fetch));

	fetch->fetcher = fetcher;
	fetch->arena = arena_new();
	fetch->is_urgent = is_urgent;
	fetch->on_end = on_end;
	fetch->arg = arg;
	fetch->timer = timer_new(on_looked_too_long, fetch);
	buf_init(&fetch->body, STS_OCTETS);
	return fetch;
}

/* What it is about is known. */
static void
fetch_begin(struct fetch *fetch)
{
	struct fetcher *fetcher = fetch->fetcher;

	fetch->state = STATE_WAITING;
	TAILQ_INSERT_TAIL(&fetcher->waiting[fetch->is_urgent], fetch, entry);
	fetcher->waits++;
	pump(fetcher);
}

struct fetch *
fetch_start(struct fetcher *fetcher, const char *domain, bool is_urgent,
    void (*on_end)(void *arg, const struct fetch_result *result), void *arg)
{
	struct fetch *fetch = fetch_new(fetcher, is_urgent, on_end, arg);
	char text[URL_TEXT];

	snprintf(text, sizeof(text), "mta-sts.%s", domain);
	fetch->request.host = arena_copy(fetch->arena, span_of(text));
	snprintf(text, sizeof(text), "https://mta-sts.%s/.well-known/mta-sts.txt", domain);
	fetch->request.url = arena_copy(fetch->arena, span_of(text));
	fetch->request.port = HTTPS_PORT;
	fetch_begin(fetch);
	return fetch;
}

struct fetch *
fetch_post_start(struct fetcher *fetcher, const struct fetch_post *post, void (*on_end)(void *arg, const struct fetch_result *result),
    void *arg)
{
	struct fetch *fetch = fetch_new(fetcher, false, on_end, arg);

	fetch->request.host = arena_copy(fetch->arena, post->host);
	fetch->request.url = arena_copy(fetch->arena, post->url);
	fetch->request.port = post->port;
	fetch->request.type = arena_copy(fetch->arena, post->type);
	fetch->request.body = arena_span(fetch->arena, post->body);
	fetch->request.is_lax = post->is_lax;
	fetch_begin(fetch);
	return fetch;
}

void
fetch_hurry(struct fetch *fetch)
{
	struct fetcher *fetcher = fetch->fetcher;
	struct place *place;

	if (fetch->is_urgent)
		return;
	if (fetch->state == STATE_WAITING) {
		TAILQ_REMOVE(&fetcher->waiting[false], fetch, entry);
		TAILQ_INSERT_TAIL(&fetcher->waiting[true], fetch, entry);
	} else if (fetch->state == STATE_PARKED) {
		place = place_get(fetcher, fetch->addresses[0]);
		TAILQ_REMOVE(&place->parked, fetch, entry);
		TAILQ_INSERT_HEAD(&place->parked, fetch, entry);
	}
	fetch->is_urgent = true;
	pump(fetcher);
}

void
fetch_cancel(struct fetch **handle)
{
	struct fetch *fetch = *handle;
	struct fetcher *fetcher;

	*handle = NULL;
	if (fetch == NULL)
		return;
	fetch->on_end = NULL;
	if (fetch->state == STATE_ENDING)
		return;		/* the call that was to tell finds nobody and frees it */
	fetcher = fetch->fetcher;
	fetch_leave(fetch);
	fetch_free(fetch);
	pump(fetcher);
}

/* --- the fetcher --- */

struct fetcher *
fetcher_new(void)
{
	struct fetcher *fetcher = must_alloc(sizeof(*fetcher));

	fetcher->https = https_new();
	fetcher->whole_ms = FETCH_WHOLE_MS;
	RB_INIT(&fetcher->places);
	TAILQ_INIT(&fetcher->waiting[false]);
	TAILQ_INIT(&fetcher->waiting[true]);
	TAILQ_INIT(&fetcher->looking);
	TAILQ_INIT(&fetcher->running);
	return fetcher;
}

void
fetcher_set_limits(struct fetcher *fetcher, uint16_t port, int64_t whole_ms)
{
	https_set_port(fetcher->https, port);
	fetcher->whole_ms = whole_ms;
}

bool
fetcher_configure(struct fetcher *fetcher, const struct conf_policy *conf, struct resolver *resolver, char *why, size_t size)
{
	struct fetch *fetch;

	if (!https_configure(fetcher->https, conf, why, size))
		return false;
	fetcher->conf = conf;
	fetcher->resolver = resolver;
	TAILQ_FOREACH(fetch, &fetcher->looking, entry) {
		lookup_cancel(&fetch->lookups[0]);
		lookup_cancel(&fetch->lookups[1]);
		addresses_ask(fetch);
	}
	pump(fetcher);
	return true;
}

void
fetcher_load(const struct fetcher *fetcher, struct fetcher_load *load)
{
	*load = (struct fetcher_load){ fetcher->begun[false] + fetcher->begun[true], fetcher->waits, fetcher->done, fetcher->failed };
}

static void
list_end(struct fetch_list *list)
{
	struct fetch *fetch;

	while ((fetch = TAILQ_FIRST(list)) != NULL)
		fetch_cancel(&fetch);
}

void
fetcher_free(struct fetcher **handle)
{
	struct fetcher *fetcher = *handle;

	*handle = NULL;
	if (fetcher == NULL)
		return;
	fetcher->conf = NULL;	/* nobody's turn comes any more */
	list_end(&fetcher->looking);
	/* Whoever leaves a place makes one wait that was parked there. */
	while (!TAILQ_EMPTY(&fetcher->running) || !TAILQ_EMPTY(&fetcher->waiting[true]) || !TAILQ_EMPTY(&fetcher->waiting[false])) {
		list_end(&fetcher->running);
		list_end(&fetcher->waiting[true]);
		list_end(&fetcher->waiting[false]);
	}
	https_free(&fetcher->https);
	free(fetcher);
}
