/* Envelopes and outcomes: what can be decoded is encoded to the same octets again. */
#include "mail/envelope.h"

#include "mail/outcome.h"
#include "tests/fuzz/fuzz.h"

static void
check_envelope(struct span octets)
{
	struct arena *arena = arena_new();
	struct envelope envelope;
	struct buf out;

	buf_init(&out, octets.length + 1024);
	if (envelope_decode(octets, arena, &envelope)) {
		envelope_encode(&out, &envelope);
		fuzz_holds(span_equal(buf_span(&out), octets));
	}
	buf_clear(&out);
	arena_free(&arena);
}

static void
check_outcome(struct span octets)
{
	struct codec in = codec_read(octets);
	struct outcome outcome;
	struct buf out;

	buf_init(&out, octets.length + 1024);
	outcome_decode(&in, &outcome);
	if (codec_done(&in)) {
		outcome_encode(&out, &outcome);
		fuzz_holds(span_equal(buf_span(&out), octets));
	}
	buf_clear(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_envelope(span_make(data, size));
	check_outcome(span_make(data, size));
	return 0;
}
