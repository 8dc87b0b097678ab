/* Tests of src/report/ledger.c: counts against the truth, batches said twice, ends at any moment, retention, damage. */
#include "report/ledger.h"

#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report/tlsrpt_due.h"
#include "store/store.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_log.h"
#include "tests/fake/fake_loop.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#define TODAY (FAKE_WALL_START / LEDGER_DAY_S)
#define PEERS 7
#define REASONS 4
#define DAYS 3

static char folder[SCRATCH_PATH];
static struct ledger *ledger;
static uint64_t last_number;

static const char *const peers[PEERS] = { "mx.a.example", "mx.b.example", "mx1.c.example", "mx2.c.example", "d.example", "", "(others)" };
static const char *const reasons[REASONS] = { "", "starttls-not-supported", "certificate-expired", "plaintext-inbound" };

static void
open_it(void)
{
	char why[300];

	ledger = ledger_open(folder, why, sizeof(why));
	ck_assert_msg(ledger != NULL, "%s", why);
}

static void
begin(void)
{
	fake_reset();
	last_number = 0;
	scratch_make(folder);
	open_it();
}

static void
end(void)
{
	ledger_close(&ledger);
	fake_settle();
	scratch_remove(folder);
	fake_finish();
}

static void
in_folder(const char *what)
{
	char command[300];

	snprintf(command, sizeof(command), "cd %s && %s", folder, what);
	ck_assert_int_eq(system(command), 0);
}

static struct tls_fact
fact_of(unsigned peer, unsigned reason, unsigned day, enum fact_direction direction)
{
	struct tls_fact fact = { .direction = direction, .day = (uint32_t)TODAY - day, .sessions = 1, .messages = reason == 0 };

	fact.text[FACT_PEER] = span_of(peers[peer]);
	fact.text[FACT_REASON] = span_of(reasons[reason]);
	fact.text[FACT_DOMAIN] = span_of(peer % 2 == 0 ? "a.example" : "b.example");
	return fact;
}

static bool
take(struct tls_fact *facts, uint32_t count)
{
	const struct facts_batch batch = { UINT64_C(0xfedcba9876543210), ++last_number, facts, count };

	return ledger_take(ledger, &batch);
}

/* What is read: by direction, peer, reason and day. */
struct sums {
	uint64_t sessions[FACT_DIRECTIONS][PEERS][REASONS][DAYS], messages, all;
	uint32_t rows;
};

static void
add(void *arg, const struct tls_fact *fact)
{
	struct sums *sums = arg;
	unsigned peer = 0, reason = 0;

	while (!span_equal(fact->text[FACT_PEER], span_of(peers[peer])))
		ck_assert_uint_lt(++peer, PEERS);
	while (!span_equal(fact->text[FACT_REASON], span_of(reasons[reason])))
		ck_assert_uint_lt(++reason, REASONS);
	sums->sessions[fact->direction][peer][reason][TODAY - fact->day] += fact->sessions;
	sums->messages += fact->messages;
	sums->all += fact->sessions;
	sums->rows++;
}

static void
read_all(struct sums *sums, const struct ledger_filter *filter)
{
	const struct ledger_filter everything = { .last_day = UINT32_MAX };

	memset(sums, 0, sizeof(*sums));
	ledger_each(ledger, filter == NULL ? &everything : filter, add, sums);
}

/* 10,000 sessions in batches of any size, some batches said twice, the room ending in between. */
START_TEST(ten_thousand_random_facts_are_what_they_were)
{
	static struct sums truth, found;
	struct tls_fact facts[50];
	unsigned seed = 1, done = 0;

	begin();
	memset(&truth, 0, sizeof(truth));
	while (done < 10000) {
		uint32_t count = 1 + (uint32_t)rand_r(&seed) % 50;

		for (uint32_t i = 0; i < count; i++) {
			unsigned peer = (unsigned)rand_r(&seed) % PEERS, reason = (unsigned)rand_r(&seed) % REASONS;
			unsigned day = (unsigned)rand_r(&seed) % DAYS, direction = (unsigned)rand_r(&seed) % 2;

			facts[i] = fact_of(peer, reason, day, (enum fact_direction)direction);
			truth.sessions[direction][peer][reason][day]++;
			truth.messages += facts[i].messages;
		}
		ck_assert(take(facts, count));
		if (rand_r(&seed) % 10 == 0) {
			last_number--;
			ck_assert(take(facts, count));
		}
		if (rand_r(&seed) % 40 == 0) {
			ledger_close(&ledger);
			open_it();
		}
		done += count;
	}
	truth.all = done;
	read_all(&found, NULL);
	ck_assert_mem_eq(found.sessions, truth.sessions, sizeof(found.sessions));
	ck_assert_uint_eq(found.messages, truth.messages);
	ck_assert_uint_eq(found.all, truth.all);
	ck_assert_uint_le(found.rows, 2 * PEERS * REASONS * DAYS);
	ck_assert_uint_eq(ledger_count(ledger), found.rows);
	end();
}
END_TEST

