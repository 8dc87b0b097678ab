/* Which TLSA records count: usable ones (RFC 7672 2.2, 3.1), and of their digests the strongest (RFC 7671 9). */
#include "policy/dane.h"

#include <stdlib.h>
#include <string.h>

enum usage { USAGE_AUTHORITY = 2, USAGE_END = 3 };
enum matching { MATCHING_FULL, MATCHING_SHA256, MATCHING_SHA512, MATCHINGS };

#define SELECTORS 2

static const size_t digest_octets[MATCHINGS] = { [MATCHING_SHA256] = 32, [MATCHING_SHA512] = 64 };

/*
 * Is it one DER sequence and nothing behind it, as certificates and keys are (X.690 8.1.3, 10.1)? What is not could never match;
 * what is one on the outside only is for the TLS library to refuse.
 */
static bool
is_sequence(struct span data)
{
	const unsigned char *octets = (const unsigned char *)data.data;
	size_t length = 0, count;

	if (data.length < 2 || octets[0] != 0x30)
		return false;
	if (octets[1] < 0x80)
		return data.length == 2u + octets[1];
	count = octets[1] & 0x7f;
	if (count == 0 || count > 4 || data.length < 2 + count)
		return false;
	for (size_t i = 0; i < count; i++)
		length = length << 8 | octets[2 + i];
	return data.length == 2 + count + length;
}

/* Usages 0 and 1 lean on authorities that nobody agreed on (RFC 7672 3.1.3): they count as unusable. */
static bool
record_is_usable(const struct dns_tlsa *record)
{
	if ((record->usage != USAGE_AUTHORITY && record->usage != USAGE_END) || record->selector >= SELECTORS ||
	    record->matching >= MATCHINGS || record->data.length == 0)
		return false;
	return record->matching == MATCHING_FULL ? is_sequence(record->data) : record->data.length == digest_octets[record->matching];
}

static int
record_compare(const void *a, const void *b)
{
	const struct dns_tlsa *left = a, *right = b;
	int difference = left->usage != right->usage ? left->usage - right->usage :
	    left->selector != right->selector ? left->selector - right->selector : left->matching - right->matching;
	size_t least = left->data.length < right->data.length ? left->data.length : right->data.length;

	if (difference == 0)
		difference = memcmp(left->data.data, right->data.data, least);
	return difference != 0 ? difference : (left->data.length > right->data.length) - (left->data.length < right->data.length);
}

/* Digests of one usage and selector: the strongest that anybody published; whole certificates and keys count beside them. */
static bool
record_counts(const struct dns_tlsa *records, uint32_t count, const struct dns_tlsa *record)
{
	for (uint32_t i = 0; i < count; i++)
		if (records[i].usage == record->usage && records[i].selector == record->selector && record->matching == MATCHING_SHA256 &&
		    records[i].matching == MATCHING_SHA512)
			return false;
	return true;
}

void
dane_judge(const struct dns_answer *answer, struct arena *arena, struct dane_set *set)
{
	struct dns_tlsa *usable = arena_alloc(arena, answer->count * sizeof(*usable)), *counting;
	uint32_t usable_count = 0;

	for (uint32_t i = 0; i < answer->count; i++)
		if (record_is_usable(&answer->tlsa[i]))
			usable[usable_count++] = answer->tlsa[i];
	qsort(usable, usable_count, sizeof(*usable), record_compare);
	counting = arena_alloc(arena, DANE_RECORDS * sizeof(*counting));
	*set = (struct dane_set){ usable_count == 0 ? DANE_UNUSABLE : DANE_USABLE, counting, 0 };
	for (uint32_t i = 0; i < usable_count && set->count < DANE_RECORDS; i++) {
		if ((i > 0 && record_compare(&usable[i - 1], &usable[i]) == 0) || !record_counts(usable, usable_count, &usable[i]))
			continue;
		counting[set->count] = usable[i];
		counting[set->count++].data = arena_span(arena, usable[i].data);
	}
}

bool
dane_has_usage(const struct dane_set *set, unsigned usage)
{
	for (uint32_t i = 0; i < set->count; i++)
		if (set->records[i].usage == usage)
			return true;
	return false;
}
