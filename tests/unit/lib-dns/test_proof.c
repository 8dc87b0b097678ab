/* Tests of src/lib-dns/proof.c against servers that answer as the test says, in fake time. */
#include "lib-dns/proof.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "loop/loop.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_loop.h"
#include "tests/unit/unit.h"

#define MINUTE_MS 60000

/* --- dns/resolver.h: one server each --- */

struct resolver {
	char server[64];
	bool is_believed;
};

struct lookup {
	const struct resolver *resolver;
	char name[64];
	void (*on_answer)(void *arg, const struct dns_answer *answer);
	void *arg;
};

static struct {
	const char *answers;		/* of all servers: one letter for each canary, as in "sib" */
	const char *other;		/* of 127.0.0.2, when it has answers of its own */
	unsigned questions, open, resolvers;
} dns;

static struct {
	unsigned times;
	enum dns_trust trust;
	char why[400];
	struct proof **frees;
} told;

static const struct dns_canaries canaries = { "signed.example", "unsigned.example", "broken.example" };

struct resolver *
resolver_new(const char *const *servers, size_t count, int timeout_ms, int tries, char *why, size_t size)
{
	struct resolver *resolver = must_alloc(sizeof(*resolver));

	(void)why;
	(void)size;
	ck_assert_uint_eq(count, 1);
	ck_assert(timeout_ms == 1000 && tries == 2);
	snprintf(resolver->server, sizeof(resolver->server), "%s", servers[0]);
	dns.resolvers++;
	return resolver;
}

void
resolver_believe(struct resolver *resolver)
{
	resolver->is_believed = true;
}

void
resolver_free(struct resolver **resolver)
{
	free(*resolver);
	*resolver = NULL;
	dns.resolvers--;
}

/* s = with AD, i = without, n = no such name with AD, a = no data without, b = bogus, f = failed */
static struct dns_answer
answer_of(const struct lookup *lookup)
{
	bool is_other = dns.other != NULL && strcmp(lookup->resolver->server, "127.0.0.2") == 0;
	const char *answers = is_other ? dns.other : dns.answers;
	char letter = answers[strcmp(lookup->name, "signed.example") == 0 ? 0 : strcmp(lookup->name, "unsigned.example") == 0 ? 1 : 2];
	struct dns_answer answer = { .type = DNS_A, .name = lookup->name, .alias = "" };

	answer.status = letter == 'n' ? DNS_NO_NAME : letter == 'a' ? DNS_NO_DATA : letter == 'b' ? DNS_BOGUS :
	    letter == 'f' ? DNS_FAILED : DNS_FOUND;
	answer.secure = letter == 's' || letter == 'n';
	return answer;
}

static void
lookup_answer(void *arg)
{
	struct lookup *lookup = arg;

	if (lookup->on_answer != NULL) {
		struct dns_answer answer = answer_of(lookup);

		dns.open--;
		lookup->on_answer(lookup->arg, &answer);
	}
	free(lookup);
}

struct lookup *
resolver_ask(struct resolver *resolver, const char *name, enum dns_type type,
    void (*on_answer)(void *arg, const struct dns_answer *answer), void *arg)
{
	struct lookup *lookup = must_alloc(sizeof(*lookup));

	ck_assert(resolver->is_believed && type == DNS_A);
	lookup->resolver = resolver;
	snprintf(lookup->name, sizeof(lookup->name), "%s", name);
	lookup->on_answer = on_answer;
	lookup->arg = arg;
	dns.questions++;
	dns.open++;
	loop_soon(lookup_answer, lookup);
	return lookup;
}

void
lookup_cancel(struct lookup **lookup)
{
	if (*lookup != NULL) {
		(*lookup)->on_answer = NULL;
		dns.open--;
	}
	*lookup = NULL;
}

/* --- */

