/* Unsealing a body chunk by chunk. */
#include "spool/reader.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/file.h"
#include "layout.h"


struct body_reader {
	int fd;
	struct body_place place;
	struct seal *seal;
	char *room;		/* one frame */
	size_t room_octets;
	uint64_t offset;	/* of the next frame */
	uint32_t part;		/* number of the next chunk */
	uint64_t octets;	/* of content handed out */
};

struct body_reader *
body_reader_new(int fd, const struct body_place *place)
{
	struct body_reader *reader = must_alloc(sizeof(*reader));
	size_t longest = place->length < CHUNK_OCTETS ? (size_t)place->length : CHUNK_OCTETS;

	reader->fd = fd;
	reader->place = *place;
	reader->seal = seal_new();
	seal_set_key(reader->seal, place->key);
	reader->room_octets = FRAME_HEAD_OCTETS + longest + SEAL_TAG_OCTETS;
	reader->room = must_realloc(NULL, reader->room_octets);
	body_reader_rewind(reader);
	return reader;
}

void
body_reader_free(struct body_reader **handle)
{
	struct body_reader *reader = *handle;

	if (reader == NULL)
		return;
	explicit_bzero(reader->room, reader->room_octets);
	free(reader->room);
	seal_free(&reader->seal);
	file_close(&reader->fd);
	explicit_bzero(reader, sizeof(*reader));
	free(reader);
	*handle = NULL;
}

void
body_reader_rewind(struct body_reader *reader)
{
	reader->offset = reader->place.offset;
	reader->part = 0;
	reader->octets = 0;
}

/* The frame must be the one expected: a body frame, this part, of the right length. */
static bool
frame_is_next(const struct body_reader *reader, const struct frame *frame)
{
	bool is_last = reader->part + 1 == reader->place.chunks;
	uint64_t left = reader->place.length - reader->octets;

	return frame->type == FRAME_BODY && frame->part == reader->part && frame->last == is_last &&
	    frame->length - SEAL_TAG_OCTETS == (is_last ? left : CHUNK_OCTETS);
}

/* Whatever generation the head names: the record's key proves it. */
static bool
head_decode(struct span octets, uint64_t offset, struct frame *frame)
{
	uint64_t generation = 0;

	if (octets.length >= FRAME_HEAD_OCTETS)
		memcpy(&generation, octets.data + 16, sizeof(generation));
	return frame_decode(octets, le64toh(generation), offset, frame);
}

int
body_reader_next(struct body_reader *reader, struct span *chunk)
{
	unsigned char nonce[SEAL_NONCE_OCTETS];
	struct frame frame;
	ssize_t n;

	if (reader->part == reader->place.chunks)
		return 0;
	n = file_read_at(reader->fd, reader->room, reader->room_octets, reader->offset);
	if (n < 0)
		return -1;
	errno = EBADMSG;
	if (!head_decode(span_make(reader->room, (size_t)n), reader->offset, &frame) || !frame_is_next(reader, &frame) ||
	    (size_t)n < FRAME_HEAD_OCTETS + frame.length)
		return -1;
	frame_nonce(&frame, nonce);
	if (!seal_open(reader->seal, nonce, span_make(reader->room, FRAME_HEAD_OCTETS),
	    span_make(reader->room + FRAME_HEAD_OCTETS, frame.length), reader->room + FRAME_HEAD_OCTETS))
		return -1;
	*chunk = span_make(reader->room + FRAME_HEAD_OCTETS, frame.length - SEAL_TAG_OCTETS);
	reader->offset += frame_span(frame.length);
	reader->octets += chunk->length;
	reader->part++;
	return 1;
}
