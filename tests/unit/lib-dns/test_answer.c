/* Tests of src/lib-dns/answer.c (and name.c): responses, good and hostile. */
#include <stdio.h>

#include "dns/answer.h"
#include "tests/unit/lib-dns/wire.h"
#include "tests/unit/unit.h"

static struct arena *arena;
static struct wire wire;
static struct dns_answer answer;

static void
decode(struct span octets, const char *name, enum dns_type type)
{
	arena_free(&arena);
	arena = arena_new();
	dns_answer_decode(octets, name, type, arena, &answer);
}

static void
decode_wire(const char *name, enum dns_type type)
{
	decode(wire_span(&wire), name, type);
}

static const char *
address_text(const struct ip *ip)
{
	static char text[IP_TEXT];

	return ip_format(*ip, text);
}

START_TEST(records_of_every_type_are_read)
{
	wire_begin(&wire, 1, WIRE_OK | WIRE_AD, "Example.ORG", DNS_MX);
	wire_record(&wire, WIRE_ANSWER, "EXAMPLE.org", DNS_MX, 300, "20 Second.Example.org");
	wire_record(&wire, WIRE_ANSWER, "example.org", DNS_MX, 200, "10 first.example.org");
	wire_record(&wire, WIRE_ANSWER, "example.org", 46, 100, "not.read");	/* a signature */
	decode_wire("example.org.", DNS_MX);
	ck_assert_int_eq(answer.status, DNS_FOUND);
	ck_assert(answer.secure);
	ck_assert_uint_eq(answer.ttl_s, 200);
	ck_assert_str_eq(answer.name, "example.org");
	ck_assert_uint_eq(answer.count, 2);
	ck_assert_uint_eq(answer.mx[0].preference, 20);
	ck_assert_str_eq(answer.mx[0].host, "second.example.org");
	ck_assert_str_eq(answer.mx[1].host, "first.example.org");

	wire_begin(&wire, 1, WIRE_OK, "h.example", DNS_A);
	wire_record(&wire, WIRE_ANSWER, "h.example", DNS_A, 5, "192.0.2.7");
	decode_wire("h.example", DNS_A);
	ck_assert_int_eq(answer.status, DNS_FOUND);
	ck_assert(!answer.secure);
	ck_assert_str_eq(address_text(&answer.addresses[0]), "192.0.2.7");

	wire_begin(&wire, 1, WIRE_OK, "h.example", DNS_AAAA);
	wire_record(&wire, WIRE_ANSWER, "h.example", DNS_AAAA, 5, "2001:db8::7");
	wire_record(&wire, WIRE_ANSWER, "h.example", DNS_AAAA, 5, "::ffff:127.0.0.1");
	decode_wire("h.example", DNS_AAAA);
	ck_assert_uint_eq(answer.count, 2);
	ck_assert_str_eq(address_text(&answer.addresses[0]), "2001:db8::7");
	ck_assert_str_eq(address_text(&answer.addresses[1]), "127.0.0.1");

	wire_begin(&wire, 1, WIRE_OK, "_mta-sts.example", DNS_TXT);
	wire_record(&wire, WIRE_ANSWER, "_mta-sts.example", DNS_TXT, 5, "v=STSv1; i|d=abc");
	wire_record(&wire, WIRE_ANSWER, "_mta-sts.example", DNS_TXT, 5, NULL);
	decode_wire("_mta-sts.example", DNS_TXT);
	ck_assert_uint_eq(answer.count, 2);
	ck_span_eq(answer.texts[0], "v=STSv1; id=abc");
	ck_span_eq(answer.texts[1], "");

	wire_begin(&wire, 1, WIRE_OK, "_25._tcp.mx.example", DNS_TLSA);
	wire_record(&wire, WIRE_ANSWER, "_25._tcp.mx.example", DNS_TLSA, 5, "3 1 1 00ff");
	wire_record(&wire, WIRE_ANSWER, "_25._tcp.mx.example", DNS_TLSA, 5, NULL);
	decode_wire("_25._tcp.mx.example", DNS_TLSA);
	ck_assert_uint_eq(answer.count, 2);
	ck_assert_uint_eq(answer.tlsa[0].usage, 3);
	ck_assert_uint_eq(answer.tlsa[0].selector, 1);
	ck_assert_uint_eq(answer.tlsa[0].matching, 1);
	ck_assert(span_equal(answer.tlsa[0].data, SPAN("\0\xff")));
	ck_assert_uint_eq(answer.tlsa[1].usage, 255);	/* there, and unusable */

	wire_begin(&wire, 1, WIRE_OK, "7.2.0.192.in-addr.arpa", DNS_PTR);
	wire_record(&wire, WIRE_ANSWER, "7.2.0.192.in-addr.arpa", DNS_PTR, 5, "H.example");
	wire_record(&wire, WIRE_ANSWER, "7.2.0.192.in-addr.arpa", DNS_PTR, 5, "other.example");
	decode_wire("7.2.0.192.in-addr.arpa", DNS_PTR);
	ck_assert_uint_eq(answer.count, 2);
	ck_assert_str_eq(answer.names[0], "h.example");
	ck_assert_str_eq(answer.names[1], "other.example");

	wire_begin(&wire, 1, WIRE_OK, "mx.example", DNS_CNAME);
	wire_record(&wire, WIRE_ANSWER, "mx.example", DNS_CNAME, 5, "real.example");
	decode_wire("mx.example", DNS_CNAME);
	ck_assert_int_eq(answer.status, DNS_FOUND);
	ck_assert_str_eq(answer.name, "mx.example");
	ck_assert_str_eq(answer.alias, "real.example");

	wire_begin(&wire, 1, WIRE_OK, "example.org", DNS_SOA);
	wire_record(&wire, WIRE_ANSWER, "Example.org", DNS_SOA, 60, "5");
	decode_wire("example.org", DNS_SOA);
	ck_assert_int_eq(answer.status, DNS_FOUND);
	ck_assert_str_eq(answer.name, "example.org");
	ck_assert_uint_eq(answer.count, 1);
	ck_assert_uint_eq(answer.ttl_s, 60);
	ck_assert_str_eq(answer.soa[0].mname, "ns.example");
	ck_assert_str_eq(answer.soa[0].rname, "hostmaster.example");
	arena_free(&arena);
}
END_TEST

