/* Facts counted by their octets, and batches that are kept until report has them. */
#include "ipc/tally.h"

#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/log.h"
#include "ipc/channel.h"
#include "ipc/room.h"
#include "loop/clock.h"
#include "loop/timer.h"

#define BUCKETS 1024			/* a power of two */
#define AGAIN_MS 60000			/* without an answer a batch is said again */
#define BATCH_OCTETS CHANNEL_PAYLOAD_MAX

struct entry {
	struct entry *next;
	uint64_t hash;
	uint64_t sessions, messages;
	size_t length;
	char key[];			/* fact_key_encode() */
};

struct tally {
	struct channel *report;		/* NULL = it is away */
	bool (*hear)(void *arg, unsigned type, struct span payload);	/* of what report asks for, */
	void (*gone)(void *arg);	/* and that it has ended; NULL = nobody listens */
	void *listener;
	struct timer *timer;		/* until the next batch is told, or the last one again */
	uint64_t flush_s;
	uint64_t sender, number;	/* of the last batch */
	struct entry *buckets[BUCKETS];
	uint32_t count;
	uint64_t folded;		/* facts that were counted among others since the last batch */
	struct buf key;			/* of the fact at hand */
	struct buf batch;		/* told and not known to be kept; empty = none */
	int64_t told_ms;
};

static void
entries_clear(struct tally *tally)
{
	for (size_t i = 0; i < BUCKETS; i++)
		while (tally->buckets[i] != NULL) {
			struct entry *entry = tally->buckets[i];

			tally->buckets[i] = entry->next;
			free(entry);
		}
	tally->count = 0;
	tally->folded = 0;
}

/* --- telling --- */

static void
batch_say(struct tally *tally)
{
	tally->told_ms = clock_ms();
	channel_send(tally->report, FACTS_BATCH, buf_span(&tally->batch), -1);
}

/* As facts_batch_encode() has it: keys are kept as they are said. */
static void
batch_make(struct tally *tally)
{
	buf_empty(&tally->batch);
	put_u64(&tally->batch, tally->sender);
	put_u64(&tally->batch, ++tally->number);
	put_u32(&tally->batch, tally->count);
	for (size_t i = 0; i < BUCKETS; i++)
		for (const struct entry *entry = tally->buckets[i]; entry != NULL; entry = entry->next) {
			put_raw(&tally->batch, entry->key, entry->length);
			put_u64(&tally->batch, entry->sessions);
			put_u64(&tally->batch, entry->messages);
		}
	if (tally->folded > 0)
		log_warn("ledger", LOG_NUMBER("sessions", (int64_t)tally->folded),
		    LOG_TEXT("what", "more peers than are told apart at once: counted among others"));
	entries_clear(tally);
}

static void
timer_set(struct tally *tally)
{
	if (!timer_is_running(tally->timer) && (tally->count > 0 || buf_length(&tally->batch) > 0))
		timer_start(tally->timer, (int64_t)tally->flush_s * 1000);
}

static void
tell(struct tally *tally)
{
	bool is_waiting = buf_length(&tally->batch) > 0;

	if (tally->report == NULL)
		return;		/* until it is back */
	if (is_waiting && clock_ms() - tally->told_ms >= AGAIN_MS) {
		batch_say(tally);
	} else if (!is_waiting && tally->count > 0) {
		batch_make(tally);
		batch_say(tally);
	}
	timer_set(tally);
}

static void
on_timer(void *arg)
{
	tell(arg);
}

void
tally_finish(struct tally *tally)
{
	if (tally == NULL || tally->report == NULL || tally->count == 0)
		return;
	batch_make(tally);
	batch_say(tally);
}

/* --- report --- */

static bool
on_kept(void *arg, struct span payload, int fd)
{
	struct tally *tally = arg;
	struct facts_kept kept;

	(void)fd;
	if (!facts_kept_decode(payload, &kept) || kept.number > tally->number)
		return false;
	if (kept.number == tally->number)
		buf_clear(&tally->batch);
	if (tally->count >= TALLY_FACTS)
		tell(tally);
	return true;
}

static void
on_report_gone(void *arg)
{
	struct tally *tally = arg;

	log_info("peer-gone", LOG_TEXT("room", "report"));
	channel_free(&tally->report);
	if (tally->gone != NULL)
		tally->gone(tally->listener);
	room_peer_gone(ROOM_REPORT, 0);
}

static bool
hear(struct tally *tally, unsigned type, struct span payload)
{
	return tally->hear != NULL && tally->hear(tally->listener, type, payload);
}

