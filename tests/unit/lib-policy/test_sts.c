/* Tests of src/lib-policy/sts.c: records, policy files and hosts as rows (RFC 8461 3.1, 3.2, 4.1), and what must hold of any octets. */
#include "policy/sts.h"

#include <stdio.h>

#include "base/arena.h"
#include "tests/unit/unit.h"

#define MANY (64 * 1024)

/* --- records --- */

#define THIRTY_TWO "abcdefghijklmnopqrstuvwxyz012345"

/* One TXT record each; NULL = it is none. */
static const struct {
	const char *record, *id;
} records[] = {
	/* M1: the version, octet for octet, and first */
	{ "v=STSv1; id=1", "1" },
	{ "v=STSv1;id=1;", "1" },
	{ "v=STSv1; id=20160831085700Z;", "20160831085700Z" },
	{ "V=STSv1; id=1", NULL },
	{ "v=stsv1; id=1", NULL },
	{ "v=STSv2; id=1", NULL },
	{ "v=STSv11; id=1", NULL },
	{ " v=STSv1; id=1", NULL },
	{ "v =STSv1; id=1", NULL },
	{ "v= STSv1; id=1", NULL },
	{ "\"v=STSv1; id=1\"", NULL },
	{ "id=1; v=STSv1", NULL },
	{ "v=STSv1", NULL },
	{ "v=STSv1;", NULL },
	{ "v=STSv1; ", NULL },
	{ "v=STSv1 id=1", NULL },
	{ "v=spf1 -all", NULL },
	{ "", NULL },
	/* M2: legal by the grammar, dropped by the rule of the prefix */
	{ "v=STSv1 ; id=1", NULL },
	/* M1: delimiters with white space around them, one of them at the end */
	{ "v=STSv1;\t id=1 \t;\t", "1" },
	{ "v=STSv1; id=1 ; x=y", "1" },
	{ "v=STSv1; id=1 ", "1" },
	{ "v=STSv1; id=1;;", NULL },
	{ "v=STSv1; id=1; ;", NULL },
	{ "v=STSv1;; id=1", NULL },
	{ "v=STSv1; ; id=1", NULL },
	{ "v=STSv1, id=1", NULL },
	{ "v=STSv1;\r\n id=1", NULL },
	/* M1: the id is 1 to 32 letters and digits */
	{ "v=STSv1; id=" THIRTY_TWO, THIRTY_TWO },
	{ "v=STSv1; id=" THIRTY_TWO "6", NULL },
	{ "v=STSv1; id=", NULL },
	{ "v=STSv1; id", NULL },
	{ "v=STSv1; id=a-b", NULL },
	{ "v=STSv1; id=a b", NULL },
	{ "v=STSv1; id= 1", NULL },
	{ "v=STSv1; id =1", NULL },
	{ "v=STSv1; id=\xc3\xa4", NULL },
	{ "v=STSv1; id=a=b", NULL },
	{ "v=STSv1; ID=1", NULL },
	{ "v=STSv1; x=y", NULL },
	/* M1, M4: extensions are passed over if they are well-formed; of an id that stands twice the first counts */
	{ "v=STSv1; x=y; id=1", "1" },
	{ "v=STSv1; id=1; x=y", "1" },
	{ "v=STSv1; id=a; id=b", "a" },
	{ "v=STSv1; id=a; id=", NULL },
	{ "v=STSv1; id=1; a_b-c.d=!:<>~", "1" },
	{ "v=STSv1; id=1; 0=y", "1" },
	{ "v=STSv1; id=1; v=STSv1", "1" },
	{ "v=STSv1; id=1; " THIRTY_TWO "=y", "1" },
	{ "v=STSv1; id=1; " THIRTY_TWO "6=y", NULL },
	{ "v=STSv1; id=1; _x=y", NULL },
	{ "v=STSv1; id=1; =y", NULL },
	{ "v=STSv1; id=1; x=", NULL },
	{ "v=STSv1; id=1; x", NULL },
	{ "v=STSv1; id=1; x=y=z", NULL },
	{ "v=STSv1; id=1; x=y z", NULL },
	{ "v=STSv1; id=1; x=\x7f", NULL },
	{ "v=STSv1; id=1; x=\xc3\xa4", NULL },
	{ "v=STSv1; id=1; x=y\n", NULL },
	{ "v=STSv1; id=1; \xc3\xa4=y", NULL },
};

