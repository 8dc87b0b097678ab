/* Appending to a segment, and group commit. */
#include "segment.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/fatal.h"
#include "base/file.h"
#include "base/log.h"
#include "base/random.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/sync.h"
#include "spool/writer.h"

#define GATHERED_CEILING (256u * 1024 * 1024)
#define TURNS_MOST 4		/* of the loop, that a group gathers while more come to it in each */

struct waiter {
	STAILQ_ENTRY(waiter) entry;
	uint64_t until;		/* durable octets waited for */
	int64_t since_us;	/* it waits; 0 = nobody measures */
	void (*on_durable)(void *arg, int error);	/* NULL = cancelled */
	void *arg;
};

struct segment {
	int directory;		/* borrowed */
	int fd;
	uint32_t number;
	uint64_t generation;
	int64_t begun_ms;
	struct seal *seal;	/* with the key of this generation */
	struct buf gathered;	/* frames not yet written; the next octet goes to `written` */
	uint64_t written, syncing, durable;	/* octets of the file */
	bool is_syncing, is_scheduled;
	bool has_grown;		/* somebody came to the group since the turn before */
	unsigned turns;		/* that it has gathered for */
	bool is_new;		/* the name is not durable yet */
	bool is_made;		/* the file was made for this generation */
	int error;
	struct writer_figures *figures;	/* borrowed; NULL = nobody measures */
	STAILQ_HEAD(, waiter) waiters;
};

static void schedule(struct segment *segment);

/* Nobody may hold what this generation will overwrite: only a free or a never used file may be begun. */
static int
check_free(int fd)
{
	char sector[HEADER_OCTETS];
	static const char zeros[HEADER_OCTETS];
	struct header header;
	ssize_t n = file_read_at(fd, sector, sizeof(sector), 0);

	if (n < 0)
		return errno;
	if (n == 0 || ((size_t)n == sizeof(sector) && memcmp(sector, zeros, sizeof(sector)) == 0))
		return 0;
	if (!header_decode(span_make(sector, (size_t)n), &header) || header.state != SEGMENT_FREE)
		return EBUSY;
	return 0;
}

static void
gather_header(struct segment *segment, enum segment_kind kind, const struct seal_pair *pair,
    const unsigned char key[SEAL_KEY_OCTETS])
{
	struct header header = {
		.state = SEGMENT_IN_USE, .kind = kind, .number = segment->number, .generation = segment->generation,
		.created_ms = clock_wall_ms()
	};
	char *room = buf_reserve(&segment->gathered, HEADER_ROOM);

	memcpy(header.key_id, seal_pair_id(pair), sizeof(header.key_id));
	header.wrapped_length = (uint16_t)seal_wrap(pair, key, header.wrapped);
	memset(room, 0, HEADER_ROOM);
	header_encode(&header, room);
	buf_commit(&segment->gathered, HEADER_ROOM);
}

struct segment *
segment_begin(int directory, uint32_t number, enum segment_kind kind, const struct seal_pair *pair)
{
	unsigned char key[SEAL_KEY_OCTETS];
	char name[LAYOUT_NAME];
	struct segment *segment;
	int fd, error;
	bool is_new = false;

	fd = file_open(directory, layout_name(number, name), O_RDWR);
	if (fd < 0 && errno == ENOENT) {
		is_new = true;
		fd = file_open(directory, name, O_RDWR | O_CREAT | O_EXCL);
	}
	if (fd < 0)
		return NULL;
	/* The lock tells queue that somebody appends here; it goes with this process, however that ends. */
	error = file_lock(fd) < 0 ? (errno == EWOULDBLOCK ? EBUSY : errno) : check_free(fd);
	if (error != 0) {
		file_close(&fd);
		errno = error;
		return NULL;
	}
	segment = must_alloc(sizeof(*segment));
	segment->directory = directory;
	segment->fd = fd;
	segment->number = number;
	segment->is_new = segment->is_made = is_new;
	segment->begun_ms = clock_ms();
	do
		random_bytes(&segment->generation, sizeof(segment->generation));
	while (segment->generation == 0);
	STAILQ_INIT(&segment->waiters);
	buf_init(&segment->gathered, GATHERED_CEILING);
	random_bytes(key, sizeof(key));
	segment->seal = seal_new();
	seal_set_key(segment->seal, key);
	gather_header(segment, kind, pair, key);
	explicit_bzero(key, sizeof(key));
	return segment;
}

