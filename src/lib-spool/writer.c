/*
 * A writer's segments: the one that small messages share, those that large ones stream into, those that
 * only wait for their last commit, and the files that may be used again.
 */
#include "writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/file.h"
#include "base/log.h"
#include "loop/loop.h"

static void on_age(void *arg);

/* Look at one name of the folder: note its number, and whether it may be used again. */
static void
on_name(void *arg, const char *name)
{
	struct writer *writer = arg;
	char sector[HEADER_OCTETS];
	struct header header;
	uint32_t number;
	ssize_t n;
	int fd;

	if (!layout_number(name, &number))
		return;
	if (number >= writer->next_number)
		writer->next_number = number + 1;
	fd = file_open(writer->directory, name, O_RDONLY);
	if (fd < 0)
		return;
	n = file_read_at(fd, sector, sizeof(sector), 0);
	file_close(&fd);
	/* An empty file was made by an earlier life of this writer that did not come to write to it. */
	if (n == 0 || (n > 0 && header_decode(span_make(sector, (size_t)n), &header) && header.state == SEGMENT_FREE))
		writer_pool_add(writer, number);
}

struct writer *
writer_open(int directory, struct span name, struct span public_key, const struct conf_spool *conf, char *why, size_t size)
{
	struct seal_pair *pair = seal_pair_public(public_key, why, size);
	struct writer *writer;

	if (pair == NULL)
		return NULL;
	writer = must_alloc(sizeof(*writer));
	writer->directory = directory;
	writer->name = must_copy(name.data, name.length);
	writer->pair = pair;
	writer->conf = *conf;
	writer->origin = ident_random();
	writer->next_number = 1;
	writer->body_seal = seal_new();
	TAILQ_INIT(&writer->slots);
	if (file_list(directory, on_name, writer) < 0) {
		snprintf(why, size, "cannot read the folder %s: %s", writer->name, strerror(errno));
		writer_close(&writer);
		return NULL;
	}
	writer->age_timer = timer_new(on_age, writer);
	return writer;
}

void
writer_close(struct writer **handle)
{
	struct writer *writer = *handle;
	struct slot *slot;

	if (writer == NULL)
		return;
	while ((slot = TAILQ_FIRST(&writer->slots)) != NULL) {
		TAILQ_REMOVE(&writer->slots, slot, entry);
		segment_end(&slot->segment);
		free(slot);
	}
	timer_free(&writer->age_timer);
	seal_free(&writer->body_seal);
	seal_pair_free(&writer->pair);
	free(writer->pool);
	free(writer->name);
	free(writer);
	*handle = NULL;
}

void
writer_configure(struct writer *writer, const struct conf_spool *conf)
{
	writer->conf = *conf;
}

size_t
writer_staged(const struct writer *writer)
{
	return writer->staged;
}

const struct writer_figures *
writer_figures(const struct writer *writer)
{
	return &writer->figures;
}

void
writer_pool_add(struct writer *writer, uint32_t number)
{
	struct slot *slot;

	for (size_t i = 0; i < writer->pool_count; i++)
		if (writer->pool[i] == number)
			return;
	TAILQ_FOREACH(slot, &writer->slots, entry)
		if (segment_number(slot->segment) == number)
			return;
	writer->pool = must_realloc(writer->pool, (writer->pool_count + 1) * sizeof(*writer->pool));
	writer->pool[writer->pool_count++] = number;
}

void
writer_freed(struct writer *writer, const struct writer_segment *segment)
{
	/* Whether it really is free is looked up on disk before it is begun. */
	writer_pool_add(writer, segment->number);
}

/* --- telling queue --- */

static struct writer_segment
slot_say(const struct slot *slot)
{
	return (struct writer_segment){
		segment_number(slot->segment), segment_generation(slot->segment), segment_durable(slot->segment)
	};
}

void
writer_attach(struct writer *writer, struct channel *queue)
{
	struct writer_segment *open;
	struct writer_hello hello = { .directory = span_of(writer->name) };
	struct slot *slot;
	size_t count = 0;
	struct buf *out;

	writer->queue = queue;
	if (queue == NULL)
		return;
	TAILQ_FOREACH(slot, &writer->slots, entry)
		count++;
	open = must_alloc(count * sizeof(*open));
	TAILQ_FOREACH(slot, &writer->slots, entry)
		open[hello.open_count++] = slot_say(slot);
	hello.open = open;
	out = channel_scratch();
	writer_hello_encode(out, &hello);
	channel_send(queue, WRITER_HELLO, buf_span(out), -1);
	free(open);
}

void
writer_attach_local(struct writer *writer, void (*on_record)(void *arg, const struct writer_committed *committed),
    void (*on_closed)(void *arg, const struct writer_segment *segment), void *arg)
{
	writer->on_record = on_record;
	writer->on_closed = on_closed;
	writer->local_arg = arg;
}

