/*
 * Errands of report: one look-up, one post or one search for contacts each. A record of TLSRPT is looked up when it is needed, and never
 * remembered (RFC 8460 3); contacts are.
 */
#include "policy/reports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/log.h"
#include "ipc/report_policy.h"
#include "ipc/room.h"
#include "policy/contact_search.h"
#include "policy/contacts.h"
#include "policy/fetch.h"

#define NAME_TEXT 300		/* "_smtp._tls." and a domain */
#define NAME_MOST 253		/* octets of any name in the DNS (RFC 1035 2.3.4) */
#define RECORD_BEGIN "v=TLSRPTv1;rua="
#define STATUS_TIMEOUT 408
#define STATUS_TOO_MANY 429

struct errand {
	LIST_ENTRY(errand) entry;
	struct policy *policy;
	uint64_t id;
	char name[NAME_TEXT];		/* that is looked up; "" = it is another errand */
	struct lookup *lookup;
	struct fetch *fetch;
	struct contact_search *search;
};

static void
errand_free(struct errand *errand)
{
	lookup_cancel(&errand->lookup);
	fetch_cancel(&errand->fetch);
	contact_search_free(&errand->search);
	LIST_REMOVE(errand, entry);
	free(errand);
}

static struct errand *
errand_new(struct policy *policy, uint64_t id)
{
	struct errand *errand = must_alloc(sizeof(*errand));

	errand->policy = policy;
	errand->id = id;
	LIST_INSERT_HEAD(&policy->errands, errand, entry);
	return errand;
}

/* --- look-ups --- */

static void
sought(struct errand *errand, const struct tlsrpt_answer *answer)
{
	struct buf *out = channel_scratch();

	tlsrpt_answer_encode(out, answer);
	channel_send(errand->policy->report, POLICY_SOUGHT, buf_span(out), -1);
	errand_free(errand);
}

/* Whether it is signed does not matter: a forged record gains an attacker counts of sessions, no mail (RFC 8460 7). */
static void
on_answer(void *arg, const struct dns_answer *dns)
{
	struct errand *errand = arg;
	struct tlsrpt_answer answer = { .id = errand->id, .is_known = true, .found = TLSRPT_NONE };
	struct arena *arena = arena_new();
	struct tlsrpt_record record = { .count = 0 };

	errand->lookup = NULL;
	switch (dns->status) {
	case DNS_FOUND:
		answer.found = tlsrpt_record_find(dns->texts, dns->count, arena, &record);
		answer.text = span_of(record.wrong == NULL ? "" : record.wrong);
		break;
	case DNS_NO_DATA:
	case DNS_NO_NAME:
		break;
	case DNS_BOGUS:
	case DNS_FAILED:
		answer.is_known = false;
		answer.text = SPAN("the DNS gives no answer");
		break;
	}
	answer.targets = record.targets;
	answer.count = answer.found == TLSRPT_FOUND ? record.count : 0;
	sought(errand, &answer);
	arena_free(&arena);
}

static void
errand_ask(struct errand *errand)
{
	errand->lookup = resolver_ask(errand->policy->resolver, errand->name, DNS_TXT, on_answer, errand);
}

static bool
on_seek(void *arg, struct span payload, int fd)
{
	struct policy *policy = arg;
	struct tlsrpt_question question;
	struct errand *errand;

	(void)fd;
	if (!tlsrpt_question_decode(payload, &question) || !tlsrpt_domain_is_valid(question.domain))
		return false;
	errand = errand_new(policy, question.id);
	snprintf(errand->name, sizeof(errand->name), "_smtp._tls.%.*s", SPAN_ARG(question.domain));
	/* Nobody can have published it; a resolver would say no more than that it cannot ask. */
	if (strlen(errand->name) > NAME_MOST)
		sought(errand, &(struct tlsrpt_answer){ .id = errand->id, .is_known = true, .found = TLSRPT_NONE, .text = SPAN("") });
	else
		errand_ask(errand);
	return true;
}

/* --- posts --- */

/*
 * Report has it of a record that was read here, and is believed no more for that: a URL that leads elsewhere than its host says would have
 * libcurl look up that other name, and nobody would look at its addresses (R42).
 */
static bool
target_is_sound(const struct tlsrpt_target *target)
{
	struct arena *arena = arena_new();
	struct tlsrpt_record record;
	struct buf text;
	struct span record_text;
	bool is_sound;

	buf_init(&text, TLSRPT_URI_OCTETS + sizeof(RECORD_BEGIN));
	is_sound = buf_add(&text, SPAN(RECORD_BEGIN)) && buf_add(&text, target->text);
	record_text = buf_span(&text);
	is_sound = is_sound && tlsrpt_record_find(&record_text, 1, arena, &record) == TLSRPT_FOUND && record.count == 1 &&
	    record.targets[0].scheme == TLSRPT_HTTPS && span_equal(record.targets[0].text, target->text) &&
	    span_equal(record.targets[0].host, target->host) && record.targets[0].port == target->port;
	buf_clear(&text);
	arena_free(&arena);
	return is_sound;
}

/* RFC 8460 6.4, 6.5. */
static bool
type_is_sound(struct span type)
{
	return span_equal(type, SPAN("application/tlsrpt+gzip")) || span_equal(type, SPAN("application/tlsrpt+json"));
}