static void
on_trust(void *arg, enum dns_trust trust, const char *why)
{
	ck_assert_ptr_eq(arg, &told);
	told.times++;
	told.trust = trust;
	snprintf(told.why, sizeof(told.why), "%s", why);
	if (told.frees != NULL)
		proof_free(told.frees);
}

static struct proof *
begin(const char *answers, size_t servers)
{
	static const char *const addresses[] = { "127.0.0.1", "127.0.0.2" };

	loop_init();
	memset(&told, 0, sizeof(told));
	memset(&dns, 0, sizeof(dns));
	dns.answers = answers;
	return proof_new(addresses, servers, 1000, 2, &canaries, NULL, on_trust, &told);
}

static void
end(struct proof *proof)
{
	proof_free(&proof);
	fake_settle();
	ck_assert_uint_eq(dns.open, 0);
	ck_assert_uint_eq(dns.resolvers, 0);
	fake_finish();
}

START_TEST(trusts_have_names)
{
	static const char *const names[DNS_TRUSTS] = { "off", "undecided", "proved", "disproved" };

	for (enum dns_trust trust = 0; trust < DNS_TRUSTS; trust++)
		ck_assert_str_eq(dns_trust_name(trust), names[trust]);
}
END_TEST

/* One round from nothing (standards.md D50, D53). */
START_TEST(three_names_show_whether_a_server_validates)
{
	static const struct { const char *answers; enum dns_trust trust; const char *why; } rows[] = {
		{ "sib", DNS_TRUST_PROVED, "127.0.0.1 validates: signed.example comes with AD, unsigned.example without, broken.example not" },
		{ "nab", DNS_TRUST_PROVED, "" },	/* absence proves as much */
		{ "iib", DNS_TRUST_DISPROVED, "127.0.0.1 does not validate: its answer for signed.example, which is signed, comes" },
		{ "aib", DNS_TRUST_DISPROVED, "comes without AD" },
		{ "ssb", DNS_TRUST_DISPROVED, "unsigned.example, which is not signed, comes with AD" },
		{ "snb", DNS_TRUST_DISPROVED, "comes with AD" },
		{ "sii", DNS_TRUST_DISPROVED, "broken.example, whose signatures are broken, should never have come" },
		{ "sis", DNS_TRUST_DISPROVED, "should never have come" },
		{ "sin", DNS_TRUST_DISPROVED, "should never have come" },
		{ "iii", DNS_TRUST_DISPROVED, "signed.example" },	/* it does not validate at all */
		{ "sss", DNS_TRUST_DISPROVED, "unsigned.example" },	/* it says AD to everything */
		{ "ffi", DNS_TRUST_DISPROVED, "broken.example" },	/* one contradiction is enough */
		{ "iff", DNS_TRUST_DISPROVED, "signed.example" },
		{ "sif", DNS_TRUST_UNDECIDED, "127.0.0.1 has no answer for broken.example from which to tell" },
		{ "fib", DNS_TRUST_UNDECIDED, "signed.example" },
		{ "sfb", DNS_TRUST_UNDECIDED, "unsigned.example" },
		{ "fff", DNS_TRUST_UNDECIDED, "signed.example" },
		/* who can forge answers on their way to the server makes them bogus: that proves that it validates, if anything */
		{ "bib", DNS_TRUST_UNDECIDED, "signed.example" },
		{ "sbb", DNS_TRUST_UNDECIDED, "unsigned.example" },
		{ "bbb", DNS_TRUST_UNDECIDED, "signed.example" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct proof *proof = begin(rows[i].answers, 1);

		ck_assert_uint_eq(dns.questions, 0);
		fake_advance(0);
		ck_assert_uint_eq(dns.questions, 3);
		ck_assert_uint_eq(told.times, 1);
		ck_assert_msg(told.trust == rows[i].trust, "%s: %s", rows[i].answers, dns_trust_name(told.trust));
		ck_assert_msg(strstr(told.why, rows[i].why) != NULL, "%s: %s", rows[i].answers, told.why);
		end(proof);
	}
}
END_TEST

/* P3: nothing that an attacker can bring about takes back what was proved; what only a fault of the server can, does (DX2). */
START_TEST(a_second_round_changes_only_what_it_contradicts)
{
	static const struct { const char *first, *then; enum dns_trust trust; bool is_told; } rows[] = {
		{ "sib", "sib", DNS_TRUST_PROVED, false },
		{ "sib", "fff", DNS_TRUST_PROVED, false },
		{ "sib", "bib", DNS_TRUST_PROVED, false },
		{ "sib", "bbb", DNS_TRUST_PROVED, false },
		{ "sib", "sif", DNS_TRUST_PROVED, false },
		{ "sib", "iib", DNS_TRUST_DISPROVED, true },	/* it has ceased to validate */
		{ "sib", "sii", DNS_TRUST_DISPROVED, true },
		{ "sib", "ssb", DNS_TRUST_DISPROVED, true },
		{ "iii", "iii", DNS_TRUST_DISPROVED, false },
		{ "iii", "fff", DNS_TRUST_DISPROVED, false },
		{ "iii", "sif", DNS_TRUST_DISPROVED, false },
		{ "iii", "sib", DNS_TRUST_PROVED, true },	/* somebody mended it */
		{ "fff", "fff", DNS_TRUST_UNDECIDED, false },
		{ "fff", "sif", DNS_TRUST_UNDECIDED, false },
		{ "fff", "sib", DNS_TRUST_PROVED, true },
		{ "fff", "iib", DNS_TRUST_DISPROVED, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct proof *proof = begin(rows[i].first, 1);

		fake_advance(0);
		ck_assert_uint_eq(told.times, 1);
		dns.answers = rows[i].then;
		fake_advance(10 * MINUTE_MS);
		ck_assert_uint_ge(dns.questions, 6);
		ck_assert_msg(told.trust == rows[i].trust, "%s, %s: %s", rows[i].first, rows[i].then, told.why);
		ck_assert_uint_eq(told.times, rows[i].is_told ? 2 : 1);
		end(proof);
	}
}
END_TEST

/* A look-up that fails at one server is made at the next: each has to validate. */
START_TEST(every_server_has_to_show_it)
{
	static const struct { const char *answers, *other; enum dns_trust trust; const char *why; } rows[] = {
		{ "sib", "sib", DNS_TRUST_PROVED, "127.0.0.1 validates" },
		{ "sib", "iii", DNS_TRUST_DISPROVED, "127.0.0.2 does not validate" },
		{ "iii", "sib", DNS_TRUST_DISPROVED, "127.0.0.1 does not validate" },
		{ "sib", "fff", DNS_TRUST_UNDECIDED, "127.0.0.2 has no answer" },
		{ "fff", "sib", DNS_TRUST_UNDECIDED, "127.0.0.1 has no answer" },
		{ "fff", "iii", DNS_TRUST_DISPROVED, "127.0.0.2 does not validate" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct proof *proof = begin(rows[i].answers, 2);

		dns.other = rows[i].other;
		fake_advance(0);
		ck_assert_uint_eq(dns.questions, 6);
		ck_assert_uint_eq(told.times, 1);
		ck_assert_msg(told.trust == rows[i].trust, "row %zu: %s", i, told.why);
		ck_assert_msg(strstr(told.why, rows[i].why) != NULL, "row %zu: %s", i, told.why);
		end(proof);
	}
}
END_TEST

START_TEST(what_was_proved_outlasts_a_server_that_is_silent)
{
	struct proof *proof = begin("sib", 2);

	fake_advance(0);
	dns.other = "fff";
	fake_advance(10 * MINUTE_MS);
	ck_assert_int_eq(told.trust, DNS_TRUST_PROVED);
	dns.other = "iii";
	fake_advance(10 * MINUTE_MS);
	ck_assert_int_eq(told.trust, DNS_TRUST_DISPROVED);
	dns.other = "sib";
	fake_advance(10 * MINUTE_MS);
	ck_assert_int_eq(told.trust, DNS_TRUST_PROVED);
	ck_assert_uint_eq(told.times, 3);
	end(proof);
}
END_TEST

START_TEST(rounds_come_sooner_while_nothing_is_decided)
{
	static const int seconds[] = { 5, 10, 20, 40, 60, 60, 60 };
	struct proof *proof = begin("fff", 1);

	fake_advance(0);
	for (size_t i = 0; i < sizeof(seconds) / sizeof(*seconds); i++) {
		fake_advance(seconds[i] * 1000 - 1);
		ck_assert_uint_eq(dns.questions, 3 * (i + 1));
		fake_advance(1);
		ck_assert_uint_eq(dns.questions, 3 * (i + 2));
	}
	dns.answers = "sib";
	fake_advance(60000);
	ck_assert_int_eq(told.trust, DNS_TRUST_PROVED);
	dns.questions = 0;
	fake_advance(10 * MINUTE_MS - 1);
	ck_assert_uint_eq(dns.questions, 0);
	dns.answers = "iii";
	fake_advance(1);
	ck_assert_uint_eq(dns.questions, 3);
	ck_assert_int_eq(told.trust, DNS_TRUST_DISPROVED);
	fake_advance(10 * MINUTE_MS);
	ck_assert_uint_eq(dns.questions, 6);
	end(proof);
}
END_TEST

START_TEST(whoever_may_not_be_believed_is_not_asked)
{
	static const char *const servers[] = { "192.0.2.53" };
	struct proof *proof;

	loop_init();
	memset(&told, 0, sizeof(told));
	memset(&dns, 0, sizeof(dns));
	proof = proof_new(servers, 1, 1000, 2, &canaries, "it is elsewhere", on_trust, &told);
	ck_assert_uint_eq(told.times, 0);
	fake_advance(60 * MINUTE_MS);
	ck_assert_uint_eq(told.times, 1);
	ck_assert_int_eq(told.trust, DNS_TRUST_OFF);
	ck_assert_str_eq(told.why, "it is elsewhere");
	ck_assert_uint_eq(dns.questions, 0);
	end(proof);
}
END_TEST

/* Before the first round, within one, and by whoever is told. */
START_TEST(a_proof_is_freed_at_any_time)
{
	static const char *const outcomes[] = { "sib", "iii", "fff" };
	struct proof *proof;

	end(begin("sib", 2));
	proof = begin("sib", 2);
	fake_advance(0);
	dns.questions = 0;
	proof_free(&proof);
	fake_advance(60 * MINUTE_MS);
	ck_assert_uint_eq(dns.questions, 0);
	end(proof);
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(*outcomes); i++) {
		proof = begin(outcomes[i], 2);
		told.frees = &proof;
		fake_advance(60 * MINUTE_MS);
		ck_assert_uint_eq(told.times, 1);
		ck_assert_ptr_null(proof);
		end(proof);
	}
}
END_TEST

static void
free_within(void *arg)
{
	proof_free(arg);
}

START_TEST(a_proof_freed_within_a_round_is_silent)
{
	struct proof *proof = begin("sib", 1);

	loop_soon(free_within, &proof);
	fake_advance(0);
	fake_advance(60 * MINUTE_MS);
	ck_assert_uint_eq(told.times, 0);
	end(proof);
}
END_TEST

UNIT_MAIN("proof", trusts_have_names, three_names_show_whether_a_server_validates, a_second_round_changes_only_what_it_contradicts,
    every_server_has_to_show_it, what_was_proved_outlasts_a_server_that_is_silent, rounds_come_sooner_while_nothing_is_decided,
    whoever_may_not_be_believed_is_not_asked, a_proof_is_freed_at_any_time, a_proof_freed_within_a_round_is_silent)
