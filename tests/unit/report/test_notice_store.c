/* Tests of src/report/notice_store.c, notice_mails.c, notice_stop.c, notice_secret.c: what lasts over restarts and damage. */
#include "report/notice_store.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "report/notice_due.h"
#include "report/notice_tables.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_log.h"
#include "tests/fake/fake_loop.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#define NOW FAKE_WALL_START
#define DAY 86400
#define NOBODY ((struct ip){ .family = 0 })

static const struct notice_limits limits = { .after_s = 2 * DAY, .sessions = 3, .remind_s = 14 * DAY, .silence_s = 180 * DAY, .most = 50,
	.bounces = 30, .lookups = 3 };
static char folder[SCRATCH_PATH], why[400];
static struct notices *notices;

static void
open_it(void)
{
	notices = notices_open(folder, why, sizeof(why));
	ck_assert_msg(notices != NULL, "%s", why);
}

static void
begin(void)
{
	fake_reset();
	scratch_make(folder);
	open_it();
}

static void
in_folder(const char *what)
{
	char command[300];

	snprintf(command, sizeof(command), "cd %s && %s", folder, what);
	ck_assert_msg(system(command) == 0, "%s", what);
}

static void
end(void)
{
	notices_close(&notices);
	fake_settle();
	scratch_remove(folder);
	fake_finish();
}

static void
again(void)
{
	notices_close(&notices);
	open_it();
}

static struct ip
ip_of(const char *text)
{
	struct ip ip;

	ck_assert(ip_parse(span_of(text), &ip));
	return ip;
}

static const char *
party_of(const char *name)
{
	static char keys[4][NOTICE_KEY];
	static unsigned next;
	char *key = keys[next++ % 4];

	notices_key(notices, NOTICE_OF_PARTY, span_of(name), key);
	return key;
}

static bool
is_stopped(const char *party, const char *address, const char *ip)
{
	struct span at = span_of(address);

	return notices_is_stopped(notices, party_of(party), at, span_behind_last(at, '@'), *ip == '\0' ? NOBODY : ip_of(ip));
}

/* --- keys and the secret --- */

/* As README has it: anybody with the secret can make them, and nobody without. */
static void
check_hmac(const char *text, size_t length, const char *key)
{
	unsigned char secret[33], mac[EVP_MAX_MD_SIZE];
	char path[100], hex[2 * EVP_MAX_MD_SIZE + 1];
	unsigned octets = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/notices.secret", folder);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fread(secret, 1, sizeof(secret), file), 32);
	fclose(file);
	ck_assert_ptr_nonnull(HMAC(EVP_sha256(), secret, 32, (const unsigned char *)text, length, mac, &octets));
	for (unsigned i = 0; i < octets; i++)
		snprintf(hex + 2 * i, 3, "%02x", mac[i]);
	ck_assert_str_eq(key, hex);
}

START_TEST(keys_are_of_a_kind_and_of_a_name_in_any_case)
{
	char keys[NOTICE_OF_NETWORK + 1][NOTICE_KEY], other[NOTICE_KEY];

	begin();
	for (int of = 0; of <= NOTICE_OF_NETWORK; of++) {
		notices_key(notices, (enum notice_key_of)of, SPAN("mx.a.example"), keys[of]);
		ck_assert_uint_eq(strlen(keys[of]), NOTICE_KEY - 1);
		ck_assert_uint_eq(strspn(keys[of], "0123456789abcdef"), NOTICE_KEY - 1);
		for (int i = 0; i < of; i++)
			ck_assert_str_ne(keys[i], keys[of]);
	}
	check_hmac("party\0mx.a.example", 18, keys[NOTICE_OF_PARTY]);
	check_hmac("case-client\0mx.a.example", 24, keys[NOTICE_OF_CASE_CLIENT]);
	notices_key(notices, NOTICE_OF_ADDRESS, SPAN("Postmaster@A.Example"), other);
	notices_key(notices, NOTICE_OF_ADDRESS, SPAN("postmaster@a.example"), keys[0]);
	ck_assert_str_eq(other, keys[0]);
	/* The same after a restart; others in another folder. */
	again();
	notices_key(notices, NOTICE_OF_ADDRESS, SPAN("postmaster@a.example"), other);
	ck_assert_str_eq(other, keys[0]);
	notices_close(&notices);
	in_folder("rm notices.secret notices.db*");
	open_it();
	notices_key(notices, NOTICE_OF_ADDRESS, SPAN("postmaster@a.example"), other);
	ck_assert_str_ne(other, keys[0]);
	end();
}
END_TEST

