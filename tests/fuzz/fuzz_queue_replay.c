/* Journal entries of any octets: replay takes them or refuses them, and answers for any place. */
#include "fuzz.h"

#include "queue/state.h"

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	struct replay *replay = replay_new();
	struct span rest = span_make(octets, length), entry, state;

	/* Entries divided by 0xff octets, so that one input has several. */
	while (span_cut(&rest, (char)0xff, &entry)) {
		bool taken = replay_take(replay, entry);

		fuzz_holds(!taken || entry.length >= 17);
	}
	for (uint64_t generation = 0; generation < 3; generation++)
		for (uint64_t offset = 0; offset < 3 * 4096; offset += 4096)
			if (replay_find(replay, generation, offset, &state) == REPLAYED_STATE)
				fuzz_holds(state.length >= 16);
	replay_free(&replay);
	fuzz_holds(replay == NULL);
	return 0;
}
