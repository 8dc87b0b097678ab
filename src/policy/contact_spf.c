/* The machine of lib-auth/spf.c, fed by the resolver: for the peer's address, then for one that no honest record has. */
#include "policy/contact_spf.h"

#include <stdio.h>
#include <stdlib.h>

#include "auth/spf.h"
#include "base/buf.h"
#include "base/fatal.h"
#include "loop/clock.h"

#define WHY_OCTETS 400
#define SENDER_OCTETS 300

/* A question on its way. */
struct pending {
	LIST_ENTRY(pending) entry;
	struct contact_spf *check;
	struct lookup *lookup;
	struct arena *arena;		/* of what the answer has to be copied to */
	unsigned number;
};

struct contact_spf {
	struct policy *policy;
	struct ip ip;
	char sender[SENDER_OCTETS];
	struct spf *spf;
	int64_t deadline_ms;		/* of this evaluation */
	bool is_decoy;			/* the second one */
	struct timer *timer;
	LIST_HEAD(, pending) pending;
	void (*on_end)(void *arg, enum contact_spf_end end, const char *why);
	void *arg;
};

/*
 * Of networks for measuring devices with each other (RFC 2544, RFC 5180): no mail comes from there. A record that passes for it passes
 * for the whole Internet, in whichever way it is written.
 */
static const struct ip decoy4 = { { 198, 19, 73, 211 }, 4 };
static const struct ip decoy6 = { { 0x20, 0x01, 0, 0x02, 0, 0, 0x73, 0xd3, 0x19, 0x84, 0x2c, 0x77, 0xa1, 0x05, 0x6e, 0x3b }, 6 };

static void pass_check(struct contact_spf *check);

static void
pending_free(struct pending *pending)
{
	lookup_cancel(&pending->lookup);
	arena_free(&pending->arena);
	LIST_REMOVE(pending, entry);
	free(pending);
}

static void
evaluation_end(struct contact_spf *check)
{
	while (!LIST_EMPTY(&check->pending))
		pending_free(LIST_FIRST(&check->pending));
	spf_free(&check->spf);
}

/* --- questions and answers, in the words of the other library --- */

static enum dns_type
type_of(enum auth_type type)
{
	static const enum dns_type types[AUTH_TYPES] = {
		[AUTH_A] = DNS_A, [AUTH_AAAA] = DNS_AAAA, [AUTH_MX] = DNS_MX, [AUTH_PTR] = DNS_PTR, [AUTH_TXT] = DNS_TXT
	};

	return types[type];
}

/* What is bogus is as much as what failed: nothing is known. */
static struct auth_answer
answer_of(const struct dns_answer *dns, struct arena *arena)
{
	static const enum auth_status statuses[] = {
		[DNS_FOUND] = AUTH_FOUND, [DNS_NO_DATA] = AUTH_NO_DATA, [DNS_NO_NAME] = AUTH_NO_NAME, [DNS_BOGUS] = AUTH_FAILED,
		[DNS_FAILED] = AUTH_FAILED
	};
	struct auth_answer answer = { .status = statuses[dns->status], .count = dns->count };
	struct auth_mx *mx;

	if (dns->type == DNS_MX) {
		answer.mx = mx = arena_alloc(arena, dns->count * sizeof(*mx));
		for (uint32_t i = 0; i < dns->count; i++)
			mx[i] = (struct auth_mx){ dns->mx[i].preference, dns->mx[i].host };
	} else if (dns->type == DNS_PTR) {
		answer.names = dns->names;
	} else if (dns->type == DNS_TXT) {
		answer.texts = dns->texts;
	} else {
		answer.addresses = dns->addresses;
	}
	return answer;
}

static void
on_answer(void *arg, const struct dns_answer *dns)
{
	struct pending *pending = arg;
	struct contact_spf *check = pending->check;
	struct auth_answer answer = answer_of(dns, pending->arena);

	pending->lookup = NULL;
	spf_answer(check->spf, pending->number, &answer, clock_ms());
	pending_free(pending);
	pass_check(check);
}

