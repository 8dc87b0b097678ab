/* Tests of src/lib-policy/dane.c: which TLSA records of a host count (RFC 7672 2.2, 3.1; RFC 7671 9). */
#include "policy/dane.h"

#include <stdio.h>

#include "tests/unit/unit.h"

#define MOST 6
#define MANY 500
#define LONG (60 * 1024)

/*
 * "3 1 1 a:32" is a record with 32 octets "a". Data of matching type 0 is "0" and octets: "3 1 0 a:32" a DER sequence of so many in
 * all. "!": the octets as they are.
 */
static const struct {
	const char *records[MOST];
	enum dane_status status;
	const char *counting[MOST];
} sets[] = {
	/* D20, V15 */
	{ { "3 1 1 a:32" }, DANE_USABLE, { "3 1 1 a:32" } },
	{ { "2 0 1 a:32" }, DANE_USABLE, { "2 0 1 a:32" } },
	{ { "3 1 2 a:64" }, DANE_USABLE, { "3 1 2 a:64" } },				/* D24 */
	{ { "3 1 1 a:32", "3 1 1 b:32" }, DANE_USABLE, { "3 1 1 a:32", "3 1 1 b:32" } },	/* D61: a key and the next one */
	{ { "3 1 1 b:32", "2 1 1 a:32" }, DANE_USABLE, { "2 1 1 a:32", "3 1 1 b:32" } },
	/* D21, V15: all unusable */
	{ { "3 1 1 a:31" }, DANE_UNUSABLE, { NULL } },
	{ { "3 1 1 a:33" }, DANE_UNUSABLE, { NULL } },
	{ { "3 1 1 a:64" }, DANE_UNUSABLE, { NULL } },
	{ { "3 1 2 a:32" }, DANE_UNUSABLE, { NULL } },
	{ { "3 1 2 a:63" }, DANE_UNUSABLE, { NULL } },
	{ { "3 9 1 a:32" }, DANE_UNUSABLE, { NULL } },
	{ { "3 2 1 a:32" }, DANE_UNUSABLE, { NULL } },
	{ { "3 255 1 a:32" }, DANE_UNUSABLE, { NULL } },
	{ { "3 1 9 a:32" }, DANE_UNUSABLE, { NULL } },
	{ { "3 1 3 a:32" }, DANE_UNUSABLE, { NULL } },
	{ { "3 1 255 a:32" }, DANE_UNUSABLE, { NULL } },
	{ { "4 1 1 a:32" }, DANE_UNUSABLE, { NULL } },
	{ { "255 1 1 a:32" }, DANE_UNUSABLE, { NULL } },				/* DX4 */
	{ { "3 1 1 a:0" }, DANE_UNUSABLE, { NULL } },
	{ { "3 1 0 a:0" }, DANE_UNUSABLE, { NULL } },
	{ { "3 1 0 !a:1" }, DANE_UNUSABLE, { NULL } },
	{ { "3 1 0 !a:32" }, DANE_UNUSABLE, { NULL } },				/* no certificate and no key begins so */
	{ { "3 1 1 a:31", "3 9 1 a:32", "255 1 1 a:32" }, DANE_UNUSABLE, { NULL } },
	/* D22: usages 0 and 1 */
	{ { "0 0 1 a:32" }, DANE_UNUSABLE, { NULL } },
	{ { "1 1 1 a:32" }, DANE_UNUSABLE, { NULL } },
	{ { "1 1 1 a:32", "3 1 1 b:32" }, DANE_USABLE, { "3 1 1 b:32" } },
	{ { "0 0 1 a:32", "1 1 1 b:32", "3 1 1 a:31", "2 0 1 c:32" }, DANE_USABLE, { "2 0 1 c:32" } },
	/* D23, V15: of digests the strongest */
	{ { "3 1 1 a:32", "3 1 2 b:64" }, DANE_USABLE, { "3 1 2 b:64" } },
	{ { "3 1 2 b:64", "3 1 1 a:32", "3 1 1 b:32" }, DANE_USABLE, { "3 1 2 b:64" } },
	{ { "2 0 1 a:32", "2 0 2 b:64" }, DANE_USABLE, { "2 0 2 b:64" } },
	/* D23: ... of the same usage and selector */
	{ { "3 0 2 b:64", "3 1 1 a:32" }, DANE_USABLE, { "3 0 2 b:64", "3 1 1 a:32" } },
	{ { "2 1 2 b:64", "3 1 1 a:32" }, DANE_USABLE, { "2 1 2 b:64", "3 1 1 a:32" } },
	{ { "3 0 2 b:64", "3 0 1 b:32", "3 1 1 a:32" }, DANE_USABLE, { "3 0 2 b:64", "3 1 1 a:32" } },
	/* D23: ... and of those that can be used */
	{ { "3 1 1 a:32", "3 1 2 b:63" }, DANE_USABLE, { "3 1 1 a:32" } },
	{ { "3 1 1 a:32", "1 1 2 b:64" }, DANE_USABLE, { "3 1 1 a:32" } },
	{ { "3 1 1 a:32", "3 1 9 b:64" }, DANE_USABLE, { "3 1 1 a:32" } },
	/* D23: what is whole stands beside the digests */
	{ { "3 1 0 c:91", "3 1 1 a:32" }, DANE_USABLE, { "3 1 0 c:91", "3 1 1 a:32" } },
	{ { "3 1 0 c:91", "3 1 1 a:32", "3 1 2 b:64" }, DANE_USABLE, { "3 1 0 c:91", "3 1 2 b:64" } },
	{ { "3 0 0 c:1000", "2 0 0 d:300" }, DANE_USABLE, { "2 0 0 d:300", "3 0 0 c:1000" } },
	/* DX4: duplicates */
	{ { "3 1 1 a:32", "3 1 1 a:32", "3 1 1 a:32" }, DANE_USABLE, { "3 1 1 a:32" } },
	{ { "3 1 0 c:91", "3 1 1 a:32", "3 1 0 c:91" }, DANE_USABLE, { "3 1 0 c:91", "3 1 1 a:32" } },
	{ { "3 1 0 c:92", "3 1 0 c:91" }, DANE_USABLE, { "3 1 0 c:91", "3 1 0 c:92" } },
};

