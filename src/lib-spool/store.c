/* Every segment of every writer: looked into, and what is needed of it counted. */
#include "spool/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/file.h"
#include "base/log.h"
#include "erase.h"
#include "folder.h"
#include "layout.h"
#include "loop/clock.h"

#define ORPHAN_MS 1000		/* between looks whether what a writer left open has closed with its process */
#define FAILED_MS 10000		/* until what could not be read, opened or erased is tried again */

static int
stored_compare(struct stored *a, struct stored *b)
{
	if (a->folder != b->folder)
		return strcmp(a->folder->name, b->folder->name);
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return a->generation == b->generation ? 0 : a->generation < b->generation ? -1 : 1;
}

TREE_GENERATE(stored_tree, stored, entry, stored_compare)

static void on_look(void *arg);

struct store *
store_new(struct seal_pair *pair, unsigned keep_free, const struct store_handler *handler, void *arg)
{
	struct store *store = must_alloc(sizeof(*store));

	store->pair = pair;
	store->keep_free = keep_free;
	store->handler = handler;
	store->arg = arg;
	SLIST_INIT(&store->folders);
	RB_INIT(&store->tree);
	store->look_timer = timer_new(on_look, store);
	return store;
}

void
store_free(struct store **handle)
{
	struct store *store = *handle;
	struct folder *folder;
	struct stored *stored;

	if (store == NULL)
		return;
	while ((stored = RB_MIN(stored_tree, &store->tree)) != NULL)
		stored_free(stored);
	while ((folder = SLIST_FIRST(&store->folders)) != NULL) {
		SLIST_REMOVE_HEAD(&store->folders, entry);
		folder_free(&folder);
	}
	timer_free(&store->look_timer);
	seal_pair_free(&store->pair);
	free(store);
	*handle = NULL;
}

void
store_find(struct store *store, enum finding_kind kind, const struct folder *folder, uint32_t number, uint64_t offset,
    const char *text)
{
	struct spool_finding finding = { kind, folder->name, number, offset, 0, { 0, 0 }, text };

	store->handler->on_finding(store->arg, &finding);
}

struct stored *
stored_find(struct store *store, struct folder *folder, uint32_t number, uint64_t generation)
{
	struct stored wanted = { .folder = folder, .number = number, .generation = generation };

	if (store->last == NULL || stored_compare(store->last, &wanted) != 0)
		store->last = RB_FIND(stored_tree, &store->tree, &wanted);
	return store->last;
}

void
stored_free(struct stored *stored)
{
	struct store *store = stored->store;

	if (store->last == stored)
		store->last = NULL;
	RB_REMOVE(stored_tree, &store->tree, stored);
	seal_free(&stored->seal);
	file_close(&stored->fd);
	file_close(&stored->erase_fd);
	free(stored);
}

struct stored *
stored_new(struct store *store, struct folder *folder, int fd, const struct header *header)
{
	unsigned char key[SEAL_KEY_OCTETS];
	struct stored *stored;

	if (memcmp(header->key_id, seal_pair_id(store->pair), sizeof(header->key_id)) != 0) {
		store_find(store, FINDING_KEY, folder, header->number, 0, "sealed to another key than this spool's");
		return NULL;
	}
	if (!seal_unwrap(store->pair, span_make(header->wrapped, header->wrapped_length), key)) {
		store_find(store, FINDING_KEY, folder, header->number, 0, "the wrapped key is damaged");
		return NULL;
	}
	stored = must_alloc(sizeof(*stored));
	stored->store = store;
	stored->folder = folder;
	stored->number = header->number;
	stored->generation = header->generation;
	stored->created_ms = header->created_ms;
	stored->fd = fd;
	stored->erase_fd = -1;
	stored->scanned = HEADER_ROOM;
	stored->seal = seal_new();
	seal_set_key(stored->seal, key);
	explicit_bzero(key, sizeof(key));
	if (RB_INSERT(stored_tree, &store->tree, stored) != NULL)
		fatal("segment %u of %s twice", stored->number, folder->name);
	return stored;
}

void
store_try_again(struct store *store)
{
	store->has_failed = true;
	if (!timer_is_running(store->look_timer))
		timer_start(store->look_timer, FAILED_MS);
}

void
store_add_directory(struct store *store, struct span name, int directory)
{
	struct folder *folder = folder_new(store, name, directory);

	SLIST_INSERT_HEAD(&store->folders, folder, entry);
}

/* --- looking into segments --- */