/* --- kill -9: the ledger in a process of its own --- */

#define SAID_MOST 200

/* A batch as the room that counts says it; kinds are indices of peers, reasons, days and directions. */
struct said {
	uint32_t count;
	uint64_t number;
	struct { unsigned char peer, reason, day, direction; } kinds[SAID_MOST];
};

static pid_t keeper;			/* 0 = there is none */
static int to_keeper, from_keeper;

/* Takes batches until it is killed, and says the number of each that is kept. */
static void
keeper_run(int in, int out)
{
	struct tls_fact facts[SAID_MOST];
	struct said said;
	char why[300];

	ledger = ledger_open(folder, why, sizeof(why));
	while (ledger != NULL && read(in, &said, sizeof(said)) == (ssize_t)sizeof(said)) {
		for (uint32_t i = 0; i < said.count; i++)
			facts[i] = fact_of(said.kinds[i].peer, said.kinds[i].reason, said.kinds[i].day, (enum fact_direction)said.kinds[i].direction);
		last_number = said.number - 1;
		if (!take(facts, said.count) || write(out, &said.number, sizeof(said.number)) != (ssize_t)sizeof(said.number))
			break;
	}
	_exit(1);
}

static void
keeper_start(void)
{
	int in[2], out[2];

	ck_assert(pipe(in) == 0 && pipe(out) == 0);
	keeper = fork();
	ck_assert_int_ge(keeper, 0);
	if (keeper == 0) {
		close(in[1]);
		close(out[0]);
		keeper_run(in[0], out[1]);
	}
	close(in[0]);
	close(out[1]);
	to_keeper = in[1];
	from_keeper = out[0];
}

static void
keeper_kill(void)
{
	int status;

	ck_assert_int_eq(kill(keeper, SIGKILL), 0);
	ck_assert_int_eq(waitpid(keeper, &status, 0), keeper);
	ck_assert_msg(WIFSIGNALED(status), "it ended by itself");
	close(to_keeper);
	close(from_keeper);
	keeper = 0;
}

/* Is it kept? Now and then the end comes first: at once, within a moment, or when it is kept and that is not heard any more. */
static bool
keeper_takes(const struct said *said, unsigned chance, unsigned *kills)
{
	struct pollfd ready = { .events = POLLIN };
	uint64_t number;

	if (keeper == 0)
		keeper_start();
	ck_assert_int_eq(write(to_keeper, said, sizeof(*said)), sizeof(*said));
	ready.fd = from_keeper;
	if (chance < 4) {
		(void)poll(&ready, 1, chance == 3 ? 10000 : (int)chance);
		keeper_kill();
		++*kills;
		return false;
	}
	ck_assert_int_eq(read(from_keeper, &number, sizeof(number)), sizeof(number));
	return number == said->number;
}

/* Issue 5: 10,000 sessions of mixed faults, and report is killed again and again. What is not known to be kept is said once more. */
START_TEST(ten_thousand_sessions_are_the_truth_whenever_report_is_killed)
{
	static struct sums truth, found;
	unsigned seed = 5, done = 0, kills = 0;
	struct said said = { .number = 0 };

	begin();
	ledger_close(&ledger);
	memset(&truth, 0, sizeof(truth));
	for (; done < 10000; done += said.count) {
		said.number++;
		said.count = 1 + (uint32_t)rand_r(&seed) % SAID_MOST;
		for (uint32_t i = 0; i < said.count; i++) {
			said.kinds[i].peer = (unsigned char)(rand_r(&seed) % PEERS);
			said.kinds[i].reason = (unsigned char)(rand_r(&seed) % REASONS);
			said.kinds[i].day = (unsigned char)(rand_r(&seed) % DAYS);
			said.kinds[i].direction = (unsigned char)(rand_r(&seed) % FACT_DIRECTIONS);
			truth.sessions[said.kinds[i].direction][said.kinds[i].peer][said.kinds[i].reason][said.kinds[i].day]++;
			truth.messages += said.kinds[i].reason == 0;
		}
		while (!keeper_takes(&said, (unsigned)rand_r(&seed) % 14, &kills))
			;
	}
	keeper_kill();
	open_it();
	read_all(&found, NULL);
	ck_assert_mem_eq(found.sessions, truth.sessions, sizeof(found.sessions));
	ck_assert_uint_eq(found.messages, truth.messages);
	ck_assert_uint_eq(found.all, done);
	ck_assert_uint_ge(kills, 15);
	end();
}
END_TEST