static bool
on_look(void *arg, struct span payload, int fd)
{
	(void)fd;
	return hear(arg, ASKS_LOOK, payload);
}

static bool
on_stopped(void *arg, struct span payload, int fd)
{
	(void)fd;
	return hear(arg, ASKS_STOPPED, payload);
}

static const struct channel_row rows[REPORT_ASKS_MESSAGES] = {
	[FACTS_KEPT] = { "kept", false, on_kept },
	[ASKS_LOOK] = { "look", false, on_look },
	[ASKS_STOPPED] = { "stopped", false, on_stopped },
};
static const struct channel_handler handler = { rows, REPORT_ASKS_MESSAGES, on_report_gone };

void
tally_listen(struct tally *tally, bool (*hear_one)(void *arg, unsigned type, struct span payload), void (*gone)(void *arg), void *arg)
{
	tally->hear = hear_one;
	tally->gone = gone;
	tally->listener = arg;
}

bool
tally_say(struct tally *tally, enum asks_to_report type, struct span payload)
{
	if (tally->report != NULL)
		channel_send(tally->report, type, payload, -1);
	return tally->report != NULL;
}

void
tally_attach(struct tally *tally, int fd)
{
	channel_free(&tally->report);
	tally->report = channel_new(fd, "report", &handler, tally);
	if (buf_length(&tally->batch) > 0)
		batch_say(tally);
	timer_set(tally);
}

/* --- counting --- */

struct tally *
tally_new(void)
{
	struct tally *tally = must_alloc(sizeof(*tally));

	tally->sender = ident_random();
	tally->timer = timer_new(on_timer, tally);
	buf_init(&tally->key, FACT_ENCODED_MAX);
	buf_init(&tally->batch, BATCH_OCTETS);
	return tally;
}

void
tally_free(struct tally **tally)
{
	if (*tally == NULL)
		return;
	entries_clear(*tally);
	buf_clear(&(*tally)->key);
	buf_clear(&(*tally)->batch);
	timer_free(&(*tally)->timer);
	channel_free(&(*tally)->report);
	free(*tally);
	*tally = NULL;
}

void
tally_configure(struct tally *tally, uint64_t flush_s)
{
	bool is_new = flush_s != tally->flush_s;

	tally->flush_s = flush_s;
	if (flush_s == 0) {
		entries_clear(tally);
		buf_clear(&tally->batch);
		timer_cancel(tally->timer);
	} else if (is_new && timer_is_running(tally->timer)) {
		timer_start(tally->timer, (int64_t)flush_s * 1000);
	}
}

static struct entry *
entry_find(const struct tally *tally, struct span key, uint64_t hash)
{
	struct entry *entry = tally->buckets[hash % BUCKETS];

	while (entry != NULL && (entry->hash != hash || !span_equal(span_make(entry->key, entry->length), key)))
		entry = entry->next;
	return entry;
}

static struct entry *
entry_add(struct tally *tally, struct span key, uint64_t hash)
{
	struct entry *entry = must_alloc(sizeof(*entry) + key.length);

	entry->hash = hash;
	entry->length = key.length;
	memcpy(entry->key, key.data, key.length);
	entry->next = tally->buckets[hash % BUCKETS];
	tally->buckets[hash % BUCKETS] = entry;
	tally->count++;
	return entry;
}

/* The entry of a fact; NULL = there is none, and no room for one that `may_add` does not make. */
static struct entry *
entry_of(struct tally *tally, const struct tls_fact *fact, bool may_add)
{
	struct entry *entry;
	uint64_t hash;

	buf_empty(&tally->key);
	fact_key_encode(&tally->key, fact);
	hash = span_hash(buf_span(&tally->key));
	entry = entry_find(tally, buf_span(&tally->key), hash);
	return entry == NULL && may_add ? entry_add(tally, buf_span(&tally->key), hash) : entry;
}

void
tally_note(struct tally *tally, const struct tls_fact *fact)
{
	struct entry *entry;

	if (tally->flush_s == 0)
		return;
	entry = entry_of(tally, fact, tally->count < TALLY_FACTS);
	if (entry == NULL) {
		struct tls_fact folded;

		/* Directions, days and reasons are few: there is always room for these. */
		fact_fold(fact, &folded);
		entry = entry_of(tally, &folded, tally->count < FACTS_MOST);
		tally->folded++;
	}
	if (entry != NULL) {
		entry->sessions += fact->sessions;
		entry->messages += fact->messages;
	}
	if (tally->count == TALLY_FACTS)
		tell(tally);
	timer_set(tally);
}
