/*
 * Owned bytes that grow at the end and shrink at the front, born with a ceiling.
 * Running out of memory ends the process (the mail is safe on disk); running into
 * the ceiling is an answer the caller must look at.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/span.h"

struct buf {
	char *data;
	size_t start;		/* first octet not yet consumed */
	size_t end;		/* one past the last octet */
	size_t capacity;	/* octets allocated */
	size_t ceiling;		/* most octets between start and end */
};

/* An empty buffer that holds no memory yet. */
void buf_init(struct buf *buf, size_t ceiling);

/* Give the memory back; the buffer is empty and usable, its ceiling kept. */
void buf_clear(struct buf *buf);

/* As buf_clear, and overwrite what was there first. */
void buf_wipe(struct buf *buf);

/* The octets held; valid until the next call that adds, reserves or clears. */
struct span buf_span(const struct buf *buf);

static inline size_t
buf_length(const struct buf *buf)
{
	return buf->end - buf->start;
}

/* Append. Returns false, and changes nothing, when the ceiling would be passed. */
__attribute__((warn_unused_result)) bool buf_add(struct buf *buf, struct span octets);
__attribute__((warn_unused_result, format(printf, 2, 3))) bool buf_printf(struct buf *buf, const char *format, ...);

/*
 * Room for n octets at the end, to be filled by the caller and made part of the
 * buffer by buf_commit(). Returns NULL when the ceiling would be passed.
 */
char *buf_reserve(struct buf *buf, size_t n);
void buf_commit(struct buf *buf, size_t n);

/* Drop n octets from the front (n <= buf_length). */
void buf_consume(struct buf *buf, size_t n);

/* Drop everything, keep the memory. */
void buf_empty(struct buf *buf);

#endif
