/* One node for a host, in a tree by name and a list by time. */
#include "relay/past.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"

struct past_host {
	RB_ENTRY(past_host) of_tree;
	TAILQ_ENTRY(past_host) of_list;
	char *name;			/* owned */
	struct verdict_past known;
};

static int
host_compare(const struct past_host *a, const struct past_host *b)
{
	return strcmp(a->name, b->name);
}

TREE_GENERATE(past_tree, past_host, of_tree, host_compare)

void
past_init(struct past *past)
{
	RB_INIT(&past->tree);
	TAILQ_INIT(&past->list);
	past->count = 0;
}

static void
host_forget(struct past *past, struct past_host *host)
{
	RB_REMOVE(past_tree, &past->tree, host);
	TAILQ_REMOVE(&past->list, host, of_list);
	past->count--;
	free(host->name);
	free(host);
}

void
past_clear(struct past *past)
{
	while (!TAILQ_EMPTY(&past->list))
		host_forget(past, TAILQ_FIRST(&past->list));
}

static struct past_host *
host_find(const struct past *past, const char *name)
{
	struct past_host *host = RB_ROOT(&past->tree);

	while (host != NULL) {
		int order = strcmp(name, host->name);

		if (order == 0)
			break;
		host = order < 0 ? RB_LEFT(host, of_tree) : RB_RIGHT(host, of_tree);
	}
	return host;
}

const struct verdict_past *
past_get(const struct past *past, const char *host)
{
	const struct past_host *found = host_find(past, host);

	return found == NULL ? NULL : &found->known;
}

static struct past_host *
host_add(struct past *past, const char *name)
{
	struct past_host *host;

	if (past->count >= PAST_HOSTS)
		host_forget(past, TAILQ_FIRST(&past->list));
	host = must_alloc(sizeof(*host));
	host->name = must_copy(name, strlen(name));
	RB_INSERT(past_tree, &past->tree, host);
	TAILQ_INSERT_TAIL(&past->list, host, of_list);
	past->count++;
	return host;
}

void
past_note(struct past *past, const char *name, const struct verdict_past *now)
{
	struct past_host *host = host_find(past, name);
	struct verdict_past before;

	if (host == NULL)
		host = host_add(past, name);
	before = host->known;
	host->known = *now;
	host->known.sessions = before.sessions + 1;
	if (*now->fingerprint == '\0') {
		memcpy(host->known.fingerprint, before.fingerprint, sizeof(before.fingerprint));
		memcpy(host->known.issuer, before.issuer, sizeof(before.issuer));
	}
	TAILQ_REMOVE(&past->list, host, of_list);
	TAILQ_INSERT_TAIL(&past->list, host, of_list);
}
