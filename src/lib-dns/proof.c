/*
 * Whether DNS servers validate, shown by what they answer for three names (standards.md D50, D53). Each server is asked by itself:
 * the one that validates must not answer for another that takes its place when a look-up fails, for that is something
 * an attacker can bring about. For the same reason a canary whose look-up fails, and one found bogus that should not be, say
 * nothing: only what a server that validates would never answer takes back what was proved (P3).
 */
#include "proof.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "loop/timer.h"

#define AGAIN_MS (10 * 60 * 1000)	/* when it is known */
#define AGAIN_SOON_MS 5000		/* while it is not, growing */
#define AGAIN_LATE_MS 60000		/* to this */
#define WHY_TEXT 400

enum canary { CANARY_SIGNED, CANARY_UNSIGNED, CANARY_BROKEN, CANARIES };

enum verdict { SAYS_NOTHING, AS_EXPECTED, CONTRADICTION };

/* What an answer with AD means, one without, and one that failed to validate. */
static const struct {
	enum verdict secure, insecure, bogus;
	const char *contradiction;	/* behind the name of the canary */
} rows[CANARIES] = {
	[CANARY_SIGNED] = { AS_EXPECTED, CONTRADICTION, SAYS_NOTHING, ", which is signed, comes without AD" },
	[CANARY_UNSIGNED] = { CONTRADICTION, AS_EXPECTED, SAYS_NOTHING, ", which is not signed, comes with AD" },
	[CANARY_BROKEN] = { CONTRADICTION, CONTRADICTION, AS_EXPECTED, ", whose signatures are broken, should never have come" },
};

static const char *const trust_names[DNS_TRUSTS] = {
	[DNS_TRUST_OFF] = "off", [DNS_TRUST_UNDECIDED] = "undecided", [DNS_TRUST_PROVED] = "proved", [DNS_TRUST_DISPROVED] = "disproved"
};

struct witness;

struct question {
	struct witness *witness;
	enum canary canary;
	struct lookup *lookup;	/* under way; NULL = answered */
	enum verdict verdict;
};

/* One server. */
struct witness {
	struct proof *proof;
	char *server;
	struct resolver *resolver;	/* of that server alone */
	struct question questions[CANARIES];
	enum dns_trust trust;
	char why[WHY_TEXT];		/* for the last round that said something */
};

struct proof {
	char *names[CANARIES];
	struct witness *witnesses;
	size_t count;
	unsigned open;		/* questions of this round */
	struct timer *timer;	/* until the next round */
	int64_t again_ms;	/* for as long, while nothing is decided */
	char *why_off;		/* NULL = servers may be believed */
	enum dns_trust trust;
	bool is_told;
	void (*on_trust)(void *arg, enum dns_trust trust, const char *why);
	void *arg;
};

static void on_proof_timer(void *arg);

const char *
dns_trust_name(enum dns_trust trust)
{
	return trust_names[trust];
}

static void
witness_init(struct witness *witness, struct proof *proof, const char *server, int timeout_ms, int tries)
{
	char why[WHY_TEXT] = "";

	witness->proof = proof;
	witness->server = must_copy(server, strlen(server));
	witness->trust = DNS_TRUST_UNDECIDED;
	witness->resolver = resolver_new(&server, 1, timeout_ms, tries, why, sizeof(why));
	if (witness->resolver == NULL)
		fatal("DNS: %s", why);
	resolver_believe(witness->resolver);
	for (enum canary i = 0; i < CANARIES; i++)
		witness->questions[i] = (struct question){ .witness = witness, .canary = i };
}

struct proof *
proof_new(const char *const *servers, size_t count, int timeout_ms, int tries, const struct dns_canaries *canaries,
    const char *why_off, void (*on_trust)(void *arg, enum dns_trust trust, const char *why), void *arg)
{
	const char *const names[CANARIES] = { canaries->signed_name, canaries->unsigned_name, canaries->broken_name };
	struct proof *proof = must_alloc(sizeof(*proof));

	for (enum canary i = 0; i < CANARIES; i++)
		proof->names[i] = must_copy(names[i], strlen(names[i]));
	proof->trust = why_off == NULL ? DNS_TRUST_UNDECIDED : DNS_TRUST_OFF;
	proof->why_off = why_off == NULL ? NULL : must_copy(why_off, strlen(why_off));
	proof->count = why_off == NULL ? count : 0;
	proof->witnesses = must_alloc((count + 1) * sizeof(*proof->witnesses));
	for (size_t i = 0; i < proof->count; i++)
		witness_init(&proof->witnesses[i], proof, servers[i], timeout_ms, tries);
	proof->again_ms = AGAIN_SOON_MS;
	proof->on_trust = on_trust;
	proof->arg = arg;
	proof->timer = timer_new(on_proof_timer, proof);
	timer_start(proof->timer, 0);
	return proof;
}

