/* Tests of src/lib-dns/resolver.c against a DNS server on loopback that does as the name asked for says. */
#include "dns/resolver.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop/clock.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "tests/unit/lib-dns/wire.h"
#include "tests/unit/unit.h"

#define RULES 16

static struct server {
	int udp, tcp, connection;
	unsigned port;
	struct watch *udp_watch, *tcp_watch, *connection_watch;
	struct sockaddr_in client;	/* of the question at hand */
	unsigned questions;		/* of all */
	unsigned with_do, with_cd, with_rd, by_tcp;
	unsigned ids[64];
	unsigned type;
} server;

static struct wire wire;
static struct dns_answer got;	/* the last, without its records */
static char got_address[IP_TEXT], got_name[256];
static unsigned answers, wanted;

static void
server_say(void)
{
	sendto(server.udp, wire.octets, wire.length, 0, (const struct sockaddr *)&server.client, sizeof(server.client));
}

static void
good_answer(unsigned id, unsigned flags, const char *name)
{
	wire_begin(&wire, id, flags, name, server.type);
	wire_record(&wire, WIRE_ANSWER, name, server.type, 60, server.type == DNS_A ? "192.0.2.1" : "10 mx.example");
}

/* Each by the first label of the name. Returns false to say nothing. */
static bool
server_judge(unsigned id, const char *name, bool is_tcp, bool checking_disabled, unsigned times)
{
	struct span what = span_first(span_of(name), span_find(span_of(name), '.'));

	good_answer(id, WIRE_OK, name);
	if (span_equal(what, SPAN("secure"))) {
		good_answer(id, WIRE_OK | WIRE_AD, name);
	} else if (span_equal(what, SPAN("bogus")) && !checking_disabled) {
		wire_begin(&wire, id, WIRE_OK | 2, name, server.type);
	} else if (span_equal(what, SPAN("dead"))) {
		wire_begin(&wire, id, WIRE_OK | 2, name, server.type);
	} else if (span_equal(what, SPAN("refused"))) {
		wire_begin(&wire, id, WIRE_OK | 5, name, server.type);
	} else if (span_equal(what, SPAN("absent"))) {
		wire_begin(&wire, id, WIRE_OK | 3, name, server.type);
	} else if (span_equal(what, SPAN("silent"))) {
		return false;
	} else if (span_equal(what, SPAN("late"))) {
		return times > 1;
	} else if (span_equal(what, SPAN("big")) && !is_tcp) {
		wire_begin(&wire, id, WIRE_OK | WIRE_TC, name, server.type);
	} else if (span_equal(what, SPAN("spoofed"))) {
		/* What a stranger who does not see the question could send comes first. */
		good_answer(id ^ 1, WIRE_OK, name);
		wire.octets[wire.length - 1] = 66;
		server_say();
		good_answer(id, WIRE_OK, "other.example");
		wire.octets[wire.length - 1] = 66;
		server_say();
		good_answer(id, WIRE_OK, name);
	} else if (span_equal(what, SPAN("short"))) {
		wire.length -= 3;
	}
	return true;
}

/* Take a question apart; the answer is then in `wire`. */
static bool
server_hear(const unsigned char *question, size_t length, bool is_tcp)
{
	static char names[RULES][128];
	static unsigned times[RULES];
	char name[128] = "";
	size_t at = 12, i = 0;
	unsigned id = (unsigned)(question[0] << 8 | question[1]);

	while (question[at] != 0 && strlen(name) < 100) {
		snprintf(name + strlen(name), sizeof(name) - strlen(name), "%s%.*s", *name == '\0' ? "" : ".", question[at], question + at + 1);
		at += 1 + question[at];
	}
	server.type = (unsigned)(question[at + 1] << 8 | question[at + 2]);
	server.ids[server.questions++ % 64] = id;
	server.with_rd += (question[2] & 1) != 0;
	server.with_cd += (question[3] & 0x10) != 0;
	server.with_do += question[11] == 1 && (question[length - 4] & 0x80) != 0;
	server.by_tcp += is_tcp;
	while (i < RULES - 1 && names[i][0] != '\0' && strcmp(names[i], name) != 0)
		i++;
	snprintf(names[i], sizeof(names[i]), "%s", name);
	return server_judge(id, name, is_tcp, (question[3] & 0x10) != 0, ++times[i]);
}

