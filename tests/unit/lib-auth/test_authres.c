/* Tests of src/lib-auth/authres.c and authres_strip.c (RFC 8601). */
#include "auth/authres.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/unit/unit.h"

#define ID "mx.example.org"
#define OUT_OCTETS (16 * 1024)

/* --- writing --- */

static struct buf out;
static struct authres field;

static void
begin(bool is_utf8)
{
	buf_init(&out, OUT_OCTETS);
	authres_begin(&field, &out, ID, is_utf8);
}

static void
written(const char *expected)
{
	ck_assert(authres_end(&field));
	ck_span_eq(buf_span(&out), expected);
	buf_clear(&out);
}

/* P60 */
START_TEST(the_id_comes_first_and_none_says_that_there_is_no_result)
{
	begin(false);
	written("Authentication-Results: " ID "; none\r\n");
	begin(false);
	authres_result(&field, "spf", "pass");
	authres_property(&field, "smtp.mailfrom", SPAN("a@example.org"));
	authres_result(&field, "dkim", "none");
	written("Authentication-Results: " ID ";\r\n\tspf=pass smtp.mailfrom=a@example.org;\r\n\tdkim=none\r\n");
}
END_TEST

/* P62, P63: what is no plain word is quoted, and no octet of it ends the value, the result or the field. */
START_TEST(values_from_outside_stay_values)
{
	static const struct {
		struct span value;
		const char *text;	/* "" = left out */
	} rows[] = {
		{ SPAN("example.org"), " p.x=example.org" },
		{ SPAN("a.b+c_d-1@example.org"), " p.x=a.b+c_d-1@example.org" },
		{ SPAN("@example.org"), " p.x=@example.org" },
		{ SPAN("a@"), " p.x=\"a@\"" },
		{ SPAN("a@b@c"), " p.x=\"a@b@c\"" },
		{ SPAN("[192.0.2.1]"), " p.x=\"[192.0.2.1]\"" },
		{ SPAN("a=b@example.org"), " p.x=\"a=b@example.org\"" },
		{ SPAN("ab/c+d=="), " p.x=\"ab/c+d==\"" },
		{ SPAN("\"a b\"@example.org"), " p.x=\"\\\"a b\\\"@example.org\"" },
		{ SPAN("a; dkim=pass"), " p.x=\"a; dkim=pass\"" },
		{ SPAN("a\\\"; dkim=pass"), " p.x=\"a\\\\\\\"; dkim=pass\"" },
		{ SPAN("(a)"), " p.x=\"(a)\"" },
		{ SPAN("a\r\nX: y"), " p.x=\"a??X: y\"" },
		{ SPAN("a\0b"), " p.x=\"a?b\"" },
		{ SPAN("\x7f\t"), " p.x=\"??\"" },
		{ SPAN("b\xc3\xbc@x.example"), " p.x=\"b??@x.example\"" },
		{ SPAN(""), "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char expected[300];

		begin(false);
		authres_result(&field, "m", "pass");
		authres_property(&field, "p.x", rows[i].value);
		snprintf(expected, sizeof(expected), "Authentication-Results: " ID ";\r\n\tm=pass%s\r\n", rows[i].text);
		written(expected);
	}
	begin(true);
	authres_result(&field, "m", "pass");
	authres_property(&field, "p.x", SPAN("b\xc3\xbc@x.example"));
	written("Authentication-Results: " ID ";\r\n\tm=pass p.x=\"b\xc3\xbc@x.example\"\r\n");
	/* RFC 6532 3.2: what is no UTF-8 is in no header, and C1 controls are for terminals only */
	begin(true);
	authres_result(&field, "m", "pass");
	authres_property(&field, "p.x", SPAN("\xff\xc3\xbc\xc3\xc2\x9b\xe2\x82\xac\xed\xa0\x80\r@x.example\xe2\x82"));
	written("Authentication-Results: " ID ";\r\n\tm=pass p.x=\"?\xc3\xbc???\xe2\x82\xac????@x.example??\"\r\n");
}
END_TEST

START_TEST(lines_are_folded_and_never_too_long)
{
	char value[AUTHRES_VALUE_MAX + 1];
	struct span rest, line;

	memset(value, '"', sizeof(value));
	begin(false);
	for (int i = 0; i < 5; i++) {
		authres_result(&field, "m", "pass");
		authres_property(&field, "p.a", SPAN("a-name-of-some-length.example.org"));
		authres_property(&field, "p.b", SPAN("a-name-of-some-length.example.org"));
		authres_property(&field, "p.c", span_make(value, AUTHRES_VALUE_MAX));
		authres_property(&field, "p.d", span_make(value, AUTHRES_VALUE_MAX + 1));
	}
	ck_assert(authres_end(&field));
	for (rest = buf_span(&out); span_cut(&rest, '\n', &line) && line.length > 0;) {
		ck_assert_uint_le(line.length, 998);
		ck_assert(line.length <= 79 || span_starts(line, SPAN("\tp.c=\"")));
		ck_assert_uint_eq(span_find(line, 'd'), line.length);
	}
	buf_clear(&out);
}
END_TEST

START_TEST(a_field_that_has_no_room_is_whole_all_the_same)
{
	for (size_t ceiling = 60; ceiling < 300; ceiling++) {
		buf_init(&out, ceiling);
		authres_begin(&field, &out, ID, false);
		for (int i = 0; i < 5; i++) {
			authres_result(&field, "m", "pass");
			authres_property(&field, "p.a", SPAN("a b; c"));
		}
		(void)authres_end(&field);
		ck_assert(span_ends_nocase(buf_span(&out), SPAN("\r\n")));
		ck_assert(span_ends_nocase(buf_span(&out), SPAN(";\r\n")) == false);
		buf_clear(&out);
	}
}
END_TEST

/* --- leaving out --- */

static struct span
strip_in_steps(const char *id, struct span message, size_t step, struct buf *kept, unsigned *removed)
{
	struct authres_strip strip;
	struct span octets, piece;

	authres_strip_init(&strip, id);
	buf_init(kept, message.length + 1);
	for (; message.length > 0; message = span_skip(message, step)) {
		octets = span_first(message, step);
		while (authres_strip_next(&strip, &octets, &piece))
			ck_assert(buf_add(kept, piece));
	}
	ck_assert(buf_add(kept, authres_strip_end(&strip)));
	*removed = strip.removed;
	return buf_span(kept);
}

static void
strip_check(const char *id, const char *message, const char *expected, unsigned fields)
{
	static const size_t steps[] = { SIZE_MAX, 1, 2, 3, 7, 19 };

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		struct span kept;
		unsigned removed;
		struct buf buf;

		kept = strip_in_steps(id, span_of(message), steps[i], &buf, &removed);
		ck_assert_msg(span_equal(kept, span_of(expected)), "%s\nin steps of %zu is\n%.*s", message, steps[i], SPAN_ARG(kept));
		ck_assert_msg(removed == fields, "%s: %u", message, removed);
		buf_clear(&buf);
	}
}