START_TEST(every_part_of_a_fact_is_kept)
{
	struct tls_fact fact = fact_of(0, 2, 0, FACT_OUT), other;
	char texts[FACT_TEXTS][8];
	struct sums found;

	begin();
	ck_assert(take(&fact, 1));
	/* Whatever differs is another fact. */
	other = fact; other.tls = FACT_TLS_YES; ck_assert(take(&other, 1));
	other = fact; other.is_own = true; ck_assert(take(&other, 1));
	other = fact; other.is_resumed = true; ck_assert(take(&other, 1));
	other = fact; other.is_testing = true; ck_assert(take(&other, 1));
	other = fact; other.is_by_dane = true; ck_assert(take(&other, 1));
	other = fact; other.is_shared = true; ck_assert(take(&other, 1));
	other = fact; other.offers = FACT_REQUIRETLS; ck_assert(take(&other, 1));
	other = fact; other.expires_s = 1; ck_assert(take(&other, 1));
	for (int i = FACT_REASON + 1; i < FACT_TEXTS; i++) {
		snprintf(texts[i], sizeof(texts[i]), "t%d", i);
		other = fact;
		other.text[i] = span_of(texts[i]);
		ck_assert(take(&other, 1));
	}
	read_all(&found, NULL);
	ck_assert_uint_eq(found.rows, 9 + FACT_TEXTS - FACT_REASON - 1);
	end();
}
END_TEST

static void
check_columns(void *arg, const struct tls_fact *fact)
{
	ck_assert_uint_eq(fact->day, TODAY);
	ck_assert_int_eq(fact->tls, FACT_TLS_YES);
	ck_assert(fact->is_own && fact->is_resumed && fact->is_testing && fact->is_by_dane && fact->is_shared);
	ck_assert_uint_eq(fact->offers, FACT_DSN);
	ck_assert_int_eq(fact->expires_s, 1800000000);
	ck_assert_uint_eq(fact->sessions, 3);
	ck_assert_uint_eq(fact->messages, 5);
	for (int i = 0; i < FACT_TEXTS; i++)
		ck_span_eq(fact->text[i], fact_text_name((enum fact_text)i));
	++*(unsigned *)arg;
}

START_TEST(columns_are_in_their_order)
{
	struct tls_fact fact = { .direction = FACT_OUT, .day = TODAY, .tls = FACT_TLS_YES, .is_own = true, .is_resumed = true,
		.is_testing = true, .is_by_dane = true, .is_shared = true, .offers = FACT_DSN, .expires_s = 1800000000, .sessions = 3, .messages = 5 };
	const struct ledger_filter filter = { .last_day = UINT32_MAX };
	unsigned seen = 0;

	begin();
	for (int i = 0; i < FACT_TEXTS; i++)
		fact.text[i] = span_of(fact_text_name((enum fact_text)i));
	ck_assert(take(&fact, 1));
	ledger_each(ledger, &filter, check_columns, &seen);
	ck_assert_uint_eq(seen, 1);
	end();
}
END_TEST