START_TEST(null_mx_is_a_host_without_a_name)
{
	wire_begin(&wire, 1, WIRE_OK, "example.org", DNS_MX);
	wire_record(&wire, WIRE_ANSWER, "example.org", DNS_MX, 5, "0 ");
	decode_wire("example.org", DNS_MX);
	ck_assert_int_eq(answer.status, DNS_FOUND);
	ck_assert_uint_eq(answer.mx[0].preference, 0);
	ck_assert_str_eq(answer.mx[0].host, "");
	arena_free(&arena);
}
END_TEST

#define UNREADABLE "no answer that can be read"

/* Everything that is not a proper answer, by how the message is made. */
START_TEST(absence_is_told_from_failure)
{
	static const struct {
		unsigned flags;
		const char *soa;	/* minimum, with a TTL of 600 */
		bool has_ns;
		int extended;		/* upper bits of the rcode in an OPT record; -1 = no OPT */
		enum dns_status status;
		uint32_t ttl_s;
		const char *why;	/* of what failed */
	} rows[] = {
		{ WIRE_OK, "300", false, -1, DNS_NO_DATA, 300 },
		{ WIRE_OK, "900", false, 0, DNS_NO_DATA, 600 },
		{ WIRE_OK, "4294967295", false, 0, DNS_NO_DATA, 0 },
		{ WIRE_OK, NULL, false, -1, DNS_NO_DATA, 0 },
		{ WIRE_OK, NULL, true, -1, DNS_FAILED, 0, UNREADABLE },	/* a referral */
		{ WIRE_OK, "300", true, -1, DNS_NO_DATA, 300 },
		{ WIRE_OK | 3, "300", false, -1, DNS_NO_NAME, 300 },
		{ WIRE_OK | 3, NULL, false, -1, DNS_NO_NAME, 0 },
		{ WIRE_OK | 3, NULL, true, -1, DNS_NO_NAME, 0 },
		{ WIRE_OK | 2, "300", false, -1, DNS_FAILED, 0, "SERVFAIL" },
		{ WIRE_OK | 1, NULL, false, -1, DNS_FAILED, 0, "FORMERR" },
		{ WIRE_OK | 4, NULL, false, -1, DNS_FAILED, 0, "NOTIMP" },
		{ WIRE_OK | 5, NULL, false, -1, DNS_FAILED, 0, "REFUSED" },
		{ WIRE_OK, "300", false, 1, DNS_FAILED, 0, UNREADABLE },		/* BADVERS: its lower bits are those of success */
		{ WIRE_OK | WIRE_TC, "300", false, -1, DNS_FAILED, 0, UNREADABLE },
		{ WIRE_RD | WIRE_RA, "300", false, -1, DNS_FAILED, 0, UNREADABLE },	/* a question */
		{ WIRE_OK | 0x2000, "300", false, -1, DNS_FAILED, 0, UNREADABLE },	/* another opcode */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		wire_begin(&wire, 1, rows[i].flags, "example.org", DNS_MX);
		if (rows[i].soa != NULL)
			wire_record(&wire, WIRE_AUTHORITY, "org", 6, 600, rows[i].soa);
		if (rows[i].has_ns)
			wire_record(&wire, WIRE_AUTHORITY, "org", 2, 600, "ns.example");
		if (rows[i].extended >= 0)
			wire_record(&wire, WIRE_ADDITIONAL, "", 41, (unsigned)rows[i].extended << 24, NULL);
		decode_wire("example.org", DNS_MX);
		ck_assert_msg(answer.status == rows[i].status, "row %zu: %d", i, (int)answer.status);
		ck_assert_msg(answer.ttl_s == rows[i].ttl_s, "row %zu: %u", i, answer.ttl_s);
		ck_assert_uint_eq(answer.count, 0);
		if (rows[i].why != NULL)
			ck_assert_str_eq(answer.why, rows[i].why);
	}
	arena_free(&arena);
}
END_TEST

