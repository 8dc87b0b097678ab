/* What a local program writes: the message that becomes of it is one, whatever it was. */
#include "src/ctl/compose.h"

#include <string.h>

#include "fuzz.h"

/* Every line ends with CRLF, and neither octet stands alone (RFC 5321 2.3.8). */
static void
lines_hold(struct span message)
{
	for (size_t i = 0; i < message.length; i++) {
		fuzz_holds(message.data[i] != '\n' || (i > 0 && message.data[i - 1] == '\r'));
		fuzz_holds(message.data[i] != '\r' || (i + 1 < message.length && message.data[i + 1] == '\n'));
	}
	fuzz_holds(message.length >= 2 && message.data[message.length - 1] == '\n');
}

/* The first octet says how. */
int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	struct span text = span_make(octets, length);
	uint8_t how = length > 0 ? octets[0] : 0;
	struct compose compose = {
		.dot_ends = how & 1, .takes_recipients = how & 2, .full_name = how & 4 ? "Joe \"x\" Doe" : "",
		.author = SPAN("joe@host.example"), .host = SPAN("host.example"), .now = 1795313901, .unique = 8
	};
	struct arena *arena = arena_new();
	struct buf out;

	buf_init(&out, 4 * length + 65536);
	if (compose_message(&compose, arena, span_skip(text, 1), &out) == NULL) {
		lines_hold(buf_span(&out));
		fuzz_holds(memmem(buf_span(&out).data, buf_length(&out), "\r\n\r\n", 4) != NULL);
		for (uint32_t i = 0; i < compose.recipients_count; i++)
			fuzz_holds(memchr(compose.recipients[i].data, '@', compose.recipients[i].length) != NULL);
	}
	buf_clear(&out);
	arena_free(&arena);
	return 0;
}