static const struct {
	const char *name;
	struct ledger_filter filter;
	uint64_t sessions;
} filters[] = {
	{ "everything", { .last_day = UINT32_MAX }, 12 },
	{ "one direction", { .has_direction = true, .direction = FACT_IN, .last_day = UINT32_MAX }, 6 },
	{ "the other", { .has_direction = true, .direction = FACT_OUT, .last_day = UINT32_MAX }, 6 },
	{ "today", { .first_day = TODAY, .last_day = TODAY }, 4 },
	{ "since yesterday", { .first_day = TODAY - 1, .last_day = UINT32_MAX }, 8 },
	{ "a domain", { .last_day = UINT32_MAX, .domain = { "b.example", 9 } }, 6 },
	{ "a domain on a day one way", { .has_direction = true, .direction = FACT_OUT, .first_day = TODAY - 2, .last_day = TODAY - 2,
	    .domain = { "b.example", 9 } }, 1 },
	{ "a domain that is not there", { .last_day = UINT32_MAX, .domain = { "c.example", 9 } }, 0 },
};

START_TEST(filters_choose)
{
	struct sums found;

	begin();
	for (unsigned i = 0; i < 12; i++) {
		struct tls_fact fact = fact_of(i % 2, 0, i / 2 % 3, i / 6 ? FACT_OUT : FACT_IN);

		ck_assert(take(&fact, 1));
	}
	read_all(&found, &filters[_i].filter);
	ck_assert_msg(found.all == filters[_i].sessions, "%s: %u", filters[_i].name, (unsigned)found.all);
	end();
}
END_TEST

START_TEST(days_are_kept_as_long_as_was_asked)
{
	struct sums found;

	begin();
	for (unsigned day = 0; day < 3; day++) {
		struct tls_fact fact = fact_of(0, 0, day, FACT_IN);

		ck_assert(take(&fact, 1));
	}
	ck_assert(!ledger_expire(ledger, FAKE_WALL_START, 2 * LEDGER_DAY_S));
	/* The day before yesterday ended 24 hours ago. */
	ck_assert(!ledger_expire(ledger, FAKE_WALL_START, LEDGER_DAY_S + 1));
	read_all(&found, NULL);
	ck_assert_uint_eq(found.all, 3);
	ck_assert(!ledger_expire(ledger, FAKE_WALL_START + LEDGER_DAY_S, 2 * LEDGER_DAY_S));
	read_all(&found, NULL);
	ck_assert_uint_eq(found.all, 2);
	ck_assert(!ledger_expire(ledger, FAKE_WALL_START + 400 * LEDGER_DAY_S, 2 * LEDGER_DAY_S));
	read_all(&found, NULL);
	ck_assert_uint_eq(found.all, 0);
	end();
}
END_TEST

/* How often facts were counted one by one: that takes seconds when there are many. */
static int
countings(void)
{
	sqlite3_stmt *statement = NULL;
	int runs = 0;

	while ((statement = sqlite3_next_stmt(ledger_store(ledger)->database, statement)) != NULL)
		if (strstr(sqlite3_sql(statement), "COUNT(*) FROM fact") != NULL)
			runs += sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_RUN, 0);
	return runs;
}

START_TEST(facts_are_counted_once_whatever_comes_and_goes)
{
	int once = 0;

	begin();
	for (unsigned round = 0; round < 2; round++)
		for (unsigned day = 0; day <= FACT_FED_DAYS; day++) {
			struct tls_fact fact = fact_of(round, 0, day, FACT_IN);

			ck_assert(take(&fact, 1));
			ck_assert_uint_eq(ledger_count(ledger), round * (FACT_FED_DAYS + 1) + day + 1);
			if (round == 0)
				once = countings();
		}
	ck_assert_int_eq(countings(), once);
	ck_assert(!ledger_expire(ledger, FAKE_WALL_START, 3 * LEDGER_DAY_S));
	ck_assert_uint_eq(ledger_count(ledger), 8);
	ck_assert_int_eq(countings(), once);
	end();
}
END_TEST