START_TEST(a_record_is_read_whole_or_not_at_all)
{
	for (size_t i = 0; i < sizeof(records) / sizeof(*records); i++) {
		struct span record = span_of(records[i].record);
		char id[STS_ID] = "untouched";

		ck_assert_msg(sts_record_find(&record, 1, id) == (records[i].id != NULL), "%s", records[i].record);
		ck_assert_str_eq(id, records[i].id == NULL ? "" : records[i].id);
	}
}
END_TEST

#define MOST_RECORDS 4

static const struct {
	const char *records[MOST_RECORDS], *id;
} answers[] = {
	{ { NULL }, NULL },
	/* M2: what is not meant is passed over, be it before or behind */
	{ { "v=spf1 -all", "v=STSv1; id=1" }, "1" },
	{ { "v=STSv1; id=1", "v=spf1 -all", "v=DMARC1", "" }, "1" },
	{ { "v=STSv1", "v=STSv1; id=1", "V=STSv1; id=2", "v=STSv1 ; id=3" }, "1" },
	/* M2: of two that are meant none counts, equal or not, in order or not */
	{ { "v=STSv1; id=1", "v=STSv1; id=2" }, NULL },
	{ { "v=STSv1; id=1", "v=STSv1; id=1" }, NULL },
	{ { "v=STSv1; id=1", "v=STSv1; nonsense" }, NULL },
	{ { "v=STSv1; nonsense", "v=STSv1; id=1" }, NULL },
	/* M3: strings are joined before, with nothing between: "v=STSv1; i" "d=abc" */
	{ { "v=STSv1; id=abc" }, "abc" },
};

START_TEST(of_several_records_exactly_one_must_be_meant)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		struct span texts[MOST_RECORDS];
		char id[STS_ID] = "untouched";
		uint32_t count = 0;

		while (count < MOST_RECORDS && answers[i].records[count] != NULL) {
			texts[count] = span_of(answers[i].records[count]);
			count++;
		}
		ck_assert_msg(sts_record_find(texts, count, id) == (answers[i].id != NULL), "row %zu", i);
		ck_assert_str_eq(id, answers[i].id == NULL ? "" : answers[i].id);
	}
}
END_TEST

/* M1, MX7: no NUL passes for an end. */
START_TEST(a_record_with_a_nul_is_none)
{
	struct span texts[] = { SPAN("v=STSv1; id=1\0"), SPAN("v=STSv1; id=1; x=\0y"), SPAN("v=STSv1\0; id=1") };
	char id[STS_ID];

	for (uint32_t i = 0; i < 3; i++)
		ck_assert(!sts_record_find(&texts[i], 1, id));
}
END_TEST

/* M5: an id is no number; "10" behind "9" is as new as "9" behind "10". */
START_TEST(ids_are_only_equal_or_not)
{
	struct span nine = SPAN("v=STSv1; id=09"), other = SPAN("v=STSv1; id=9");
	char first[STS_ID], second[STS_ID];

	ck_assert(sts_record_find(&nine, 1, first) && sts_record_find(&other, 1, second));
	ck_assert_str_eq(first, "09");
	ck_assert_str_eq(second, "9");
}
END_TEST

/* --- policy files --- */

#define STS_VERSION "version: STSv1\n"
#define ENFORCE "mode: enforce\n"
#define AGE "max_age: 604800\n"
#define MX "mx: mx.example.org\n"
#define GOOD(text) { { text, sizeof(text) - 1 }, true, STS_ENFORCE, 604800, "mx.example.org" }
#define BAD(text) { { text, sizeof(text) - 1 }, false, STS_NONE, 0, NULL }
#define AGED(age, seconds) { { STS_VERSION ENFORCE MX "max_age:" age, sizeof(STS_VERSION ENFORCE MX "max_age:" age) - 1 }, true, STS_ENFORCE, seconds, \
	"mx.example.org" }