/* P61, PX4: every way to write ours, and each goes with its lines, and nothing else does. */
START_TEST(what_can_be_read_as_ours_goes)
{
	static const char *const fields[] = {
		"Authentication-Results: mx.example.org; spf=pass\r\n",
		"Authentication-Results:mx.example.org;none\r\n",
		"AUTHENTICATION-results: MX.Example.Org; none\r\n",
		"Authentication-Results : mx.example.org; none\r\n",
		"Authentication-Results\t \t: mx.example.org; none\r\n",
		"Authentication-Results\r\n : mx.example.org; none\r\n",
		"Authentication-Results:\r\n\tmx.example.org;\r\n\tspf=pass\r\n smtp.mailfrom=a\r\n",
		"Authentication-Results: \r\n \r\n mx.example.org; none\r\n",
		"Authentication-Results: (a comment) mx.example.org; none\r\n",
		"Authentication-Results: (a (nested) \\) one)\r\n mx.example.org (another); none\r\n",
		"Authentication-Results: \"mx.example.org\"; none\r\n",
		"Authentication-Results: \"mx.\\e\\xample.org\"; none\r\n",
		"Authentication-Results: \"mx.\"example.org; none\r\n",
		"Authentication-Results: mx.(x)example.org; none\r\n",
		"Authentication-Results: mx . example . org; none\r\n",
		"Authentication-Results: mx.example.org 1; none\r\n",
		"Authentication-Results: mx.example.org/1; none\r\n",
		"Authentication-Results: mx.example.org.; none\r\n",
		"Authentication-Results: mx.example.org\r\n",
		"Authentication-Results: mx.example.org spf=pass\r\n",
		"Authentication-Results: mx.example.org,spf=pass\r\n",
		"Authentication-Results: mx.example.org(x); none\r\n",
		"Authentication-Results: \"mx.example.org; none\r\n",
		/* PX4: nobody's name, and what some read as ours */
		"Authentication-Results: \r\n",
		"Authentication-Results: (\\) mx.example.org; dmarc=pass\r\n",
		"Authentication-Results: ((x) mx.example.org; dmarc=pass\r\n",
		"Authentication-Results:\x0bmx.example.org; none\r\n",
		"Authentication-Results\x0c: mx.example.org; none\r\n",
		"Authentication-Results: \x01mx.example.org; none\r\n",
		/* encoded words, which Sieve and others decode (RFC 5228 2.7.2) */
		"Authentication-Results: =?us-ascii?q?mx.example.org=3B_dmarc=3Dpass?=\r\n",
		"Authentication-Results: (x)\r\n =?utf-8?b?bXguZXhhbXBsZS5vcmc=?=; dmarc=pass\r\n",
		"Authentication-Results: mx.=?us-ascii?q?example.org?=; dmarc=pass\r\n",
		"Authentication-Results: \"=?us-ascii?q?mx.example.org?=\"; dmarc=pass\r\n",
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		char message[1000], expected[1000];

		snprintf(message, sizeof(message), "%sA: b\r\n%sC: d\r\n e\r\n%s\r\n%s", fields[i], fields[i], fields[i], fields[i]);
		snprintf(expected, sizeof(expected), "A: b\r\nC: d\r\n e\r\n\r\n%s", fields[i]);
		strip_check(ID, message, expected, 3);
	}
}
END_TEST

