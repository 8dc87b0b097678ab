/*
 * check_host() (RFC 7208 4), as it reads there. Every answer begins it anew, with all that is known by then, up to the first thing that
 * is not: so answers may come in any order, nothing is half done in between, and what it costs is bounded by the limits: 128 passes
 * over ten records, each of them read once.
 */
#include "auth/spf.h"

#include <assert.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/fatal.h"
#include "spf_match.h"

#define DOMAIN_OCTETS 253
#define LOCAL_OCTETS 256	/* of MAIL FROM's local part; paths have 64 (RFC 5321 4.5.3.1.1) */

#define WAITS SPF_RESULTS	/* not a result: an answer is waited for */

#define NO_DOMAIN "there is no domain that could have a record (RFC 7208 4.3)"
#define NO_NAME "there is no such domain (RFC 7208 4.3)"
#define NO_ANSWER "a question to the DNS was not answered (RFC 7208 2.6.6)"
#define NO_TIME "the DNS did not answer in time (RFC 7208 4.6.4)"
#define NO_TARGET "the name that comes out is none (RFC 7208 4.8, 5.2, 6.1)"

struct spf {
	struct arena *arena;
	struct spf_known known;
	struct spf_macros macros;
	struct span domain;		/* "" = there is none */
	bool is_local_ascii;
	int64_t deadline_ms;
	unsigned voids_most;
	bool is_done;
	struct spf_finding finding;
};

static enum spf_result domain_check(struct spf_pass *pass, struct span domain, bool is_included);

const char *
spf_result_name(enum spf_result result)
{
	static const char *const names[SPF_RESULTS] = { "none", "neutral", "pass", "fail", "softfail", "temperror", "permerror" };

	return names[result];
}

/* --- records --- */

/* What a match that is none comes to. */
static enum spf_result
result_of(enum spf_match match)
{
	static const enum spf_result results[] = {
		[SPF_MATCH_WAITS] = WAITS, [SPF_MATCH_TEMPERROR] = SPF_TEMPERROR, [SPF_MATCH_PERMERROR] = SPF_PERMERROR
	};

	return results[match];
}

/* It ends here, unless it did within. */
static void
locate(struct spf_pass *pass, struct span domain, struct span term)
{
	if (pass->domain.length > 0)
		return;
	pass->domain = domain;
	pass->mechanism = term;
}

/* An error of this record, at this term. */
static enum spf_result
record_blame(struct spf_pass *pass, enum spf_result result, const char *why, struct span domain, struct span term)
{
	spf_pass_blame(pass, why, SPAN(""));
	locate(pass, domain, term);
	return result;
}

/* The domain's record (RFC 7208 4.4, 4.5). Returns SPF_PASS when there is one, otherwise how it ends. */
static enum spf_result
record_get(struct spf_pass *pass, struct span domain, const struct spf_record **record)
{
	struct spf_fact *fact = spf_known_get(pass->known, domain, AUTH_TXT);
	const struct spf_publication *publication;

	if (fact == NULL)
		return record_blame(pass, SPF_PERMERROR, NO_DOMAIN, domain, SPAN(""));
	if (!fact->is_answered)
		return WAITS;
	if (fact->answer.status == AUTH_FAILED)
		return record_blame(pass, SPF_TEMPERROR, NO_ANSWER, domain, SPAN(""));
	if (fact->answer.status == AUTH_NO_NAME)
		return record_blame(pass, SPF_NONE, NO_NAME, domain, SPAN(""));
	publication = spf_known_record(pass->known, fact);
	*record = &publication->record;
	if (publication->result == SPF_PASS)
		return SPF_PASS;
	return record_blame(pass, publication->result, publication->why, domain, publication->where);
}

/* --- terms --- */

