/* One node for a host, in a tree by name and a list by time. */
#include "relay/past.h"

#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"

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
	TAILQ_INIT(&past->due);
	past->count = 0;
}

static void
due_add(struct past *past, struct past_host *host)
{
	if (!host->is_due)
		TAILQ_INSERT_TAIL(&past->due, host, of_due);
	host->is_due = true;
}

static void
due_remove(struct past *past, struct past_host *host)
{
	if (host->is_due)
		TAILQ_REMOVE(&past->due, host, of_due);
	host->is_due = false;
}

static void
host_forget(struct past *past, struct past_host *host)
{
	due_remove(past, host);
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
	struct past_host wanted = { .name = (char *)(uintptr_t)name };

	/* The macro looks without changing, and does not say so. */
	return RB_FIND(past_tree, (struct past_tree *)(uintptr_t)&past->tree, &wanted);
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

/* Not NULL, and the one used last. */
static struct past_host *
host_get(struct past *past, const char *name)
{
	struct past_host *host = host_find(past, name);

	if (host == NULL)
		return host_add(past, name);
	TAILQ_REMOVE(&past->list, host, of_list);
	TAILQ_INSERT_TAIL(&past->list, host, of_list);
	return host;
}

/* `now`, with the certificate of before where it has none. */
static void
known_replace(struct verdict_past *known, const struct verdict_past *now)
{
	struct verdict_past before = *known;

	*known = *now;
	if (*now->fingerprint != '\0')
		return;
	memcpy(known->fingerprint, before.fingerprint, sizeof(before.fingerprint));
	memcpy(known->issuer, before.issuer, sizeof(before.issuer));
}

/* A host may have many addresses, and is the same at each. */
static bool
is_other(const struct verdict_past *a, const struct verdict_past *b)
{
	return a->has_starttls != b->has_starttls || a->keywords != b->keywords || a->level != b->level ||
	    strcmp(a->version, b->version) != 0 || strcmp(a->fingerprint, b->fingerprint) != 0 || strcmp(a->issuer, b->issuer) != 0;
}

static bool
is_worth_telling(const struct past_host *host)
{
	int64_t since_s = host->known.last_s - host->told_s;

	/* Somebody may have set the clock back. */
	return host->told_s == 0 || since_s < 0 || since_s >= (host->has_changed ? PAST_CHANGED_S : PAST_TOLD_S);
}

bool
past_note(struct past *past, const char *name, const struct verdict_past *now)
{
	struct past_host *host = host_get(past, name);
	struct verdict_past before = host->known;

	known_replace(&host->known, now);
	host->known.sessions = before.sessions + 1;
	host->known.first_s = before.sessions == 0 ? now->last_s : before.first_s;
	host->untold++;
	host->has_changed |= is_other(&host->known, &before);
	if (!is_worth_telling(host))
		return false;
	due_add(past, host);
	return true;
}

void
past_learn(struct past *past, const char *name, const struct verdict_past *kept)
{
	struct past_host *host = host_get(past, name);
	struct verdict_past ours = host->known;

	if (ours.sessions == 0 || kept->last_s > ours.last_s) {
		known_replace(&host->known, kept);
		host->has_changed = false;
	}
	host->known.first_s = ours.sessions > 0 && ours.first_s < kept->first_s ? ours.first_s : kept->first_s;
	host->known.sessions = kept->sessions + host->untold > ours.sessions ? kept->sessions + host->untold : ours.sessions;
	if (kept->last_s > host->told_s)
		host->told_s = kept->last_s;
}

bool
past_tell_all(struct past *past)
{
	struct past_host *host;

	TAILQ_FOREACH(host, &past->list, of_list)
		if (host->untold > 0)
			due_add(past, host);
	return !TAILQ_EMPTY(&past->due);
}

const struct past_host *
past_take_due(struct past *past, uint64_t *sessions)
{
	struct past_host *host = TAILQ_FIRST(&past->due);

	if (host == NULL)
		return NULL;
	due_remove(past, host);
	*sessions = host->untold;
	host->untold = 0;
	host->told_s = host->known.last_s;
	host->has_changed = false;
	return host;
}