void
proof_free(struct proof **handle)
{
	struct proof *proof = *handle;

	*handle = NULL;
	if (proof == NULL)
		return;
	for (size_t i = 0; i < proof->count; i++) {
		for (enum canary canary = 0; canary < CANARIES; canary++)
			lookup_cancel(&proof->witnesses[i].questions[canary].lookup);
		resolver_free(&proof->witnesses[i].resolver);
		free(proof->witnesses[i].server);
	}
	for (enum canary i = 0; i < CANARIES; i++)
		free(proof->names[i]);
	timer_free(&proof->timer);
	free(proof->witnesses);
	free(proof->why_off);
	free(proof);
}

static enum verdict
verdict_of(enum canary canary, const struct dns_answer *answer)
{
	if (answer->status == DNS_FAILED)
		return SAYS_NOTHING;
	if (answer->status == DNS_BOGUS)
		return rows[canary].bogus;
	return answer->secure ? rows[canary].secure : rows[canary].insecure;
}

/* What the root is called in a sentence. */
static const char *
canary_name(const struct proof *proof, enum canary canary)
{
	return *proof->names[canary] == '\0' ? "." : proof->names[canary];
}

/* One verdict of that kind among a server's answers, or none: CANARIES. */
static enum canary
witness_find(const struct witness *witness, enum verdict verdict)
{
	enum canary i = 0;

	while (i < CANARIES && witness->questions[i].verdict != verdict)
		i++;
	return i;
}

/* A round is over for a server: a contradiction counts, else all must be as expected, else it stays what it was. */
static void
witness_judge(struct witness *witness)
{
	const struct proof *proof = witness->proof;
	enum canary against = witness_find(witness, CONTRADICTION), silent = witness_find(witness, SAYS_NOTHING);

	if (against < CANARIES) {
		witness->trust = DNS_TRUST_DISPROVED;
		snprintf(witness->why, sizeof(witness->why), "%s does not validate: its answer for %s%s", witness->server,
		    canary_name(proof, against), rows[against].contradiction);
	} else if (silent == CANARIES) {
		witness->trust = DNS_TRUST_PROVED;
		snprintf(witness->why, sizeof(witness->why), "%s validates: %s comes with AD, %s without, %s not at all", witness->server,
		    canary_name(proof, CANARY_SIGNED), canary_name(proof, CANARY_UNSIGNED), canary_name(proof, CANARY_BROKEN));
	} else if (witness->trust == DNS_TRUST_UNDECIDED) {
		snprintf(witness->why, sizeof(witness->why), "%s has no answer for %s from which to tell whether it validates",
		    witness->server, canary_name(proof, silent));
	}
}

/* The server on which the result of all depends: one that was disproved, else one that is undecided, else any. */
static const struct witness *
proof_decisive(const struct proof *proof)
{
	const struct witness *found = &proof->witnesses[0];

	for (size_t i = 0; i < proof->count; i++) {
		const struct witness *witness = &proof->witnesses[i];

		if (witness->trust == DNS_TRUST_DISPROVED)
			return witness;
		if (witness->trust == DNS_TRUST_UNDECIDED)
			found = witness;
	}
	return found;
}

/* Last in whatever runs: who is told may free the proof. */
static void
proof_tell(struct proof *proof, enum dns_trust trust, const char *why)
{
	char text[WHY_TEXT];
	bool is_news = !proof->is_told || trust != proof->trust;

	proof->is_told = true;
	proof->trust = trust;
	snprintf(text, sizeof(text), "%s", why);
	if (is_news)
		proof->on_trust(proof->arg, trust, text);
}

static void
proof_conclude(struct proof *proof)
{
	const struct witness *decisive;

	for (size_t i = 0; i < proof->count; i++)
		witness_judge(&proof->witnesses[i]);
	decisive = proof_decisive(proof);
	if (decisive->trust == DNS_TRUST_UNDECIDED) {
		timer_start(proof->timer, proof->again_ms);
		proof->again_ms = 2 * proof->again_ms < AGAIN_LATE_MS ? 2 * proof->again_ms : AGAIN_LATE_MS;
	} else {
		timer_start(proof->timer, AGAIN_MS);
	}
	proof_tell(proof, decisive->trust, decisive->why);
}

static void
on_canary(void *arg, const struct dns_answer *answer)
{
	struct question *question = arg;
	struct proof *proof = question->witness->proof;

	question->lookup = NULL;
	question->verdict = verdict_of(question->canary, answer);
	if (--proof->open == 0)
		proof_conclude(proof);
}

static void
witness_ask(struct witness *witness)
{
	for (enum canary i = 0; i < CANARIES; i++) {
		struct question *question = &witness->questions[i];

		witness->proof->open++;
		question->lookup = resolver_ask(witness->resolver, witness->proof->names[i], DNS_A, on_canary, question);
	}
}

static void
on_proof_timer(void *arg)
{
	struct proof *proof = arg;

	if (proof->why_off != NULL) {
		proof_tell(proof, DNS_TRUST_OFF, proof->why_off);
		return;
	}
	for (size_t i = 0; i < proof->count; i++)
		witness_ask(&proof->witnesses[i]);
}