/* The record of a name that another one leads to: none will not do (RFC 7208 5.2, 6.1). */
static enum spf_result
target_check(struct spf_pass *pass, struct span spec, struct span domain, bool is_included)
{
	enum spf_match match = spf_pass_count(pass);
	enum spf_result result;
	struct span name;

	if (match == SPF_MATCH_NO)
		match = spf_match_name(pass, spec, domain, &name);
	if (match == SPF_MATCH_NO)
		return record_blame(pass, SPF_PERMERROR, NO_TARGET, domain, spec);
	if (match != SPF_MATCH_YES)
		return result_of(match);
	if (span_find(name, '.') == name.length)
		return record_blame(pass, SPF_PERMERROR, NO_TARGET, domain, spec);
	result = domain_check(pass, name, is_included);
	return result == SPF_NONE ? SPF_PERMERROR : result;
}

/* RFC 7208 5.2. */
static enum spf_match
include_match(struct spf_pass *pass, const struct spf_term *term, struct span domain)
{
	static const enum spf_match matches[SPF_RESULTS + 1] = {
		[SPF_PASS] = SPF_MATCH_YES, [SPF_FAIL] = SPF_MATCH_NO, [SPF_SOFTFAIL] = SPF_MATCH_NO, [SPF_NEUTRAL] = SPF_MATCH_NO,
		[SPF_TEMPERROR] = SPF_MATCH_TEMPERROR, [SPF_PERMERROR] = SPF_MATCH_PERMERROR, [SPF_NONE] = SPF_MATCH_PERMERROR,
		[WAITS] = SPF_MATCH_WAITS
	};

	return matches[target_check(pass, term->target, domain, true)];
}

/* A local part that is not ASCII has no place in a name: the term never matches (RFC 8616 4). */
static bool
term_never_matches(const struct spf_pass *pass, const struct spf_term *term)
{
	return !pass->is_local_ascii && (spf_macro_uses(term->target, 's') || spf_macro_uses(term->target, 'l'));
}

static enum spf_match
term_match(struct spf_pass *pass, const struct spf_term *term, struct span domain)
{
	enum spf_match match;

	if (term_never_matches(pass, term))
		return SPF_MATCH_NO;
	match = term->kind == SPF_INCLUDE ? include_match(pass, term, domain) : spf_match_term(pass, term, domain);
	if (match == SPF_MATCH_TEMPERROR || match == SPF_MATCH_PERMERROR)
		locate(pass, domain, term->text);
	return match;
}

/* The record of the domain asked, or of one that it redirects to, decides; those that are included only match. */
static void
decide(struct spf_pass *pass, struct span mechanism, struct span domain, const struct spf_record *record, bool is_included)
{
	if (is_included)
		return;
	pass->domain = domain;
	pass->mechanism = mechanism;
	pass->explanation = record->explanation;
}

/* RFC 7208 4.6, 4.7, 6.1. Calls itself by way of include and redirect, each of which counts: not more than ten deep. */
static enum spf_result
domain_check(struct spf_pass *pass, struct span domain, bool is_included)
{
	const struct spf_record *record;
	enum spf_result result = record_get(pass, domain, &record);

	if (result != SPF_PASS)
		return result;
	for (size_t i = 0; i < record->count; i++) {
		const struct spf_term *term = &record->terms[i];
		enum spf_match match = term_match(pass, term, domain);

		if (match == SPF_MATCH_NO)
			continue;
		if (match != SPF_MATCH_YES)
			return result_of(match);
		decide(pass, term->text, domain, record, is_included);
		return term->result;
	}
	if (record->redirect.length > 0) {
		result = target_check(pass, record->redirect, domain, is_included);
		if (result == SPF_TEMPERROR || result == SPF_PERMERROR)
			locate(pass, domain, record->redirect);
		return result;
	}
	decide(pass, SPAN(""), domain, record, is_included);
	return SPF_NEUTRAL;
}

/* --- explanations (RFC 7208 6.2) --- */

/* Printable ASCII, whatever macros brought along: it may go into a reply (11.5.2). */
static const char *
explanation_clean(struct arena *arena, struct span text)
{
	char *clean = arena_copy(arena, text);

	for (size_t i = 0; i < text.length; i++)
		if (clean[i] < ' ' || clean[i] >= 0x7f)
			clean[i] = '?';
	return clean;
}