static void
on_udp(void *arg, unsigned ready)
{
	unsigned char question[1024];
	socklen_t length = sizeof(server.client);
	ssize_t n;

	(void)arg;
	(void)ready;
	while ((n = recvfrom(server.udp, question, sizeof(question), MSG_DONTWAIT, (struct sockaddr *)&server.client, &length)) > 0)
		if (server_hear(question, (size_t)n, false))
			server_say();
}

/* One question on a connection, which is then closed. */
static void
on_tcp_question(void *arg, unsigned ready)
{
	unsigned char question[1024], size[2];
	ssize_t n = read(server.connection, question, sizeof(question));

	(void)arg;
	(void)ready;
	if (n > 2 && server_hear(question + 2, (size_t)n - 2, true)) {
		size[0] = (unsigned char)(wire.length >> 8);
		size[1] = (unsigned char)wire.length;
		ck_assert_int_eq(write(server.connection, size, 2), 2);
		ck_assert_int_eq(write(server.connection, wire.octets, wire.length), (ssize_t)wire.length);
	}
	watch_free(&server.connection_watch);
	close(server.connection);
}

static void
on_tcp(void *arg, unsigned ready)
{
	(void)arg;
	(void)ready;
	server.connection = accept(server.tcp, NULL, NULL);
	server.connection_watch = watch_new(server.connection, on_tcp_question, NULL);
	watch_set(server.connection_watch, LOOP_READABLE);
}

static void
on_overdue(void *arg)
{
	(void)arg;
	ck_abort_msg("no answer came");
}

static void
server_open(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);

	server.udp = socket(AF_INET, SOCK_DGRAM, 0);
	server.tcp = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(server.udp, (struct sockaddr *)&address, sizeof(address)), 0);
	getsockname(server.udp, (struct sockaddr *)&address, &length);
	server.port = ntohs(address.sin_port);
	ck_assert_int_eq(bind(server.tcp, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(server.tcp, 5), 0);
	loop_init();
	server.udp_watch = watch_new(server.udp, on_udp, NULL);
	server.tcp_watch = watch_new(server.tcp, on_tcp, NULL);
	watch_set(server.udp_watch, LOOP_READABLE);
	watch_set(server.tcp_watch, LOOP_READABLE);
}

static struct resolver *
resolver_at(const char *address, int tries)
{
	char text[64], why[100] = "";
	const char *servers[] = { text };
	struct resolver *resolver;

	snprintf(text, sizeof(text), "%s:%u", address, server.port);
	resolver = resolver_new(servers, 1, 150, tries, why, sizeof(why));
	ck_assert_msg(resolver != NULL, "%s", why);
	return resolver;
}

static void
on_answer(void *arg, const struct dns_answer *answer)
{
	(void)arg;
	got = *answer;
	snprintf(got_name, sizeof(got_name), "%s", answer->name);
	got_address[0] = '\0';
	if (answer->count > 0 && answer->type == DNS_A)
		ip_format(answer->addresses[0], got_address);
	if (++answers == wanted)
		loop_stop();
}

/* Run until that many answers came. */
static void
await(unsigned count)
{
	struct timer *overdue = timer_new(on_overdue, NULL);

	wanted = answers + count;
	timer_start(overdue, 5000);
	loop_run();
	timer_free(&overdue);
}

static enum dns_trust trust;
static char trust_why[400];
static unsigned trusts;

