/* Reading a segment from front to end, past damage. */
#include "spool/scan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/arena.h"
#include "base/fatal.h"
#include "base/file.h"
#include "layout.h"
#include "spool/reader.h"

#define WINDOW_OCTETS (1024u * 1024)

/* A message that is whole, but not yet known to have been durable. */
struct doubtful {
	STAILQ_ENTRY(doubtful) entry;
	struct arena *arena;		/* of the envelope */
	struct envelope envelope;
	uint64_t offset, end;
};

/* Octets that are no frame. What that means is known when all heads behind have been seen. */
struct gap {
	STAILQ_ENTRY(gap) entry;
	uint64_t offset, length;	/* length 0 = to the end */
};

/* The part of the file that is in memory. */
struct window {
	char *octets;
	size_t capacity, length;
	uint64_t start;
};

struct walk {
	struct scan *scan;
	struct window window;
	uint64_t size;			/* of what is to be looked at */
	uint64_t durable;		/* octets that some frame says were durable */
	STAILQ_HEAD(, doubtful) doubtful;
	STAILQ_HEAD(, gap) gaps;
	bool failed;			/* reading */
};

const char *
finding_name(enum finding_kind kind)
{
	static const char *const names[] = {
		[FINDING_HEADER] = "header", [FINDING_KEY] = "key", [FINDING_DAMAGED] = "damaged", [FINDING_TORN] = "torn",
		[FINDING_BODY] = "body", [FINDING_READ] = "unreadable",
	};

	return names[kind];
}

static void
find(struct walk *walk, enum finding_kind kind, uint64_t offset, uint64_t length, struct mid mid, const char *text)
{
	struct scan *scan = walk->scan;
	struct spool_finding finding = { kind, scan->directory, scan->number, offset, length, mid, text };

	if (scan->on_finding != NULL)
		scan->on_finding(scan->arg, &finding);
}

/* Up to n octets at offset; fewer at the end. */
static struct span
look(struct walk *walk, uint64_t offset, size_t n)
{
	struct window *window = &walk->window;
	size_t skip;
	ssize_t got;

	if (offset >= walk->size)
		return SPAN("");
	if (n > walk->size - offset)
		n = (size_t)(walk->size - offset);
	if (offset < window->start || offset + n > window->start + window->length) {
		size_t wanted = n > WINDOW_OCTETS ? n : WINDOW_OCTETS;

		if (window->capacity < wanted) {
			window->octets = must_realloc(window->octets, wanted);
			window->capacity = wanted;
		}
		got = file_read_at(walk->scan->fd, window->octets, wanted, offset);
		if (got < 0) {
			walk->failed = true;
			find(walk, FINDING_READ, offset, 0, (struct mid){ 0, 0 }, strerror(errno));
			got = 0;
		}
		window->start = offset;
		window->length = (size_t)got;
	}
	skip = (size_t)(offset - window->start);
	if (skip + n > window->length)
		n = window->length - skip;
	return span_make(window->octets + skip, n);
}

static void
deliver(struct walk *walk, struct doubtful *message)
{
	struct scan *scan = walk->scan;

	scan->messages++;
	if (scan->on_message != NULL)
		scan->on_message(scan->arg, message->offset, message->end, &message->envelope);
}

/* Does every chunk of the body open? Returns -1 with errno when that cannot be told. */
static int
body_opens(const struct scan *scan, const struct envelope *envelope)
{
	int fd = file_copy(scan->fd), more, error;
	struct body_reader *reader;
	struct span chunk;

	if (fd < 0)
		fatal_errno("cannot copy a descriptor");
	reader = body_reader_new(fd, &envelope->body);
	while ((more = body_reader_next(reader, &chunk)) > 0)
		;
	error = errno;
	body_reader_free(&reader);
	errno = error;
	return more == 0 ? 1 : errno == EBADMSG ? 0 : -1;
}

static void
doubtful_free(struct doubtful *message)
{
	arena_free(&message->arena);
	free(message);
}

/* Messages that end at or before `durable` are beyond doubt; at the end of the scan the rest is looked into. */
static void
settle(struct walk *walk, bool is_end)
{
	struct scan *scan = walk->scan;
	struct doubtful *message;

	while ((message = STAILQ_FIRST(&walk->doubtful)) != NULL && (is_end || message->end <= walk->durable)) {
		bool was_durable = message->end <= walk->durable;
		int opens = was_durable && !scan->read_bodies ? 1 : body_opens(scan, &message->envelope);

		if (opens < 0) {
			walk->failed = true;
			find(walk, FINDING_READ, message->envelope.body.offset, 0, message->envelope.mid, strerror(errno));
		}
		if (opens < 0 && !was_durable)
			return;
		STAILQ_REMOVE_HEAD(&walk->doubtful, entry);
		if (opens == 0)
			find(walk, was_durable ? FINDING_BODY : FINDING_TORN, message->envelope.body.offset,
			    message->end - message->envelope.body.offset, message->envelope.mid,
			    was_durable ? "the content of a message does not open" : "a message that was never durable is torn");
		if (opens > 0 || was_durable)
			deliver(walk, message);
		doubtful_free(message);
	}
}

/* The first message that could not be looked into, as long as reading fails: from there on another scan is due. */
static uint64_t
put_off(struct walk *walk, uint64_t end)
{
	struct doubtful *message;

	while ((message = STAILQ_FIRST(&walk->doubtful)) != NULL) {
		if (message->envelope.body.offset < end)
			end = message->envelope.body.offset;
		STAILQ_REMOVE_HEAD(&walk->doubtful, entry);
		doubtful_free(message);
	}
	return end;
}

static void
note_durable(struct walk *walk, uint64_t durable)
{
	if (durable <= walk->durable)
		return;
	walk->durable = durable;
	settle(walk, false);
}

