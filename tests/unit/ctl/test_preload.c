/* Tests of src/ctl/preload.c: lists of policies, and what the room is sent. */
#include "src/ctl/preload.h"

#include <stdarg.h>
#include <stdio.h>

#include "src/ctl/ctl.h"
#include "tests/unit/lib-conf/complaints.h"

#define NOW INT64_C(1795000000)		/* 2026-11-18 */

int
ctl_usage(const char *format, ...)
{
	(void)format;
	return 64;
}

/* Lists, and the arguments ("|" behind each) or the complaints that come of them. */
static const struct {
	const char *octets;
	const char *sent;	/* NULL = refused */
	const char *said;
} rows[] = {
	/* ours */
	{ "example.org: {mode: enforce, mx: [mx.example.org, \"*.Example.NET\"], until: 2027-01-31}\n",
	    "example.org enforce mx.example.org,*.example.net 1801440000|", "" },
	{ "B.example:\n  mode: testing\n  mx: mx.b.example\na.example:\n  mx: [.a.example]\n  mode: enforce\n",
	    "a.example enforce *.a.example 0|b.example testing mx.b.example 0|", "" },
	{ "a.example: {mode: enforce, mx: [mx.a.example], until: 2027-01-31T12:00Z}\n", "a.example enforce mx.a.example 1801396800|", "" },
	{ "", NULL, "f: there is no policy in it (--clear removes the list that was loaded)" },
	{ "- a.example\n", NULL, "f:1: domains are expected here, each with its policy" },
	{ "a.example: enforce\n", NULL, "f:1: \"a.example\": a policy is expected here: {mode: enforce, mx: [mx.example.org]}" },
	{ "a.example: {mode: none, mx: [mx.a.example]}\n", NULL, "f:1: \"a.example\": the mode is enforce or testing" },
	{ "a.example: {mx: [mx.a.example]}\n", NULL, "f:1: \"a.example\": the mode is enforce or testing" },
	{ "a.example: {mode: enforce}\n", NULL, "f:1: \"a.example\": names no mail hosts" },
	{ "a.example: {mode: enforce, mx: []}\n", NULL, "f:1: \"a.example\": names no mail hosts" },
	{ "a.example: {mode: enforce, mx: [mx.*.a.example]}\n", NULL,
	    "f:1: \"mx.*.a.example\": a host is mx.example.org, or \"*.example.org\" (one label in front)" },
	{ "a.example: {mode: enforce, mx: [\"mx.a.example,b\"]}\n", NULL,
	    "f:1: \"mx.a.example,b\": a host is mx.example.org, or \"*.example.org\" (one label in front)" },
	{ "a.example: {mode: enforce, mx: [mx.a.example], until: soon}\n", NULL,
	    "f:1: \"soon\": neither a date (2027-01-31: to the end of that day, UTC) nor a time (2027-01-31T12:00Z)" },
	{ "a.example: {mode: enforce, mx: [mx.a.example], until: 2026-01-31}\n", NULL, "f:1: \"a.example\": its policy is over" },
	{ "a.example: {mode: enforce, mx: [mx.a.example], max_age: 5}\n", NULL, "f:1: \"max_age\": a policy has mode, mx and until" },
	{ "a b: {mode: enforce, mx: [mx.a.example]}\n", NULL,
	    "f:1: \"a b\": not a domain (internationalised ones in their ASCII form, xn--...)" },
	{ "a.example: {mode: enforce, mx: [mx.a.example]}\nA.Example: {mode: testing, mx: [mx.a.example]}\n", NULL,
	    "f:2: \"a.example\": is here twice" },
	{ "a.example: {mode: enforce, mx: [{a: b}]}\n", NULL, "f:1: \"mx\": hosts are expected here" },
	/* STARTTLS Everywhere */
	{ "{\"timestamp\": \"2026-11-01T00:00:00Z\", \"expires\": \"2027-01-31T12:00:00.5+00:00\",\n"
	    " \"policy-aliases\": {\"big\": {\"mode\": \"testing\", \"mxs\": [\".big.example\", \"mx.big.example\"]}},\n"
	    " \"policies\": {\"b.example\": {\"policy-alias\": \"big\"}, \"A.example\": {\"mode\": \"enforce\", \"mxs\": [\"mx.a.example\"]}}}",
	    "a.example enforce mx.a.example 1801396800|b.example testing *.big.example,mx.big.example 1801396800|", "" },
	{ "\n {\"expires\": 1801396800, \"policies\": {\"a.example\": {\"mode\": \"enforce\", \"mxs\": [\"mx.a.example\"]}}}\n",
	    "a.example enforce mx.a.example 1801396800|", "" },
	{ "{\"expires\": \"2026-11-01T00:00:00Z\", \"policies\": {\"a.example\": {\"mode\": \"enforce\", \"mxs\": [\"mx.a.example\"]}}}", NULL,
	    "f: \"expires\": the list is over: fetch a newer one" },
	{ "{\"policies\": {\"a.example\": {\"mode\": \"enforce\", \"mxs\": [\"mx.a.example\"]}}}", NULL,
	    "f: \"expires\": the list does not say when it ends" },
	{ "{\"expires\": 1801396800, \"policies\": []}", NULL, "f: \"policies\": there are none: is this a list of STARTTLS Everywhere?" },
	{ "{\"expires\": 1801396800, \"policies\": {}}", NULL, "f: there is no policy in it (--clear removes the list that was loaded)" },
	{ "{\"expires\": 1801396800, \"policies\": {\"a.example\": {\"policy-alias\": \"big\"}}}", NULL,
	    "f: \"a.example\": its policy-alias is not among the policy-aliases" },
	{ "{\"expires\": 1801396800, \"policies\": {\"a.example\": {\"policy-alias\": 5}}}", NULL,
	    "f: \"a.example\": its policy-alias is not among the policy-aliases" },
	{ "{\"expires\": 1801396800, \"policies\": {\"a.example\": \"enforce\"}}", NULL, "f: \"a.example\": the mode is enforce or testing" },
	{ "{\"expires\": 1801396800, \"policies\": {\"a.example\": {\"mode\": \"enforce\", \"mxs\": [5]}}}", NULL,
	    "f: \"\": a host is mx.example.org, or \"*.example.org\" (one label in front)" },
	{ "{\"expires\": 1801396800, \"policies\": {\"a.example\": {\"mode\": \"enforce\", \"mxs\": \"mx.a.example\"}}}", NULL,
	    "f: \"a.example\": names no mail hosts" },
};