/* A 4xx is about the report, or about us; with a 5xx the host is not well (R40). Redirects are not followed, and no better later. */
static enum posted
status_judge(unsigned status)
{
	return status >= 500 || status == STATUS_TIMEOUT || status == STATUS_TOO_MANY ? POSTED_LATER : POSTED_REFUSED;
}

static enum posted
post_judge(const struct fetch_result *result)
{
	static const enum posted ends[FETCH_ENDS] = {
		[FETCH_DONE] = POSTED_TAKEN,
		[FETCH_NO_ADDRESS] = POSTED_LATER,
		[FETCH_DNS_FAILED] = POSTED_LATER,
		[FETCH_SPECIAL_ADDRESS] = POSTED_REFUSED,	/* R42 */
		[FETCH_UNREACHABLE] = POSTED_LATER,
		[FETCH_TIMED_OUT] = POSTED_LATER,
		[FETCH_TLS_FAILED] = POSTED_LATER,
		[FETCH_CERTIFICATE] = POSTED_CERTIFICATE,
		[FETCH_TYPE] = POSTED_LATER,			/* this and the next two are not said of posts */
		[FETCH_ENCODED] = POSTED_LATER,
		[FETCH_TOO_LARGE] = POSTED_LATER,
		[FETCH_BROKEN] = POSTED_LATER,
	};

	return result->end == FETCH_STATUS ? status_judge(result->status) : ends[result->end];
}

static void
on_posted(void *arg, const struct fetch_result *result)
{
	struct errand *errand = arg;
	struct tlsrpt_posted posted = { .id = errand->id, .end = post_judge(result) };
	struct buf *out = channel_scratch();
	char text[FETCH_SEEN + 32];

	errand->fetch = NULL;
	snprintf(text, sizeof(text), "%s%s%s", fetch_word(result->end), *result->seen == '\0' ? "" : ": ", result->seen);
	posted.text = span_of(text);
	tlsrpt_posted_encode(out, &posted);
	channel_send(errand->policy->report, POLICY_POSTED, buf_span(out), -1);
	errand_free(errand);
}

static bool
on_post(void *arg, struct span payload, int fd)
{
	struct policy *policy = arg;
	struct tlsrpt_post said;
	struct fetch_post post;
	struct errand *errand;

	(void)fd;
	if (!tlsrpt_post_decode(payload, &said) || !target_is_sound(&said.target) || !type_is_sound(said.type))
		return false;
	post = (struct fetch_post){ said.target.text, said.target.host, said.target.port, said.type, said.body, said.is_lax };
	errand = errand_new(policy, said.id);
	errand->fetch = fetch_post_start(policy->fetcher, &post, on_posted, errand);
	return true;
}

/* --- contacts --- */

static void
contacts_tell(struct policy *policy, const struct contacts_answer *answer)
{
	struct buf *out = channel_scratch();

	contacts_answer_encode(out, answer);
	channel_send(policy->report, POLICY_CONTACTS, buf_span(out), -1);
}

static void
on_contacts(void *arg, const struct contact_question *question, const struct contacts_answer *answer, bool is_lasting)
{
	struct errand *errand = arg;

	contacts_keep(errand->policy->contacts, question, answer, is_lasting);
	contacts_tell(errand->policy, answer);
	errand_free(errand);
}

/* Names that are none are strangers', and found to be nobody's. Report has none that are longer than any. */
static bool
question_is_sound(const struct contact_question *question)
{
	return question->domain.length <= NAME_TEXT && question->host.length <= NAME_TEXT && question->zone.length <= NAME_TEXT;
}

static bool
on_contact(void *arg, struct span payload, int fd)
{
	struct policy *policy = arg;
	struct contact_question question;
	struct contacts_answer answer;
	struct errand *errand;
	struct arena *arena;

	(void)fd;
	if (!contact_question_decode(payload, &question) || !question_is_sound(&question))
		return false;
	arena = arena_new();
	if (contacts_recall(policy->contacts, &question, arena, &answer)) {
		contacts_tell(policy, &answer);
	} else {
		errand = errand_new(policy, question.id);
		errand->search = contact_search_start(policy, &question, on_contacts, errand);
	}
	arena_free(&arena);
	return true;
}

/* --- the channel --- */

static const struct channel_row rows[REPORT_TO_POLICY_MESSAGES] = {
	[REPORT_SEEK] = { "seek", false, on_seek },
	[REPORT_POST] = { "post", false, on_post },
	[REPORT_CONTACT] = { "contact", false, on_contact },
};

static void
on_report_gone(void *arg)
{
	log_info("peer-gone", LOG_TEXT("room", "report"));
	reports_free(arg);
	room_peer_gone(ROOM_REPORT, 0);
}

static const struct channel_handler handler = { rows, REPORT_TO_POLICY_MESSAGES, on_report_gone };

void
reports_attach(struct policy *policy, int fd)
{
	reports_free(policy);
	policy->report = channel_new(fd, "report", &handler, policy);
}

void
reports_ask_again(struct policy *policy)
{
	struct errand *errand;

	LIST_FOREACH(errand, &policy->errands, entry) {
		if (errand->lookup != NULL) {
			lookup_cancel(&errand->lookup);
			errand_ask(errand);
		}
		if (errand->search != NULL)
			contact_search_again(errand->search);
	}
}

void
reports_free(struct policy *policy)
{
	while (!LIST_EMPTY(&policy->errands))
		errand_free(LIST_FIRST(&policy->errands));
	channel_free(&policy->report);
}