/* Open an envelope's payload and keep the message until it is beyond doubt. Returns false when it does not open. */
static bool
take_envelope(struct walk *walk, const struct frame *frame, struct span opened)
{
	struct doubtful *message = must_alloc(sizeof(*message));

	message->arena = arena_new();
	message->offset = frame->offset;
	message->end = frame->offset + frame_span(frame->length);
	if (!envelope_decode(opened, message->arena, &message->envelope)) {
		arena_free(&message->arena);
		free(message);
		return false;
	}
	STAILQ_INSERT_TAIL(&walk->doubtful, message, entry);
	settle(walk, false);
	return true;
}

/* Open a frame that is under the segment's key, and pass it on. Returns false when it is damaged. */
static bool
take_sealed(struct walk *walk, const struct frame *frame)
{
	struct scan *scan = walk->scan;
	struct span all = look(walk, frame->offset, FRAME_HEAD_OCTETS + frame->length);
	unsigned char nonce[SEAL_NONCE_OCTETS];
	size_t plain = frame->length - SEAL_TAG_OCTETS;
	char *opened;
	bool good;

	if (all.length < FRAME_HEAD_OCTETS + frame->length)
		return false;
	if (scan->seal == NULL)
		return true;
	opened = must_alloc(plain);
	frame_nonce(frame, nonce);
	good = seal_open(scan->seal, nonce, span_first(all, FRAME_HEAD_OCTETS), span_skip(all, FRAME_HEAD_OCTETS), opened);
	if (good && frame->type == FRAME_ENVELOPE)
		good = take_envelope(walk, frame, span_make(opened, plain));
	else if (good && scan->on_journal != NULL)
		scan->on_journal(scan->arg, span_make(opened, plain));
	explicit_bzero(opened, plain);
	free(opened);
	return good;
}

/* Take the frame at offset. Returns where the next one begins, or 0 when there is no whole frame here. */
static uint64_t
take_frame(struct walk *walk, uint64_t offset)
{
	struct frame frame;

	if (!frame_decode(look(walk, offset, FRAME_HEAD_OCTETS), walk->scan->generation, offset, &frame))
		return 0;
	if (frame.type == FRAME_BODY) {
		if (walk->size - offset < FRAME_HEAD_OCTETS + frame.length)
			return 0;
	} else if (!take_sealed(walk, &frame)) {
		return 0;
	}
	note_durable(walk, frame.synced);
	return offset + frame_span(frame.length);
}

/* The next offset at which a frame head of this generation is to be seen; 0 = none. */
static uint64_t
search(struct walk *walk, uint64_t offset, struct frame *frame)
{
	for (offset += FRAME_ALIGN; offset < walk->size && !walk->failed; offset += FRAME_ALIGN)
		if (frame_decode(look(walk, offset, FRAME_HEAD_OCTETS), walk->scan->generation, offset, frame))
			return offset;
	return 0;
}

static void
gap_add(struct walk *walk, uint64_t offset, uint64_t length)
{
	struct gap *gap = must_alloc(sizeof(*gap));

	gap->offset = offset;
	gap->length = length;
	STAILQ_INSERT_TAIL(&walk->gaps, gap, entry);
}

/* No whole frame at offset: note the gap. Returns where to go on, or 0 at the end. */
static uint64_t
get_past(struct walk *walk, uint64_t offset)
{
	struct frame frame;
	uint64_t next = search(walk, offset, &frame);
	bool has_head = frame_decode(look(walk, offset, FRAME_HEAD_OCTETS), walk->scan->generation, offset, &frame);

	/* No head here and none behind, and nothing durable missing: the ordinary end. */
	if (next > 0)
		gap_add(walk, offset, next - offset);
	else if (has_head || offset < walk->durable)
		gap_add(walk, offset, 0);
	return next;
}

/* When reading fails, nobody knows yet what the gaps are that were not durable: from there on another scan is due. */
static void
tell_gaps(struct walk *walk, uint64_t *end)
{
	const struct mid nobody = { 0, 0 };
	struct gap *gap;

	while ((gap = STAILQ_FIRST(&walk->gaps)) != NULL) {
		STAILQ_REMOVE_HEAD(&walk->gaps, entry);
		if (gap->offset < walk->durable)
			find(walk, FINDING_DAMAGED, gap->offset, gap->length, nobody, "octets that were durable are damaged");
		else if (!walk->failed)
			find(walk, FINDING_TORN, gap->offset, gap->length, nobody, "octets that were never durable are torn");
		else if (gap->offset < *end)
			*end = gap->offset;
		free(gap);
	}
}

int
scan_segment(struct scan *scan)
{
	struct walk walk = { .scan = scan, .durable = scan->durable };
	uint64_t offset = scan->from < HEADER_ROOM ? HEADER_ROOM : scan->from, next;

	STAILQ_INIT(&walk.doubtful);
	STAILQ_INIT(&walk.gaps);
	scan->messages = 0;
	if (file_size(scan->fd, &walk.size) < 0) {
		find(&walk, FINDING_READ, 0, 0, (struct mid){ 0, 0 }, strerror(errno));
		scan->end = offset;
		return -1;
	}
	if (walk.size > scan->to)
		walk.size = scan->to;
	while (offset < walk.size && !walk.failed) {
		next = take_frame(&walk, offset);
		if (next == 0 && !walk.failed)
			next = get_past(&walk, offset);
		if (next == 0 || walk.failed)
			break;
		offset = next;
	}
	tell_gaps(&walk, &offset);
	if (!walk.failed)
		settle(&walk, true);
	scan->end = put_off(&walk, offset);
	free(walk.window.octets);
	return walk.failed ? -1 : 0;
}
