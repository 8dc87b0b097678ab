/* One target for all messages of a pair of rooms: the first octet chooses which. */
#ifndef TESTS_FUZZ_MESSAGES_H
#define TESTS_FUZZ_MESSAGES_H

#include <stdlib.h>

#include "base/buf.h"
#include "tests/unit/lib-ipc/again.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length);

/* What is decoded must encode to the same octets: nothing is read into a message that is not there. */
static inline int
messages_try(again_fn *const *messages, size_t count, const uint8_t *octets, size_t length)
{
	struct span payload;
	struct buf out;

	if (length == 0 || octets[0] >= count)
		return 0;
	payload = span_make(octets + 1, length - 1);
	buf_init(&out, AGAIN_CEILING);
	if (messages[octets[0]](payload, &out) && !span_equal(buf_span(&out), payload))
		abort();
	buf_clear(&out);
	return 0;
}

#define MESSAGES_TARGET(...) \
	int \
	LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length) \
	{ \
		static again_fn *const messages[] = { __VA_ARGS__ }; \
\
		return messages_try(messages, sizeof(messages) / sizeof(*messages), octets, length); \
	}

#endif