/* Expand the one text that there is. Any fault of it, and there is none. Returns false while %{p} is waited for. */
static bool
explanation_expand(struct spf *spf, struct spf_pass *pass, const struct auth_answer *answer)
{
	struct spf_macros macros;
	struct buf out;
	enum spf_match match;

	if (answer->status != AUTH_FOUND || answer->count != 1 || spf_macro_check(answer->texts[0], SPF_IN_TEXT) != NULL)
		return true;
	match = spf_match_macros(pass, answer->texts[0], pass->domain, &macros);
	if (match != SPF_MATCH_YES)
		return match != SPF_MATCH_WAITS;
	buf_init(&out, SPF_EXPLANATION_MAX);
	spf_macro_text(answer->texts[0], &macros, &out);
	spf->finding.explanation = explanation_clean(spf->arena, buf_span(&out));
	buf_clear(&out);
	return true;
}

/* Of the record that decided. Nothing here is a term, nor an error. Returns false while an answer is waited for. */
static bool
explain(struct spf *spf, struct spf_pass *pass)
{
	const struct spf_fact *fact;
	struct spf_macros macros;
	struct span name;
	enum spf_match match;

	if (pass->explanation.length == 0)
		return true;
	match = spf_match_macros(pass, pass->explanation, pass->domain, &macros);
	if (match != SPF_MATCH_YES)
		return match != SPF_MATCH_WAITS;
	name = spf_macro_name(pass->explanation, &macros, pass->arena);
	fact = spf_name_is_good(name) ? spf_known_get(pass->known, name, AUTH_TXT) : NULL;
	if (fact == NULL)
		return true;
	return fact->is_answered && explanation_expand(spf, pass, &fact->answer);
}

/* --- an evaluation --- */

/* "the sentence: what of" */
static const char *
why_say(struct spf *spf, const struct spf_pass *pass)
{
	struct buf text;
	const char *said;

	if (pass->why == NULL)
		return "";
	buf_init(&text, SPF_RECORD_MAX);
	(void)!buf_printf(&text, "%s%s%.*s", pass->why, pass->about.length > 0 ? ": " : "", SPAN_ARG(pass->about));
	said = arena_copy(spf->arena, buf_span(&text));
	buf_clear(&text);
	return said;
}

static void
finish(struct spf *spf, const struct spf_pass *pass, enum spf_result result)
{
	struct spf_finding *finding = &spf->finding;

	spf->is_done = true;
	finding->result = result;
	finding->domain = arena_copy(spf->arena, pass->domain);
	finding->mechanism = arena_copy(spf->arena, pass->mechanism);
	finding->why = why_say(spf, pass);
	finding->terms = pass->terms;
	finding->voids = pass->voids;
	finding->questions = spf->known.given;
}

/* From the beginning, with all that is known. When time is over, that is all there will be. */
static void
evaluate(struct spf *spf, bool is_over)
{
	struct spf_pass pass = { .known = &spf->known, .macros = &spf->macros, .is_local_ascii = spf->is_local_ascii,
		.arena = arena_new(), .voids_most = spf->voids_most };
	enum spf_result result = SPF_NONE;

	if (spf->domain.length == 0)
		spf_pass_blame(&pass, NO_DOMAIN, SPAN(""));
	else
		result = domain_check(&pass, spf->domain, false);
	if (result == WAITS && is_over) {
		result = record_blame(&pass, SPF_TEMPERROR, NO_TIME, spf->domain, SPAN(""));
	}
	if (result != WAITS && (result != SPF_FAIL || explain(spf, &pass) || is_over))
		finish(spf, &pass, result);
	arena_free(&pass.arena);
}

/* More than one label of letters, digits, hyphens and underscores: an address literal, say, has no record (RFC 7208 4.3). */
static bool
domain_is_good(struct span domain)
{
	for (size_t i = 0; i < domain.length; i++) {
		char c = domain.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'))
			return false;
	}
	return span_find(domain, '.') < domain.length && spf_name_is_good(domain);
}