#define WITH_AGE(age) BAD(STS_VERSION ENFORCE MX "max_age:" age "\n")
#define WITH_LINE(line) STS_VERSION ENFORCE AGE MX line
#define WITH_MX(pattern) BAD(STS_VERSION ENFORCE AGE MX "mx: " pattern "\n")

static const struct {
	struct span body;
	bool good;
	enum sts_mode mode;
	uint64_t age_s;
	const char *mx;		/* with commas */
} files[] = {
	/* M15: LF or CRLF, mixed, with or without one at the end; white space behind the colon and at the end */
	GOOD(STS_VERSION ENFORCE AGE MX),
	GOOD("version: STSv1\r\nmode: enforce\r\nmax_age: 604800\r\nmx: mx.example.org\r\n"),
	GOOD("version: STSv1\r\nmode: enforce\nmax_age: 604800\r\nmx: mx.example.org"),
	GOOD("version:STSv1\nmode:enforce\nmax_age:604800\nmx:mx.example.org"),
	GOOD("version: \t STSv1 \t\nmode:\tenforce\t\r\nmax_age:  604800\nmx: mx.example.org  "),
	BAD("version : STSv1\n" ENFORCE AGE MX),
	BAD(STS_VERSION "mode :enforce\n" AGE MX),
	BAD(" " STS_VERSION ENFORCE AGE MX),
	BAD(STS_VERSION "\t" ENFORCE AGE MX),
	BAD("\xef\xbb\xbf" STS_VERSION ENFORCE AGE MX),
	BAD("v\0e\0r\0s\0i\0o\0n\0"),
	BAD(""),
	BAD("\n"),
	BAD("version=STSv1\nmode=enforce\nmax_age=604800\nmx=mx.example.org\n"),
	BAD(STS_VERSION ENFORCE AGE MX "nonsense\n"),
	BAD("# ours\n" STS_VERSION ENFORCE AGE MX),
	BAD("<html>not found</html>\n"),
	/* M15: one empty line at the end, no more, and none elsewhere */
	GOOD(STS_VERSION ENFORCE AGE MX "\n"),
	GOOD(STS_VERSION ENFORCE AGE MX "\r\n"),
	GOOD(STS_VERSION ENFORCE AGE MX " \t\r\n"),
	GOOD(STS_VERSION ENFORCE AGE MX "  "),
	BAD(STS_VERSION ENFORCE AGE MX "\n\n"),
	BAD("\n" STS_VERSION ENFORCE AGE MX),
	BAD(STS_VERSION ENFORCE "\n" AGE MX),
	BAD(STS_VERSION ENFORCE " \r\n" AGE MX),
	/* M15: octet for octet; another case is another key, and a value that is none */
	BAD("Version: STSv1\n" ENFORCE AGE MX),
	BAD(STS_VERSION "Mode: enforce\n" AGE MX),
	BAD(STS_VERSION ENFORCE "Max_Age: 604800\n" MX),
	BAD(STS_VERSION ENFORCE "max-age: 604800\n" MX),
	BAD(STS_VERSION ENFORCE AGE "MX: mx.example.org\n"),
	BAD("version: stsv1\n" ENFORCE AGE MX),
	BAD("version: STSv2\n" ENFORCE AGE MX),
	BAD("version: STSv1;\n" ENFORCE AGE MX),
	BAD(STS_VERSION "mode: Enforce\n" AGE MX),
	/* M16: each of three once at least, in any order; the first counts */
	GOOD(MX AGE ENFORCE STS_VERSION),
	GOOD(AGE STS_VERSION MX ENFORCE),
	GOOD(ENFORCE MX STS_VERSION AGE),
	BAD(ENFORCE AGE MX),
	BAD(STS_VERSION AGE MX),
	BAD(STS_VERSION ENFORCE MX),
	BAD(STS_VERSION ENFORCE AGE),
	GOOD(WITH_LINE("mode: none\n")),
	GOOD(WITH_LINE("mode: nonsense\n")),
	GOOD(WITH_LINE("max_age: 1\n")),
	GOOD(WITH_LINE("max_age: never\n")),
	GOOD(WITH_LINE("version: STSv2\n")),
	BAD("version: STSv2\n" STS_VERSION ENFORCE AGE MX),
	BAD(STS_VERSION "mode: enforced\n" ENFORCE AGE MX),
	BAD(STS_VERSION ENFORCE "max_age: soon\n" AGE MX),
	BAD(STS_VERSION "mode: enforced\n" AGE MX),
	BAD(STS_VERSION "mode: enforce testing\n" AGE MX),
	BAD(STS_VERSION "mode:\n" AGE MX),
	{ SPAN(STS_VERSION "mode: testing\n" AGE MX), true, STS_TESTING, 604800, "mx.example.org" },
	BAD(STS_VERSION "mode: testing\n" AGE),
	{ SPAN(STS_VERSION "mode: none\n" AGE), true, STS_NONE, 604800, "" },
	{ SPAN(STS_VERSION "mode: none\n" AGE MX), true, STS_NONE, 604800, "mx.example.org" },
	BAD(STS_VERSION "mode: none\n"),
	/* M16: what is not known is passed over, if it is a field at all */
	GOOD(WITH_LINE("contact: mailto:postmaster@example.org; x=y\n")),
	GOOD(WITH_LINE("a_b-c.d: some words\n")),
	GOOD(WITH_LINE("x: gr\xc3\xbc\xc3\x9f\x65, \xe2\x82\xac, \xf0\x9f\x93\xac\n")),
	GOOD(WITH_LINE(THIRTY_TWO ": y\n")),
	BAD(WITH_LINE(THIRTY_TWO "6: y\n")),
	BAD(WITH_LINE("_x: y\n")),
	BAD(WITH_LINE(": y\n")),
	BAD(WITH_LINE("\xc3\xa4: y\n")),
	BAD(WITH_LINE("x:\n")),
	BAD(WITH_LINE("x: \t \n")),
	BAD(WITH_LINE("x: a\tb\n")),
	BAD(WITH_LINE("x: \xc3\n")),
	BAD(WITH_LINE("x: \xc0\xaf\n")),
	BAD(WITH_LINE("x: \xed\xa0\x80\n")),
	BAD(WITH_LINE("x: \xe0\x80\x80\n")),
	BAD(WITH_LINE("x: \xf4\x90\x80\x80\n")),
	BAD(WITH_LINE("x: \xff\n")),
	BAD(WITH_LINE("mode:\n")),
	/* M17: one to ten digits; what is too long counts as the longest */
	AGED("0", 0),
	AGED("1", 1),
	AGED("00604800", 604800),
	AGED("31557600", 31557600),
	AGED("31557601", 31557600),
	AGED("9999999999", 31557600),
	WITH_AGE("00000000001"),
	WITH_AGE("10000000000"),
	WITH_AGE("18446744073709551616"),
	WITH_AGE("-1"),
	WITH_AGE("+1"),
	WITH_AGE("1e6"),
	WITH_AGE("0x10"),
	WITH_AGE("604800s"),
	WITH_AGE("604800.0"),
	WITH_AGE("604 800"),
	WITH_AGE(""),
	WITH_AGE("\xd9\xa1"),
	/* M18: hosts in A-labels, or "*." and one; several, in lower case */
	{ SPAN(STS_VERSION ENFORCE AGE "mx: MX.Example.ORG\nmx: *.Example.NET\nmx: xn--bcher-kva.example\n"), true, STS_ENFORCE, 604800,
	    "mx.example.org,*.example.net,xn--bcher-kva.example" },
	/* an address stands for no host, and takes nothing from the lines beside it (it is seen in the wild) */
	{ SPAN(STS_VERSION ENFORCE AGE "mx: 192.0.2.1\nmx: mx.example.org\n"), true, STS_ENFORCE, 604800, "192.0.2.1,mx.example.org" },
	WITH_MX("*"),
	WITH_MX("*."),
	WITH_MX("*.*.example.org"),
	WITH_MX("mx.*.example.org"),
	WITH_MX("ma*.example.org"),
	WITH_MX("*example.org"),
	WITH_MX(".example.org"),
	WITH_MX("mx.example.org."),
	WITH_MX("mx..example.org"),
	WITH_MX("mx_1.example.org"),
	WITH_MX("-mx.example.org"),
	WITH_MX("mx-.example.org"),
	WITH_MX("b\xc3\xbc\x63her.example"),
	WITH_MX("mx.example.org, mx2.example.org"),
	WITH_MX("mx.example.org mx2.example.org"),
	WITH_MX("[192.0.2.1]"),
	WITH_MX("2001:db8::1"),
	WITH_MX(""),
	/* MX6: only LF ends a line, a CR belongs to it or to nothing */
	BAD(STS_VERSION ENFORCE AGE "mx: mx.example.org\rmode: none\r\n"),
	BAD(STS_VERSION ENFORCE AGE "mx: mx.example.org\r\r\n"),
	BAD(STS_VERSION ENFORCE AGE "mx: mx.example.org\r"),
	BAD(STS_VERSION ENFORCE AGE MX "\r"),
	BAD("version: STSv1\rmode: enforce\rmax_age: 604800\rmx: mx.example.org\r"),
	BAD(WITH_LINE("x: y\rmode: none\n")),
	BAD(WITH_LINE("x: y\0\n")),
	BAD(WITH_LINE("x: y\f\n")),
	BAD(WITH_LINE("x: y\v\n")),
	BAD(WITH_LINE("x: \x1b[2J\n")),
	BAD(WITH_LINE("x: y\x7f\n")),
	BAD(WITH_LINE("\0")),
	BAD(STS_VERSION ENFORCE AGE "mx: mx.example.org\0.example.com\n"),
};