/* Octets of a DER sequence of `length` in all, with its length in so many octets as that needs. */
static void
sequence_fill(char *octets, size_t length, char what)
{
	memset(octets, what, length);
	if (length < 2)
		return;
	octets[0] = 0x30;
	if (length < 2 + 0x80) {
		octets[1] = (char)(length - 2);
	} else if (length < 3 + 0x100) {
		octets[1] = (char)0x81;
		octets[2] = (char)(length - 3);
	} else {
		octets[1] = (char)0x82;
		octets[2] = (char)((length - 4) >> 8);
		octets[3] = (char)(length - 4);
	}
}

static struct dns_tlsa
record_make(struct arena *arena, const char *text)
{
	unsigned usage, selector, matching, length;
	char raw[2] = "", what, *octets;

	if (sscanf(text, "%u %u %u %1[!]%c:%u", &usage, &selector, &matching, raw, &what, &length) != 6)
		ck_assert_int_eq(sscanf(text, "%u %u %u %c:%u", &usage, &selector, &matching, &what, &length), 5);
	octets = arena_alloc(arena, length);
	memset(octets, what, length);
	if (matching == 0 && raw[0] == '\0')
		sequence_fill(octets, length, what);
	return (struct dns_tlsa){ (uint8_t)usage, (uint8_t)selector, (uint8_t)matching, span_make(octets, length) };
}

static bool
record_equal(const struct dns_tlsa *a, const struct dns_tlsa *b)
{
	return a->usage == b->usage && a->selector == b->selector && a->matching == b->matching && span_equal(a->data, b->data);
}

static bool
set_equal(const struct dane_set *a, const struct dane_set *b)
{
	if (a->status != b->status || a->count != b->count)
		return false;
	for (uint32_t i = 0; i < a->count; i++)
		if (!record_equal(&a->records[i], &b->records[i]))
			return false;
	return true;
}

static struct dane_set
judge(struct arena *arena, struct dns_tlsa *records, uint32_t count)
{
	struct dns_answer answer = { .status = DNS_FOUND, .secure = true, .count = count, .type = DNS_TLSA, .tlsa = records };
	struct dane_set set;

	dane_judge(&answer, arena, &set);
	return set;
}

/* A small generator of its own: the same numbers at every run. */
static uint32_t
next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void
shuffle(struct dns_tlsa *records, uint32_t count, uint32_t *seed)
{
	for (uint32_t i = count; i > 1; i--) {
		uint32_t other = next(seed) % i;
		struct dns_tlsa held = records[i - 1];

		records[i - 1] = records[other];
		records[other] = held;
	}
}