void
segment_measure(struct segment *segment, struct writer_figures *figures)
{
	segment->figures = figures;
}

void
segment_end(struct segment **handle)
{
	struct segment *segment = *handle;
	char name[LAYOUT_NAME];

	if (segment == NULL)
		return;
	assert(STAILQ_EMPTY(&segment->waiters) && !segment->is_syncing && !segment->is_scheduled);
	/* A file that could never be written to must not stay behind: a full disk would gather them. */
	if (segment->is_made && segment->durable == 0)
		(void)file_unlink(segment->directory, layout_name(segment->number, name));
	seal_free(&segment->seal);
	buf_clear(&segment->gathered);
	file_close(&segment->fd);
	free(segment);
	*handle = NULL;
}

uint32_t
segment_number(const struct segment *segment)
{
	return segment->number;
}

uint64_t
segment_generation(const struct segment *segment)
{
	return segment->generation;
}

uint64_t
segment_length(const struct segment *segment)
{
	return segment->written + buf_length(&segment->gathered);
}

uint64_t
segment_durable(const struct segment *segment)
{
	return segment->durable;
}

int64_t
segment_age_ms(const struct segment *segment)
{
	return clock_ms() - segment->begun_ms;
}

int
segment_error(const struct segment *segment)
{
	return segment->error;
}

bool
segment_is_idle(const struct segment *segment)
{
	return STAILQ_EMPTY(&segment->waiters) && !segment->is_syncing && !segment->is_scheduled;
}

uint64_t
segment_append(struct segment *segment, enum frame_type type, uint32_t part, bool last, uint64_t record,
    struct seal *seal, struct span plain)
{
	uint64_t offset = segment_length(segment);
	struct frame frame = {
		.type = type, .last = last, .part = part, .length = (uint32_t)(plain.length + SEAL_TAG_OCTETS),
		.generation = segment->generation, .offset = offset, .record = record == UINT64_MAX ? offset : record,
		.synced = segment->durable
	};
	size_t whole = frame_span(frame.length), used = FRAME_HEAD_OCTETS + frame.length;
	unsigned char nonce[SEAL_NONCE_OCTETS];
	char *room = buf_reserve(&segment->gathered, whole);

	if (room == NULL || frame.length > FRAME_PAYLOAD_MAX)
		fatal("a frame of %zu octets", whole);
	frame_encode(&frame, room);
	frame_nonce(&frame, nonce);
	seal_octets(seal == NULL ? segment->seal : seal, nonce, span_make(room, FRAME_HEAD_OCTETS), plain,
	    room + FRAME_HEAD_OCTETS);
	memset(room + used, 0, whole - used);
	buf_commit(&segment->gathered, whole);
	return offset;
}

static void
measure(struct segment *segment, const struct waiter *waiter)
{
	if (segment->figures != NULL && waiter->until <= segment->durable)
		histogram_add(&segment->figures->commit_us, HISTOGRAM_TIME, (uint64_t)(clock_us() - waiter->since_us));
}

/* Tell those whose octets are durable, and everybody once the segment has ended; one may append and wait again. */
static void
tell(struct segment *segment)
{
	struct waiter *waiter;

	while ((waiter = STAILQ_FIRST(&segment->waiters)) != NULL &&
	    (waiter->until <= segment->durable || segment->error != 0)) {
		STAILQ_REMOVE_HEAD(&segment->waiters, entry);
		measure(segment, waiter);
		if (waiter->on_durable != NULL)
			waiter->on_durable(waiter->arg, waiter->until <= segment->durable ? 0 : segment->error);
		free(waiter);
	}
}

static void
segment_failed(struct segment *segment, const char *what, int error)
{
	log_error("spool", LOG_TEXT("what", what), LOG_NUMBER("segment", segment->number),
	    LOG_TEXT("reason", strerror(error)), LOG_NUMBER("durable", segment->durable));
	segment->error = error;
	if (segment->figures != NULL)
		segment->figures->errors++;
	buf_clear(&segment->gathered);
}

