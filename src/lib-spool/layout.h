/*
 * The octets of a segment file: one header, then frames. README has the states and what a crash leaves.
 *
 *   header   first 512 octets of the file (one sector), padded to 4096
 *   frame    56 octets of head, the sealed payload with its tag, padding to a multiple of 64
 */
#ifndef LIB_SPOOL_LAYOUT_H
#define LIB_SPOOL_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "spool/seal.h"

#define LAYOUT_VERSION 1
#define HEADER_OCTETS 512u	/* of meaning: written whole or not at all by any disk */
#define HEADER_ROOM 4096u	/* where frames begin */
#define FRAME_HEAD_OCTETS 56u	/* 8 of them check the others: a scan follows heads without opening what is behind */
#define FRAME_ALIGN 64u
#define FRAME_PAYLOAD_MAX (8u * 1024 * 1024)	/* octets, the tag included */
#define CHUNK_OCTETS 65536u	/* of content in one body frame; only the last one is shorter */

enum segment_state {
	SEGMENT_IN_USE = 1,	/* has the wrapped key of this generation */
	SEGMENT_FREE = 2,	/* key overwritten; its writer may begin a new generation */
	SEGMENT_DEAD = 3	/* key overwritten; about to be unlinked */
};

enum segment_kind { SEGMENT_MAIL = 1, SEGMENT_JOURNAL = 2 };

struct header {
	enum segment_state state;
	enum segment_kind kind;
	uint32_t number;	/* of the file */
	uint64_t generation;	/* random; 0 unless in use */
	int64_t created_ms;	/* since the epoch */
	unsigned char key_id[SEAL_KEY_ID_OCTETS];	/* of the pair that the key is wrapped to */
	unsigned char wrapped[SEAL_WRAPPED_MAX];
	uint16_t wrapped_length;
};

enum frame_type {
	FRAME_BODY = 1,		/* one chunk of content, under the record's own key */
	FRAME_ENVELOPE = 2,	/* ends a record: without it there is no message; under the segment's key */
	FRAME_JOURNAL = 3	/* a batch of outcomes; under the segment's key */
};

struct frame {
	enum frame_type type;
	bool last;		/* FRAME_BODY: the content ends here */
	uint32_t part;		/* FRAME_BODY: chunk number, from 0 */
	uint32_t length;	/* octets of sealed payload, the tag included */
	uint64_t generation;
	uint64_t offset;	/* of this frame in the file */
	uint64_t record;	/* offset of the record's first frame */
	uint64_t synced;	/* octets of the file that were durable when this was written */
};

/* Padded: HEADER_OCTETS are written. */
void header_encode(const struct header *header, char out[HEADER_OCTETS]);
bool header_decode(struct span octets, struct header *header);	/* false: torn, foreign, or never written */

/* The first sector of a file whose contents are given up: no key, no generation. */
void header_erased(uint32_t number, enum segment_state state, char out[HEADER_OCTETS]);

void frame_encode(const struct frame *frame, char out[FRAME_HEAD_OCTETS]);

/* Returns false unless the octets are the head of a frame of this generation at this offset. */
bool frame_decode(struct span octets, uint64_t generation, uint64_t offset, struct frame *frame);

/* Octets from this frame's beginning to the next one's. */
uint64_t frame_span(uint32_t sealed_length);

/* The nonce a frame is sealed with: unique under its key. */
void frame_nonce(const struct frame *frame, unsigned char nonce[SEAL_NONCE_OCTETS]);

/* "segment-0000001f"; out has room for LAYOUT_NAME octets. Returns out. */
#define LAYOUT_NAME 20
char *layout_name(uint32_t number, char out[LAYOUT_NAME]);
bool layout_number(const char *name, uint32_t *number);	/* false: not the name of a segment */

#endif