START_TEST(these_count_and_others_do_not_in_whatever_order)
{
	struct arena *arena = arena_new();
	struct dns_tlsa records[MOST];
	uint32_t count = 0, expected = 0, seed = 1;

	while (count < MOST && sets[_i].records[count] != NULL) {
		records[count] = record_make(arena, sets[_i].records[count]);
		count++;
	}
	while (expected < MOST && sets[_i].counting[expected] != NULL)
		expected++;
	for (int again = 0; again < 50; again++) {
		struct dane_set set = judge(arena, records, count);

		ck_assert_int_eq(set.status, sets[_i].status);
		ck_assert_uint_eq(set.count, expected);
		for (uint32_t i = 0; i < expected; i++) {
			struct dns_tlsa wanted = record_make(arena, sets[_i].counting[i]);

			ck_assert_msg(record_equal(&set.records[i], &wanted), "row %d: %s", _i, sets[_i].counting[i]);
		}
		shuffle(records, count, &seed);
	}
	arena_free(&arena);
}
END_TEST

START_TEST(an_answer_without_records_has_none_that_can_be_used)
{
	struct arena *arena = arena_new();
	struct dane_set set = judge(arena, NULL, 0);

	ck_assert_int_eq(set.status, DANE_UNUSABLE);
	ck_assert_uint_eq(set.count, 0);
	arena_free(&arena);
}
END_TEST

/* The answer may go; what was judged stays. */
START_TEST(what_counts_is_a_copy)
{
	struct arena *arena = arena_new(), *passing = arena_new();
	struct dns_tlsa record = record_make(passing, "3 1 1 a:32"), same = record_make(arena, "3 1 1 a:32");
	struct dane_set set = judge(arena, &record, 1);

	memset((char *)(uintptr_t)record.data.data, 'z', record.data.length);
	arena_free(&passing);
	ck_assert(record_equal(&set.records[0], &same));
	arena_free(&arena);
}
END_TEST

START_TEST(usages_are_asked_for)
{
	struct arena *arena = arena_new();
	struct dns_tlsa records[] = { record_make(arena, "3 1 1 a:32"), record_make(arena, "2 1 1 a:31") };
	struct dane_set set = judge(arena, records, 2);

	ck_assert(dane_has_usage(&set, 3));
	ck_assert(!dane_has_usage(&set, 2));
	ck_assert(!dane_has_usage(&set, 259));
	records[1] = record_make(arena, "2 1 1 a:32");
	set = judge(arena, records, 2);
	ck_assert(dane_has_usage(&set, 2));
	arena_free(&arena);
}
END_TEST

/* DX4: as many as are taken, always the same ones, in bounded time. */
START_TEST(hundreds_of_records_are_cut_to_the_same_ones)
{
	struct arena *arena = arena_new();
	static struct dns_tlsa records[MANY];
	struct dane_set first, set;
	uint32_t seed = 7;

	for (uint32_t i = 0; i < MANY; i++) {
		char *octets = arena_alloc(arena, 32);

		memcpy(octets, &i, sizeof(i));
		records[i] = (struct dns_tlsa){ (uint8_t)(i % 5), (uint8_t)(i % 3), (uint8_t)(i % 7), span_make(octets, 32) };
	}
	first = judge(arena, records, MANY);
	ck_assert_int_eq(first.status, DANE_USABLE);
	ck_assert_uint_eq(first.count, MANY < DANE_RECORDS ? MANY : first.count);
	ck_assert_uint_le(first.count, DANE_RECORDS);
	for (int again = 0; again < 20; again++) {
		shuffle(records, MANY, &seed);
		set = judge(arena, records, MANY);
		ck_assert(set_equal(&set, &first));
	}
	for (uint32_t i = 0; i < MANY; i++)
		records[i].usage = 3, records[i].selector = 1, records[i].matching = 1;
	set = judge(arena, records, MANY);
	ck_assert_uint_eq(set.count, DANE_RECORDS);
	arena_free(&arena);
}
END_TEST