START_TEST(a_policy_is_read_whole_or_not_at_all)
{
	struct arena *arena = arena_new();
	struct span body = files[_i].body;
	/* In memory of just this size, so that a sanitizer sees every step beyond. */
	char *copy = malloc(body.length + 1), patterns[512] = "";
	struct sts_policy policy;
	const char *why;

	memcpy(copy, body.data, body.length);
	copy = realloc(copy, body.length == 0 ? 1 : body.length);
	why = sts_policy_parse(span_make(copy, body.length), arena, &policy);
	free(copy);
	ck_assert_msg((why == NULL) == files[_i].good, "row %d: %s: %.*s", _i, why == NULL ? "good" : why, SPAN_ARG(body));
	if (why == NULL) {
		ck_assert_int_eq(policy.mode, files[_i].mode);
		ck_assert_uint_eq(policy.max_age_s, files[_i].age_s);
		for (uint32_t i = 0; i < policy.mx_count; i++)
			snprintf(patterns + strlen(patterns), sizeof(patterns) - strlen(patterns), "%s%.*s", i == 0 ? "" : ",", SPAN_ARG(policy.mx[i]));
		ck_assert_str_eq(patterns, files[_i].mx);
	}
	arena_free(&arena);
}
END_TEST

/* M19: what is wrong is said so that the owner of the domain can look it up. */
START_TEST(what_is_wrong_is_said_with_its_section)
{
	struct arena *arena = arena_new();
	struct sts_policy policy;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		const char *why = sts_policy_parse(files[i].body, arena, &policy);

		ck_assert_msg(why == NULL || strstr(why, "(RFC 8461 3.") != NULL, "%s", why);
	}
	arena_free(&arena);
}
END_TEST

