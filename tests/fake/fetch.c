/* policy/fetch.h without a network. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/arena.h"
#include "base/fatal.h"
#include "loop/loop.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_fetch.h"

struct host {
	SLIST_ENTRY(host) entry;
	char *domain, *body;
	enum fetch_end end;
	unsigned status;	/* of FETCH_STATUS */
	unsigned fetches;
};

struct fetcher {
	struct fetcher_load load;
};

struct fetch {
	TAILQ_ENTRY(fetch) entry;
	struct fetcher *fetcher;
	char domain[300];
	bool is_urgent;
	void (*on_end)(void *arg, const struct fetch_result *result);	/* NULL = cancelled */
	void *arg;
};

static SLIST_HEAD(, host) hosts = SLIST_HEAD_INITIALIZER(hosts);
static TAILQ_HEAD(, fetch) waiting = TAILQ_HEAD_INITIALIZER(waiting);
static unsigned begun, under_way, urgent;
static bool is_held;
static struct fetch_post posted;
static struct arena *posted_arena;

static void
fetch_reset(void)
{
	struct host *host;
	struct fetch *fetch;

	while ((host = SLIST_FIRST(&hosts)) != NULL) {
		SLIST_REMOVE_HEAD(&hosts, entry);
		free(host->domain);
		free(host->body);
		free(host);
	}
	while ((fetch = TAILQ_FIRST(&waiting)) != NULL) {
		TAILQ_REMOVE(&waiting, fetch, entry);
		free(fetch);
	}
	begun = under_way = urgent = 0;
	is_held = false;
	posted = (struct fetch_post){ .port = 0 };
	arena_free(&posted_arena);
}

static struct host *
host_get(const char *domain)
{
	struct host *host;

	fake_on_reset(fetch_reset);
	SLIST_FOREACH(host, &hosts, entry)
		if (strcmp(host->domain, domain) == 0)
			return host;
	host = must_alloc(sizeof(*host));
	host->domain = must_copy(domain, strlen(domain));
	host->end = FETCH_NO_ADDRESS;
	SLIST_INSERT_HEAD(&hosts, host, entry);
	return host;
}

void
fake_fetch_file(const char *domain, const char *body)
{
	struct host *host = host_get(domain);

	free(host->body);
	host->body = must_copy(body, strlen(body));
	host->end = FETCH_DONE;
}

void
fake_fetch_fail(const char *domain, enum fetch_end end)
{
	host_get(domain)->end = end;
}

void
fake_fetch_post(const char *host, enum fetch_end end, unsigned status)
{
	host_get(host)->end = end;
	host_get(host)->status = status;
}

const struct fetch_post *
fake_fetch_posted(void)
{
	return &posted;
}

unsigned
fake_fetches(const char *domain)
{
	return domain == NULL ? begun : host_get(domain)->fetches;
}

unsigned
fake_fetches_open(void)
{
	return under_way;
}

unsigned
fake_fetches_urgent(void)
{
	return urgent;
}

static void
fetch_end(void *arg)
{
	struct fetch *fetch = arg;
	const struct host *host = host_get(fetch->domain);
	struct fetch_result result = { .end = host->end, .status = host->end == FETCH_STATUS ? host->status : 0 };

	if (fetch->on_end != NULL) {
		under_way--;
		urgent -= fetch->is_urgent;
		fetch->fetcher->load.running--;
		if (host->end == FETCH_DONE)
			fetch->fetcher->load.done++;
		else
			fetch->fetcher->load.failed++;
		if (host->end == FETCH_DONE && host->body != NULL)
			result.body = span_of(host->body);
		if (result.status != 0)
			snprintf(result.seen, sizeof(result.seen), "%u", result.status);
		fetch->on_end(fetch->arg, &result);
	}
	free(fetch);
}

void
fake_fetch_hold(void)
{
	fake_on_reset(fetch_reset);
	is_held = true;
}

void
fake_fetch_release(void)
{
	struct fetch *fetch;

	is_held = false;
	while ((fetch = TAILQ_FIRST(&waiting)) != NULL) {
		TAILQ_REMOVE(&waiting, fetch, entry);
		loop_soon(fetch_end, fetch);
	}
}

/* policy/fetch.h */

const char *
fetch_word(enum fetch_end end)
{
	static const char *const words[FETCH_ENDS] = { [FETCH_NO_ADDRESS] = "no-address", [FETCH_CERTIFICATE] = "certificate",
		[FETCH_TIMED_OUT] = "timeout", [FETCH_STATUS] = "status" };

	return words[end] == NULL ? "another" : words[end];
}

const char *
fetch_text(enum fetch_end end)
{
	return end == FETCH_STATUS ? "another status" : "a sentence";
}

const char *
fetch_report(enum fetch_end end)
{
	return end == FETCH_CERTIFICATE ? "sts-webpki-invalid" : "sts-policy-fetch-error";
}

void
fetch_prepare(void)
{
}

struct fetcher *
fetcher_new(void)
{
	fake_on_reset(fetch_reset);
	return must_alloc(sizeof(struct fetcher));
}

void
fetcher_free(struct fetcher **fetcher)
{
	free(*fetcher);
	*fetcher = NULL;
}

bool
fetcher_configure(struct fetcher *fetcher, const struct conf_policy *conf, struct resolver *resolver, char *why, size_t size)
{
	(void)fetcher;
	(void)conf;
	(void)resolver;
	(void)why;
	(void)size;
	return true;
}

void
fetcher_load(const struct fetcher *fetcher, struct fetcher_load *load)
{
	*load = fetcher->load;
}

struct fetch *
fetch_start(struct fetcher *fetcher, const char *domain, bool is_urgent,
    void (*on_end)(void *arg, const struct fetch_result *result), void *arg)
{
	struct fetch *fetch = must_alloc(sizeof(*fetch));

	fetch->fetcher = fetcher;
	snprintf(fetch->domain, sizeof(fetch->domain), "%s", domain);
	fetch->is_urgent = is_urgent;
	fetch->on_end = on_end;
	fetch->arg = arg;
	begun++;
	under_way++;
	urgent += is_urgent;
	fetcher->load.running++;
	host_get(domain)->fetches++;
	if (is_held)
		TAILQ_INSERT_TAIL(&waiting, fetch, entry);
	else
		loop_soon(fetch_end, fetch);
	return fetch;
}

struct fetch *
fetch_post_start(struct fetcher *fetcher, const struct fetch_post *post, void (*on_end)(void *arg, const struct fetch_result *result),
    void *arg)
{
	char host[300];

	snprintf(host, sizeof(host), "%.*s", SPAN_ARG(post->host));
	host_get(host);
	arena_free(&posted_arena);
	posted_arena = arena_new();
	posted = *post;
	posted.url = arena_span(posted_arena, post->url);
	posted.host = arena_span(posted_arena, post->host);
	posted.type = arena_span(posted_arena, post->type);
	posted.body = arena_span(posted_arena, post->body);
	return fetch_start(fetcher, host, false, on_end, arg);
}

void
fetch_hurry(struct fetch *fetch)
{
	urgent += !fetch->is_urgent;
	fetch->is_urgent = true;
}

/* One that is held, or whose end is on its way, finds nobody to tell. */
void
fetch_cancel(struct fetch **fetch)
{
	if (*fetch != NULL) {
		(*fetch)->on_end = NULL;
		under_way--;
		urgent -= (*fetch)->is_urgent;
		(*fetch)->fetcher->load.running--;
	}
	*fetch = NULL;
}