START_TEST(large_data_is_kept_whole_and_no_digest)
{
	struct arena *arena = arena_new();
	char text[64];
	struct dns_tlsa records[3];
	struct dane_set set;

	snprintf(text, sizeof(text), "3 0 0 c:%d", LONG);
	records[0] = record_make(arena, text);
	snprintf(text, sizeof(text), "3 0 1 c:%d", LONG);
	records[1] = record_make(arena, text);
	snprintf(text, sizeof(text), "3 0 0 !c:%d", LONG);
	records[2] = record_make(arena, text);
	set = judge(arena, records, 3);
	ck_assert_uint_eq(set.count, 1);
	ck_assert(record_equal(&set.records[0], &records[0]));
	arena_free(&arena);
}
END_TEST

/* D21: an outside of DER that is not whole, or of which something is left. Each is tried in memory of its own size. */
START_TEST(whole_data_must_be_one_sequence)
{
	static const struct {
		struct span data;
		bool good;
	} rows[] = {
		{ SPAN("\x30\x00"), true }, { SPAN("\x30\x01x"), true }, { SPAN("\x30\x81\x01x"), true }, { SPAN("\x30\x84\x00\x00\x00\x01x"), true },
		{ SPAN("\x30"), false }, { SPAN("\x30\x01"), false }, { SPAN("\x30\x01xx"), false }, { SPAN("\x31\x01x"), false },
		{ SPAN("\x30\x80"), false }, { SPAN("\x30\x80x\x00\x00"), false }, { SPAN("\x30\x81"), false }, { SPAN("\x30\x81\x01"), false },
		{ SPAN("\x30\x82\x01"), false }, { SPAN("\x30\x84\xff\xff\xff\xffx"), false }, { SPAN("\x30\x85\x00\x00\x00\x00\x01x"), false },
		{ SPAN("\x30\xff"), false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct arena *arena = arena_new();
		char *octets = malloc(rows[i].data.length);
		struct dns_tlsa record = { 3, 1, 0, span_make(octets, rows[i].data.length) };

		memcpy(octets, rows[i].data.data, rows[i].data.length);
		ck_assert_msg((judge(arena, &record, 1).status == DANE_USABLE) == rows[i].good, "row %zu", i);
		free(octets);
		arena_free(&arena);
	}
}
END_TEST

/* What random sets must hold: nothing that is not usable, nothing twice, no digest beside a stronger one, nothing usable lost. */
START_TEST(random_sets_keep_the_rules)
{
	uint32_t seed = 42;

	for (int round = 0; round < 20000; round++) {
		struct arena *arena = arena_new();
		struct dns_tlsa records[12];
		uint32_t count = next(&seed) % 13;
		struct dane_set set, again;

		for (uint32_t i = 0; i < count; i++) {
			static const unsigned lengths[] = { 0, 31, 32, 64 };
			char text[32];

			snprintf(text, sizeof(text), "%u %u %u %c:%u", next(&seed) % 5, next(&seed) % 3, next(&seed) % 4, 'a' + next(&seed) % 2,
			    lengths[next(&seed) % 4]);
			records[i] = record_make(arena, text);
		}
		set = judge(arena, records, count);
		ck_assert_int_eq(set.status, set.count == 0 ? DANE_UNUSABLE : DANE_USABLE);
		for (uint32_t i = 0; i < set.count; i++) {
			const struct dns_tlsa *record = &set.records[i];

			ck_assert(record->usage == 2 || record->usage == 3);
			ck_assert(record->selector < 2 && record->matching < 3 && record->data.length > 0);
			ck_assert(record->matching == 0 || record->data.length == 32u * record->matching);
			for (uint32_t k = 0; k < set.count; k++)
				ck_assert(k == i || (!record_equal(&set.records[k], record) && !(record->matching == 1 && set.records[k].matching == 2 &&
				    set.records[k].usage == record->usage && set.records[k].selector == record->selector)));
		}
		shuffle(records, count, &seed);
		again = judge(arena, records, count);
		ck_assert(set_equal(&set, &again));
		arena_free(&arena);
	}
}
END_TEST

UNIT_MAIN_LOOPED("dane", these_count_and_others_do_not_in_whatever_order, sets, an_answer_without_records_has_none_that_can_be_used,
    what_counts_is_a_copy, usages_are_asked_for, hundreds_of_records_are_cut_to_the_same_ones, large_data_is_kept_whole_and_no_digest,
    whole_data_must_be_one_sequence, random_sets_keep_the_rules)