/* Whoever publishes it wants to know where. */
START_TEST(the_line_at_fault_is_known)
{
	static const struct {
		struct span body;
		unsigned line;
	} faults[] = {
		{ SPAN("version: STSv1\nmode: enforce\nmax_age: 5\nmx: x.example\n"), 0 },
		{ SPAN("version: STSv2\n"), 1 },
		{ SPAN("version: STSv1\r\n\r\nmode: enforce\r\n"), 2 },
		{ SPAN("version: STSv1\nmode: enforce\nmx\nmax_age: 5\n"), 3 },
		{ SPAN("version: STSv1\nmode: enforce\nmax_age: 5\n"), 0 },
		{ SPAN(""), 0 },
	};
	struct arena *arena = arena_new();
	struct sts_policy policy;

	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		(void)sts_policy_parse(faults[i].body, arena, &policy);
		ck_assert_uint_eq(policy.wrong_line, faults[i].line);
	}
	arena_free(&arena);
}
END_TEST

/* --- bounds --- */

static const char *
parse(struct arena *arena, const char *data, size_t length, struct sts_policy *policy)
{
	return sts_policy_parse(span_make(data, length), arena, policy);
}

/* M14: 64 KiB are read, an octet more is not. */
START_TEST(a_file_may_have_64_KiB)
{
	static const char begin[] = STS_VERSION ENFORCE AGE MX "x: ";
	struct arena *arena = arena_new();
	struct sts_policy policy;
	char *body = malloc(MANY + 1);

	memset(body, 'y', MANY + 1);
	memcpy(body, begin, sizeof(begin) - 1);
	ck_assert_ptr_null(parse(arena, body, MANY, &policy));
	ck_assert_ptr_nonnull(parse(arena, body, MANY + 1, &policy));
	free(body);
	arena_free(&arena);
}
END_TEST

