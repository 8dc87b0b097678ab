/* spool/writer.h without a spool. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "base/fatal.h"
#include "loop/loop.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_writer.h"

#define CONTENT_CEILING ((size_t)1 << 30)
#define ORIGIN 1

struct writer {
	struct conf_spool conf;
	struct channel *queue;
};

struct record {
	LIST_ENTRY(record) entry;
	struct mid mid;
	struct buf content;
};

struct commit {
	TAILQ_ENTRY(commit) entry;
	struct fake_message *message;
	bool is_cancelled;
	void (*on_committed)(void *arg, int error);
	void *arg;
};

static struct writer writer;
static bool is_open, is_held;
static LIST_HEAD(, record) records = LIST_HEAD_INITIALIZER(records);
static TAILQ_HEAD(, commit) commits = TAILQ_HEAD_INITIALIZER(commits);
static struct arena *arena;
static struct fake_message **messages;
static size_t messages_count, staged_elsewhere;
static uint64_t numbers;
static int result, content_error;
static unsigned freed;
static const char *refusal;

static void
writer_reset(void)
{
	struct record *record;
	struct commit *commit;

	while ((record = LIST_FIRST(&records)) != NULL)
		record_abort(&record);
	while ((commit = TAILQ_FIRST(&commits)) != NULL) {
		TAILQ_REMOVE(&commits, commit, entry);
		free(commit);
	}
	arena_free(&arena);
	free(messages);
	messages = NULL;
	messages_count = staged_elsewhere = numbers = 0;
	is_open = is_held = false;
	result = content_error = 0;
	freed = 0;
	refusal = NULL;
}

struct writer *
writer_open(int directory, struct span name, struct span public_key, const struct conf_spool *conf, char *why, size_t size)
{
	(void)directory;
	(void)name;
	(void)public_key;
	fake_on_reset(writer_reset);
	if (refusal != NULL) {
		snprintf(why, size, "%s", refusal);
		return NULL;
	}
	if (is_open)
		fake_fail("there is one fake writer, and it is open");
	is_open = true;
	arena = arena_new();
	writer = (struct writer){ .conf = *conf };
	return &writer;
}

void
writer_close(struct writer **handle)
{
	if (*handle == NULL)
		return;
	if (!TAILQ_EMPTY(&commits))
		fake_fail("the writer was closed while a commit was waited for");
	is_open = false;
	*handle = NULL;
}

void
writer_configure(struct writer *w, const struct conf_spool *conf)
{
	w->conf = *conf;
}

void
writer_attach(struct writer *w, struct channel *queue)
{
	w->queue = queue;
}

void
writer_attach_local(struct writer *w, void (*on_record)(void *arg, const struct writer_committed *committed),
    void (*on_closed)(void *arg, const struct writer_segment *segment), void *arg)
{
	(void)w;
	(void)on_record;
	(void)on_closed;
	(void)arg;
}

void
writer_freed(struct writer *w, const struct writer_segment *segment)
{
	(void)w;
	(void)segment;
	freed++;
}

const struct writer_figures *
writer_figures(const struct writer *w)
{
	static const struct writer_figures none;

	(void)w;
	return &none;
}

size_t
writer_staged(const struct writer *w)
{
	struct record *record;
	size_t staged = staged_elsewhere;

	LIST_FOREACH(record, &records, entry)
		if (buf_length(&record->content) <= w->conf.staged_octets)
			staged += buf_length(&record->content);
	return staged;
}

struct record *
record_new(struct writer *w)
{
	struct record *record = must_alloc(sizeof(*record));

	(void)w;
	record->mid = (struct mid){ ORIGIN, ++numbers };
	buf_init(&record->content, CONTENT_CEILING);
	LIST_INSERT_HEAD(&records, record, entry);
	return record;
}

struct record *
record_copy(struct writer *w, struct mid mid)
{
	struct record *record = record_new(w);

	numbers--;
	record->mid = mid;
	return record;
}

struct mid
record_mid(const struct record *record)
{
	return record->mid;
}

uint64_t
record_length(const struct record *record)
{
	return buf_length(&record->content);
}

int
record_add(struct record *record, struct span content)
{
	if (content_error != 0)
		return content_error;
	if (!buf_add(&record->content, content))
		fake_fail("a message beyond every measure");
	return 0;
}

/* A copy of its own, by way of the octets that a real envelope becomes. */
static struct fake_message *
message_new(const struct envelope *envelope, struct span content)
{
	struct fake_message *message = arena_alloc(arena, sizeof(*message));
	struct buf octets;

	buf_init(&octets, CONTENT_CEILING);
	envelope_encode(&octets, envelope);
	if (!envelope_decode(buf_span(&octets), arena, &message->envelope))
		fake_fail("an envelope that cannot be decoded");
	buf_clear(&octets);
	message->content = arena_span(arena, content);
	return message;
}