START_TEST(the_secret_is_made_once_and_for_its_owner_alone)
{
	char path[100];
	struct stat status;

	begin();
	snprintf(path, sizeof(path), "%s/notices.secret", folder);
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_int_eq(status.st_size, 32);
	ck_assert_int_eq(status.st_mode & 0777, 0600);
	in_folder("test $(ls | grep -c secret) = 1");
	end();
}
END_TEST

static const struct { const char *name, *damage, *says; } secrets[] = {
	{ "too short", "truncate -s 31 notices.secret", "not 32 octets" },
	{ "empty", ": > notices.secret", "not 32 octets" },
	{ "too long", "echo >> notices.secret", "not 32 octets" },
	{ "no file", "rm notices.secret && mkdir notices.secret", "not 32 octets" },
	{ "a link", "mv notices.secret elsewhere && ln -s elsewhere notices.secret", "notices.secret" },
	{ "gone, with a database", "rm notices.secret", "notices.db does not tell" },
	{ "gone, with a list", "rm notices.secret notices.db* && touch notices.stopped", "notices.stopped does not tell" },
};

/* A new one would forget who wants none (N53). */
START_TEST(a_secret_that_is_not_as_it_was_is_never_replaced)
{
	for (size_t i = 0; i < sizeof(secrets) / sizeof(*secrets); i++) {
		begin();
		notices_close(&notices);
		in_folder(secrets[i].damage);
		in_folder("ls -lR --time-style=+ > ../sealpost-test-notices-before");
		ck_assert_msg(notices_open(folder, why, sizeof(why)) == NULL, "%s", secrets[i].name);
		ck_assert_msg(strstr(why, secrets[i].says) != NULL, "%s: %s", secrets[i].name, why);
		in_folder("ls -lR --time-style=+ | cmp - ../sealpost-test-notices-before && rm ../sealpost-test-notices-before");
		end();
	}
}
END_TEST

START_TEST(what_a_crash_left_of_a_secret_is_no_secret)
{
	begin();
	notices_close(&notices);
	in_folder("rm notices.* && echo half > notices.secret.new");
	open_it();
	in_folder("test $(stat -c %s notices.secret) = 32 && test ! -e notices.secret.new");
	end();
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_said_to_be_so)
{
	begin();
	ck_assert_ptr_null(notices_open("/nonexistent/folder", why, sizeof(why)));
	ck_assert_ptr_nonnull(strstr(why, "/nonexistent/folder"));
	end();
}
END_TEST

/* N51: persisted. */
START_TEST(parties_are_what_they_were_after_a_restart)
{
	struct notice_party party, found;

	begin();
	ck_assert(notices_party_get(notices, party_of("a.example"), &party));
	ck_assert_int_eq(party.state, NOTICE_WATCHED);
	ck_assert_str_eq(party.key, party_of("a.example"));
	ck_assert_int_eq(notice_due(&party, &limits, NOW), NOTICE_STEP_FIRST);
	notice_party_sent(&party, 3, "dane-mismatch", NOW);
	notice_party_taken(&party, &limits, NOW + 60);
	ck_assert(notices_party_put(notices, &party));
	again();
	ck_assert(notices_party_get(notices, party_of("a.example"), &found));
	ck_assert_str_eq(found.key, party.key);
	ck_assert_str_eq(found.fault, "dane-mismatch");
	ck_assert_int_eq(found.state, NOTICE_TOLD);
	ck_assert_uint_eq(found.notices, 1);
	ck_assert_uint_eq(found.contact, 3);	/* who took it is reminded */
	ck_assert_int_eq(found.sent_s, NOW);
	ck_assert_int_eq(found.told_s, NOW + 60);
	ck_assert_int_eq(found.again_s, party.again_s);
	ck_assert_int_eq(notice_due(&found, &limits, NOW + DAY), NOTICE_STEP_NONE);
	/* Another is another. */
	ck_assert(notices_party_get(notices, party_of("b.example"), &found));
	ck_assert_int_eq(found.state, NOTICE_WATCHED);
	end();
}
END_TEST

/* --- mails --- */

