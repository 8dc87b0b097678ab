/* What it costs the report room to look for faults that last: time and memory of a scan of 100,000 rows of the ledger. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "loop/loop.h"
#include "report/notice_scan.h"

#define ROWS 100000
#define BATCH 1000
#define TODAY 20000
#define DAYS 5
#define NOW ((int64_t)TODAY * LEDGER_DAY_S + 12 * 3600)
#define OLDER_DAYS 5		/* more of them, which a scan does not look at */
#define TEXT(literal) { (literal), sizeof(literal) - 1 }

static char folder[64];
static uint64_t number;

static const struct notice_limits limits = { .after_s = 2 * LEDGER_DAY_S, .sessions = 3, .remind_s = 14 * LEDGER_DAY_S,
	.silence_s = 180 * LEDGER_DAY_S, .most = 50, .bounces = 30, .lookups = 500 };

static const struct tls_fact good = { .direction = FACT_OUT, .tls = FACT_TLS_YES, .offers = 0x7f, .expires_s = 1800000000,
	.sessions = 3, .messages = 3, .text = { [FACT_IP] = TEXT("192.0.2.25"), [FACT_APPLIED] = TEXT("sts"), [FACT_PUBLISHED] = TEXT("sts"),
	[FACT_STS] = TEXT("version: STSv1\nmode: enforce\nmx: *.dest.example\nmax_age: 604800"), [FACT_EVIDENCE] = TEXT("secure:sts"),
	[FACT_VERSION] = TEXT("TLSv1.3"), [FACT_CIPHER] = TEXT("TLS_AES_256_GCM_SHA384"), [FACT_GROUP] = TEXT("x25519"),
	[FACT_CERTIFICATE] = TEXT("valid"), [FACT_FINGERPRINT] = TEXT("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef") } };
static const struct tls_fact expired = { .direction = FACT_OUT, .tls = FACT_TLS_YES, .sessions = 3, .text = { [FACT_IP] = TEXT("192.0.2.26"),
	[FACT_REASON] = TEXT("certificate-expired"), [FACT_DETAIL] = TEXT("certificate has expired") } };
static const struct tls_fact in_clear = { .direction = FACT_IN, .tls = FACT_TLS_NO, .sessions = 3, .text = { [FACT_PEER] = TEXT("localhost"),
	[FACT_REASON] = TEXT("plaintext-inbound") } };

/* A row of the ledger; names has room for its texts. */
struct names { char peer[48], domain[48]; };

/* 5,000 hosts, 20 domains each; every fiftieth host is at fault. */
static void
fact_usual(struct tls_fact *fact, unsigned i, struct names *names)
{
	unsigned host = i % 5000;

	*fact = host % 50 == 0 ? expired : good;
	snprintf(names->peer, sizeof(names->peer), "mx%u.dest.example", host);
	snprintf(names->domain, sizeof(names->domain), "d%u.example", i % 100000);
	fact->text[FACT_PEER] = span_of(names->peer);
	fact->text[FACT_DOMAIN] = span_of(names->domain);
}

/* As many hosts as rows, and all are at fault. */
static void
fact_hosts(struct tls_fact *fact, unsigned i, struct names *names)
{
	*fact = expired;
	snprintf(names->peer, sizeof(names->peer), "mx%u.dest.example", i);
	fact->text[FACT_PEER] = fact->text[FACT_DOMAIN] = span_of(names->peer);
}

/* One address that says another sender's domain each time. */
static void
fact_forger(struct tls_fact *fact, unsigned i, struct names *names)
{
	*fact = in_clear;
	snprintf(names->domain, sizeof(names->domain), "d%u.example", i);
	fact->text[FACT_IP] = SPAN("192.0.2.66");
	fact->text[FACT_DOMAIN] = span_of(names->domain);
}

/* As many networks as rows. */
static void
fact_networks(struct tls_fact *fact, unsigned i, struct names *names)
{
	*fact = in_clear;
	snprintf(names->peer, sizeof(names->peer), "2001:db8:%x:%x::1", i >> 8, i & 255);
	fact->text[FACT_IP] = span_of(names->peer);
	fact->text[FACT_DOMAIN] = SPAN("sender.example");
}