START_TEST(everything_else_stays_octet_for_octet)
{
	static const char *const messages[] = {
		"", "\r\n", "A: b\r\n", "A: b\r\n\r\n", "\r\nAuthentication-Results: mx.example.org; none\r\n",
		" Authentication-Results: mx.example.org; none\r\n\r\n",
		"A: b\r\n Authentication-Results: mx.example.org; none\r\n\r\n",
		"Authentication-Results: other.example; spf=pass\r\n\r\n",
		"Authentication-Results: mx.example.org.evil.example; spf=pass\r\n\r\n",
		"Authentication-Results: mx.example.orgx; spf=pass\r\n\r\n",
		"Authentication-Results: xmx.example.org; spf=pass\r\n\r\n",
		"Authentication-Results: mx.example; spf=pass\r\n\r\n",
		"Authentication-Results: <mx.example.org>; none\r\n\r\n",
		"Authentication-Results: other.example; mx.example.org\r\n mx.example.org\r\n\r\n",
		"Authentication-Results: (mx.example.org) other.example; none\r\n\r\n",
		"Authentication-Results: \"mx.example.org.evil\"; none\r\n\r\n",
		"Authentication-Results\r\nA: mx.example.org\r\n\r\n",
		"Authentication-Results-Of: mx.example.org\r\n\r\n",
		"ARC-Authentication-Results: i=1; mx.example.org; none\r\n\r\n",
		"X-Authentication-Results: mx.example.org\r\n\r\n",
		"Authentication-Resul\r\n\r\n", "Authentication-Results",
		/* without an authserv-id, as Exchange Online has them */
		"Authentication-Results: spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=a.example; dkim=none\r\n\r\n",
		"Authentication-Results: other.example; x=?us-ascii?q?mx.example.org?=\r\n\r\n",
		"Authentication-Results: mx=mx.example.org; none\r\n\r\n",
		"Authentication-Results: = ?us-ascii?q?mx.example.org?=\r\n\r\n",
	};

	for (size_t i = 0; i < sizeof(messages) / sizeof(*messages); i++)
		strip_check(ID, messages[i], messages[i], 0);
}
END_TEST