static const struct contact rname = { CONTACT_RNAME, { "Dns@b.example", 13 } };

static void
mail(uint64_t number, int64_t sent_s, enum notice_mail_state state, int64_t ended_s)
{
	const struct mid mid = { 77, number };
	char party[NOTICE_KEY];
	bool is_known;

	ck_assert(notices_mail_add(notices, mid, party_of("a.example"), &rname, sent_s));
	if (state == NOTICE_MAIL_QUEUED)
		return;
	ck_assert(notices_mail_end(notices, mid, state, ended_s, &is_known, party));
	ck_assert(is_known);
	ck_assert_str_eq(party, party_of("a.example"));
	/* With its party, and not without. */
	ck_assert(notices_party_put(notices, &(struct notice_party){ .state = NOTICE_TOLD }));
}

/* N51: who looks after the zones of many operators is one person. */
START_TEST(an_address_was_told_for_whichever_party)
{
	begin();
	mail(1, NOW - 100, NOTICE_MAIL_QUEUED, 0);
	again();
	ck_assert(notices_address_is_told(notices, SPAN("dns@b.example"), NOW - 101));
	ck_assert(!notices_address_is_told(notices, SPAN("dns@b.example"), NOW - 100));
	ck_assert(!notices_address_is_told(notices, SPAN("postmaster@b.example"), 0));
	end();
}
END_TEST

/* N51, and the brake: counts persist. */
START_TEST(mails_are_counted_over_restarts)
{
	struct notice_counts counts;

	begin();
	mail(1, NOW - 3 * DAY, NOTICE_MAIL_TAKEN, NOW - 2 * DAY);
	mail(2, NOW - 100, NOTICE_MAIL_TAKEN, NOW - 90);
	mail(3, NOW - 80, NOTICE_MAIL_BOUNCED, NOW - 70);
	mail(4, NOW - 60, NOTICE_MAIL_NO_TLS, NOW - 50);
	mail(5, NOW - 40, NOTICE_MAIL_QUEUED, 0);
	again();
	ck_assert(notices_count(notices, NOW - DAY, &counts));
	ck_assert_uint_eq(counts.sent, 4);
	ck_assert_uint_eq(counts.ended, 3);
	ck_assert_uint_eq(counts.taken, 1);
	ck_assert_uint_eq(counts.bounced, 1);
	ck_assert_uint_eq(counts.no_tls, 1);
	ck_assert(notices_count(notices, 0, &counts));
	ck_assert_uint_eq(counts.sent, 5);
	ck_assert_uint_eq(counts.ended, 4);
	end();
}
END_TEST

START_TEST(a_mail_is_under_way_until_it_has_ended_once)
{
	const struct mid mid = { 77, 1 }, strange = { 78, 1 };
	char party[NOTICE_KEY];
	bool is_known;

	begin();
	ck_assert(!notices_mail_is_under_way(notices, party_of("a.example")));
	mail(1, NOW, NOTICE_MAIL_QUEUED, 0);
	again();
	ck_assert(notices_mail_is_under_way(notices, party_of("a.example")));
	ck_assert(!notices_mail_is_under_way(notices, party_of("b.example")));
	/* No mail of ours. */
	ck_assert(notices_mail_end(notices, strange, NOTICE_MAIL_TAKEN, NOW, &is_known, party));
	ck_assert(!is_known);
	ck_assert(notices_mail_end(notices, mid, NOTICE_MAIL_BOUNCED, NOW, &is_known, party));
	ck_assert(is_known);
	ck_assert(!notices_mail_is_under_way(notices, party_of("a.example")));
	/* Told twice, it has ended once. */
	ck_assert(notices_mail_end(notices, mid, NOTICE_MAIL_TAKEN, NOW, &is_known, party));
	ck_assert(!is_known);
	mail(2, NOW, NOTICE_MAIL_QUEUED, 0);
	ck_assert(notices_mail_remove(notices, (struct mid){ 77, 2 }));
	ck_assert(!notices_mail_is_under_way(notices, party_of("a.example")));
	/* The same message is not added twice. */
	ck_assert(!notices_mail_add(notices, mid, party_of("a.example"), &rname, NOW));
	fake_log_expect("event=notices-store *");
	end();
}
END_TEST

