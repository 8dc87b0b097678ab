/* TLSA records as dig and zone files have them: what is read is read the same again from what is written of it. */
#include "src/ctl/tlsa.h"

#include <stdlib.h>

#include "base/fatal.h"
#include "fuzz.h"

#define NAME "_25._tcp.mx.example.org"

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	struct complaints *complaints = must_alloc(sizeof(*complaints));
	struct arena *arena = arena_new();
	struct tlsa_set set, again;

	complaints_init(complaints);
	tlsa_read(arena, "f", span_make(octets, length), NAME, complaints, &set);
	fuzz_holds(set.count > 0 || complaints->errors > 0);
	tlsa_judge(&set, NULL, 0, complaints);
	for (uint32_t i = 0; i < set.count; i++) {
		struct span text = tlsa_text(arena, &set.records[i]);

		tlsa_read(arena, "g", text, NAME, complaints, &again);
		fuzz_holds(again.count == 1 && set.lines[i] > 0 && span_equal(text, tlsa_text(arena, &again.records[0])));
	}
	complaints_clear(complaints);
	free(complaints);
	arena_free(&arena);
	return 0;
}
