/* Growing buffers with a ceiling. */
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"

#define SMALLEST 256	/* octets of a first allocation */

void
buf_init(struct buf *buf, size_t ceiling)
{
	*buf = (struct buf){ .ceiling = ceiling };
}

void
buf_clear(struct buf *buf)
{
	free(buf->data);
	buf_init(buf, buf->ceiling);
}

void
buf_wipe(struct buf *buf)
{
	if (buf->data != NULL)
		explicit_bzero(buf->data, buf->capacity);
	buf_clear(buf);
}

struct span
buf_span(const struct buf *buf)
{
	return (struct span){ buf->data == NULL ? NULL : buf->data + buf->start, buf->end - buf->start };
}

/* Move the octets to the front of the memory, which becomes n octets larger if need be. */
static void
buf_make_room(struct buf *buf, size_t n)
{
	size_t length = buf_length(buf);

	if (buf->start > 0) {
		memmove(buf->data, buf->data + buf->start, length);
		buf->start = 0;
		buf->end = length;
	}
	if (buf->capacity - length >= n)
		return;
	size_t wanted = buf->capacity < SMALLEST ? SMALLEST : buf->capacity;
	while (wanted < length + n)
		wanted *= 2;
	char *data = realloc(buf->data, wanted);
	if (data == NULL)
		fatal("out of memory for a buffer of %zu octets", wanted);
	buf->data = data;
	buf->capacity = wanted;
}

char *
buf_reserve(struct buf *buf, size_t n)
{
	if (n > buf->ceiling || buf_length(buf) > buf->ceiling - n)
		return NULL;
	if (buf->capacity - buf->end < n || buf->data == NULL)
		buf_make_room(buf, n);
	return buf->data + buf->end;
}

void
buf_commit(struct buf *buf, size_t n)
{
	assert(n <= buf->capacity - buf->end);
	buf->end += n;
}

bool
buf_add(struct buf *buf, struct span octets)
{
	char *room;

	if (octets.length == 0)
		return true;
	room = buf_reserve(buf, octets.length);
	if (room == NULL)
		return false;
	memcpy(room, octets.data, octets.length);
	buf->end += octets.length;
	return true;
}

bool
buf_printf(struct buf *buf, const char *format, ...)
{
	va_list arguments;
	int length;
	char *room;

	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length < 0)
		fatal("bad format \"%s\"", format);
	/* vsnprintf writes a NUL behind the text: ask for its room, do not keep it. */
	if ((size_t)length > buf->ceiling || buf_length(buf) > buf->ceiling - (size_t)length)
		return false;
	if (buf->data == NULL || buf->capacity - buf->end < (size_t)length + 1)
		buf_make_room(buf, (size_t)length + 1);
	room = buf->data + buf->end;
	va_start(arguments, format);
	vsnprintf(room, (size_t)length + 1, format, arguments);
	va_end(arguments);
	buf->end += (size_t)length;
	return true;
}

void
buf_consume(struct buf *buf, size_t n)
{
	assert(n <= buf_length(buf));
	buf->start += n;
	if (buf->start == buf->end)
		buf->start = buf->end = 0;
}

void
buf_empty(struct buf *buf)
{
	buf->start = buf->end = 0;
}