/* N63: bounded queries per day. */
START_TEST(look_ups_of_a_day_are_bounded)
{
	begin();
	for (unsigned i = 0; i < 3; i++)
		ck_assert(notices_lookup_take(notices, &limits, NOW));
	ck_assert_uint_eq(notices_lookups_count(notices, NOW), 3);
	ck_assert(!notices_lookup_take(notices, &limits, NOW));
	again();
	ck_assert(!notices_lookup_take(notices, &limits, NOW + DAY - 1));
	ck_assert(notices_lookup_take(notices, &limits, NOW + DAY));
	end();
}
END_TEST

/* --- who wants none: N53, by address, domain, network; and by party --- */

static const struct {
	const char *name;
	enum notice_key_of of;
	const char *stopped;
	const char *party, *address, *ip;
	bool is_stopped;
} stops[] = {
	{ "an address", NOTICE_OF_ADDRESS, "postmaster@a.example", "p.example", "postmaster@a.example", "", true },
	{ "in capitals", NOTICE_OF_ADDRESS, "PostMaster@A.example", "p.example", "postmaster@a.EXAMPLE", "", true },
	{ "another address", NOTICE_OF_ADDRESS, "postmaster@a.example", "p.example", "abuse@a.example", "", false },
	{ "a party", NOTICE_OF_PARTY, "p.example", "p.example", "x@a.example", "", true },
	{ "another party", NOTICE_OF_PARTY, "p.example", "q.example", "x@p.example", "", false },
	{ "a domain", NOTICE_OF_DOMAIN, "example.org", "p.example", "x@example.org", "", true },
	{ "what is below it", NOTICE_OF_DOMAIN, "example.org", "p.example", "x@a.sub.example.org", "", true },
	{ "what is above it", NOTICE_OF_DOMAIN, "sub.example.org", "p.example", "x@example.org", "", false },
	{ "what ends as it does", NOTICE_OF_DOMAIN, "example.org", "p.example", "x@anexample.org", "", false },
	{ "a top level", NOTICE_OF_DOMAIN, "org", "p.example", "x@example.org", "", true },
	{ "a host", NOTICE_OF_NETWORK, "192.0.2.1", "p.example", "x@a.example", "192.0.2.1", true },
	{ "another host", NOTICE_OF_NETWORK, "192.0.2.1", "p.example", "x@a.example", "192.0.2.2", false },
	{ "a host with its prefix", NOTICE_OF_NETWORK, "192.0.2.1/32", "p.example", "x@a.example", "192.0.2.1", true },
	{ "a network", NOTICE_OF_NETWORK, "192.0.2.0/24", "p.example", "x@a.example", "192.0.2.77", true },
	{ "another network", NOTICE_OF_NETWORK, "192.0.2.0/24", "p.example", "x@a.example", "192.0.3.77", false },
	{ "of any prefix", NOTICE_OF_NETWORK, "192.0.0.0/14", "p.example", "x@a.example", "192.3.3.77", true },
	{ "of IPv6", NOTICE_OF_NETWORK, "2001:db8:1::/48", "p.example", "x@a.example", "2001:db8:1:2::3", true },
	{ "IPv6 is not IPv4", NOTICE_OF_NETWORK, "::/0", "p.example", "x@a.example", "192.0.2.1", false },
	{ "of no address nothing is known", NOTICE_OF_NETWORK, "0.0.0.0/0", "p.example", "x@a.example", "", false },
};

START_TEST(who_wants_none_gets_none)
{
	bool was_stopped;

	begin();
	ck_assert(!is_stopped(stops[_i].party, stops[_i].address, stops[_i].ip));
	ck_assert(notices_stop(notices, stops[_i].of, span_of(stops[_i].stopped), "operator", NOW));
	ck_assert_msg(is_stopped(stops[_i].party, stops[_i].address, stops[_i].ip) == stops[_i].is_stopped, "%s", stops[_i].name);
	/* Over restarts, and for ever. */
	notices_expire(notices, &limits, NOW + 10000LL * DAY);
	again();
	ck_assert_msg(is_stopped(stops[_i].party, stops[_i].address, stops[_i].ip) == stops[_i].is_stopped, "%s", stops[_i].name);
	ck_assert_uint_eq(notices_stopped_count(notices), 1);
	/* Until the operator allows it again. */
	ck_assert(notices_allow(notices, stops[_i].of, span_of(stops[_i].stopped), &was_stopped));
	ck_assert(was_stopped);
	ck_assert(notices_allow(notices, stops[_i].of, span_of(stops[_i].stopped), &was_stopped));
	ck_assert(!was_stopped);
	again();
	ck_assert(!is_stopped(stops[_i].party, stops[_i].address, stops[_i].ip));
	end();
}
END_TEST

