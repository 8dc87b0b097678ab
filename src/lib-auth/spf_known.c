/* Questions and answers of one evaluation, and records among the latter. */
#include "spf_known.h"

#include <assert.h>
#include <string.h>

#define SEVERAL "the domain has more than one record (RFC 7208 4.5)"
#define NO_RECORD "the domain has no record (RFC 7208 4.5)"

struct spf_fact *
spf_known_get(struct spf_known *known, struct span name, enum auth_type type)
{
	struct spf_fact *fact;

	for (unsigned i = 0; i < known->count; i++)
		if (known->facts[i].type == type && span_equal_nocase(span_of(known->facts[i].name), name))
			return &known->facts[i];
	if (known->count == SPF_QUESTIONS_MOST)
		return NULL;
	fact = &known->facts[known->count++];
	*fact = (struct spf_fact){ .name = arena_lower(known->arena, name).data, .type = type };
	return fact;
}

/* --- copies, by type --- */

static void
addresses_keep(struct arena *arena, const struct auth_answer *answer, struct auth_answer *copy)
{
	struct ip *addresses = arena_alloc(arena, answer->count * sizeof(*addresses));

	memcpy(addresses, answer->addresses, answer->count * sizeof(*addresses));
	copy->addresses = addresses;
}

static void
mx_keep(struct arena *arena, const struct auth_answer *answer, struct auth_answer *copy)
{
	struct auth_mx *mx = arena_alloc(arena, answer->count * sizeof(*mx));

	for (size_t i = 0; i < answer->count; i++)
		mx[i] = (struct auth_mx){ answer->mx[i].preference, arena_copy(arena, span_of(answer->mx[i].host)) };
	copy->mx = mx;
}

static void
names_keep(struct arena *arena, const struct auth_answer *answer, struct auth_answer *copy)
{
	const char **names = arena_alloc(arena, answer->count * sizeof(*names));

	for (size_t i = 0; i < answer->count; i++)
		names[i] = arena_copy(arena, span_of(answer->names[i]));
	copy->names = names;
}

/*
 * What can be a record, as far as one is read, and what can be an explanation: one that stands alone (RFC 7208 6.2). Of the others there
 * only has to be known that they were there.
 */
static void
texts_keep(struct arena *arena, const struct auth_answer *answer, struct auth_answer *copy)
{
	struct span *texts = arena_alloc(arena, answer->count * sizeof(*texts));

	for (size_t i = 0; i < answer->count; i++)
		texts[i] = answer->count == 1 || spf_record_is(answer->texts[i]) ?
		    arena_span(arena, span_first(answer->texts[i], SPF_RECORD_MAX + 1)) : SPAN("");
	copy->texts = texts;
}

void
spf_known_answer(struct spf_known *known, unsigned number, const struct auth_answer *answer)
{
	static void (*const keep[AUTH_TYPES])(struct arena *arena, const struct auth_answer *answer, struct auth_answer *copy) = {
		[AUTH_A] = addresses_keep, [AUTH_AAAA] = addresses_keep, [AUTH_MX] = mx_keep, [AUTH_PTR] = names_keep,
		[AUTH_TXT] = texts_keep
	};
	struct spf_fact *fact = &known->facts[number];

	assert(number < known->given);
	if (fact->is_answered)
		return;
	fact->is_answered = true;
	/* Found, and nothing in it, is as much as no data. */
	fact->answer.status = answer->status == AUTH_FOUND && answer->count == 0 ? AUTH_NO_DATA : answer->status;
	if (fact->answer.status != AUTH_FOUND)
		return;
	fact->answer.count = answer->count;
	keep[fact->type](known->arena, answer, &fact->answer);
}

static void
publication_read(struct spf_known *known, const struct auth_answer *answer, struct spf_publication *publication)
{
	const struct span *found = NULL;

	*publication = (struct spf_publication){ .is_read = true, .result = SPF_PERMERROR, .why = SEVERAL };
	for (size_t i = 0; i < answer->count; i++) {
		if (!spf_record_is(answer->texts[i]))
			continue;
		if (found != NULL)
			return;
		found = &answer->texts[i];
	}
	if (found == NULL) {
		publication->result = SPF_NONE;
		publication->why = NO_RECORD;
		return;
	}
	publication->why = spf_record_read(*found, known->arena, &publication->record, &publication->where);
	if (publication->why == NULL)
		publication->result = SPF_PASS;
}

const struct spf_publication *
spf_known_record(struct spf_known *known, struct spf_fact *fact)
{
	if (!fact->publication.is_read)
		publication_read(known, &fact->answer, &fact->publication);
	return &fact->publication;
}