START_TEST(a_full_day_tells_peers_no_longer_apart)
{
	enum { AT_ONCE = 1000 };
	static struct tls_fact facts[AT_ONCE];
	static char names[AT_ONCE][24];
	const struct ledger_filter outbound = { .has_direction = true, .direction = FACT_OUT, .last_day = UINT32_MAX };
	const struct ledger_filter tomorrow = { .first_day = (uint32_t)TODAY + 1, .last_day = UINT32_MAX };
	struct ledger_place place = { .has_begun = false };
	struct tls_fact known = fact_of(0, 3, 0, FACT_IN);
	struct sums found;
	unsigned pieces = 0;

	begin();
	ck_assert(take(&known, 1));
	for (unsigned i = 0; i < LEDGER_DAY_ROWS + AT_ONCE; i++) {
		unsigned at = i % AT_ONCE;

		snprintf(names[at], sizeof(names[at]), "n%u.example", i);
		facts[at] = fact_of(0, 3, 0, FACT_IN);
		facts[at].text[FACT_PEER] = span_of(names[at]);
		if (at == AT_ONCE - 1)
			ck_assert(take(facts, AT_ONCE));
	}
	fake_log_expect("event=ledger facts=100000 *");
	ck_assert(take(&known, 1));
	/* One row beyond the bound: that of the others. */
	ck_assert_uint_eq(ledger_count(ledger), LEDGER_DAY_ROWS + 1);
	/* Clients, who choose their names, are in the way of no host that mail goes to; also not when it is counted anew. */
	for (unsigned i = 0; i < 2; i++) {
		struct tls_fact host = fact_of(i, 1, 0, FACT_OUT);

		ck_assert(take(&host, 1));
		ledger_close(&ledger);
		open_it();
	}
	read_all(&found, &outbound);
	ck_assert_uint_eq(found.sessions[FACT_OUT][0][1][0], 1);
	ck_assert_uint_eq(found.sessions[FACT_OUT][1][1][0], 1);
	/* Whoever asks for another day is in nobody's way either. */
	while (ledger_each_some(ledger, &tomorrow, &place, add, &found))
		pieces++;
	ck_assert_uint_eq(pieces, LEDGER_DAY_ROWS / 20000);
	/* A day of its own has its own bound, and all that is too old goes piece by piece. */
	known.day--;
	ck_assert(take(&known, 1));
	ck_assert(ledger_expire(ledger, FAKE_WALL_START + 3 * LEDGER_DAY_S, LEDGER_DAY_S));
	while (ledger_expire(ledger, FAKE_WALL_START + 3 * LEDGER_DAY_S, LEDGER_DAY_S))
		;
	ck_assert_uint_eq(ledger_count(ledger), 0);
	end();
}
END_TEST

START_TEST(damage_is_moved_aside_and_all_begun_anew)
{
	struct tls_fact fact = fact_of(0, 0, 0, FACT_IN);
	struct sums found;

	begin();
	ck_assert(take(&fact, 1));
	ledger_close(&ledger);
	in_folder("echo not a database, but long enough to be looked at as one > ledger.db");
	open_it();
	fake_log_expect("event=ledger-store-damaged file=*/ledger.db *");
	in_folder("ls ledger.db.damaged-* > /dev/null");
	read_all(&found, NULL);
	ck_assert_uint_eq(found.all, 0);
	/* What is said again by a room that lives is known no more, and counts. */
	last_number = 0;
	ck_assert(take(&fact, 1));
	read_all(&found, NULL);
	ck_assert_uint_eq(found.all, 1);
	end();
}
END_TEST

static void
database_do(const char *sql)
{
	char path[100];
	sqlite3 *database;

	snprintf(path, sizeof(path), "%s/ledger.db", folder);
	ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(database);
}

/* As the first version wrote them: with TLSA records, with an MTA-STS policy, with neither. */
#define VERSION_1 "CREATE TABLE fact (key TEXT PRIMARY KEY, direction INTEGER NOT NULL, day INTEGER NOT NULL, tls INTEGER NOT NULL," \
	" own INTEGER NOT NULL, resumed INTEGER NOT NULL, testing INTEGER NOT NULL, offers INTEGER NOT NULL, expires INTEGER NOT NULL," \
	" peer TEXT NOT NULL, ip TEXT NOT NULL, domain TEXT NOT NULL, reason TEXT NOT NULL, observed TEXT NOT NULL, detail TEXT NOT NULL," \
	" applied TEXT NOT NULL, published TEXT NOT NULL, policy TEXT NOT NULL, evidence TEXT NOT NULL, version TEXT NOT NULL," \
	" cipher TEXT NOT NULL, key_exchange TEXT NOT NULL, certificate TEXT NOT NULL, fingerprint TEXT NOT NULL," \
	" sessions INTEGER NOT NULL, messages INTEGER NOT NULL);" \
	"CREATE INDEX fact_day ON fact (day);" \
	"CREATE INDEX fact_peer ON fact (direction, peer, day);" \
	"CREATE INDEX fact_domain ON fact (domain, day);" \
	"CREATE TABLE sender (id INTEGER PRIMARY KEY, last INTEGER NOT NULL, day INTEGER NOT NULL);" \
	"PRAGMA user_version = 1;"