START_TEST(aliases_are_followed_eight_times_and_not_in_circles)
{
	for (unsigned length = 0; length < 12; length++) {
		char owner[32], target[32];

		wire_begin(&wire, 1, WIRE_OK, "c0.example", DNS_A);
		wire_record(&wire, WIRE_ANSWER, "elsewhere.example", DNS_A, 1, "192.0.2.66");
		snprintf(owner, sizeof(owner), "c%u.example", length);
		wire_record(&wire, WIRE_ANSWER, owner, DNS_A, 50, "192.0.2.1");
		for (unsigned i = length; i-- > 0;) {	/* in reverse order */
			snprintf(owner, sizeof(owner), "c%u.example", i);
			snprintf(target, sizeof(target), "C%u.example", i + 1);
			wire_record(&wire, WIRE_ANSWER, owner, DNS_CNAME, 40 + i, target);
		}
		decode_wire("c0.example", DNS_A);
		ck_assert_msg(answer.status == (length <= 8 ? DNS_FOUND : DNS_FAILED), "length %u", length);
		if (length > 8)
			continue;
		snprintf(owner, sizeof(owner), "c%u.example", length);
		ck_assert_str_eq(answer.name, owner);
		ck_assert_uint_eq(answer.count, 1);
		ck_assert_uint_eq(answer.ttl_s, length == 0 ? 50 : 40);
	}
	wire_begin(&wire, 1, WIRE_OK, "a.example", DNS_A);
	wire_record(&wire, WIRE_ANSWER, "a.example", DNS_CNAME, 5, "b.example");
	wire_record(&wire, WIRE_ANSWER, "b.example", DNS_CNAME, 5, "a.example");
	decode_wire("a.example", DNS_A);
	ck_assert_int_eq(answer.status, DNS_FAILED);

	wire_begin(&wire, 1, WIRE_OK, "a.example", DNS_A);
	wire_record(&wire, WIRE_ANSWER, "a.example", DNS_CNAME, 5, "b.example");
	wire_record(&wire, WIRE_ANSWER, "a.example", DNS_CNAME, 5, "c.example");
	decode_wire("a.example", DNS_A);
	ck_assert_int_eq(answer.status, DNS_FAILED);

	wire_begin(&wire, 1, WIRE_OK | 3, "a.example", DNS_MX);
	wire_record(&wire, WIRE_ANSWER, "a.example", DNS_CNAME, 5, "b.example");
	decode_wire("a.example", DNS_MX);
	ck_assert_int_eq(answer.status, DNS_NO_NAME);
	ck_assert_str_eq(answer.name, "b.example");

	/* An alias beside what is asked for: the alias counts, the record is not its. */
	wire_begin(&wire, 1, WIRE_OK, "a.example", DNS_MX);
	wire_record(&wire, WIRE_ANSWER, "a.example", DNS_MX, 5, "10 evil.example");
	wire_record(&wire, WIRE_ANSWER, "a.example", DNS_CNAME, 5, "b.example");
	decode_wire("a.example", DNS_MX);
	ck_assert_int_eq(answer.status, DNS_NO_DATA);
	arena_free(&arena);
}
END_TEST