START_TEST(what_is_no_network_cannot_be_stopped)
{
	begin();
	ck_assert(!notices_stop(notices, NOTICE_OF_NETWORK, SPAN("192.0.2.1/24"), "operator", NOW));
	ck_assert(!notices_stop(notices, NOTICE_OF_NETWORK, SPAN("a.example"), "operator", NOW));
	ck_assert_uint_eq(notices_stopped_count(notices), 0);
	end();
}
END_TEST

static void
token_make(const char *party, const char *address, char token[STOP_TOKEN + 1])
{
	ck_assert(notices_token(notices, party_of(party), span_of(address), token));
	ck_assert_uint_eq(strlen(token), STOP_TOKEN);
	ck_assert_uint_eq(strspn(token, "0123456789abcdef"), STOP_TOKEN);
}

/* Issue: mail to the address that stops notices is honoured for ever; N53. */
START_TEST(a_token_stops_the_party_and_the_contact_for_ever)
{
	char token[STOP_TOKEN + 1], other[STOP_TOKEN + 1];
	bool was_stopped;

	begin();
	token_make("p.example", "postmaster@a.example", token);
	token_make("q.example", "postmaster@a.example", other);
	ck_assert_str_ne(token, other);
	/* The database is lost between the notice and the reply: the token tells by itself. */
	notices_close(&notices);
	in_folder("rm notices.db*");
	open_it();
	token_make("p.example", "Postmaster@a.example", other);
	ck_assert_str_eq(token, other);
	ck_assert(!is_stopped("p.example", "postmaster@a.example", ""));
	ck_assert_int_eq(notices_token_stop(notices, span_of(token), NOW), STOP_DONE);
	ck_assert_int_eq(notices_token_stop(notices, span_of(token), NOW + 1), STOP_DONE);
	again();
	ck_assert(is_stopped("p.example", "x@b.example", ""));
	ck_assert(is_stopped("q.example", "postmaster@a.example", ""));
	ck_assert(!is_stopped("q.example", "x@a.example", ""));
	in_folder("test $(wc -l < notices.stopped) = 2");
	/* The operator may allow it again, as what the operator stopped. */
	ck_assert(notices_allow_party(notices, party_of("p.example"), &was_stopped) && was_stopped);
	ck_assert(notices_allow(notices, NOTICE_OF_ADDRESS, SPAN("postmaster@a.example"), &was_stopped) && was_stopped);
	again();
	ck_assert(!is_stopped("p.example", "postmaster@a.example", ""));
	end();
}
END_TEST

START_TEST(a_token_that_was_not_made_here_stops_nobody)
{
	char token[STOP_TOKEN + 1];

	begin();
	token_make("p.example", "postmaster@a.example", token);
	for (unsigned i = 0; i < STOP_TOKEN; i++) {
		char wrong[STOP_TOKEN + 1];

		memcpy(wrong, token, sizeof(wrong));
		wrong[i] = wrong[i] == '0' ? '1' : '0';
		ck_assert_int_eq(notices_token_stop(notices, span_of(wrong), NOW), STOP_NO_SUCH);
	}
	ck_assert_int_eq(notices_token_stop(notices, span_first(span_of(token), STOP_TOKEN - 1), NOW), STOP_NO_SUCH);
	ck_assert_int_eq(notices_token_stop(notices, SPAN(""), NOW), STOP_NO_SUCH);
	ck_assert_int_eq(notices_token_stop(notices, SPAN("../../../../../../../../etc/pass"), NOW), STOP_NO_SUCH);
	ck_assert_uint_eq(notices_stopped_count(notices), 0);
	in_folder("test ! -e notices.stopped");
	end();
}
END_TEST

/* --- damage --- */

static void
stop_some(void)
{
	char token[STOP_TOKEN + 1];
	bool was_stopped;

	ck_assert(notices_stop(notices, NOTICE_OF_DOMAIN, SPAN("a.example"), "operator", NOW));
	ck_assert(notices_stop(notices, NOTICE_OF_DOMAIN, SPAN("b.example"), "operator", NOW));
	ck_assert(notices_allow(notices, NOTICE_OF_DOMAIN, SPAN("b.example"), &was_stopped));
	token_make("p.example", "postmaster@c.example", token);
	ck_assert_int_eq(notices_token_stop(notices, span_of(token), NOW), STOP_DONE);
}