static void
questions_send(struct contact_spf *check)
{
	struct auth_question question;

	while (spf_ask(check->spf, &question)) {
		struct pending *pending = must_alloc(sizeof(*pending));

		pending->check = check;
		pending->number = question.number;
		pending->arena = arena_new();
		LIST_INSERT_HEAD(&check->pending, pending, entry);
		pending->lookup = resolver_ask(check->policy->resolver, question.name, type_of(question.type), on_answer, pending);
	}
}

/* --- what it comes to --- */

static void
evaluation_begin(struct contact_spf *check, struct ip ip)
{
	struct spf_asked asked = { .identity = SPF_MAIL_FROM, .ip = ip, .helo = SPAN(""), .mail_from = span_of(check->sender),
		.receiver = span_of(check->policy->conf->hostname), .now_s = clock_wall(), .voids_most = SPF_VOIDS_MOST };

	check->deadline_ms = asked.deadline_ms = clock_ms() + SPF_TIME_MS;
	check->spf = spf_new(&asked);
	/* Without a domain that could have a record it is done already: that is told in a turn of its own. */
	timer_start(check->timer, spf_is_done(check->spf) ? 0 : SPF_TIME_MS);
	questions_send(check);
}

/* "all", with whatever stands before it that makes it pass (RFC 7208 5.1). */
static bool
is_by_all(const struct spf_finding *finding)
{
	struct span mechanism = span_of(finding->mechanism);

	if (span_starts(mechanism, SPAN("+")))
		mechanism = span_skip(mechanism, 1);
	return span_equal_nocase(mechanism, SPAN("all"));
}

static void
conclude(struct contact_spf *check, enum contact_spf_end end, const char *what)
{
	char why[WHY_OCTETS];

	snprintf(why, sizeof(why), "SPF for %s: %s", check->sender, what);
	timer_cancel(check->timer);
	evaluation_end(check);
	check->on_end(check->arg, end, why);
}

static void
decoy_judge(struct contact_spf *check, enum spf_result result)
{
	if (result == SPF_PASS)
		conclude(check, CONTACT_SPF_PROVES_NOTHING, "it passes for anybody");
	else if (result == SPF_TEMPERROR)
		conclude(check, CONTACT_SPF_UNKNOWN, spf_result_name(result));
	else
		conclude(check, CONTACT_SPF_PASSES, spf_result_name(SPF_PASS));
}

/* One of the evaluations is done. */
static void
result_judge(struct contact_spf *check)
{
	const struct spf_finding *finding = spf_finding(check->spf);
	enum spf_result result = finding->result;

	if (check->is_decoy) {
		decoy_judge(check, result);
	} else if (result == SPF_TEMPERROR) {
		conclude(check, CONTACT_SPF_UNKNOWN, spf_result_name(result));
	} else if (result != SPF_PASS) {
		conclude(check, CONTACT_SPF_PROVES_NOTHING, spf_result_name(result));
	} else if (is_by_all(finding)) {
		conclude(check, CONTACT_SPF_PROVES_NOTHING, "it passes for anybody");
	} else {
		evaluation_end(check);
		check->is_decoy = true;
		evaluation_begin(check, check->ip.family == 4 ? decoy4 : decoy6);
	}
}

static void
pass_check(struct contact_spf *check)
{
	if (spf_is_done(check->spf))
		result_judge(check);
	else
		questions_send(check);
}

static void
on_timer(void *arg)
{
	struct contact_spf *check = arg;

	spf_expire(check->spf, clock_ms() > check->deadline_ms ? clock_ms() : check->deadline_ms);
	result_judge(check);
}

struct contact_spf *
contact_spf_start(struct policy *policy, struct ip ip, struct span domain,
    void (*on_end)(void *arg, enum contact_spf_end end, const char *why), void *arg)
{
	struct contact_spf *check = must_alloc(sizeof(*check));

	check->policy = policy;
	check->ip = ip;
	snprintf(check->sender, sizeof(check->sender), "postmaster@%.*s", SPAN_ARG(domain));
	check->timer = timer_new(on_timer, check);
	LIST_INIT(&check->pending);
	check->on_end = on_end;
	check->arg = arg;
	evaluation_begin(check, ip);
	return check;
}

void
contact_spf_free(struct contact_spf **check)
{
	if (*check == NULL)
		return;
	evaluation_end(*check);
	timer_free(&(*check)->timer);
	free(*check);
	*check = NULL;
}