void
writer_say_committed(struct writer *writer, const struct slot *slot, uint64_t offset)
{
	struct writer_committed committed = { slot_say(slot), offset };
	struct buf *out;

	if (writer->on_record != NULL)
		writer->on_record(writer->local_arg, &committed);
	if (writer->queue == NULL)
		return;
	out = channel_scratch();
	writer_committed_encode(out, &committed);
	channel_send(writer->queue, WRITER_COMMITTED, buf_span(out), -1);
}

static void
say_closed(struct writer *writer, struct writer_segment segment)
{
	struct buf *out;

	if (writer->on_closed != NULL)
		writer->on_closed(writer->local_arg, &segment);
	if (writer->queue == NULL)
		return;
	out = channel_scratch();
	writer_segment_encode(out, &segment);
	channel_send(writer->queue, WRITER_CLOSED, buf_span(out), -1);
}

/* --- slots --- */

/* A file for a new generation: one that may be used again, else a new one. */
static struct segment *
begin_somewhere(struct writer *writer)
{
	struct segment *segment;

	while (writer->pool_count > 0) {
		segment = segment_begin(writer->directory, writer->pool[--writer->pool_count], SEGMENT_MAIL, writer->pair);
		if (segment != NULL)
			return segment;
		log_warn("spool", LOG_TEXT("what", "a file that was free cannot be used"),
		    LOG_NUMBER("segment", writer->pool[writer->pool_count]), LOG_TEXT("reason", strerror(errno)));
	}
	do
		segment = segment_begin(writer->directory, writer->next_number++, SEGMENT_MAIL, writer->pair);
	while (segment == NULL && errno == EBUSY);
	return segment;
}

static struct slot *
slot_new(struct writer *writer, enum slot_use use)
{
	struct segment *segment = begin_somewhere(writer);
	struct slot *slot;

	if (segment == NULL) {
		int error = errno;

		log_error("spool", LOG_TEXT("what", "cannot begin a segment"), LOG_TEXT("reason", strerror(error)));
		errno = error;
		return NULL;
	}
	segment_measure(segment, &writer->figures);
	slot = must_alloc(sizeof(*slot));
	slot->segment = segment;
	slot->use = use;
	TAILQ_INSERT_TAIL(&writer->slots, slot, entry);
	if (!timer_is_running(writer->age_timer))
		timer_start(writer->age_timer, (int64_t)writer->conf.segment_s * 1000);
	return slot;
}

static bool
slot_is_full(const struct writer *writer, const struct slot *slot)
{
	return segment_error(slot->segment) != 0 || segment_length(slot->segment) >= writer->conf.segment_octets;
}

struct slot *
writer_slot(struct writer *writer, enum slot_use use)
{
	struct slot *slot, *next;

	for (slot = TAILQ_FIRST(&writer->slots); slot != NULL; slot = next) {
		next = TAILQ_NEXT(slot, entry);
		if (slot->use != use)
			continue;
		if (!slot_is_full(writer, slot))
			return slot;
		slot->use = SLOT_RETIRING;
		writer_slot_rest(writer, slot);
	}
	return slot_new(writer, use);
}

void
writer_slot_rest(struct writer *writer, struct slot *slot)
{
	struct writer_segment closed;

	if (slot->use == SLOT_STREAM_IDLE && slot_is_full(writer, slot))
		slot->use = SLOT_RETIRING;
	if (slot->use != SLOT_RETIRING || !segment_is_idle(slot->segment) || slot->commits > 0)
		return;
	TAILQ_REMOVE(&writer->slots, slot, entry);
	closed = slot_say(slot);
	segment_end(&slot->segment);
	free(slot);
	say_closed(writer, closed);
}

static void
on_rest(void *arg)
{
	struct writer *writer = arg;
	struct slot *slot, *next;

	writer->is_resting = false;
	for (slot = TAILQ_FIRST(&writer->slots); slot != NULL; slot = next) {
		next = TAILQ_NEXT(slot, entry);
		writer_slot_rest(writer, slot);
	}
}

void
writer_rest_later(struct writer *writer)
{
	if (writer->is_resting)
		return;
	writer->is_resting = true;
	loop_soon(on_rest, writer);
}

/* Old segments are given up, so that what was delivered becomes unreadable soon. */
static void
on_age(void *arg)
{
	struct writer *writer = arg;
	struct slot *slot, *next;

	for (slot = TAILQ_FIRST(&writer->slots); slot != NULL; slot = next) {
		next = TAILQ_NEXT(slot, entry);
		if (slot->use == SLOT_STREAM_BUSY || segment_age_ms(slot->segment) < (int64_t)writer->conf.segment_s * 1000)
			continue;
		slot->use = SLOT_RETIRING;
		writer_slot_rest(writer, slot);
	}
	if (!TAILQ_EMPTY(&writer->slots))
		timer_start(writer->age_timer, (int64_t)writer->conf.segment_s * 1000);
}