static void
stored_message(void *arg, uint64_t offset, uint64_t end, const struct envelope *envelope)
{
	struct stored *stored = arg;
	struct store *store = stored->store;
	uint32_t octets = end - envelope->body.offset > UINT32_MAX ? UINT32_MAX : (uint32_t)(end - envelope->body.offset);

	stored->messages++;
	stored->needed += octets;
	store->handler->on_message(store->arg, (struct place){ stored, offset }, octets, envelope);
}

static void
stored_finding(void *arg, const struct spool_finding *finding)
{
	struct stored *stored = arg;

	/* Who mends it, or knows how to read it, finds it where it was. */
	stored->is_damaged = stored->is_damaged || finding->kind == FINDING_DAMAGED;
	stored->store->handler->on_finding(stored->store->arg, finding);
}

static void
stored_scan(struct stored *stored)
{
	struct scan scan = {
		.fd = stored->fd, .directory = stored->folder->name, .number = stored->number,
		.generation = stored->generation, .seal = stored->seal, .from = stored->scanned,
		.to = stored->is_open || stored->is_told_closed ? stored->durable : UINT64_MAX, .durable = stored->durable,
		.on_message = stored_message, .on_finding = stored_finding, .arg = stored
	};

	/* Messages finished while being reported must not erase the segment under the scan. */
	stored->is_scanned = false;
	stored->is_scanned = scan_segment(&scan) == 0;
	if (!stored->is_scanned)
		store_try_again(stored->store);
	stored->scanned = scan.end;
	stored->octets = scan.end;
}

/* Erase what nothing is needed of. */
static void
all_rest(struct store *store)
{
	struct stored *stored, *next;

	RB_FOREACH_SAFE(stored, stored_tree, &store->tree, next)
		erase_if_done(stored);
}

/* Run the timer while something is waited for. */
static void
look_later(struct store *store)
{
	struct stored *stored;

	if (timer_is_running(store->look_timer))
		return;
	if (store->has_failed)
		timer_start(store->look_timer, FAILED_MS);
	RB_FOREACH(stored, stored_tree, &store->tree)
		if (stored->folder->is_orphaned && stored->is_open) {
			timer_start(store->look_timer, ORPHAN_MS);
			return;
		}
}

static int
by_age(const void *a, const void *b)
{
	const struct stored *const *x = a, *const *y = b;

	return (*x)->created_ms < (*y)->created_ms ? -1 : (*x)->created_ms > (*y)->created_ms;
}

void
store_scan(struct store *store)
{
	struct stored **all = NULL, *stored;
	size_t count = 0;

	/* What is found may finish what lies in another segment. */
	store->is_scanning = true;
	RB_FOREACH(stored, stored_tree, &store->tree) {
		if (stored->is_scanned)
			continue;
		all = must_realloc(all, (count + 1) * sizeof(*all));
		all[count++] = stored;
	}
	if (count > 0)
		qsort(all, count, sizeof(*all), by_age);
	for (size_t i = 0; i < count; i++) {
		/* Begun by a living writer after it said hello and before the folder was looked through: what it commits it tells. */
		if (!all[i]->is_told_closed && file_is_locked(all[i]->fd)) {
			all[i]->is_open = true;
			all[i]->folder->is_orphaned = !all[i]->folder->has_hello;
		}
		stored_scan(all[i]);
	}
	free(all);
	store->is_scanning = false;
	store->has_scanned = true;
	all_rest(store);
	look_later(store);
}

bool
store_is_whole(const struct store *store)
{
	const struct folder *folder;
	struct stored *stored;

	SLIST_FOREACH(folder, &store->folders, entry)
		if (folder->is_due)
			return false;
	RB_FOREACH(stored, stored_tree, (struct stored_tree *)(uintptr_t)&store->tree)
		if (!stored->is_scanned)
			return false;
	return true;
}

/* Segments of an orphaned folder that nobody has locked any more are closed, and looked into to their end. */
static void
orphans_close(struct store *store)
{
	struct stored *stored;

	RB_FOREACH(stored, stored_tree, &store->tree)
		if (stored->folder->is_orphaned && stored->is_open && !file_is_locked(stored->fd))
			stored->is_open = stored->is_scanned = false;
}