START_TEST(a_file_may_have_so_many_patterns)
{
	struct arena *arena = arena_new();
	struct sts_policy policy;
	char body[MANY / 4] = STS_VERSION ENFORCE AGE;
	size_t length = strlen(body);

	for (int i = 0; i < STS_PATTERNS; i++)
		length += (size_t)snprintf(body + length, sizeof(body) - length, "mx: mx%d.example.org\n", i);
	ck_assert_ptr_null(parse(arena, body, length, &policy));
	ck_assert_uint_eq(policy.mx_count, STS_PATTERNS);
	ck_span_eq(policy.mx[STS_PATTERNS - 1], "mx99.example.org");
	length += (size_t)snprintf(body + length, sizeof(body) - length, MX);
	ck_assert_ptr_nonnull(parse(arena, body, length, &policy));
	arena_free(&arena);
}
END_TEST

/* RFC 1035 2.3.4: 63 octets of a label, 253 of a name as text. */
START_TEST(names_have_bounds)
{
	char name[300];

	memset(name, 'a', sizeof(name));
	name[63] = '.';
	ck_assert(sts_pattern_is_valid(span_make(name, 63)));
	ck_assert(!sts_pattern_is_valid(span_make(name + 64, 64)));
	for (size_t at = 63; at < sizeof(name); at += 64)
		name[at] = '.';
	ck_assert(sts_pattern_is_valid(span_make(name, 253)));
	ck_assert(!sts_pattern_is_valid(span_make(name, 254)));
}
END_TEST

static const struct span junk[] = {
	SPAN("x"), SPAN(" "), SPAN("\t"), SPAN("\n"), SPAN("\r"), SPAN("\r\n"), SPAN("\0"), SPAN(":"), SPAN(";"), SPAN("="), SPAN("a:\n"), SPAN(" \n"), SPAN("x: y\n"),
	SPAN("x=y;"), SPAN("id=1;"), SPAN(" ;"), SPAN("mx: a\n"), SPAN("mx: *.a\n"), SPAN("mode: none\n"), SPAN("mx:"), SPAN("a."), SPAN("\xc3\xa4"),
	SPAN("\xf0\x9f\x93\xac"), SPAN("\xff"),
};

