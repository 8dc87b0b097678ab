/* What domains publish for MTA-STS: the first octet chooses TXT records, one a line, or a policy file. */
#include "policy/sts.h"

#include <string.h>

#include "fuzz.h"

#define RECORDS 100

static void
records(struct span input)
{
	struct span texts[RECORDS], line;
	char id[STS_ID];
	uint32_t count = 0;
	bool is_found;

	while (count < RECORDS && span_cut(&input, '\n', &line))
		texts[count++] = line;
	is_found = sts_record_find(texts, count, id);
	fuzz_holds(is_found == (id[0] != '\0'));
	fuzz_holds(strspn(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(id));
}

/* A host below or at a pattern, as far as there is one. */
static void
pattern(struct span *pattern)
{
	char host[300];
	int length = snprintf(host, sizeof(host), "%.*s", SPAN_ARG(*pattern));

	fuzz_holds(sts_pattern_is_valid(*pattern));
	for (size_t i = 0; i < pattern->length; i++)
		fuzz_holds(pattern->data[i] < 'A' || pattern->data[i] > 'Z');
	if (host[0] == '*')
		host[0] = 'x';
	fuzz_holds(length > 0 && sts_match(pattern, 1, host));
	strcat(host, ".x");
	fuzz_holds(!sts_match(pattern, 1, host));
}

/* What a report has of it: bounded, printable, and the same of what is that already. */
static void
lines(struct span input, struct arena *arena)
{
	struct span kept = sts_policy_lines(input, arena);

	fuzz_holds(kept.length <= STS_LINES && kept.length <= input.length);
	for (size_t i = 0; i < kept.length; i++)
		fuzz_holds((kept.data[i] >= ' ' && kept.data[i] <= '~') || kept.data[i] == '\n');
	fuzz_holds(span_equal(sts_policy_lines(kept, arena), kept));
}

static void
file(struct span input)
{
	struct arena *arena = arena_new();
	struct sts_policy policy;
	const char *wrong = sts_policy_parse(input, arena, &policy);

	lines(input, arena);
	if (wrong == NULL) {
		fuzz_holds(input.length <= STS_OCTETS && policy.max_age_s <= STS_AGE_MOST_S && policy.mx_count <= STS_PATTERNS);
		fuzz_holds(policy.mode < STS_MODES && (policy.mx_count > 0 || policy.mode == STS_NONE));
		for (uint32_t i = 0; i < policy.mx_count; i++)
			pattern(&policy.mx[i]);
	} else {
		fuzz_holds(wrong[0] != '\0');
	}
	arena_free(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	(data[0] == 'r' ? records : file)(span_make(data + 1, size - 1));
	return 0;
}