#define ROW_1(key, peer, published, policy) "INSERT INTO fact VALUES ('" key "', 1, 20000, 2, 0, 1, 0, 5, 1800000000, '" peer "', '192.0.2.1'," \
	" 'a.example', 'certificate-expired', '', 'in words', 'default', '" published "', '" policy "', 'verify:mx', 'TLSv1.3', 'cipher'," \
	" 'x25519', 'certificate-expired', 'aa', 3, 4);"

static void
check_version_1(void *arg, const struct tls_fact *fact)
{
	bool is_dane = span_equal(fact->text[FACT_PEER], SPAN("mx.a.example")), is_sts = span_equal(fact->text[FACT_PEER], SPAN("mx.b.example"));

	ck_span_eq(fact->text[FACT_PUBLISHED], is_dane ? "tlsa" : is_sts ? "sts" : "");
	ck_span_eq(fact->text[FACT_TLSA], is_dane ? "3 1 1 00\n3 1 1 ff" : "");
	ck_span_eq(fact->text[FACT_BASE], is_dane ? "mx.a.example" : "");
	ck_span_eq(fact->text[FACT_STS], is_sts ? "version: STSv1" : "");
	ck_assert(fact->is_by_dane == is_dane);
	ck_assert(!fact->is_shared && !fact->is_own && !fact->is_testing && fact->is_resumed && fact->direction == FACT_OUT);
	ck_assert_uint_eq(fact->offers, 5);
	ck_assert_int_eq(fact->expires_s, 1800000000);
	ck_span_eq(fact->text[FACT_DETAIL], "in words");
	ck_span_eq(fact->text[FACT_FINGERPRINT], "aa");
	for (enum fact_text text = 0; text < FACT_TEXTS; text++)
		if (text == FACT_STS_FAULT || text == FACT_TLSA_FAULT || text == FACT_SOURCE || text == FACT_HELO)
			ck_assert(span_is_empty(fact->text[text]));
	ck_assert_uint_eq(fact->sessions, 3);
	ck_assert_uint_eq(fact->messages, 4);
	++*(unsigned *)arg;
}

START_TEST(what_the_first_version_wrote_means_what_it_meant)
{
	const struct ledger_filter filter = { .last_day = 20000 }, of_base = { .last_day = 20000, .base = SPAN("mx.a.example") };
	struct tls_fact fact = fact_of(0, 0, 0, FACT_OUT);
	unsigned rows = 0;

	begin();
	ledger_close(&ledger);
	in_folder("rm ledger.db*");
	database_do(VERSION_1 ROW_1("k1", "mx.a.example", "tlsa", "3 1 1 00\n3 1 1 ff") ROW_1("k2", "mx.b.example", "sts", "version: STSv1")
	    ROW_1("k3", "d.example", "", "") "INSERT INTO sender VALUES (-81985529216486896, 5, 20000);");
	open_it();
	ledger_each(ledger, &filter, check_version_1, &rows);
	ck_assert_uint_eq(rows, 3);
	rows = 0;
	ledger_each(ledger, &of_base, check_version_1, &rows);
	ck_assert_uint_eq(rows, 1);
	/* A batch that it has taken is known, and the next is added. */
	last_number = 4;
	ck_assert(take(&fact, 1));
	ck_assert_uint_eq(ledger_count(ledger), 3);
	ck_assert(take(&fact, 1));
	ledger_close(&ledger);
	open_it();
	ck_assert_uint_eq(ledger_count(ledger), 4);
	rows = 0;
	ledger_each(ledger, &filter, check_version_1, &rows);
	ck_assert_uint_eq(rows, 3);
	end();
}
END_TEST

/* Reports as the third version wrote them. */
#define VERSION_3 "DROP TABLE tlsrpt_tried; ALTER TABLE tlsrpt ADD COLUMN host TEXT NOT NULL DEFAULT '';" \
	" CREATE INDEX tlsrpt_host ON tlsrpt (host, sent); PRAGMA user_version = 3;" \
	"INSERT INTO tlsrpt (day, kind, name, due, until, tries, state, target, host, sent, text)" \
	" VALUES (20000, 0, 'a.example', 1, 2, 3, 1, 'tls@b.example', 'b.example', 4, 'in words')"