static void
on_trust(void *arg, enum dns_trust found, const char *why)
{
	ck_assert_ptr_eq(arg, &trust);
	trust = found;
	snprintf(trust_why, sizeof(trust_why), "%s", why);
	trusts++;
	loop_stop();
}

/* Names whose first labels make a server that validates. */
static const struct dns_canaries canaries = { "secure.example", "found.example", "bogus.example" };

/* Run until the first result is there. */
static void
prove(struct resolver *resolver, const struct dns_canaries *asked)
{
	struct timer *overdue = timer_new(on_overdue, NULL);

	trusts = 0;
	resolver_prove(resolver, asked, on_trust, &trust);
	ck_assert_uint_eq(trusts, 0);
	timer_start(overdue, 5000);
	loop_run();
	timer_free(&overdue);
	ck_assert_uint_eq(trusts, 1);
	ck_assert_int_eq(resolver_trust(resolver), trust);
}

START_TEST(answers_are_typed)
{
	static const struct { const char *name; enum dns_status status; bool secure, is_asked_with_cd; const char *why; } rows[] = {
		{ "found.example", DNS_FOUND, false, false },
		{ "secure.example.", DNS_FOUND, true, false },
		{ "absent.example", DNS_NO_NAME, false, false },
		{ "bogus.example", DNS_BOGUS, false, true, "SERVFAIL, and an answer when signatures go unchecked" },
		{ "dead.example", DNS_FAILED, false, true, "SERVFAIL, or refused" },
		{ "refused.example", DNS_FAILED, false, true, "SERVFAIL, or refused" },
		{ "silent.example", DNS_FAILED, false, false, "no answer in time" },
		{ "short.example", DNS_FAILED, false, false, "no answer that can be read" },
		{ "late.example", DNS_FOUND, false, false },
		{ "spoofed.example", DNS_FOUND, false, false },
		{ "big.example", DNS_FOUND, false, false },
		{ "a b %  C.example", DNS_FOUND, false, false },	/* RFC 7208 7.1: %_ */
		{ "a\\032b.example.", DNS_FOUND, false, false },	/* the same space, as answers have it */
		{ "no\tname.example", DNS_FAILED, false, false, "no question can be made of that name" },
		{ "no\\009name.example", DNS_FAILED, false, false, "no question can be made of that name" },
		{ "no\\ name.example", DNS_FAILED, false, false, "no question can be made of that name" },
		{ "n\xc3\xb6.example", DNS_FAILED, false, false, "no question can be made of that name" },
		{ "", DNS_FOUND, false, false },
	};
	struct resolver *resolver;

	server_open();
	resolver = resolver_at("127.0.0.1", 2);
	prove(resolver, &canaries);
	ck_assert_msg(trust == DNS_TRUST_PROVED, "%s", trust_why);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		unsigned with_cd = server.with_cd;

		ck_assert_ptr_nonnull(resolver_ask(resolver, rows[i].name, DNS_A, on_answer, NULL));
		await(1);
		ck_assert_msg(got.status == rows[i].status, "%s: %d", rows[i].name, (int)got.status);
		ck_assert_msg(got.secure == rows[i].secure, "%s", rows[i].name);
		ck_assert_msg((server.with_cd > with_cd) == rows[i].is_asked_with_cd, "%s: %u with CD", rows[i].name, server.with_cd);
		ck_assert_str_eq(got_address, rows[i].status == DNS_FOUND ? "192.0.2.1" : "");
		ck_assert_uint_eq(got.count, rows[i].status == DNS_FOUND);
		if (rows[i].why != NULL)
			ck_assert_str_eq(got.why, rows[i].why);
	}
	ck_assert_uint_ge(server.by_tcp, 1);
	ck_assert_uint_eq(server.with_rd, server.questions);
	ck_assert_uint_eq(server.with_do, server.questions);
	resolver_free(&resolver);
}
END_TEST

