/* Messages on their way into a segment: staged in memory, or streaming. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fatal.h"
#include "base/random.h"
#include "loop/loop.h"
#include "writer.h"

#define WRITE_OCTETS (512 * 1024)	/* a streaming record hands this much to the kernel at once */
#define ENVELOPE_CEILING (FRAME_PAYLOAD_MAX - SEAL_TAG_OCTETS)

struct record {
	struct writer *writer;
	struct mid mid;
	unsigned char key[BODY_KEY_OCTETS];
	struct buf content;	/* not sealed yet */
	uint64_t length;	/* octets of content, sealed or not */
	struct slot *slot;	/* streaming into this; NULL = staged */
	uint64_t first;		/* offset of the first frame, when parts > 0 */
	uint32_t parts;		/* chunks sealed */
	uint64_t unwritten;	/* octets sealed since the last write */
};

struct commit {
	struct writer *writer;
	struct slot *slot;
	uint64_t offset;	/* of the envelope frame */
	void (*on_committed)(void *arg, int error);	/* NULL = cancelled */
	void *arg;
	int error;		/* known before anything could be appended */
};

struct record *
record_new(struct writer *writer)
{
	struct record *record = must_alloc(sizeof(*record));

	record->writer = writer;
	record->mid = (struct mid){ writer->origin, ++writer->messages };
	buf_init(&record->content, SIZE_MAX);
	return record;
}

struct record *
record_copy(struct writer *writer, struct mid mid)
{
	struct record *record = record_new(writer);

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
	return record->length;
}

/* Seal the first n octets of the content as one chunk into the slot's segment. */
static void
record_seal_chunk(struct record *record, struct slot *slot, size_t n, bool last)
{
	uint64_t offset;

	if (record->parts == 0)
		random_bytes(record->key, sizeof(record->key));
	/* The seal is the writer's and other records use it in between. */
	seal_set_key(record->writer->body_seal, record->key);
	offset = segment_append(slot->segment, FRAME_BODY, record->parts, last,
	    record->parts == 0 ? UINT64_MAX : record->first, record->writer->body_seal,
	    span_first(buf_span(&record->content), n));
	if (record->parts == 0)
		record->first = offset;
	record->parts++;
	record->unwritten += n;
	record->writer->staged -= n;
	buf_consume(&record->content, n);
}

/* Seal every chunk that is certain not to be the last. Returns 0 or an errno. */
static int
record_stream(struct record *record)
{
	while (buf_length(&record->content) > CHUNK_OCTETS)
		record_seal_chunk(record, record->slot, CHUNK_OCTETS, false);
	if (record->unwritten < WRITE_OCTETS)
		return 0;
	record->unwritten = 0;
	return segment_write(record->slot->segment);
}

int
record_add(struct record *record, struct span content)
{
	if (record->slot != NULL && segment_error(record->slot->segment) != 0)
		return segment_error(record->slot->segment);
	if (!buf_add(&record->content, content))
		return EFBIG;
	record->length += content.length;
	record->writer->staged += content.length;
	if (record->slot == NULL) {
		if (record->length <= record->writer->conf.staged_octets)
			return 0;
		record->slot = writer_slot(record->writer, SLOT_STREAM_IDLE);
		if (record->slot == NULL)
			return errno;
		record->slot->use = SLOT_STREAM_BUSY;
	}
	return record_stream(record);
}

static void
record_free(struct record **handle)
{
	struct record *record = *handle;

	record->writer->staged -= buf_length(&record->content);
	buf_wipe(&record->content);
	explicit_bzero(record->key, sizeof(record->key));
	free(record);
	*handle = NULL;
}

/* Let the next large message have the segment. */
static void
record_leave_slot(struct record *record)
{
	struct slot *slot = record->slot;

	if (slot == NULL)
		return;
	record->slot = NULL;
	slot->use = SLOT_STREAM_IDLE;
	writer_slot_rest(record->writer, slot);
}

void
record_abort(struct record **record)
{
	if (*record == NULL)
		return;
	/* Chunks that were written stay behind without an envelope: no message. */
	record_leave_slot(*record);
	record_free(record);
}

static void
commit_over(struct commit *commit, int error)
{
	if (commit->on_committed != NULL)
		commit->on_committed(commit->arg, error);
	free(commit);
}

static void
on_durable(void *arg, int error)
{
	struct commit *commit = arg;
	struct writer *writer = commit->writer;
	struct slot *slot = commit->slot;

	if (error == 0)
		writer_say_committed(writer, slot, commit->offset);
	slot->commits--;
	commit_over(commit, error);
	/* The segment still tells other waiters: whether the slot can close is asked when it has done so. */
	if (slot->commits == 0)
		writer_rest_later(writer);
}

static void
on_hopeless(void *arg)
{
	struct commit *commit = arg;

	commit_over(commit, commit->error);
}

/* Seal what is left of the content, then the envelope that makes it a message. */
static uint64_t
record_append(struct record *record, struct slot *slot, struct envelope *envelope)
{
	struct buf encoded;
	uint64_t offset;

	while (buf_length(&record->content) > CHUNK_OCTETS)
		record_seal_chunk(record, slot, CHUNK_OCTETS, false);
	record_seal_chunk(record, slot, buf_length(&record->content), true);
	envelope->mid = record->mid;
	envelope->body = (struct body_place){ .offset = record->first, .length = record->length, .chunks = record->parts };
	memcpy(envelope->body.key, record->key, sizeof(record->key));
	buf_init(&encoded, ENVELOPE_CEILING);
	envelope_encode(&encoded, envelope);
	offset = segment_append(slot->segment, FRAME_ENVELOPE, 0, true, record->first, NULL, buf_span(&encoded));
	buf_wipe(&encoded);
	return offset;
}

struct commit *
record_commit(struct record **handle, struct envelope *envelope, void (*on_committed)(void *arg, int error), void *arg)
{
	struct record *record = *handle;
	struct writer *writer = record->writer;
	struct slot *slot = record->slot != NULL ? record->slot : writer_slot(writer, SLOT_SHARED);
	struct commit *commit = must_alloc(sizeof(*commit));

	*commit = (struct commit){ .writer = writer, .slot = slot, .on_committed = on_committed, .arg = arg };
	if (slot == NULL || segment_error(slot->segment) != 0) {
		commit->error = slot == NULL ? errno : segment_error(slot->segment);
		record_abort(handle);
		loop_soon(on_hopeless, commit);
		return commit;
	}
	commit->offset = record_append(record, slot, envelope);
	slot->commits++;
	segment_wait(slot->segment, on_durable, commit);
	record_leave_slot(record);
	record_free(handle);
	return commit;
}

void
commit_cancel(struct commit **commit)
{
	if (*commit != NULL)
		(*commit)->on_committed = NULL;
	*commit = NULL;
}