static void
commit_end(struct commit *commit, int error)
{
	TAILQ_REMOVE(&commits, commit, entry);
	if (error == 0) {
		messages = must_realloc(messages, (messages_count + 1) * sizeof(struct fake_message *));
		messages[messages_count++] = commit->message;
	}
	if (!commit->is_cancelled)
		commit->on_committed(commit->arg, error);
	free(commit);
}

static void
on_commit_turn(void *unused)
{
	(void)unused;
	if (!is_held && !TAILQ_EMPTY(&commits))
		commit_end(TAILQ_FIRST(&commits), result);
}

struct commit *
record_commit(struct record **record, struct envelope *envelope, void (*on_committed)(void *arg, int error), void *arg)
{
	struct commit *commit = must_alloc(sizeof(*commit));

	envelope->mid = (*record)->mid;
	envelope->body = (struct body_place){ .length = buf_length(&(*record)->content), .chunks = 1 };
	commit->message = message_new(envelope, buf_span(&(*record)->content));
	commit->on_committed = on_committed;
	commit->arg = arg;
	TAILQ_INSERT_TAIL(&commits, commit, entry);
	record_abort(record);
	loop_soon(on_commit_turn, NULL);
	return commit;
}

void
commit_cancel(struct commit **commit)
{
	if (*commit != NULL)
		(*commit)->is_cancelled = true;
	*commit = NULL;
}

void
record_abort(struct record **record)
{
	if (*record == NULL)
		return;
	LIST_REMOVE(*record, entry);
	buf_clear(&(*record)->content);
	free(*record);
	*record = NULL;
}

/* by hand */

size_t
fake_writer_count(void)
{
	return messages_count;
}

const struct fake_message *
fake_writer_message(size_t i)
{
	if (i >= messages_count)
		fake_fail("only %zu messages were committed", messages_count);
	return messages[i];
}

void
fake_writer_result(int error)
{
	result = error;
}

void
fake_writer_hold(bool hold)
{
	is_held = hold;
}

void
fake_writer_release(int error)
{
	for (unsigned waiting = fake_writer_waiting(); waiting > 0; waiting--)
		commit_end(TAILQ_FIRST(&commits), error);
}

unsigned
fake_writer_waiting(void)
{
	struct commit *commit;
	unsigned count = 0;

	TAILQ_FOREACH(commit, &commits, entry)
		count++;
	return count;
}

void
fake_writer_refuse_content(int error)
{
	content_error = error;
}

void
fake_writer_stage(size_t octets)
{
	staged_elsewhere = octets;
}

void
fake_writer_refuse_open(const char *why)
{
	fake_on_reset(writer_reset);
	refusal = why;
}

bool
fake_writer_is_open(void)
{
	return is_open;
}

struct channel *
fake_writer_queue(void)
{
	return writer.queue;
}

unsigned
fake_writer_records(void)
{
	struct record *record;
	unsigned count = 0;

	LIST_FOREACH(record, &records, entry)
		count++;
	return count;
}

unsigned
fake_writer_freed(void)
{
	return freed;
}

const struct conf_spool *
fake_writer_conf(void)
{
	return &writer.conf;
}