/* What the same answers come to, by what the resolver has shown (standards.md D50, D51, D53). */
START_TEST(ad_is_worth_what_the_resolver_has_shown)
{
	static const struct {
		struct dns_canaries canaries;	/* none = nobody asks for a proof */
		enum dns_trust trust;
		enum dns_status status;		/* of an answer with AD */
		bool secure;
	} rows[] = {
		{ { NULL, NULL, NULL }, DNS_TRUST_OFF, DNS_FOUND, false },
		{ { "secure.example", "found.example", "bogus.example" }, DNS_TRUST_PROVED, DNS_FOUND, true },
		{ { "secure.example", "absent.example", "bogus.example" }, DNS_TRUST_PROVED, DNS_FOUND, true },
		{ { "found.example", "found.example", "bogus.example" }, DNS_TRUST_DISPROVED, DNS_FOUND, false },
		{ { "secure.example", "secure.example", "bogus.example" }, DNS_TRUST_DISPROVED, DNS_FOUND, false },
		{ { "secure.example", "found.example", "found.example" }, DNS_TRUST_DISPROVED, DNS_FOUND, false },
		{ { "secure.example", "found.example", "silent.example" }, DNS_TRUST_UNDECIDED, DNS_FAILED, false },
		{ { "dead.example", "found.example", "bogus.example" }, DNS_TRUST_UNDECIDED, DNS_FAILED, false },
	};

	server_open();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct resolver *resolver = resolver_at("127.0.0.1", 1);

		ck_assert_int_eq(resolver_trust(resolver), DNS_TRUST_OFF);
		if (rows[i].canaries.signed_name != NULL)
			prove(resolver, &rows[i].canaries);
		ck_assert_msg(resolver_trust(resolver) == rows[i].trust, "row %zu: %s", i, trust_why);
		resolver_ask(resolver, "secure.example", DNS_A, on_answer, NULL);
		await(1);
		ck_assert_msg(got.status == rows[i].status && got.secure == rows[i].secure, "row %zu: %d", i, (int)got.status);
		ck_assert_uint_eq(got.count, rows[i].status == DNS_FOUND);
		ck_assert_str_eq(got_name, "secure.example");
		ck_assert_str_eq(got.alias, "");
		/* Without AD there is nothing to doubt. */
		resolver_ask(resolver, "found.example", DNS_A, on_answer, NULL);
		await(1);
		ck_assert(got.status == DNS_FOUND && !got.secure);
		resolver_free(&resolver);
	}
}
END_TEST

/* Nothing is secure, and nothing insecure, before the first result; asked for again it is as in the beginning. */
START_TEST(until_a_result_is_there_ad_is_doubted)
{
	struct resolver *resolver;

	server_open();
	resolver = resolver_at("127.0.0.1", 1);
	for (int i = 0; i < 2; i++) {
		resolver_prove(resolver, &(struct dns_canaries){ "silent.example", "silent.example", "silent.example" }, on_trust, &trust);
		ck_assert_int_eq(resolver_trust(resolver), DNS_TRUST_UNDECIDED);
		resolver_ask(resolver, "secure.example", DNS_A, on_answer, NULL);
		await(1);
		ck_assert_int_eq(got.status, DNS_FAILED);
		prove(resolver, &canaries);
		ck_assert_int_eq(trust, DNS_TRUST_PROVED);
	}
	resolver_free(&resolver);
}
END_TEST