static const struct {
	const char *name;
	void (*fact)(struct tls_fact *fact, unsigned i, struct names *names);
	bool has_older;
} ledgers[] = {
	{ "5,000 hosts, 100 at fault", fact_usual, false },
	{ "the same, 500,000 rows of older days beside", fact_usual, true },
	{ "100,000 hosts at fault", fact_hosts, false },
	{ "one client, 100,000 forged senders", fact_forger, false },
	{ "100,000 networks of clients", fact_networks, false },
};

static void
rows_add(struct ledger *ledger, unsigned which, uint32_t first_day, uint32_t days, unsigned rows)
{
	static struct tls_fact facts[BATCH];
	static struct names names[BATCH];

	for (unsigned i = 0; i < rows; i++) {
		struct tls_fact *fact = &facts[i % BATCH];

		ledgers[which].fact(fact, i, &names[i % BATCH]);
		fact->day = first_day + i / (rows / days);
		for (int text = 0; text < FACT_TEXTS; text++)
			if (fact->text[text].data == NULL)
				fact->text[text] = SPAN("");
		if (i % BATCH == BATCH - 1 && !ledger_take(ledger, &(struct facts_batch){ 1, ++number, facts, BATCH }))
			abort();
	}
}

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Of the processor: other work beside does not count. */
static double
busy(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double
peak_mb(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)usage.ru_maxrss / 1024;
}

/* In a process of its own, so that its peak is that of the scans: the first, which makes rows for all, and one more after an hour. */
static void
scans_run(unsigned which)
{
	char why[300];
	struct ledger *ledger = ledger_open(folder, why, sizeof(why));
	struct notices *notices = notices_open(folder, why, sizeof(why));
	double before = peak_mb();

	if (ledger == NULL || notices == NULL)
		abort();
	for (int i = 0; i < 2; i++) {
		struct notice_cases cases;
		double began = seconds(), began_busy = busy();

		if (!notice_scan(ledger, notices, &limits, NOW + i * 3600, &cases))
			abort();
		printf("%-44s %-6s %8llu %8zu %7.3f %7.3f %9.1f %9.1f\n", ledgers[which].name, i == 0 ? "first" : "next", (unsigned long long)cases.facts,
		    cases.count, seconds() - began, busy() - began_busy, before, peak_mb());
		notice_cases_free(&cases);
	}
	notices_close(&notices);
	ledger_close(&ledger);
}

static void
ledger_make(unsigned which)
{
	char why[300];
	struct ledger *ledger;

	snprintf(folder, sizeof(folder), "./bench-notices-XXXXXX");
	if (mkdtemp(folder) == NULL || (ledger = ledger_open(folder, why, sizeof(why))) == NULL)
		abort();
	number = 0;
	if (ledgers[which].has_older)
		rows_add(ledger, which, TODAY - DAYS - OLDER_DAYS + 1, OLDER_DAYS, OLDER_DAYS * ROWS);
	rows_add(ledger, which, TODAY - DAYS + 1, DAYS, ROWS);
	ledger_close(&ledger);
}

int
main(int argc, char **argv)
{
	char command[100];
	int status;

	bench_options(&argc, &argv);
	loop_init();
	printf("%-44s %-6s %8s %8s %7s %7s %9s %9s\n", "notices: look for faults that last", "scan", "facts", "cases", "s", "CPU s", "MB before", "MB at most");
	for (unsigned i = 0; i < sizeof(ledgers) / sizeof(*ledgers); i++) {
		ledger_make(i);
		fflush(stdout);
		if (fork() == 0) {
			scans_run(i);
			fflush(stdout);
			_exit(0);
		}
		if (wait(&status) < 0 || status != 0)
			abort();
		snprintf(command, sizeof(command), "rm -rf %s", folder);
		if (system(command) != 0)
			return 1;
	}
	return 0;
}