void
segment_trim(int fd)
{
	uint64_t size;

	if (file_size(fd, &size) == 0)
		(void)file_truncate(fd, size);
}

int
segment_reserve(struct segment *segment, uint64_t octets, uint64_t least)
{
	for (; octets >= least; octets /= 2) {
		if (file_reserve(segment->fd, octets) == 0)
			return 0;
		if (errno != ENOSPC)
			break;
		/* Some file systems keep what there was room for. */
		segment_trim(segment->fd);
		errno = ENOSPC;
	}
	return errno;
}

int
segment_write(struct segment *segment)
{
	struct span octets = buf_span(&segment->gathered);

	if (segment->error != 0 || octets.length == 0)
		return segment->error;
	if (file_write_at(segment->fd, octets.data, octets.length, segment->written) < 0) {
		segment_failed(segment, "write failed", errno);
		return segment->error;
	}
	segment->written += octets.length;
	if (octets.length > 1024 * 1024)
		buf_clear(&segment->gathered);
	else
		buf_empty(&segment->gathered);
	return 0;
}

static void
on_synced(void *arg, int error)
{
	struct segment *segment = arg;

	segment->is_syncing = false;
	if (error == 0 && segment->figures != NULL)
		histogram_add(&segment->figures->sync_octets, HISTOGRAM_OCTETS, segment->syncing - segment->durable);
	if (error == 0)
		segment->durable = segment->syncing;
	else if (segment->error == 0)
		segment_failed(segment, "sync failed", error);
	tell(segment);
	if (!STAILQ_EMPTY(&segment->waiters))
		schedule(segment);
}

static void
on_directory_synced(void *arg, int error)
{
	struct segment *segment = arg;

	if (error != 0) {
		on_synced(segment, error);
		return;
	}
	segment->is_new = false;
	sync_start(segment->fd, on_synced, segment);
}

/* Tell those whose octets are durable, then write and sync what others wait for. */
static void
segment_pump(struct segment *segment)
{
	/* A waiter that is told may wait again: that must not start a second pump inside this one. */
	segment->is_scheduled = true;
	tell(segment);
	segment->is_scheduled = false;
	if (STAILQ_EMPTY(&segment->waiters) || segment->is_syncing)
		return;
	if (segment_write(segment) != 0) {
		schedule(segment);
		return;
	}
	segment->is_syncing = true;
	segment->syncing = segment->written;
	if (segment->is_new)
		sync_start(segment->directory, on_directory_synced, segment);
	else
		sync_start(segment->fd, on_synced, segment);
}

/*
 * A sync costs many times what a message does, however many it covers. While every turn of the loop brings more, the group is let
 * grow; with nothing else to do a turn is over at once, so that nobody waits for others who do not come.
 */
static void
on_turn_over(void *arg)
{
	struct segment *segment = arg;

	if (segment->has_grown && ++segment->turns < TURNS_MOST) {
		segment->has_grown = false;
		loop_soon(on_turn_over, segment);
		return;
	}
	segment->is_scheduled = false;
	segment_pump(segment);
}

static void
schedule(struct segment *segment)
{
	if (segment->is_scheduled || segment->is_syncing)
		return;
	segment->is_scheduled = true;
	segment->turns = 0;
	loop_soon(on_turn_over, segment);
}

struct waiter *
segment_wait(struct segment *segment, void (*on_durable)(void *arg, int error), void *arg)
{
	struct waiter *waiter = must_alloc(sizeof(*waiter));

	waiter->until = segment_length(segment);
	waiter->since_us = segment->figures == NULL ? 0 : clock_us();
	waiter->on_durable = on_durable;
	waiter->arg = arg;
	STAILQ_INSERT_TAIL(&segment->waiters, waiter, entry);
	segment->has_grown = true;
	schedule(segment);
	return waiter;
}

void
waiter_cancel(struct waiter *waiter)
{
	waiter->on_durable = NULL;
}