static void
check_some(void)
{
	ck_assert(is_stopped("q.example", "x@a.example", ""));
	ck_assert(!is_stopped("q.example", "x@b.example", ""));
	ck_assert(is_stopped("p.example", "x@d.example", ""));
	ck_assert(is_stopped("q.example", "postmaster@c.example", ""));
	ck_assert_uint_eq(notices_stopped_count(notices), 3);
}

/* N51, N53: what was begun anew knows who wants none, and tells nobody for a week, as it does not know who was told. */
static void
check_held(void)
{
	struct notice_party party;

	ck_assert(notices_party_get(notices, party_of("z.example"), &party));
	ck_assert_int_eq(notice_due(&party, &limits, NOW + NOTICE_LEAST_S - 1), NOTICE_STEP_NONE);
	ck_assert_int_eq(notice_due(&party, &limits, NOW + NOTICE_LEAST_S), NOTICE_STEP_FIRST);
}

START_TEST(a_damaged_database_keeps_who_wants_none)
{
	begin();
	stop_some();
	notices_close(&notices);
	in_folder("echo not a database, but long enough to be looked at as one > notices.db");
	open_it();
	fake_log_expect("event=notices-store-damaged file=*/notices.db *");
	check_some();
	check_held();
	again();
	check_some();
	check_held();
	end();
}
END_TEST

START_TEST(damage_that_shows_later_keeps_who_wants_none)
{
	struct notice_party party;

	begin();
	stop_some();
	store_fault(notices->store, SQLITE_CORRUPT);
	/* Until it is begun anew nobody is known not to be stopped, and nothing is said to be on disk. */
	ck_assert(is_stopped("z.example", "x@z.example", ""));
	ck_assert(!notices_party_get(notices, party_of("z.example"), &party));
	ck_assert(!notices_stop(notices, NOTICE_OF_DOMAIN, SPAN("z.example"), "operator", NOW));
	ck_assert(notices_mail_is_under_way(notices, party_of("z.example")));
	ck_assert(!notices_lookup_take(notices, &limits, NOW));
	fake_settle();
	fake_log_expect("event=notices-store *");
	fake_log_expect("event=notices-store-damaged file=*/notices.db *");
	check_some();
	check_held();
	end();
}
END_TEST

static const struct { const char *name, *damage; } lists[] = {
	{ "gone", "rm notices.stopped" },
	{ "empty", ": > notices.stopped" },
	{ "cut off within a line", "truncate -s -9 notices.stopped" },
	{ "with a line that is none", "echo '+ nonsense' >> notices.stopped" },
	{ "with a line that has become another", "sed -i '1s/.*/+ nonsense/' notices.stopped" },
	{ "with what is no text", "head -c 5000 /dev/zero >> notices.stopped" },
	{ "with half a line, as a crash leaves it", "printf '+ 0123456789ab mai' >> notices.stopped" },
};

START_TEST(a_damaged_list_is_written_again_from_the_database)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		begin();
		stop_some();
		/* So that there is a line for each row. */
		notices_close(&notices);
		open_it();
		notices_close(&notices);
		in_folder(lists[i].damage);
		open_it();
		check_some();
		notices_close(&notices);
		in_folder("test $(wc -l < notices.stopped) = 3 && test $(stat -c %a notices.stopped) = 600 && rm notices.db*");
		open_it();
		check_some();
		end();
	}
}
END_TEST

/* Killed between the line and the row: what was to be stopped is. */
START_TEST(a_line_without_a_row_counts_at_the_next_start)
{
	begin();
	stop_some();
	notices_close(&notices);
	in_folder("sqlite3 notices.db 'DELETE FROM stop' 2> /dev/null || rm notices.db*");
	open_it();
	check_some();
	/* A line that a crash has cut off does not take the next one with it. */
	in_folder("printf '+ 0123456789ab mai' >> notices.stopped");
	ck_assert(notices_stop(notices, NOTICE_OF_DOMAIN, SPAN("e.example"), "operator", NOW));
	notices_close(&notices);
	in_folder("rm notices.db*");
	open_it();
	ck_assert(is_stopped("q.example", "x@e.example", ""));
	ck_assert_uint_eq(notices_stopped_count(notices), 4);
	end();
}
END_TEST

