/*
 * One evaluation (RFC 9989 4.10, 5.3). It is thought through from the beginning whenever something new is known; the first record that is
 * needed and not known is the next question. So there is no state but what the DNS has said.
 */
#include "auth/dmarc.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth_name.h"
#include "base/arena.h"
#include "base/fatal.h"
#include "dmarc_record.h"

#define WALK_LABELS 7		/* a longer name is cut to so many after the first question (RFC 9989 4.10) */
#define LABEL "_dmarc."
/* The walks of the author and of all identifiers, and whether the author's domain is there. */
#define NAMES_MAX ((DMARC_IDENTIFIERS_MAX + 1) * DMARC_WALK_MAX + 1)

/* What the DNS was asked, or is to be asked. */
struct known {
	char name[AUTH_NAME_TEXT];
	bool is_told, is_failed, has_name;	/* has_name: it was not NXDOMAIN */
	bool has_record;			/* one, and only one */
	struct dmarc_record record;
};

struct identifier {
	struct dmarc_identifier given;
	char domain[AUTH_NAME_TEXT];		/* "" = it is no name */
};

struct dmarc {
	struct arena *arena;
	char author[AUTH_NAME_TEXT];
	struct identifier identifiers[DMARC_IDENTIFIERS_MAX];
	size_t identifier_count;
	struct known names[NAMES_MAX];
	unsigned name_count, asked;
	bool is_done;
	struct dmarc_finding finding;
};

/* How far a thought came. */
enum thought { THOUGHT_YES, THOUGHT_NO, THOUGHT_WAITS, THOUGHT_FAILED };

/* Where a walk ended, as spans of the name that it began at. */
struct walk {
	struct span organization;	/* the name itself when there was no record at all */
	const struct dmarc_record *of_organization, *of_suffix;	/* NULL = none */
	struct span suffix;
};

static const char *const result_names[DMARC_RESULTS] = {
	[DMARC_NONE] = "none",
	[DMARC_PASS] = "pass",
	[DMARC_FAIL] = "fail",
	[DMARC_TEMPERROR] = "temperror",
	[DMARC_PERMERROR] = "permerror",
};

const char *
dmarc_result_name(enum dmarc_result result)
{
	return result_names[result];
}

/* --- what is known --- */

/* THOUGHT_YES with *known; or it has to be asked for first; or nobody knows. */
static enum thought
name_need(struct dmarc *dmarc, const char *label, struct span domain, const struct known **known)
{
	static const struct known not_there = { .is_told = true };
	char name[sizeof(LABEL) + AUTH_NAME_TEXT];
	int length = snprintf(name, sizeof(name), "%s%.*s", label, SPAN_ARG(domain));

	*known = length > AUTH_NAME_OCTETS ? &not_there : NULL;	/* what is longer than names can be is not there */
	for (unsigned i = 0; *known == NULL && i < dmarc->name_count; i++)
		if (strcmp(dmarc->names[i].name, name) == 0)
			*known = &dmarc->names[i];
	if (*known == NULL) {
		struct known *added = &dmarc->names[dmarc->name_count];

		assert(dmarc->name_count < NAMES_MAX);
		dmarc->name_count++;
		memcpy(added->name, name, (size_t)length + 1);
		*known = added;
	}
	if (!(*known)->is_told)
		return THOUGHT_WAITS;
	return (*known)->is_failed ? THOUGHT_FAILED : THOUGHT_YES;
}

/* One record of them that is DMARC's; several are none (RFC 9989 4.10). */
static void
record_find(struct dmarc *dmarc, const struct auth_answer *answer, struct known *known)
{
	unsigned count = 0;

	for (size_t i = 0; answer->status == AUTH_FOUND && i < answer->count; i++) {
		struct dmarc_record record;

		if (!dmarc_record_read(answer->texts[i], &record))
			continue;
		known->record = record;
		count++;
	}
	known->has_record = count == 1;
	if (known->has_record)
		known->record.rua = arena_span(dmarc->arena, span_first(known->record.rua, DMARC_REPORTS_MAX));
}

/* --- the tree --- */

/* The name after this one; empty behind the last. */
static struct span
walk_next(struct span name)
{
	size_t labels = auth_name_labels(name);

	return auth_name_last(name, labels > WALK_LABELS ? WALK_LABELS : labels - 1);
}

/* The walk up from a name to its organisation's (RFC 9989 4.10, 4.10.2). */
static enum thought
walk_up(struct dmarc *dmarc, struct span start, struct walk *walk)
{
	*walk = (struct walk){ .organization = start };
	for (struct span name = start; name.length > 0; name = walk_next(name)) {
		const struct known *known;
		enum thought thought = name_need(dmarc, LABEL, name, &known);

		if (thought != THOUGHT_YES)
			return thought;
		if (!known->has_record)
			continue;
		if (known->record.psd == DMARC_PSD_YES && name.length < start.length) {
			struct span below = auth_name_last(start, auth_name_labels(name) + 1);

			/* What is below that has no say: the record of the organisation's own name, if it has one, was the last. */
			if (!span_equal(below, walk->organization))
				walk->of_organization = NULL;
			walk->organization = below;
			walk->of_suffix = &known->record;
			walk->suffix = name;
			break;
		}
		walk->organization = name;
		walk->of_organization = &known->record;
		if (known->record.psd != DMARC_PSD_UNSAID)
			break;
	}
	return THOUGHT_YES;
}

