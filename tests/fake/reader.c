/* spool/reader.h in memory. */
#include <errno.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_reader.h"

#define BODIES 4096

struct body {
	int fd;
	struct span content;	/* owned */
	size_t chunk_octets;
	unsigned fails_behind;	/* chunks */
	int error;		/* 0 = it does not fail */
};

struct body_reader {
	const struct body *body;
	size_t at;
	unsigned chunks;
};

static struct body bodies[BODIES];
static unsigned bodies_count, readers;

static void
reader_reset(void)
{
	while (bodies_count > 0)
		free((void *)(uintptr_t)bodies[--bodies_count].content.data);
	readers = 0;
}

static struct body *
body_find(int fd)
{
	for (unsigned i = 0; i < bodies_count; i++)
		if (bodies[i].fd == fd)
			return &bodies[i];
	fake_fail("descriptor %d has no body", fd);
}

void
fake_body(int fd, struct span content, size_t chunk_octets)
{
	fake_on_reset(reader_reset);
	if (bodies_count == BODIES)
		fake_fail("more than %d bodies", BODIES);
	bodies[bodies_count++] = (struct body){ .fd = fd, .chunk_octets = chunk_octets,
		.content = { must_copy(content.data, content.length), content.length } };
}

void
fake_body_fail(int fd, unsigned chunks, int error)
{
	struct body *body = body_find(fd);

	body->fails_behind = chunks;
	body->error = error;
}

unsigned
fake_body_readers(void)
{
	return readers;
}

/* spool/reader.h */

struct body_reader *
body_reader_new(int fd, const struct body_place *place)
{
	struct body_reader *reader = must_alloc(sizeof(*reader));

	(void)place;
	reader->body = body_find(fd);
	readers++;
	return reader;
}

void
body_reader_free(struct body_reader **reader)
{
	if (*reader != NULL)
		readers--;
	free(*reader);
	*reader = NULL;
}

void
body_reader_rewind(struct body_reader *reader)
{
	reader->at = 0;
	reader->chunks = 0;
}

int
body_reader_next(struct body_reader *reader, struct span *chunk)
{
	const struct body *body = reader->body;

	if (body->error != 0 && reader->chunks == body->fails_behind) {
		errno = body->error;
		return -1;
	}
	if (reader->at == body->content.length)
		return 0;
	*chunk = span_first(span_skip(body->content, reader->at), body->chunk_octets);
	reader->at += chunk->length;
	reader->chunks++;
	return 1;
}
