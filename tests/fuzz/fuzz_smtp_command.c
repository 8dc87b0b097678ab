/* Command lines: whatever comes is consumed, and the cut into segments does not matter. */
#include "smtp/command.h"

#include "tests/fuzz/fuzz.h"

/* Answers to all lines of the octets, handed over in segments of at most `step` octets; a hash of what they were. */
static uint64_t
read_all(struct span octets, size_t step)
{
	struct command_reader reader = { false };
	uint64_t hash = 0;
	size_t at = 0, end = 0;

	while (at < octets.length) {
		struct command command = { .verb = COMMAND_UNKNOWN };
		const char *why = NULL;
		size_t used = SIZE_MAX;
		enum parse_result result;

		if (end < octets.length)
			end = end + step < octets.length ? end + step : octets.length;
		result = command_read(&reader, span_make(octets.data + at, end - at), &used, &command, &why);
		fuzz_holds(used <= end - at);
		at += used;
		if (result == PARSE_MORE && end == octets.length)
			break;
		if (result == PARSE_MORE)
			continue;
		fuzz_holds(used > 0);
		/* A TLS record is thrown away as far as it has come: nothing behind it is compared. */
		if (result == PARSE_DONE && command.word.data == NULL)
			break;
		hash = hash * 31 + (result == PARSE_BAD ? 1000u : (unsigned)command.verb) + command.arguments.length * 7;
		end = at > end ? at : end;
	}
	return hash;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span octets = span_make(data, size);
	uint64_t whole = read_all(octets, size + 1), octets_left;
	bool is_last;

	fuzz_holds(read_all(octets, 1) == whole);
	fuzz_holds(read_all(octets, 7) == whole);
	(void)command_bdat_parse(octets, &octets_left, &is_last);
	return 0;
}