/* RFC 8601 5: A-labels and U-labels are one name. */
START_TEST(a_name_with_u_labels_is_ours_as_well)
{
	static const struct { const char *field; unsigned is_ours; } rows[] = {
		{ "Authentication-Results: mx.xn--bcher-kva.example; none\r\n", 1 },
		{ "Authentication-Results: MX.XN--BCHER-KVA.example. ; none\r\n", 1 },
		{ "Authentication-Results: mx.b\xc3\xbc" "cher.example; none\r\n", 1 },
		{ "Authentication-Results: MX.B\xc3\x9c" "CHER.Example/1; none\r\n", 1 },
		{ "Authentication-Results: mx.bu\xcc\x88" "cher.example.; none\r\n", 1 },
		{ "Authentication-Results: (x) \"mx.b\xc3\xbc\"cher\r\n .example (y) 1; none\r\n", 1 },
		{ "Authentication-Results: mx.b\xc3\xbc" "cher.example\r\n", 1 },
		{ "Authentication-Results: \r\n", 1 },
		{ "Authentication-Results: =?utf-8?q?mx.b=C3=BCcher.example?=; none\r\n", 1 },
		{ "Authentication-Results: mx.bucher.example; none\r\n", 0 },
		{ "Authentication-Results: mx.b\xc3\xbc" "cher.example.evil; none\r\n", 0 },
		{ "Authentication-Results: b\xc3\xbc" "cher.example; none\r\n", 0 },
		{ "Authentication-Results: mx.b\xc3" "cher.example; none\r\n", 0 },
		{ "Authentication-Results: other.example\r\n", 0 },
		{ "Authentication-Results: spf=pass smtp.mailfrom=a.example\r\n", 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char message[500];

		snprintf(message, sizeof(message), "A: b\r\n%sC: d\r\n\r\n", rows[i].field);
		strip_check("mx.xn--bcher-kva.example", message, rows[i].is_ours ? "A: b\r\nC: d\r\n\r\n" : message, rows[i].is_ours);
	}
	strip_check("mx.xn--bcher-kva.example", "Authentication-Results: mx.b\xc3\xbc" "cher.example", "", 1);
	strip_check("mx.xn--bcher-kva.example", "Authentication-Results: mx.example", "Authentication-Results: mx.example", 0);
}
END_TEST

/* A line that is no field does not end the header for everybody who reads it. */
START_TEST(the_header_ends_with_the_empty_line)
{
	strip_check(ID, "A: b\r\nno field\r\nAuthentication-Results: mx.example.org; none\r\nC: d\r\n\r\n", "A: b\r\nno field\r\nC: d\r\n\r\n", 1);
}
END_TEST

/* PX5: linear, and no more is held than there is room for: what is not decided by then goes. */
START_TEST(a_megabyte_of_nonsense_is_nothing)
{
	static const char *const patterns[] = { "(", ";", "\"", "\\", " \t", "=?", "<", "(\\)", "\r\n ", "a", "mx.example.org " };
	size_t length = 1 << 20;

	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
		struct span pattern = span_of(patterns[i]), kept;
		char *message = malloc(length + 30);
		clock_t begun = clock();
		unsigned removed;
		struct buf buf;

		memcpy(message, "Authentication-Results:", 23);
		for (size_t at = 23; at < length + 23; at++)
			message[at] = pattern.data[(at - 23) % pattern.length];
		kept = strip_in_steps(ID, span_make(message, length + 23), 4096, &buf, &removed);
		ck_assert(kept.length == 0 ? removed == 1 : removed == 0 && kept.length == length + 23);
		ck_assert_msg((double)(clock() - begun) / CLOCKS_PER_SEC < 0.1 * UNIT_SECONDS / 60, "%s", patterns[i]);
		buf_clear(&buf);
		free(message);
	}
}
END_TEST

UNIT_MAIN("authres", the_id_comes_first_and_none_says_that_there_is_no_result, values_from_outside_stay_values,
    lines_are_folded_and_never_too_long, a_field_that_has_no_room_is_whole_all_the_same, what_can_be_read_as_ours_goes,
    everything_else_stays_octet_for_octet, a_name_with_u_labels_is_ours_as_well, the_header_ends_with_the_empty_line,
    a_megabyte_of_nonsense_is_nothing)
