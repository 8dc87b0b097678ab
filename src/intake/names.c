/* Questions by their number, in a table; policy's answers find them there, or nobody. */
#include "intake/names.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "base/fatal.h"
#include "ipc/channel.h"
#include "ipc/intake_policy.h"
#include "ipc/room.h"

#define BUCKETS 256
#define UNSENT_OCTETS (256 * 1024)	/* of questions that policy does not read, those that nobody waits for any more too */

struct name_ask {
	LIST_ENTRY(name_ask) entry;	/* in names->buckets */
	struct names *names;
	uint64_t id;
	enum auth_type type;
	void (*on_answer)(void *arg, const struct auth_answer *answer);
	void *arg;
};

struct names {
	struct channel *policy;		/* NULL = it is away */
	uint64_t last_id;
	unsigned count;			/* under way */
	LIST_HEAD(, name_ask) buckets[BUCKETS];
};

struct names *
names_new(void)
{
	return must_alloc(sizeof(struct names));
}

static void
ask_free(struct name_ask *ask)
{
	LIST_REMOVE(ask, entry);
	ask->names->count--;
	free(ask);
}

void
names_cancel(struct name_ask **ask)
{
	if (*ask != NULL)
		ask_free(*ask);
	*ask = NULL;
}

static void
ask_answer(struct name_ask *ask, const struct auth_answer *answer)
{
	void (*on_answer)(void *arg, const struct auth_answer *answer) = ask->on_answer;
	void *arg = ask->arg;

	ask_free(ask);
	on_answer(arg, answer);
}

/* Whoever is told so may ask again: that there is no channel any more has to be seen by then. */
static void
policy_leave(struct names *names)
{
	static const struct auth_answer failed = { .status = AUTH_FAILED };

	channel_free(&names->policy);
	for (unsigned i = 0; i < BUCKETS; i++)
		while (!LIST_EMPTY(&names->buckets[i]))
			ask_answer(LIST_FIRST(&names->buckets[i]), &failed);
}

void
names_free(struct names **names)
{
	if (*names == NULL)
		return;
	channel_free(&(*names)->policy);
	for (unsigned i = 0; i < BUCKETS; i++)
		while (!LIST_EMPTY(&(*names)->buckets[i]))
			ask_free(LIST_FIRST(&(*names)->buckets[i]));
	free(*names);
	*names = NULL;
}

static bool
on_looked(void *arg, struct span payload, int fd)
{
	struct names *names = arg;
	struct arena *arena = arena_new();
	struct record_answer answer;
	struct name_ask *ask = NULL;
	bool good = record_answer_decode(payload, arena, &answer);

	(void)fd;
	if (good)
		LIST_FOREACH(ask, &names->buckets[answer.id % BUCKETS], entry)
			if (ask->id == answer.id)
				break;
	if (ask != NULL && ask->type == answer.type)
		ask_answer(ask, &answer.answer);
	else
		good = good && ask == NULL;	/* somebody who asks no longer */
	arena_free(&arena);
	return good;
}

static const struct channel_row rows[POLICY_TO_INTAKE_MESSAGES] = {
	[POLICY_LOOKED] = { "looked", false, on_looked },
};

static void
on_policy_closed(void *arg)
{
	policy_leave(arg);
	room_peer_gone(ROOM_POLICY, 0);
}

static const struct channel_handler handler = { rows, POLICY_TO_INTAKE_MESSAGES, on_policy_closed };

void
names_attach(struct names *names, int fd)
{
	policy_leave(names);
	names->policy = channel_new(fd, "policy", &handler, names);
}

struct name_ask *
names_ask(struct names *names, const char *name, enum auth_type type, void (*on_answer)(void *arg, const struct auth_answer *answer),
    void *arg)
{
	struct record_question question = { ++names->last_id, span_of(name), type };
	struct name_ask *ask;
	struct buf *out;

	if (names->policy == NULL || names->count >= NAMES_UNDER_WAY || channel_unsent(names->policy) >= UNSENT_OCTETS)
		return NULL;
	if (question.name.length == 0 || question.name.length > RECORD_NAME_MAX)
		return NULL;
	ask = must_alloc(sizeof(*ask));
	*ask = (struct name_ask){ .names = names, .id = question.id, .type = type, .on_answer = on_answer, .arg = arg };
	LIST_INSERT_HEAD(&names->buckets[ask->id % BUCKETS], ask, entry);
	names->count++;
	out = channel_scratch();
	record_question_encode(out, &question);
	channel_send(names->policy, INTAKE_LOOK, buf_span(out), -1);
	return ask;
}