/* AD is a promise of whoever runs the resolver: over a network anyone could have set it (RFC 6698 A.3; standards.md D50). */
START_TEST(ad_is_believed_from_this_machine_only)
{
	char text[2][64], why[100];
	const char *servers[] = { text[0], text[1] };
	struct resolver *resolver;

	server_open();
	snprintf(text[0], sizeof(text[0]), "127.0.0.1:%u", server.port);
	snprintf(text[1], sizeof(text[1]), "192.0.2.53:53");
	resolver = resolver_new(servers, 2, 150, 2, why, sizeof(why));
	ck_assert_ptr_nonnull(resolver);
	prove(resolver, &canaries);
	ck_assert_int_eq(trust, DNS_TRUST_OFF);
	ck_assert_ptr_nonnull(strstr(trust_why, "192.0.2.53:53 is not on this machine"));
	ck_assert_uint_eq(server.questions, 0);
	resolver_ask(resolver, "secure.example", DNS_A, on_answer, NULL);
	await(1);
	ck_assert_int_eq(got.status, DNS_FOUND);
	ck_assert(!got.secure);
	resolver_free(&resolver);
}
END_TEST

static void
on_trust_free(void *arg, enum dns_trust found, const char *why)
{
	(void)found;
	(void)why;
	resolver_free(arg);
	loop_stop();
}

START_TEST(whoever_is_told_of_trust_may_free_the_resolver)
{
	const char *elsewhere = "192.0.2.53:53";
	struct resolver *resolver;
	char why[100];

	server_open();
	resolver = resolver_at("127.0.0.1", 1);
	resolver_prove(resolver, &canaries, on_trust_free, &resolver);
	loop_run();
	ck_assert_ptr_null(resolver);
	resolver = resolver_new(&elsewhere, 1, 150, 1, why, sizeof(why));
	resolver_prove(resolver, &canaries, on_trust_free, &resolver);
	loop_run();
	ck_assert_ptr_null(resolver);
}
END_TEST

START_TEST(identities_of_questions_cannot_be_guessed)
{
	struct resolver *resolver;
	unsigned steps = 0;

	server_open();
	resolver = resolver_at("127.0.0.1", 2);
	for (int i = 0; i < 32; i++)
		resolver_ask(resolver, "found.example", DNS_A, on_answer, NULL);
	await(32);
	ck_assert_uint_eq(server.questions, 32);
	for (int i = 1; i < 32; i++)
		steps += server.ids[i] != server.ids[i - 1] + 1 && server.ids[i] != server.ids[i - 1];
	ck_assert_uint_ge(steps, 30);
	resolver_free(&resolver);
}
END_TEST

static void
on_counted(void *arg, const struct dns_answer *answer)
{
	unsigned *found = arg;

	*found += answer->status == DNS_FOUND;
	on_answer(NULL, answer);
}

/* More than a socket buffers: what is lost there is not asked again here, and would fail after three seconds. */
START_TEST(a_thousand_questions_at_once_all_arrive)
{
	struct resolver *resolver;
	struct lookup *cancelled;
	char text[64], why[100] = "";
	const char *servers[] = { text };
	unsigned found = 0;

	server_open();
	snprintf(text, sizeof(text), "127.0.0.1:%u", server.port);
	resolver = resolver_new(servers, 1, 3000, 1, why, sizeof(why));
	for (int i = 0; i < 1000; i++)
		resolver_ask(resolver, "found.example", DNS_A, on_counted, &found);
	cancelled = resolver_ask(resolver, "found.example", DNS_A, on_answer, NULL);
	lookup_cancel(&cancelled);
	await(1000);
	ck_assert_uint_eq(found, 1000);
	ck_assert_uint_eq(server.questions, 1000);
	resolver_free(&resolver);
}
END_TEST

START_TEST(questions_not_yet_sent_end_with_the_resolver)
{
	struct resolver *resolver, *other;

	server_open();
	resolver = resolver_at("127.0.0.1", 1);
	other = resolver_at("127.0.0.1", 1);
	for (int i = 0; i < 1000; i++)
		resolver_ask(resolver, "found.example", DNS_A, on_answer, NULL);
	resolver_free(&resolver);
	resolver_ask(other, "found.example", DNS_MX, on_answer, NULL);
	await(1);
	ck_assert_uint_eq(answers, 1);
	resolver_free(&other);
}
END_TEST