static struct span
without_final_dot(struct span name)
{
	return name.length > 0 && name.data[name.length - 1] == '.' ? span_first(name, name.length - 1) : name;
}

/* Whom it is about (RFC 7208 2.3, 2.4, 4.3). */
static void
sender_read(struct spf *spf, const struct spf_asked *asked)
{
	bool is_helo = asked->identity == SPF_HELO || asked->mail_from.length == 0;
	struct span address = is_helo ? asked->helo : asked->mail_from, domain = address, local = SPAN("");
	struct buf sender;

	if (!is_helo && span_find(address, '@') < address.length) {
		domain = span_behind_last(address, '@');
		local = span_first(address, address.length - domain.length - 1);
	}
	domain = without_final_dot(domain);
	if (local.length == 0)
		local = SPAN("postmaster");
	spf->macros.local = arena_span(spf->arena, span_first(local, LOCAL_OCTETS));
	spf->macros.origin = arena_span(spf->arena, span_first(domain, DOMAIN_OCTETS));
	spf->is_local_ascii = span_is_ascii(local);
	buf_init(&sender, LOCAL_OCTETS + 1 + DOMAIN_OCTETS);
	if (!buf_printf(&sender, "%.*s@%.*s", SPAN_ARG(spf->macros.local), SPAN_ARG(spf->macros.origin)))
		fatal("a sender that does not fit");
	spf->macros.sender = arena_span(spf->arena, buf_span(&sender));
	buf_clear(&sender);
	if (domain_is_good(domain))
		spf->domain = spf->macros.origin;
}

struct spf *
spf_new(const struct spf_asked *asked)
{
	struct arena *arena = arena_new();
	struct spf *spf = arena_alloc(arena, sizeof(*spf));
	struct span helo = without_final_dot(asked->helo);

	spf->arena = spf->known.arena = arena;
	spf->deadline_ms = asked->deadline_ms;
	spf->voids_most = asked->voids_most;
	spf->macros.ip = asked->ip;
	spf->macros.now_s = asked->now_s;
	spf->macros.helo = arena_span(arena, span_first(helo.length == 0 ? SPAN("unknown") : helo, DOMAIN_OCTETS));
	spf->macros.receiver = arena_span(arena, span_first(asked->receiver.length == 0 ? SPAN("unknown") : asked->receiver, DOMAIN_OCTETS));
	sender_read(spf, asked);
	spf->finding.explanation = "";
	spf->finding.sender = spf->macros.sender.data;
	evaluate(spf, false);
	return spf;
}

void
spf_free(struct spf **spf)
{
	struct arena *arena = *spf == NULL ? NULL : (*spf)->arena;

	arena_free(&arena);
	*spf = NULL;
}

bool
spf_ask(struct spf *spf, struct auth_question *question)
{
	const struct spf_fact *fact = &spf->known.facts[spf->known.given];

	if (spf->is_done || spf->known.given == spf->known.count)
		return false;
	*question = (struct auth_question){ spf->known.given++, fact->name, fact->type };
	return true;
}

void
spf_answer(struct spf *spf, unsigned number, const struct auth_answer *answer, int64_t now_ms)
{
	if (spf->is_done)
		return;
	spf_known_answer(&spf->known, number, answer);
	evaluate(spf, now_ms >= spf->deadline_ms);
}

void
spf_expire(struct spf *spf, int64_t now_ms)
{
	if (!spf->is_done && now_ms >= spf->deadline_ms)
		evaluate(spf, true);
}

bool
spf_is_done(const struct spf *spf)
{
	return spf->is_done;
}

size_t
spf_used(const struct spf *spf)
{
	return arena_used(spf->arena);
}

const struct spf_finding *
spf_finding(const struct spf *spf)
{
	assert(spf->is_done);
	return &spf->finding;
}