/* M1, M15: 64 KiB of anything, a thousand times: what is quadratic does not come back within the time of a test. */
START_TEST(junk_takes_linear_time)
{
	char *octets = malloc(MANY), id[STS_ID];
	struct sts_policy policy;

	for (size_t i = 0; i < sizeof(junk) / sizeof(*junk); i++) {
		static const struct span begins[] = { SPAN(""), SPAN("v=STSv1;"), SPAN(STS_VERSION ENFORCE AGE "x: ") };

		for (size_t k = 0; k < 3; k++) {
			struct arena *arena = arena_new();
			struct span text = span_make(octets, MANY);

			for (size_t at = begins[k].length; at < MANY; at++)
				octets[at] = junk[i].data[(at - begins[k].length) % junk[i].length];
			memcpy(octets, begins[k].data, begins[k].length);
			for (int again = 0; again < 20; again++) {
				(void)sts_record_find(&text, 1, id);
				(void)sts_policy_parse(text, arena, &policy);
				(void)sts_pattern_is_valid(text);
			}
			arena_free(&arena);
		}
	}
	free(octets);
}
END_TEST

/* MX7: as many records as an answer can have, and more. */
START_TEST(hundreds_of_records_are_looked_through)
{
	static struct span texts[300];
	char id[STS_ID];

	for (size_t i = 0; i < 300; i++)
		texts[i] = SPAN("v=spf1 -all");
	ck_assert(!sts_record_find(texts, 300, id));
	texts[299] = SPAN("v=STSv1; id=last");
	ck_assert(sts_record_find(texts, 300, id));
	ck_assert_str_eq(id, "last");
	texts[0] = SPAN("v=STSv1; id=first");
	ck_assert(!sts_record_find(texts, 300, id));
}
END_TEST

/* --- hosts --- */

static const struct {
	const char *pattern, *host;
	bool matches;
} matches[] = {
	/* V16, M18 */
	{ "*.example.com", "mx.example.com", true },
	{ "*.example.com", "MX.EXAMPLE.COM", true },
	{ "*.EXAMPLE.com", "mx.example.com", true },
	{ "*.example.com", "example.com", false },
	{ "*.example.com", ".example.com", false },
	{ "*.example.com", "a.b.example.com", false },
	{ "*.example.com", "mx.example.com.evil.net", false },
	{ "*.example.com", "mx.example.com.", false },
	{ "*.example.com", "mxexample.com", false },
	{ "*.example.com", "mx.xample.com", false },
	{ "*.example.com", "com", false },
	{ "*.example.com", "", false },
	{ "*.com", "example.com", true },
	{ "*.com", "mx.example.com", false },
	{ "mx.example.com", "mx.example.com", true },
	{ "mx.example.com", "Mx.Example.Com", true },
	{ "mx.example.com", "mx2.example.com", false },
	{ "mx.example.com", "a.mx.example.com", false },
	{ "mx.example.com", "example.com", false },
	{ "mx.example.com", "mx.example.com.evil.net", false },
	{ "mx.example.com", "", false },
	{ "localhost", "localhost", true },
};

START_TEST(a_host_matches_a_pattern_or_not)
{
	for (size_t i = 0; i < sizeof(matches) / sizeof(*matches); i++) {
		struct span pattern = span_of(matches[i].pattern);

		ck_assert_msg(sts_match(&pattern, 1, matches[i].host) == matches[i].matches, "%s %s", matches[i].pattern, matches[i].host);
	}
}
END_TEST

START_TEST(any_pattern_will_do_and_none_will_not)
{
	struct span patterns[] = { SPAN("mx.example.com"), SPAN("*.example.net"), SPAN("mx.example.org") };

	ck_assert(sts_match(patterns, 3, "mx.example.org"));
	ck_assert(sts_match(patterns, 3, "mx.example.net"));
	ck_assert(!sts_match(patterns, 2, "mx.example.org"));
	ck_assert(!sts_match(NULL, 0, "mx.example.org"));
}
END_TEST