START_TEST(only_records_of_the_name_type_and_class_count)
{
	wire_begin(&wire, 1, WIRE_OK, "a.example", DNS_A);
	wire_record(&wire, WIRE_ANSWER, "b.example", DNS_A, 5, "192.0.2.66");
	wire_record(&wire, WIRE_ANSWER, "a.example", DNS_AAAA, 5, "2001:db8::66");
	wire_record(&wire, WIRE_ADDITIONAL, "a.example", DNS_A, 5, "192.0.2.66");
	wire_record(&wire, WIRE_AUTHORITY, "a.example", DNS_A, 5, "192.0.2.66");
	decode_wire("a.example", DNS_A);
	ck_assert_int_eq(answer.status, DNS_NO_DATA);

	wire_begin(&wire, 1, WIRE_OK, "a.example", DNS_A);
	wire_record(&wire, WIRE_ANSWER, "a.example", DNS_A, 5, "192.0.2.1");
	wire.octets[wire.length - 11] = 3;	/* class CHAOS */
	decode_wire("a.example", DNS_A);
	ck_assert_int_eq(answer.status, DNS_NO_DATA);
	arena_free(&arena);
}
END_TEST

START_TEST(answers_to_other_questions_are_no_answers)
{
	static const struct { const char *name; enum dns_type type; } asked[] = {
		{ "b.example", DNS_A }, { "a.example", DNS_AAAA }, { "a.example.org", DNS_A }, { "", DNS_A }, { "a\\.example", DNS_A },
		{ "a b", DNS_A },
	};

	wire_begin(&wire, 1, WIRE_OK, "a.example", DNS_A);
	wire_record(&wire, WIRE_ANSWER, "a.example", DNS_A, 5, "192.0.2.1");
	for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
		decode_wire(asked[i].name, asked[i].type);
		ck_assert_msg(answer.status == DNS_FAILED, "row %zu", i);
	}
	wire.octets[5] = 2;	/* two questions */
	decode_wire("a.example", DNS_A);
	ck_assert_int_eq(answer.status, DNS_FAILED);
	arena_free(&arena);
}
END_TEST