/* What could not be done is tried again, and whoever was waited for may be gone now. */
static void
on_look(void *arg)
{
	struct store *store = arg;
	struct folder *folder;
	bool had_failed = store->has_failed;

	store->has_failed = false;
	SLIST_FOREACH(folder, &store->folders, entry)
		if (folder->is_due)
			folder_look(store, folder);
	orphans_close(store);
	store_scan(store);
	if (had_failed && store->handler->on_whole != NULL && store_is_whole(store))
		store->handler->on_whole(store->arg);
}

/* A segment begun after the folder was looked through. */
static struct stored *
stored_open(struct store *store, struct folder *folder, const struct writer_segment *segment)
{
	struct stored *stored = NULL;
	struct header header;
	char name[LAYOUT_NAME];
	bool is_unused;
	int fd = file_open(folder->directory, layout_name(segment->number, name), O_RDONLY);

	if (fd < 0)
		return NULL;
	if (folder_header(store, folder, segment->number, fd, &header, &is_unused) && header.state == SEGMENT_IN_USE &&
	    header.generation == segment->generation) {
		header.number = segment->number;
		stored = stored_new(store, folder, fd, &header);
	}
	if (stored == NULL) {
		file_close(&fd);
		return NULL;
	}
	stored->is_open = true;
	/* What was committed while it could not be opened is found by a look into it; all else is told. */
	stored->is_scanned = !folder_heard(folder, stored);
	if (folder->free_files > 0)
		folder->free_files--;
	return stored;
}

static struct stored *
stored_named(struct store *store, struct folder *folder, const struct writer_segment *segment)
{
	struct stored *stored = stored_find(store, folder, segment->number, segment->generation);

	if (stored == NULL)
		stored = stored_open(store, folder, segment);
	if (stored == NULL && segment->committed > 0) {
		folder_unheard(folder, segment);
		folder->is_due = true;
		store_try_again(store);
	}
	if (stored != NULL && segment->committed > stored->durable)
		stored->durable = segment->committed;
	return stored;
}

void
store_hello(struct store *store, struct span directory, struct writer_hello *hello)
{
	struct folder *folder = folder_find(store, directory);
	struct stored *stored;

	if (folder == NULL)
		return;
	folder->has_hello = true;
	folder->is_orphaned = false;
	/* Of what it has open it speaks now; all else will be looked into to its end. */
	folder_forget_unheard(folder);
	/* It may have begun segments of which no word came before it died. */
	folder_look(store, folder);
	/* What an earlier life of the writer left open will not be appended to any more. */
	RB_FOREACH(stored, stored_tree, &store->tree)
		if (stored->folder == folder && !stored->is_erasing) {
			stored->is_scanned = stored->is_scanned && !stored->is_open;
			stored->is_open = false;
		}
	for (uint32_t i = 0; i < hello->open_count; i++) {
		struct writer_segment segment = writer_segment_get(&hello->rest);

		stored = stored_named(store, folder, &segment);
		if (stored != NULL) {
			stored->is_open = true;
			stored->is_scanned = false;
		}
	}
}

void
store_gone(struct store *store, struct span directory)
{
	struct folder *folder = folder_find(store, directory);

	if (folder == NULL)
		return;
	folder->has_hello = false;
	folder->is_orphaned = true;
	folder_look(store, folder);
	if (!store->has_scanned)
		return;
	orphans_close(store);
	store_scan(store);
}

/* Read the frame at an offset, open it, decode the envelope. */
static bool
envelope_at(struct stored *stored, uint64_t offset, struct arena *arena, struct envelope *envelope, uint64_t *end)
{
	unsigned char nonce[SEAL_NONCE_OCTETS];
	char few[4096], *octets = few;
	struct frame frame;
	ssize_t n = file_read_at(stored->fd, few, sizeof(few), offset);
	size_t whole;
	bool good = false;

	if (n < 0 || !frame_decode(span_make(few, (size_t)n), stored->generation, offset, &frame) ||
	    frame.type != FRAME_ENVELOPE)
		return false;
	whole = FRAME_HEAD_OCTETS + frame.length;
	if (whole > sizeof(few)) {
		octets = must_alloc(whole);
		n = file_read_at(stored->fd, octets, whole, offset);
	}
	if (n >= (ssize_t)whole) {
		frame_nonce(&frame, nonce);
		good = seal_open(stored->seal, nonce, span_make(octets, FRAME_HEAD_OCTETS),
		    span_make(octets + FRAME_HEAD_OCTETS, frame.length), octets + FRAME_HEAD_OCTETS) &&
		    envelope_decode(span_make(octets + FRAME_HEAD_OCTETS, frame.length - SEAL_TAG_OCTETS), arena, envelope);
	}
	*end = offset + frame_span(frame.length);
	explicit_bzero(octets, whole);
	if (octets != few)
		free(octets);
	return good;
}

