/* Bodies of messages without a spool: what a descriptor leads to is what the test says. */
#ifndef TESTS_FAKE_FAKE_READER_H
#define TESTS_FAKE_FAKE_READER_H

#include "spool/reader.h"

/* The content behind a descriptor (copied), handed out in chunks of so many octets. Lasts until fake_reset(). */
void fake_body(int fd, struct span content, size_t chunk_octets);

/* Reading that body fails with this errno, behind so many chunks. */
void fake_body_fail(int fd, unsigned chunks, int error);

/* Readers that are not freed yet. */
unsigned fake_body_readers(void);

#endif