static void
check_version_3(void *arg, const struct due_row *row)
{
	ck_assert_uint_eq(row->due.day, 20000);
	ck_assert_str_eq(row->due.name, "a.example");
	ck_assert_int_eq(row->state, DUE_SENT);
	ck_assert_uint_eq(row->due.tries, 3);
	ck_assert_int_eq(row->sent_s, 4);
	ck_span_eq(row->target, "tls@b.example");
	ck_span_eq(row->text, "in words");
	++*(unsigned *)arg;
}

START_TEST(what_the_third_version_sent_is_not_sent_again)
{
	unsigned rows = 0;

	begin();
	ledger_close(&ledger);
	database_do(VERSION_3);
	open_it();
	due_each(ledger, 0, 30000, SPAN(""), check_version_3, &rows);
	ck_assert_uint_eq(rows, 1);
	end();
}
END_TEST

START_TEST(a_ledger_of_a_newer_program_is_not_touched)
{
	char why[300];

	begin();
	ledger_close(&ledger);
	database_do("PRAGMA user_version = 99");
	ck_assert_ptr_null(ledger_open(folder, why, sizeof(why)));
	ck_assert_ptr_nonnull(strstr(why, "newer"));
	end();
}
END_TEST

/* The disk is full for one batch: nothing of it counts, and it can be said again. */
START_TEST(a_batch_is_taken_whole_or_not_at_all)
{
	struct tls_fact facts[3];
	struct sums found;

	begin();
	ledger_close(&ledger);
	database_do("CREATE TRIGGER full BEFORE INSERT ON fact WHEN NEW.peer = 'mx2.c.example' BEGIN SELECT RAISE(ABORT, 'no'); END");
	open_it();
	for (unsigned i = 0; i < 3; i++)
		facts[i] = fact_of(i + 1, 0, 0, FACT_IN);
	ck_assert(!take(facts, 3));
	fake_log_expect("event=ledger-store *");
	read_all(&found, NULL);
	ck_assert_uint_eq(found.all, 0);
	ledger_close(&ledger);
	database_do("DROP TRIGGER full");
	open_it();
	last_number--;
	ck_assert(take(facts, 3));
	read_all(&found, NULL);
	ck_assert_uint_eq(found.all, 3);
	end();
}
END_TEST

/* A page in the middle is overwritten: of a small ledger it shows at the start, and a large one is not read whole for that. */
START_TEST(a_large_ledger_is_not_read_whole_at_the_start)
{
	static const struct { unsigned megabytes; const char *then; } rows[] = {
		{ 8, "ls ledger.db.damaged-* > /dev/null" }, { 80, "! ls ledger.db.damaged-* > /dev/null 2>&1" }
	};
	char sql[200], path[100];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct tls_fact fact = fact_of(0, 0, 0, FACT_OUT);
		sqlite3 *database;

		begin();
		ledger_close(&ledger);
		snprintf(sql, sizeof(sql), "CREATE TABLE ballast (octets); INSERT INTO ballast VALUES (zeroblob(%u)); PRAGMA wal_checkpoint(TRUNCATE)",
		    rows[i].megabytes * 1000 * 1000);
		snprintf(path, sizeof(path), "%s/ledger.db", folder);
		ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
		ck_assert_int_eq(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
		sqlite3_close(database);
		in_folder("yes x | head -c 4096 | dd of=ledger.db bs=4096 seek=1000 conv=notrunc 2> /dev/null");
		open_it();
		in_folder(rows[i].then);
		ck_assert(take(&fact, 1));
		if (i == 0)
			fake_log_expect("event=ledger-store-damaged *");
		end();
	}
}
END_TEST

UNIT_MAIN_LOOPED("ledger", filters_choose, filters, ten_thousand_random_facts_are_what_they_were, every_part_of_a_fact_is_kept,
    ten_thousand_sessions_are_the_truth_whenever_report_is_killed, columns_are_in_their_order, days_are_kept_as_long_as_was_asked, facts_are_counted_once_whatever_comes_and_goes,
    a_full_day_tells_peers_no_longer_apart,
    damage_is_moved_aside_and_all_begun_anew, what_the_first_version_wrote_means_what_it_meant,
    what_the_third_version_sent_is_not_sent_again,
    a_ledger_of_a_newer_program_is_not_touched, a_batch_is_taken_whole_or_not_at_all,
    a_large_ledger_is_not_read_whole_at_the_start)
