/* What the ledger costs the rooms that count for it (a look into a table for each session), and the room that keeps it. */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "ipc/tally.h"
#include "loop/loop.h"
#include "report/ledger.h"

#define HOSTS 500		/* that are told apart in one interval */
#define BATCH 1000
#define TEXT(literal) { (literal), sizeof(literal) - 1 }

static struct tally *tally;
static struct ledger *ledger;
static char folder[64], names[HOSTS][32];
static uint64_t number;

static const struct tls_fact sample = { .direction = FACT_OUT, .day = 20000, .tls = FACT_TLS_YES, .offers = 0x7f, .expires_s = 1800000000,
	.sessions = 1, .messages = 1, .text = { [FACT_IP] = TEXT("192.0.2.25"), [FACT_DOMAIN] = TEXT("dest.example"), [FACT_APPLIED] = TEXT("sts"),
	[FACT_PUBLISHED] = TEXT("sts"), [FACT_STS] = TEXT("version: STSv1\nmode: enforce\nmx: *.dest.example\nmax_age: 604800"),
	[FACT_EVIDENCE] = TEXT("secure:sts"), [FACT_VERSION] = TEXT("TLSv1.3"), [FACT_CIPHER] = TEXT("TLS_AES_256_GCM_SHA384"),
	[FACT_GROUP] = TEXT("x25519"), [FACT_CERTIFICATE] = TEXT("valid"),
	[FACT_FINGERPRINT] = TEXT("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef") } };

static void
names_make(void)
{
	for (unsigned i = 0; i < HOSTS; i++)
		snprintf(names[i], sizeof(names[i]), "mx%u.dest.example", i);
}

static void
note(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		struct tls_fact fact = sample;

		fact.text[FACT_PEER] = span_of(names[i * 2654435761U % HOSTS]);
		tally_note(tally, &fact);
	}
}

/* Facts that are there already, as most are; each batch is synced. */
static void
take(uint64_t count)
{
	static struct tls_fact facts[BATCH];

	for (uint64_t done = 0; done < count; done += BATCH) {
		struct facts_batch batch = { 1, ++number, facts, BATCH };

		for (unsigned i = 0; i < BATCH; i++) {
			facts[i] = sample;
			facts[i].text[FACT_PEER] = span_of(names[i % HOSTS]);
		}
		if (!ledger_take(ledger, &batch))
			abort();
	}
}

static const struct bench benches[] = {
	{ .name = "ledger: count a session (relay, intake)", .run = note },
	{ .name = "ledger: write a fact, 1,000 to a batch", .run = take },
	{ .name = NULL }
};

int
main(int argc, char **argv)
{
	char why[300], command[100];
	int code;

	names_make();
	loop_init();
	tally = tally_new();
	tally_configure(tally, 10);
	snprintf(folder, sizeof(folder), "./bench-ledger-XXXXXX");
	if (mkdtemp(folder) == NULL || (ledger = ledger_open(folder, why, sizeof(why))) == NULL)
		abort();
	code = bench_main(argc, argv, benches);
	tally_free(&tally);
	ledger_close(&ledger);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command) == 0 ? code : 1;
}