/* --- the policy --- */

/* The record that applies, and the name that it is at; NULL = none. For the author's own domain it is found without a walk. */
static enum thought
policy_find(struct dmarc *dmarc, const struct dmarc_record **record, struct span *domain)
{
	const struct known *own;
	enum thought thought = name_need(dmarc, LABEL, span_of(dmarc->author), &own);
	struct walk walk;

	*record = NULL;
	*domain = span_of(dmarc->author);
	if (thought == THOUGHT_YES && own->has_record)
		*record = &own->record;
	if (thought != THOUGHT_YES || own->has_record)
		return thought;
	thought = walk_up(dmarc, span_of(dmarc->author), &walk);
	if (thought != THOUGHT_YES)
		return thought;
	*record = walk.of_organization != NULL ? walk.of_organization : walk.of_suffix;
	*domain = walk.of_organization != NULL ? walk.organization : walk.suffix;
	return THOUGHT_YES;
}

/* What the record wants for the author's domain, which it is of, or which is below (RFC 9989 4.10.1). */
static enum thought
policy_of(struct dmarc *dmarc, const struct dmarc_record *record, bool is_own, enum dmarc_policy *policy)
{
	enum dmarc_policy of_subdomains = record->sp.said == DMARC_SAID ? record->sp.policy : record->p.policy;
	const struct known *author;
	enum thought thought;

	*policy = is_own ? record->p.policy : of_subdomains;
	if (is_own || record->np.said != DMARC_SAID || record->np.policy == of_subdomains)
		return THOUGHT_YES;
	thought = name_need(dmarc, "", span_of(dmarc->author), &author);
	if (thought == THOUGHT_YES && !author->has_name)
		*policy = record->np.policy;
	return thought;
}

/* --- alignment --- */

/* Is the domain the author's, or of the same organisation where that is enough (RFC 9989 4.10.2)? */
static enum thought
is_aligned(struct dmarc *dmarc, struct span domain, bool is_strict)
{
	struct span author = span_of(dmarc->author);
	struct walk of_author, of_domain;
	enum thought thought;

	if (span_equal(domain, author))
		return THOUGHT_YES;
	/* An organisation is the name itself or above it: with no label in common there is none for both. */
	if (is_strict || domain.length == 0 || !span_equal(auth_name_last(domain, 1), auth_name_last(author, 1)))
		return THOUGHT_NO;
	thought = walk_up(dmarc, author, &of_author);
	if (thought != THOUGHT_YES)
		return thought;
	if (!auth_name_is_within(domain, of_author.organization))
		return THOUGHT_NO;
	thought = walk_up(dmarc, domain, &of_domain);
	if (thought != THOUGHT_YES)
		return thought;
	return span_equal(of_domain.organization, of_author.organization) ? THOUGHT_YES : THOUGHT_NO;
}

/*
 * Every identifier that passed, or may yet. THOUGHT_YES: one is aligned that has passed. THOUGHT_FAILED: none is, and one could be, if the
 * DNS had answered.
 */
static enum thought
identifiers_align(struct dmarc *dmarc, const struct dmarc_record *record)
{
	bool has_aligned = false, is_unsure = false;

	for (size_t i = 0; i < dmarc->identifier_count; i++) {
		const struct identifier *identifier = &dmarc->identifiers[i];
		enum dmarc_method method = identifier->given.method;
		enum thought thought = THOUGHT_NO;

		if (identifier->given.is_proved || identifier->given.is_unknown)
			thought = is_aligned(dmarc, span_of(identifier->domain), record->is_strict[method]);
		if (thought == THOUGHT_WAITS)
			return THOUGHT_WAITS;
		if (thought == THOUGHT_YES && identifier->given.is_proved)
			has_aligned = dmarc->finding.is_aligned[method] = true;
		else
			is_unsure = is_unsure || thought == THOUGHT_YES || thought == THOUGHT_FAILED;
	}
	if (has_aligned)
		return THOUGHT_YES;
	return is_unsure ? THOUGHT_FAILED : THOUGHT_NO;
}

/* --- all of it --- */

static void
conclude(struct dmarc *dmarc, enum dmarc_result result, const char *why)
{
	dmarc->finding.result = result;
	dmarc->finding.why = why;
	dmarc->finding.questions = dmarc->asked;
	dmarc->is_done = true;
}

/* What is told beside the result: of the organisation only what is known anyway. */
static void
finding_fill(struct dmarc *dmarc, const struct dmarc_record *record, struct span domain)
{
	struct dmarc_finding *finding = &dmarc->finding;
	unsigned names = dmarc->name_count;
	struct walk walk;

	finding->policy_domain = arena_copy(dmarc->arena, domain);
	finding->aggregate_reports = arena_copy(dmarc->arena, record->rua);
	finding->is_testing = record->is_testing;
	memcpy(finding->is_strict, record->is_strict, sizeof(finding->is_strict));
	if (walk_up(dmarc, span_of(dmarc->author), &walk) == THOUGHT_YES)
		finding->organization = arena_copy(dmarc->arena, walk.organization);
	dmarc->name_count = names;
}

