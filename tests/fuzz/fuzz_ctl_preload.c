/* A list of policies, ours or that of STARTTLS Everywhere: what is sent of it is a line that the policy room takes, or it was complained of. */
#include "src/ctl/preload.h"

#include <string.h>

#include "base/fatal.h"
#include "fuzz.h"
#include "mail/pattern.h"
#include "src/ctl/ctl.h"

int
ctl_usage(const char *format, ...)
{
	(void)format;
	return 64;
}

/* "domain mode pattern,pattern until" */
static void
argument_holds(struct span line)
{
	struct span part[5], pattern;
	size_t parts = 0;
	uint64_t until;

	while (parts < 5 && span_cut(&line, ' ', &part[parts]))
		parts++;
	fuzz_holds(parts == 4 && pattern_is_name(part[0]) && span_to_u64(part[3], INT64_MAX, &until));
	fuzz_holds(span_equal(part[1], SPAN("enforce")) || span_equal(part[1], SPAN("testing")));
	while (span_cut(&part[2], ',', &pattern))
		fuzz_holds(pattern_is_name(span_starts(pattern, SPAN("*.")) ? span_skip(pattern, 2) : pattern));
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	struct complaints *complaints = must_alloc(sizeof(*complaints));
	struct arena *arena = arena_new();
	struct preload preload;
	bool good;

	complaints_init(complaints);
	good = preload_read(arena, "f", span_make(octets, length), 1795000000, complaints, &preload);
	fuzz_holds(good == (complaints->errors == 0) && (!good || preload.count > 0));
	for (uint32_t i = 0; i < preload.count; i++)
		argument_holds(preload.arguments[i]);
	complaints_clear(complaints);
	free(complaints);
	arena_free(&arena);
	return 0;
}
