/* TLSA records: usage, selector, matching, the length of the data in two octets, and the data; again until the end. */
#include "policy/dane.h"

#include "fuzz.h"

#define RECORDS 500

static uint32_t
records_read(struct span input, struct dns_tlsa *records)
{
	uint32_t count = 0;

	while (count < RECORDS && input.length >= 5) {
		const unsigned char *octets = (const unsigned char *)input.data;
		size_t length = (size_t)octets[3] << 8 | octets[4];

		records[count++] = (struct dns_tlsa){ octets[0], octets[1], octets[2], span_first(span_skip(input, 5), length) };
		input = span_skip(input, 5 + length);
	}
	return count;
}

static void
is_same(const struct dane_set *a, const struct dane_set *b)
{
	fuzz_holds(a->status == b->status && a->count == b->count);
	for (uint32_t i = 0; i < a->count; i++)
		fuzz_holds(a->records[i].usage == b->records[i].usage && a->records[i].selector == b->records[i].selector &&
		    a->records[i].matching == b->records[i].matching && span_equal(a->records[i].data, b->records[i].data));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dns_tlsa records[RECORDS], reversed[RECORDS];
	struct dns_answer answer = { .status = DNS_FOUND, .secure = true, .type = DNS_TLSA, .tlsa = records };
	struct arena *arena = arena_new();
	struct dane_set set, other;

	answer.count = records_read(span_make(data, size), records);
	for (uint32_t i = 0; i < answer.count; i++)
		reversed[i] = records[answer.count - 1 - i];
	dane_judge(&answer, arena, &set);
	fuzz_holds(set.status == (set.count > 0 ? DANE_USABLE : DANE_UNUSABLE) && set.count <= DANE_RECORDS);
	for (uint32_t i = 0; i < set.count; i++)
		fuzz_holds((set.records[i].usage == 2 || set.records[i].usage == 3) && set.records[i].selector < 2 && set.records[i].matching < 3);
	/* The order they came in does not matter, and what was judged stands when it is judged again. */
	answer.tlsa = reversed;
	dane_judge(&answer, arena, &other);
	is_same(&set, &other);
	if (set.count > 0) {
		answer.records = (void *)(uintptr_t)set.records;
		answer.count = set.count;
		dane_judge(&answer, arena, &other);
		is_same(&set, &other);
	}
	arena_free(&arena);
	return 0;
}