START_TEST(a_cancelled_lookup_is_silent)
{
	struct resolver *resolver;
	struct lookup *early, *late, *unsendable;

	server_open();
	resolver = resolver_at("127.0.0.1", 1);
	early = resolver_ask(resolver, "found.example", DNS_A, on_answer, NULL);
	late = resolver_ask(resolver, "silent.example", DNS_A, on_answer, NULL);
	unsendable = resolver_ask(resolver, "no name", DNS_A, on_answer, NULL);
	lookup_cancel(&early);
	lookup_cancel(&late);
	lookup_cancel(&unsendable);
	ck_assert_ptr_null(early);
	lookup_cancel(&early);
	resolver_ask(resolver, "found.example", DNS_MX, on_answer, NULL);
	await(1);
	ck_assert_int_eq(got.type, DNS_MX);
	resolver_free(&resolver);
}
END_TEST

START_TEST(freeing_the_resolver_ends_its_lookups_silently)
{
	struct resolver *resolver, *other;

	server_open();
	resolver = resolver_at("127.0.0.1", 1);
	other = resolver_at("127.0.0.1", 1);
	for (int i = 0; i < 4; i++)
		resolver_ask(resolver, i % 2 == 0 ? "silent.example" : "found.example", DNS_A, on_answer, NULL);
	resolver_ask(resolver, "no name.example", DNS_A, on_answer, NULL);	/* its answer is on the way already */
	resolver_free(&resolver);
	ck_assert_ptr_null(resolver);
	resolver_ask(other, "found.example", DNS_MX, on_answer, NULL);
	await(1);
	ck_assert_uint_eq(answers, 1);
	ck_assert_int_eq(got.type, DNS_MX);
	resolver_free(&other);
}
END_TEST

static void
on_answer_free(void *arg, const struct dns_answer *answer)
{
	on_answer(NULL, answer);
	resolver_free(arg);
}

START_TEST(whoever_is_told_may_free_the_resolver)
{
	struct resolver *resolver;

	server_open();
	resolver = resolver_at("127.0.0.1", 1);
	resolver_ask(resolver, "found.example", DNS_A, on_answer_free, &resolver);
	resolver_ask(resolver, "silent.example", DNS_A, on_answer, NULL);
	await(1);
	ck_assert_ptr_null(resolver);
}
END_TEST

START_TEST(servers_are_addresses)
{
	static const struct { const char *text; bool good; } rows[] = {
		{ "127.0.0.1", true }, { "127.0.0.1:53", true }, { "[::1]:53", true }, { "[::1]", true }, { "::1", true },
		{ "127.0.0.1:0", false }, { "127.0.0.1:65536", false }, { "127.0.0.1:", false }, { "localhost:53", false }, { "", false },
		{ "[::1", false }, { "[]:53", false }, { "127.0.0.1:53x", false },
	};
	char why[100] = "";

	loop_init();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct resolver *resolver = resolver_new(&rows[i].text, 1, 100, 1, why, sizeof(why));

		ck_assert_msg((resolver != NULL) == rows[i].good, "%s", rows[i].text);
		ck_assert(rows[i].good || strstr(why, "is not the address of a DNS server") != NULL);
		resolver_free(&resolver);
	}
	ck_assert_ptr_null(resolver_new(NULL, 0, 100, 1, why, sizeof(why)));
}
END_TEST

UNIT_MAIN("resolver", answers_are_typed, ad_is_worth_what_the_resolver_has_shown, until_a_result_is_there_ad_is_doubted,
    ad_is_believed_from_this_machine_only, whoever_is_told_of_trust_may_free_the_resolver, identities_of_questions_cannot_be_guessed,
    a_thousand_questions_at_once_all_arrive, questions_not_yet_sent_end_with_the_resolver,
    a_cancelled_lookup_is_silent, freeing_the_resolver_ends_its_lookups_silently, whoever_is_told_may_free_the_resolver,
    servers_are_addresses)