/* One level weaker while the owner tries it out (RFC 9989 4.7). */
static enum dmarc_policy
weaker(enum dmarc_policy policy, bool is_testing)
{
	return is_testing && policy != DMARC_POLICY_NONE ? policy - 1 : policy;
}

static void
judge(struct dmarc *dmarc, const struct dmarc_record *record, struct span domain, enum dmarc_policy policy)
{
	enum thought thought = identifiers_align(dmarc, record);

	if (thought == THOUGHT_WAITS)
		return;
	finding_fill(dmarc, record, domain);
	if (thought == THOUGHT_FAILED) {
		conclude(dmarc, DMARC_TEMPERROR, "what could align could not be looked up (RFC 9989 5.3.6)");
		return;
	}
	dmarc->finding.policy = policy;
	if (thought == THOUGHT_YES) {
		conclude(dmarc, DMARC_PASS, "");
	} else {
		dmarc->finding.disposition = weaker(policy, record->is_testing);
		conclude(dmarc, DMARC_FAIL, "nothing that was proved is aligned with From (RFC 9989 5.3.5)");
	}
}

/* From the beginning; ends where something has to be known. */
static void
think(struct dmarc *dmarc)
{
	const struct dmarc_record *found;
	struct dmarc_record record;
	enum dmarc_policy policy = DMARC_POLICY_NONE;
	struct span domain;
	enum thought thought = policy_find(dmarc, &found, &domain);

	if (thought == THOUGHT_YES && found == NULL) {
		conclude(dmarc, DMARC_NONE, "there is no record for the domain of From, nor for its organization (RFC 9989 4.10.1)");
		return;
	}
	if (thought == THOUGHT_YES) {
		record = *found;
		if (!dmarc_record_settle(&record)) {
			dmarc->finding.policy_domain = arena_copy(dmarc->arena, domain);
			conclude(dmarc, DMARC_PERMERROR, "the record has no valid policy, and wants no reports (RFC 9989 4.10.1)");
			return;
		}
		thought = policy_of(dmarc, &record, span_equal(domain, span_of(dmarc->author)), &policy);
	}
	if (thought == THOUGHT_FAILED)
		conclude(dmarc, DMARC_TEMPERROR, "the policy could not be looked up (RFC 9989 5.3.6)");
	else if (thought == THOUGHT_YES)
		judge(dmarc, &record, domain, policy);
}

struct dmarc *
dmarc_new(const char *author, const struct dmarc_identifier *identifiers, size_t count)
{
	struct dmarc *dmarc = must_alloc(sizeof(*dmarc));

	dmarc->arena = arena_new();
	snprintf(dmarc->author, sizeof(dmarc->author), "%s", author);
	for (; dmarc->identifier_count < count && dmarc->identifier_count < DMARC_IDENTIFIERS_MAX; dmarc->identifier_count++) {
		struct identifier *identifier = &dmarc->identifiers[dmarc->identifier_count];

		identifier->given = identifiers[dmarc->identifier_count];
		if (!auth_name_to_ascii(identifier->given.domain, identifier->domain))
			identifier->domain[0] = '\0';
	}
	dmarc->finding = (struct dmarc_finding){
		.author = dmarc->author, .why = "", .policy_domain = "", .organization = "", .aggregate_reports = ""
	};
	think(dmarc);
	return dmarc;
}

void
dmarc_free(struct dmarc **dmarc)
{
	if (*dmarc == NULL)
		return;
	arena_free(&(*dmarc)->arena);
	free(*dmarc);
	*dmarc = NULL;
}

bool
dmarc_ask(struct dmarc *dmarc, struct auth_question *question)
{
	if (dmarc->is_done || dmarc->asked == dmarc->name_count)
		return false;
	*question = (struct auth_question){ .number = dmarc->asked, .name = dmarc->names[dmarc->asked].name, .type = AUTH_TXT };
	dmarc->asked++;
	return true;
}

void
dmarc_answer(struct dmarc *dmarc, unsigned number, const struct auth_answer *answer)
{
	struct known *known = &dmarc->names[number];

	assert(number < dmarc->asked && !known->is_told);
	known->is_told = true;
	known->is_failed = answer->status == AUTH_FAILED;
	known->has_name = answer->status != AUTH_NO_NAME;
	record_find(dmarc, answer, known);
	if (!dmarc->is_done)
		think(dmarc);
}

bool
dmarc_is_done(const struct dmarc *dmarc)
{
	return dmarc->is_done;
}

size_t
dmarc_used(const struct dmarc *dmarc)
{
	return sizeof(*dmarc) + arena_used(dmarc->arena);
}

const struct dmarc_finding *
dmarc_finding(const struct dmarc *dmarc)
{
	assert(dmarc->is_done);
	return &dmarc->finding;
}