START_TEST(modes_have_names)
{
	enum sts_mode mode = STS_NONE;

	for (int i = 0; i < STS_MODES; i++) {
		ck_assert(sts_mode_parse(span_of(sts_mode_name((enum sts_mode)i)), &mode));
		ck_assert_int_eq(mode, i);
	}
	ck_assert(!sts_mode_parse(SPAN("Enforce"), &mode));
	ck_assert(!sts_mode_parse(SPAN(""), &mode));
	ck_assert_int_eq(mode, STS_ENFORCE);
}
END_TEST

/* R16: each line its own string, faults and all; what no report may have is marked, and lines are whole or not there. */
static const struct { const char *name; struct span body; const char *lines; } lines[] = {
	{ "as they are", SPAN("version: STSv1\nmx: a.example\nmx:  *.b.example \n"), "version: STSv1\nmx: a.example\nmx:  *.b.example " },
	{ "CRLF", SPAN("version: STSv1\r\nmode: none\r\n"), "version: STSv1\nmode: none" },
	{ "no end of line at the end", SPAN("mode: none"), "mode: none" },
	{ "unknown, twice, malformed", SPAN("x: 1\nmode: a\nmode: b\n<html>\n"), "x: 1\nmode: a\nmode: b\n<html>" },
	{ "an empty line within", SPAN("a: 1\n\nb: 2\n\n\n"), "a: 1\n\nb: 2" },
	{ "other octets", SPAN("a: \xc3\xa4\0\x1b[1m\tb\rc\n"), "a: ????[1m?b?c" },
	{ "nothing", SPAN(""), "" },
	{ "nothing but ends of lines", SPAN("\n\r\n\n"), "" },
};

START_TEST(lines_of_a_file_are_kept_as_they_came)
{
	struct arena *arena = arena_new();

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct span kept = sts_policy_lines(lines[i].body, arena);

		ck_assert_msg(span_equal(kept, span_of(lines[i].lines)), "%s: %.*s", lines[i].name, SPAN_ARG(kept));
	}
	arena_free(&arena);
}
END_TEST

START_TEST(lines_that_do_not_fit_are_left_out_whole)
{
	struct arena *arena = arena_new();
	char body[2 * STS_LINES], rest[20];
	struct span kept;

	memset(body, 'x', sizeof(body));
	memcpy(body, "first\n", 6);
	memcpy(body + 6 + STS_LINES, "\nlast\n", 6);
	kept = sts_policy_lines(span_make(body, 6 + STS_LINES + 6), arena);
	ck_span_eq(kept, "first\nlast");
	/* The last octet may be used. */
	body[STS_LINES - 3] = '\n';
	kept = sts_policy_lines(span_make(body, STS_LINES - 3), arena);
	ck_assert_uint_eq(kept.length, STS_LINES - 3);
	snprintf(rest, sizeof(rest), "\nab\nc");
	memcpy(body + STS_LINES - 3, rest, 5);
	kept = sts_policy_lines(span_make(body, STS_LINES + 2), arena);
	ck_assert_uint_eq(kept.length, STS_LINES);
	ck_span_eq(span_skip(kept, STS_LINES - 3), "\nab");
	arena_free(&arena);
}
END_TEST

UNIT_MAIN_LOOPED("sts", a_policy_is_read_whole_or_not_at_all, files, a_record_is_read_whole_or_not_at_all,
    of_several_records_exactly_one_must_be_meant, a_record_with_a_nul_is_none, ids_are_only_equal_or_not,
    what_is_wrong_is_said_with_its_section, the_line_at_fault_is_known, a_file_may_have_64_KiB, a_file_may_have_so_many_patterns,
    names_have_bounds, junk_takes_linear_time, hundreds_of_records_are_looked_through, a_host_matches_a_pattern_or_not,
    any_pattern_will_do_and_none_will_not, modes_have_names, lines_of_a_file_are_kept_as_they_came, lines_that_do_not_fit_are_left_out_whole)