static void
read_row(struct arena *arena, struct span octets, const char *sent, const char *said)
{
	static char text[4096];
	struct complaints complaints;
	struct preload preload;

	complaints_init(&complaints);
	ck_assert(preload_read(arena, "f", octets, NOW, &complaints, &preload) == (sent != NULL));
	ck_assert_str_eq(complaints_text(&complaints), said);
	text[0] = '\0';
	for (uint32_t i = 0; i < preload.count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%.*s|", SPAN_ARG(preload.arguments[i]));
	if (sent != NULL)
		ck_assert_str_eq(text, sent);
	complaints_clear(&complaints);
}

START_TEST(lists_are_read_or_complained_of)
{
	struct arena *arena = arena_new();

	read_row(arena, span_of(rows[_i].octets), rows[_i].sent, rows[_i].said);
	arena_free(&arena);
}
END_TEST

START_TEST(what_is_no_json_is_said_with_its_line)
{
	struct arena *arena = arena_new();
	struct complaints complaints;
	struct preload preload;

	complaints_init(&complaints);
	ck_assert(!preload_read(arena, "f", SPAN("{\n\"expires\": 5,\n}"), NOW, &complaints, &preload));
	ck_assert_ptr_eq(strstr(complaints_text(&complaints), "f:3: not JSON: "), complaints_text(&complaints));
	complaints_clear(&complaints);
	ck_assert(!preload_read(arena, "f", SPAN("{\"a\": 1, \"a\": 2}"), NOW, &complaints, &preload));
	ck_assert_ptr_nonnull(strstr(complaints_text(&complaints), "not JSON: duplicate object key"));
	complaints_clear(&complaints);
	arena_free(&arena);
}
END_TEST

/* As many hosts as a policy may have (policy/sts.h), and no more. */
START_TEST(hosts_are_counted)
{
	struct arena *arena = arena_new();
	struct complaints complaints;
	struct preload preload;
	struct buf octets;

	for (int hosts = 100; hosts <= 101; hosts++) {
		buf_init(&octets, 8192);
		ck_assert(buf_add(&octets, SPAN("a.example: {mode: enforce, mx: [")));
		for (int i = 0; i < hosts; i++)
			ck_assert(buf_printf(&octets, "%smx%d.a.example", i == 0 ? "" : ", ", i));
		ck_assert(buf_add(&octets, SPAN("]}\n")));
		complaints_init(&complaints);
		ck_assert(preload_read(arena, "f", buf_span(&octets), NOW, &complaints, &preload) == (hosts == 100));
		ck_assert_str_eq(complaints_text(&complaints), hosts == 100 ? "" : "f:1: \"a.example\": more hosts than a policy may have");
		complaints_clear(&complaints);
		buf_clear(&octets);
	}
	arena_free(&arena);
}
END_TEST

UNIT_MAIN_LOOPED("preload", lists_are_read_or_complained_of, rows, what_is_no_json_is_said_with_its_line, hosts_are_counted)