START_TEST(times_to_live_are_bounded)
{
	static const struct { unsigned ttl_s, expected_s; } rows[] = {
		{ 0, 0 }, { 1, 1 }, { 604800, 604800 }, { 604801, 604800 }, { 0x7fffffff, 604800 }, { 0x80000000, 0 }, { 0xffffffff, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		wire_begin(&wire, 1, WIRE_OK, "a.example", DNS_A);
		wire_record(&wire, WIRE_ANSWER, "a.example", DNS_A, rows[i].ttl_s, "192.0.2.1");
		decode_wire("a.example", DNS_A);
		ck_assert_msg(answer.ttl_s == rows[i].expected_s, "row %zu: %u", i, answer.ttl_s);
	}
	arena_free(&arena);
}
END_TEST

START_TEST(counts_are_bounded)
{
	static const struct { unsigned records, others; enum dns_status status; } rows[] = {
		{ 100, 0, DNS_FOUND }, { 101, 0, DNS_FAILED }, { 1, 399, DNS_FOUND }, { 1, 400, DNS_FAILED },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		wire_begin(&wire, 1, WIRE_OK, "a.example", DNS_A);
		for (unsigned k = 0; k < rows[i].records; k++)
			wire_record(&wire, WIRE_ANSWER, "a.example", DNS_A, 5, "192.0.2.1");
		for (unsigned k = 0; k < rows[i].others; k++)
			wire_record(&wire, WIRE_ANSWER, "b.example", DNS_A, 5, "192.0.2.1");
		decode_wire("a.example", DNS_A);
		ck_assert_msg(answer.status == rows[i].status, "row %zu", i);
	}
	arena_free(&arena);
}
END_TEST

START_TEST(every_shorter_message_is_refused)
{
	wire_begin(&wire, 1, WIRE_OK, "example.org", DNS_MX);
	wire_record(&wire, WIRE_ANSWER, "example.org", DNS_CNAME, 5, "www.example.org");
	wire_record(&wire, WIRE_ANSWER, "www.example.org", DNS_MX, 5, "10 mx.example.org");
	wire_record(&wire, WIRE_AUTHORITY, "org", 6, 600, "300");
	wire_record(&wire, WIRE_ADDITIONAL, "", 41, 0, NULL);
	decode_wire("example.org", DNS_MX);
	ck_assert_int_eq(answer.status, DNS_FOUND);
	for (size_t length = 0; length < wire.length; length++) {
		char *exact = malloc(length + 1);	/* so that a sanitizer sees a read beyond */

		memcpy(exact, wire.octets, length);
		decode(span_make(exact, length), "example.org", DNS_MX);
		ck_assert_msg(answer.status == DNS_FAILED, "length %zu", length);
		free(exact);
	}
	arena_free(&arena);
}
END_TEST

#define NUMBERS "\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5"	/* of an SOA */

/* RDATA of one record, raw, behind a question for a.example (which stands at offset 12). */
START_TEST(malformed_data_and_names_are_refused)
{
	static const struct { enum dns_type type; struct span data; enum dns_status status; } rows[] = {
		{ DNS_A, { "\1\2\3", 3 }, DNS_FAILED },
		{ DNS_A, { "\1\2\3\4\5", 5 }, DNS_FAILED },
		{ DNS_AAAA, { "\1\2\3\4", 4 }, DNS_FAILED },
		{ DNS_MX, { "\0\12", 2 }, DNS_FAILED },
		{ DNS_MX, { "\0", 1 }, DNS_FAILED },
		{ DNS_MX, { "\0\12\xc0\x0c", 4 }, DNS_FOUND },		/* points to the question */
		{ DNS_MX, { "\0\12\xc0\x0e", 4 }, DNS_FOUND },		/* into its middle: "example" */
		{ DNS_MX, { "\0\12\xc0\x0c" "x", 5 }, DNS_FAILED },	/* something left behind the name */
		{ DNS_MX, { "\0\12\xc0\x29", 4 }, DNS_FAILED },		/* to itself */
		{ DNS_MX, { "\0\12\xff\xff", 4 }, DNS_FAILED },		/* beyond the message */
		{ DNS_MX, { "\0\12\1a\xc0\x29", 6 }, DNS_FAILED },	/* to its own beginning */
		{ DNS_MX, { "\0\12\x40" "a", 4 }, DNS_FAILED },		/* an extended label */
		{ DNS_MX, { "\0\12\x80" "a", 4 }, DNS_FAILED },
		{ DNS_MX, { "\0\12\1.\0", 5 }, DNS_FOUND },
		{ DNS_MX, { "\0\12\2a", 4 }, DNS_FAILED },		/* ends within a label */
		{ DNS_TXT, { "\5abc", 4 }, DNS_FAILED },
		{ DNS_TXT, { "\0\0\0", 3 }, DNS_FOUND },
		{ DNS_TLSA, { "\3\1", 2 }, DNS_FOUND },
		{ DNS_TLSA, { "", 0 }, DNS_FOUND },
		{ DNS_CNAME, { "\1a", 2 }, DNS_FAILED },
		{ DNS_PTR, { "\1a", 2 }, DNS_FAILED },
		{ DNS_PTR, { "\1a\0x", 4 }, DNS_FAILED },
		{ DNS_SOA, { "\1n\0\1h\0" NUMBERS, 26 }, DNS_FOUND },
		{ DNS_SOA, { "\0\0" NUMBERS, 22 }, DNS_FOUND },		/* the root, twice */
		{ DNS_SOA, { "\xc0\x0c\xc0\x0c" NUMBERS, 24 }, DNS_FOUND },
		{ DNS_SOA, { "\1n\0\1h\0" NUMBERS, 25 }, DNS_FAILED },	/* half a number */
		{ DNS_SOA, { "\1n\0\1h\0" NUMBERS "x", 27 }, DNS_FAILED },
		{ DNS_SOA, { "\1n\0" NUMBERS, 23 }, DNS_FAILED },		/* no mailbox: the numbers are taken for one */
		{ DNS_SOA, { "\1n\0\xc0\x2a" NUMBERS, 25 }, DNS_FAILED },	/* to itself */
		{ DNS_SOA, { "", 0 }, DNS_FAILED },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		wire_begin(&wire, 1, WIRE_OK, "a.example", rows[i].type);
		wire_add_count(&wire, WIRE_ANSWER, 1);
		wire_raw(&wire, "\xc0\x0c", 2);
		wire_number(&wire, rows[i].type, 2);
		wire_number(&wire, 1, 2);
		wire_number(&wire, 5, 4);
		wire_number(&wire, (unsigned)rows[i].data.length, 2);
		wire_raw(&wire, rows[i].data.data, rows[i].data.length);
		decode_wire("a.example", rows[i].type);
		ck_assert_msg(answer.status == rows[i].status, "row %zu: %d", i, (int)answer.status);
	}
	arena_free(&arena);
}
END_TEST

START_TEST(odd_octets_of_names_are_written_so_that_they_fool_nobody)
{
	static const struct { struct span labels; const char *text; } rows[] = {
		{ { "\3a.b\7example\0", 13 }, "a\\046b.example" },
		{ { "\3a\0b\7example\0", 13 }, "a\\000b.example" },
		{ { "\2\r\n\7example\0", 12 }, "\\013\\010.example" },
		{ { "\1\\\7example\0", 11 }, "\\092.example" },
		{ { "\2\xc3\xbc\7example\0", 12 }, "\\195\\188.example" },
		{ { "\4_A-z\7EXAMPLE\0", 14 }, "_a-z.example" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		wire_begin(&wire, 1, WIRE_OK, "a.example", DNS_MX);
		wire_record(&wire, WIRE_ANSWER, "a.example", DNS_MX, 5, NULL);
		wire.octets[wire.length - 1] = (unsigned char)(rows[i].labels.length + 2);
		wire_number(&wire, 10, 2);
		wire_raw(&wire, rows[i].labels.data, rows[i].labels.length);
		decode_wire("a.example", DNS_MX);
		ck_assert_int_eq(answer.status, DNS_FOUND);
		ck_assert_str_eq(answer.mx[0].host, rows[i].text);
	}
	arena_free(&arena);
}
END_TEST

/* RFC 1035 3.3.13: the first label of RNAME is a local part, and one with a dot is not two. */
START_TEST(a_dot_within_the_mailbox_of_a_zone_is_told_from_one_between_labels)
{
	wire_begin(&wire, 1, WIRE_OK, "a.example", DNS_SOA);
	wire_record(&wire, WIRE_ANSWER, "a.example", DNS_SOA, 5, NULL);
	wire.octets[wire.length - 1] = 2 + 4 + 2 + 2 + 20;
	wire_raw(&wire, "\xc0\x0c" "\3J.d\1e\xc0\x0c", 2 + 4 + 2 + 2);
	wire_number(&wire, 0, 10);
	wire_number(&wire, 0, 10);
	decode_wire("a.example", DNS_SOA);
	ck_assert_int_eq(answer.status, DNS_FOUND);
	ck_assert_str_eq(answer.soa[0].mname, "a.example");
	ck_assert_str_eq(answer.soa[0].rname, "j\\046d.e.a.example");
	arena_free(&arena);
}
END_TEST

START_TEST(names_have_255_octets_at_most)
{
	char name[300] = "";
	static const struct { unsigned last; enum dns_status status; } rows[] = { { 61, DNS_FOUND }, { 62, DNS_FAILED } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		size_t length = 0;

		for (unsigned k = 0; k < 3; k++) {
			memset(name + length, '\x01', 63);	/* the longest as text, too */
			name[length + 63] = '.';
			length += 64;
		}
		memset(name + length, '\x01', rows[i].last);
		name[length + rows[i].last] = '\0';
		wire_begin(&wire, 1, WIRE_OK, "a.example", DNS_CNAME);
		wire_record(&wire, WIRE_ANSWER, "a.example", DNS_CNAME, 5, name);
		decode_wire("a.example", DNS_CNAME);
		ck_assert_msg(answer.status == rows[i].status, "row %zu", i);
	}
	arena_free(&arena);
}
END_TEST

UNIT_MAIN("answer", records_of_every_type_are_read, null_mx_is_a_host_without_a_name, absence_is_told_from_failure,
    aliases_are_followed_eight_times_and_not_in_circles, only_records_of_the_name_type_and_class_count,
    answers_to_other_questions_are_no_answers, times_to_live_are_bounded, counts_are_bounded, every_shorter_message_is_refused,
    malformed_data_and_names_are_refused, a_dot_within_the_mailbox_of_a_zone_is_told_from_one_between_labels,
    odd_octets_of_names_are_written_so_that_they_fool_nobody, names_have_255_octets_at_most)