bool
store_read(struct store *store, struct place place, struct arena *arena, struct envelope *envelope)
{
	uint64_t end;

	if (envelope_at(place.segment, place.offset, arena, envelope, &end))
		return true;
	store_find(store, FINDING_DAMAGED, place.segment->folder, place.segment->number, place.offset,
	    "an envelope that was whole does not open any more");
	return false;
}

void
store_committed(struct store *store, struct span directory, const struct writer_committed *committed)
{
	struct folder *folder = folder_find(store, directory);
	struct stored *stored = folder == NULL ? NULL : stored_named(store, folder, &committed->segment);
	struct envelope envelope;
	struct arena *arena;
	uint64_t end;

	if (stored == NULL) {
		log_error("spool", LOG_TEXT("what", "a writer speaks of a segment that is not there"),
		    LOG_SPAN("directory", directory), LOG_NUMBER("segment", committed->segment.number));
		return;
	}
	/* Known already; or the scan that is due will find it, and what lies before it. */
	if (committed->offset < stored->scanned || !stored->is_scanned)
		return;
	arena = arena_new();
	/* Between what is known and this record nothing may be passed over: it might be one that was not heard of. */
	if (envelope_at(stored, committed->offset, arena, &envelope, &end) && envelope.body.offset <= stored->scanned) {
		stored->scanned = end;
		stored_message(stored, committed->offset, end, &envelope);
	} else {
		stored_scan(stored);
	}
	arena_free(&arena);
}

void
store_closed(struct store *store, struct span directory, const struct writer_segment *segment)
{
	struct folder *folder = folder_find(store, directory);
	/* A segment in which nothing was ever committed is known to nobody but its writer. */
	struct stored *stored = folder == NULL ? NULL : stored_named(store, folder, segment);

	if (stored == NULL) {
		if (folder != NULL && segment->committed > 0) {
			folder->is_due = true;
			store_try_again(store);
		}
		return;
	}
	stored->is_open = false;
	stored->is_told_closed = true;
	stored->octets = segment->committed;
	/* Some word about it did not come, or could not be followed. */
	if (stored->is_scanned && stored->scanned < stored->durable)
		stored_scan(stored);
	erase_if_done(stored);
}

int
store_body_fd(const struct stored *segment)
{
	return file_copy(segment->fd);
}

void
store_release(struct store *store, struct place place, uint32_t octets)
{
	struct stored *stored = place.segment;

	(void)store;
	stored->messages--;
	stored->needed -= octets;
	erase_if_done(stored);
}

struct stored *
store_next(const struct store *store, const struct stored *after)
{
	struct stored *stored = after == NULL ? RB_MIN(stored_tree, (struct stored_tree *)(uintptr_t)&store->tree) :
	    RB_NEXT(stored_tree, &store->tree, (struct stored *)(uintptr_t)after);

	return stored;
}

struct stored *
store_sparse(struct store *store, int64_t age_ms)
{
	int64_t before = clock_wall_ms() - age_ms;
	struct stored *stored;

	RB_FOREACH(stored, stored_tree, &store->tree) {
		if (stored->is_open || !stored->is_scanned || stored->is_erasing || stored->is_evacuating ||
		    stored->created_ms > before || stored->needed > stored->octets / 10)
			continue;
		stored->is_evacuating = true;
		return stored;
	}
	return NULL;
}

void **
stored_user(struct stored *segment)
{
	return &segment->user;
}

uint64_t
stored_scanned(const struct stored *segment)
{
	return segment->scanned;
}

uint64_t
stored_generation(const struct stored *segment)
{
	return segment->generation;
}

uint32_t
stored_number(const struct stored *segment)
{
	return segment->number;
}

const char *
stored_directory(const struct stored *segment)
{
	return segment->folder->name;
}

void
store_count(const struct store *store, struct store_figures *figures)
{
	struct stored *stored;
	struct folder *folder;

	*figures = (struct store_figures){ 0 };
	SLIST_FOREACH(folder, &store->folders, entry)
		figures->free_files += folder->free_files;
	RB_FOREACH(stored, stored_tree, (struct stored_tree *)(uintptr_t)&store->tree) {
		figures->segments++;
		figures->octets += stored->is_open ? stored->scanned : stored->octets;
		figures->needed += stored->needed;
	}
}
