/* Received fields of anybody's: whatever is told of one is a part of it, and the same for the field unfolded. */
#include "mail/received_facts.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

/* Nothing that is told is longer than the field, and TLS has a reason. */
static void
facts_hold(const struct received_facts *facts, struct span value)
{
	const struct span all[] = { facts->by, facts->from, facts->rdns, facts->with, facts->cipher };

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		fuzz_holds(all[i].length <= value.length);
	if (facts->tls != RECEIVED_TLS_YES)
		fuzz_holds(facts->version.length == 0 && facts->cipher.length == 0 && facts->bits == 0);
	if (facts->tls == RECEIVED_TLS_NO)
		fuzz_holds(facts->with.length > 0 && facts->software[0] != '\0');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct received_facts facts, again;
	char *unfolded = arena_alloc(arena, size + 1);

	if (received_facts_read(span_make(data, size), arena, &facts))
		facts_hold(&facts, span_make(data, size));
	for (size_t i = 0; i < size; i++)
		unfolded[i] = strchr("\r\n\t", data[i]) != NULL && data[i] != '\0' ? ' ' : (char)data[i];
	if (received_facts_read(span_make(unfolded, size), arena, &again)) {
		fuzz_holds(again.tls == facts.tls && span_equal(again.by, facts.by));
		fuzz_holds(span_equal(again.version, facts.version) && span_equal(again.cipher, facts.cipher));
	}
	arena_free(&arena);
	return 0;
}
