/* What domains publish for TLSRPT: TXT records, one a line. */
#include "policy/tlsrpt.h"

#include <string.h>

#include "fuzz.h"

#define RECORDS 100

/* What is written into a header or asked of a server has no octet that could begin anything else. */
static void
target(const struct tlsrpt_target *target)
{
	fuzz_holds(tlsrpt_domain_is_valid(target->host));
	for (size_t i = 0; i < target->text.length; i++) {
		char c = target->text.data[i];

		fuzz_holds(c > ' ' && c < 0x7f && memchr("\"\\<>,;", c, 6) == NULL);
	}
	if (target->scheme == TLSRPT_MAILTO) {
		fuzz_holds(tlsrpt_address_is_valid(target->text));
		fuzz_holds(span_equal(span_skip(target->text, span_find(target->text, '@') + 1), target->host));
		return;
	}
	fuzz_holds(span_starts(target->text, SPAN("https://")) && target->port > 0);
	fuzz_holds(span_starts(span_skip(target->text, strlen("https://")), target->host));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span texts[RECORDS], line, input = span_make(data, size);
	struct arena *arena = arena_new();
	struct tlsrpt_record record;
	enum tlsrpt_found found;
	uint32_t count = 0;

	while (count < RECORDS && span_cut(&input, '\n', &line))
		texts[count++] = line;
	found = tlsrpt_record_find(texts, count, arena, &record);
	fuzz_holds(record.count <= TLSRPT_TARGETS && (found == TLSRPT_FOUND) == (record.count > 0));
	fuzz_holds((record.wrong != NULL) == (found == TLSRPT_BAD || record.passed_over > 0));
	for (uint32_t i = 0; i < record.count; i++)
		target(&record.targets[i]);
	arena_free(&arena);
	return 0;
}