START_TEST(a_list_that_cannot_be_written_stops_nobody_and_says_so)
{
	begin();
	in_folder("mkdir notices.stopped");
	ck_assert(!notices_stop(notices, NOTICE_OF_DOMAIN, SPAN("a.example"), "operator", NOW));
	fake_log_expect("event=notices-stopped *");
	ck_assert(!is_stopped("q.example", "x@a.example", ""));
	notices_close(&notices);
	ck_assert_ptr_null(notices_open(folder, why, sizeof(why)));
	ck_assert_ptr_nonnull(strstr(why, "who wants no notices"));
	fake_log_expect("event=notices-stopped *");
	end();
}
END_TEST

/* --- forgetting --- */

START_TEST(what_says_nothing_any_more_is_forgotten)
{
	struct notice_party party;
	struct notice_counts counts;
	struct notice_row row = { .since_day = 1, .failed = 5, .first_s = NOW, .last_s = NOW };
	bool is_known;

	begin();
	ck_assert(notices_party_get(notices, party_of("a.example"), &party));
	notice_party_sent(&party, 0, "protocol-old", NOW);
	notice_party_taken(&party, &limits, NOW);
	ck_assert(notices_party_put(notices, &party));
	ck_assert(notices_row_put(notices, "c1", &row));
	mail(1, NOW, NOTICE_MAIL_TAKEN, NOW);
	mail(2, NOW, NOTICE_MAIL_QUEUED, 0);
	/* All of it is still known when the silence ends. */
	notices_expire(notices, &limits, NOW + 180 * DAY);
	ck_assert(notices_party_get(notices, party_of("a.example"), &party));
	ck_assert_uint_eq(party.notices, 1);
	ck_assert(notices_count(notices, 0, &counts));
	ck_assert_uint_eq(counts.taken, 1);
	/* A mail whose end nobody told is not waited for so long, nor a case. */
	ck_assert(!notices_mail_is_under_way(notices, party_of("a.example")));
	ck_assert(notices_row_get(notices, "c1", &row, &is_known) && !is_known);
	notices_expire(notices, &limits, NOW + 1000 * DAY);
	ck_assert(notices_party_get(notices, party_of("a.example"), &party));
	ck_assert_uint_eq(party.notices, 0);
	ck_assert(notices_count(notices, 0, &counts));
	ck_assert_uint_eq(counts.sent, 0);
	end();
}
END_TEST

/* Issue: it names nobody. */
START_TEST(nothing_on_disk_names_anybody)
{
	struct notice_party party;

	begin();
	stop_some();
	ck_assert(notices_party_get(notices, party_of("p.example"), &party));
	notice_party_sent(&party, 0, "protocol-old", NOW);
	ck_assert(notices_party_put(notices, &party));
	mail(1, NOW, NOTICE_MAIL_QUEUED, 0);
	notices_close(&notices);
	in_folder("! grep -aqE 'example|postmaster' notices.*");
	end();
}
END_TEST

UNIT_MAIN_LOOPED("notice_store", who_wants_none_gets_none, stops, keys_are_of_a_kind_and_of_a_name_in_any_case,
    the_secret_is_made_once_and_for_its_owner_alone, a_secret_that_is_not_as_it_was_is_never_replaced, what_a_crash_left_of_a_secret_is_no_secret,
    a_folder_that_is_not_there_is_said_to_be_so, parties_are_what_they_were_after_a_restart, mails_are_counted_over_restarts,
    a_mail_is_under_way_until_it_has_ended_once, look_ups_of_a_day_are_bounded, what_is_no_network_cannot_be_stopped,
    an_address_was_told_for_whichever_party,
    a_token_stops_the_party_and_the_contact_for_ever, a_token_that_was_not_made_here_stops_nobody, a_damaged_database_keeps_who_wants_none,
    damage_that_shows_later_keeps_who_wants_none, a_damaged_list_is_written_again_from_the_database,
    a_line_without_a_row_counts_at_the_next_start, a_list_that_cannot_be_written_stops_nobody_and_says_so,
    what_says_nothing_any_more_is_forgotten, nothing_on_disk_names_anybody)
