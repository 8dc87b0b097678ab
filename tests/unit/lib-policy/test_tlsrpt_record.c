/* Tests of src/lib-policy/tlsrpt_record.c: records as rows (RFC 8460 3), what each URI comes to, and what never passes. */
#include "policy/tlsrpt.h"

#include <stdio.h>

#include "tests/unit/unit.h"

#define V "v=TLSRPTv1;"
#define SIXTY_FOUR "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz01"
#define THIRTY_TWO "abcdefghijklmnopqrstuvwxyz012345"

/* One record each: the targets with spaces between, a number behind them where some were passed over; NULL = it is none; "" = it is bad. */
static const struct {
	const char *record, *expected;
} rows[] = {
	/* R1: the version, octet for octet, and first */
	{ V "rua=mailto:reports@example.com", "reports@example.com" },
	{ V " rua=mailto:reports@example.com;", "reports@example.com" },
	{ V "\t rua=mailto:a@x \t;\t", "a@x" },
	{ V "rua=mailto:a@x ", "a@x" },
	{ "v=tlsrptv1;rua=mailto:a@x", NULL },
	{ "V=TLSRPTv1;rua=mailto:a@x", NULL },
	{ "v=TLSRPTv2;rua=mailto:a@x", NULL },
	{ "v=TLSRPTv11;rua=mailto:a@x", NULL },
	{ " v=TLSRPTv1;rua=mailto:a@x", NULL },
	{ "v=TLSRPTv1 ;rua=mailto:a@x", NULL },
	{ "v= TLSRPTv1;rua=mailto:a@x", NULL },
	{ "rua=mailto:a@x;v=TLSRPTv1", NULL },
	{ "\"v=TLSRPTv1;rua=mailto:a@x\"", NULL },
	{ "v=TLSRPTv1", NULL },
	{ "v=spf1 -all", NULL },
	{ "", NULL },
	/* R1: rua is required, and not empty; delimiters */
	{ V, "" },
	{ V " ", "" },
	{ V "rua=", "" },
	{ V "rua=;", "" },
	{ V "rua= ,", "" },
	{ V "rua", "" },
	{ V "RUA=mailto:a@x", "" },
	{ V "rua =mailto:a@x", "" },
	{ V "x=y", "" },
	{ V ";rua=mailto:a@x", "" },
	{ V "rua=mailto:a@x;;", "" },
	{ V "rua=mailto:a@x, x=y", "a@x 1" },
	{ V "rua=mailto:a@x\r\nb=c", "" },
	/* R1: unknown fields are passed over when they are well-formed */
	{ V "x=y;rua=mailto:a@x", "a@x" },
	{ V "rua=mailto:a@x;v=TLSRPTv1", "a@x" },
	{ V "rua=mailto:a@x; a_b-c.d=!:<>~", "a@x" },
	{ V "rua=mailto:a@x; " THIRTY_TWO "=y", "a@x" },
	{ V "rua=mailto:a@x; " THIRTY_TWO "6=y", "" },
	{ V "rua=mailto:a@x; _x=y", "" },
	{ V "rua=mailto:a@x; x=", "" },
	{ V "rua=mailto:a@x; x", "" },
	{ V "rua=mailto:a@x; x=y=z", "" },
	{ V "rua=mailto:a@x; x=y z", "" },
	{ V "rua=mailto:a@x; x=\x7f", "" },
	{ V "rua=mailto:a@x; x=\xc3\xa4", "" },
	/* R1: several URIs, with white space at the comma, in one field or two; each once */
	{ V "rua=mailto:a@x,https://y/z", "a@x https://y/z" },
	{ V "rua=mailto:a@x , \thttps://y/z", "a@x https://y/z" },
	{ V "rua=https://y/z;rua=mailto:a@x", "https://y/z a@x" },
	{ V "rua=mailto:a@x,MAILTO:a@X,mailto:%61@x?subject=1", "a@x" },
	{ V "rua=mailto:a@x,mailto:A@x", "a@x A@x" },
	{ V "rua=mailto:a@x,,mailto:b@x", "a@x b@x 1" },
	{ V "rua=mailto:a@x,", "a@x 1" },
	{ V "rua=mailto:1@x,mailto:2@x,mailto:3@x,mailto:4@x,mailto:5@x,mailto:6@x,mailto:7@x,mailto:8@x,mailto:9@x,mailto:0@x",
	    "1@x 2@x 3@x 4@x 5@x 6@x 7@x 8@x 2" },
	/* R1: "!", "," and ";" are encoded inside a URI */
	{ V "rua=mailto:a!10m@x", "" },
	{ V "rua=mailto:a%21b@x", "a!b@x" },
	{ V "rua=https://y/a%2Cb%3bc%21d", "https://y/a%2Cb%3bc%21d" },
	{ V "rua=https://y/a!b", "" },
	{ V "rua=https://y/a;b=c", "https://y/a" },
	/* R4: mailto and https, and nothing else */
	{ V "rua=ftp://x", "" },
	{ V "rua=http://x/", "" },
	{ V "rua=http://x/,mailto:a@x", "a@x 1" },
	{ V "rua=https:x", "" },
	{ V "rua=https:/x", "" },
	{ V "rua=a@x", "" },
	{ V "rua=javascript:alert(1)", "" },
	{ V "rua=file:///etc/passwd", "" },
	{ V "rua=mailto:", "" },
	{ V "rua=mailto://a@x", "" },
	/* R4: of a mailto one address is left, and no header field */
	{ V "rua=mailto:a@x?bcc=victim@y", "a@x" },
	{ V "rua=mailto:a@x?cc=b@y&subject=x&body=y", "a@x" },
	{ V "rua=mailto:a@x#fragment", "a@x" },
	{ V "rua=mailto:a@x%3Fbcc=b@y", "" },
	{ V "rua=mailto:?to=a@x", "" },
	{ V "rua=mailto:a@x,b@y", "a@x 1" },
	{ V "rua=mailto:a@x%2Cb@y", "" },
	{ V "rua=mailto:a@x%2cb%40y", "" },
	{ V "rua=mailto:a%2Cb@y", "" },
	{ V "rua=mailto:a@b@y", "" },
	{ V "rua=mailto:a%40b@y", "" },
	{ V "rua=mailto:a%40x", "a@x" },
	{ V "rua=mailto:tls%2Brpt@x", "tls+rpt@x" },
	{ V "rua=mailto:a=b/c'd@x", "a=b/c'd@x" },
	{ V "rua=mailto:Reports@EXAMPLE.Com", "Reports@example.com" },
	/* R4: nothing that ends a line or a string, however it is written */
	{ V "rua=mailto:a%0d%0abcc:b@y", "" },
	{ V "rua=mailto:a@x%0d%0aBcc:%20b@y", "" },
	{ V "rua=mailto:a%00@x", "" },
	{ V "rua=mailto:a@x%00.y", "" },
	{ V "rua=mailto:a%20b@x", "" },
	{ V "rua=mailto:a b@x", "" },
	{ V "rua=mailto:%22a%20b%22@x", "" },
	{ V "rua=mailto:%3Ca@x%3E", "" },
	{ V "rua=mailto:<a@x>", "" },
	{ V "rua=mailto:a%5Cb@x", "" },
	{ V "rua=mailto:a@x%E2%80%AE", "" },
	{ V "rua=mailto:\xc3\xa4@x", "" },
	{ V "rua=mailto:%c3%a4@x", "" },
	{ V "rua=mailto:a@%78", "a@x" },
	{ V "rua=mailto:%2561@x", "%61@x" },
	{ V "rua=mailto:a%4@x", "" },
	{ V "rua=mailto:a@x%", "" },
	{ V "rua=mailto:a@x%4", "" },
	{ V "rua=mailto:a%zz@x", "" },
	/* R4: addresses by their grammar */
	{ V "rua=mailto:a.b@x", "a.b@x" },
	{ V "rua=mailto:.a@x", "" },
	{ V "rua=mailto:a.@x", "" },
	{ V "rua=mailto:a..b@x", "" },
	{ V "rua=mailto:@x", "" },
	{ V "rua=mailto:a@", "" },
	{ V "rua=mailto:a", "" },
	{ V "rua=mailto:%7Ca@x", "" },
	{ V "rua=mailto:/a@x", "" },
	{ V "rua=mailto:-a@x", "" },
	{ V "rua=mailto:a@x.", "" },
	{ V "rua=mailto:a@-x", "" },
	{ V "rua=mailto:a@x-", "" },
	{ V "rua=mailto:a@x..y", "" },
	{ V "rua=mailto:a@x_y", "" },
	{ V "rua=mailto:a@[192.0.2.1]", "" },
	{ V "rua=mailto:a@192.0.2.1", "" },
	{ V "rua=mailto:" SIXTY_FOUR "@x", SIXTY_FOUR "@x" },
	{ V "rua=mailto:" SIXTY_FOUR "2@x", "" },
	{ V "rua=mailto:a@" SIXTY_FOUR, "" },
	/* R42: URLs without credentials, to hosts by name */
	{ V "rua=https://reports.example.com/v1/tlsrpt", "https://reports.example.com/v1/tlsrpt" },
	{ V "rua=HTTPS://Reports.Example.COM/V1?a=B#C", "https://reports.example.com/V1?a=B" },
	{ V "rua=https://y", "https://y" },
	{ V "rua=https://y?q", "https://y?q" },
	{ V "rua=https://y:8443/z", "https://y:8443/z" },
	{ V "rua=https://y:/z", "https://y:/z" },
	{ V "rua=https://y:0/z", "" },
	{ V "rua=https://y:65536/z", "" },
	{ V "rua=https://y:+1/z", "" },
	{ V "rua=https://y:1:2/z", "" },
	{ V "rua=https://", "" },
	{ V "rua=https:///z", "" },
	{ V "rua=https://user@y/z", "" },
	{ V "rua=https://user:word@y/z", "" },
	{ V "rua=https://@y/z", "" },
	{ V "rua=https://y%40z/", "" },
	{ V "rua=https://y%00/", "" },
	{ V "rua=https://y\\@z/", "" },
	{ V "rua=https://y/a@b", "https://y/a@b" },
	{ V "rua=https://y/a%0d%0ab", "https://y/a%0d%0ab" },
	{ V "rua=https://y/a b", "" },
	{ V "rua=https://y/\"", "" },
	{ V "rua=https://y/[a]", "" },
	{ V "rua=https://y/%", "" },
	{ V "rua=https://127.0.0.1/", "" },
	{ V "rua=https://127.1/", "" },
	{ V "rua=https://2130706433/", "" },
	{ V "rua=https://0x7f000001/", "" },
	{ V "rua=https://0177.0.0.01/", "" },
	{ V "rua=https://[::1]/", "" },
	{ V "rua=https://[::ffff:127.0.0.1]:443/", "" },
	{ V "rua=https://y./", "" },
	{ V "rua=https://1.y/", "https://1.y/" },
};

static enum tlsrpt_found
find(const char *text, struct arena *arena, struct tlsrpt_record *record)
{
	struct span one = span_of(text);

	return tlsrpt_record_find(&one, 1, arena, record);
}

START_TEST(records_come_to_this)
{
	struct arena *arena = arena_new();
	struct tlsrpt_record record;
	enum tlsrpt_found found = find(rows[_i].record, arena, &record), expected;
	char text[1000] = "", *end = text;

	for (uint32_t i = 0; i < record.count; i++)
		end += sprintf(end, "%s%.*s", i == 0 ? "" : " ", SPAN_ARG(record.targets[i].text));
	if (found == TLSRPT_FOUND && record.passed_over > 0)
		sprintf(end, " %u", record.passed_over);
	expected = rows[_i].expected == NULL ? TLSRPT_NONE : rows[_i].expected[0] == '\0' ? TLSRPT_BAD : TLSRPT_FOUND;
	ck_assert_msg(found == expected, "%s: %d, %s", rows[_i].record, (int)found, record.wrong);
	ck_assert_str_eq(text, rows[_i].expected == NULL ? "" : rows[_i].expected);
	ck_assert((record.wrong != NULL) == (found == TLSRPT_BAD || record.passed_over > 0));
	arena_free(&arena);
}
END_TEST

/* R2 */
START_TEST(of_several_records_none_counts)
{
	static const struct { struct span texts[3]; enum tlsrpt_found expected; } several[] = {
		{ { SPAN("v=spf1 -all"), SPAN(V "rua=mailto:a@x"), SPAN("") }, TLSRPT_FOUND },
		{ { SPAN(V "rua=mailto:a@x"), SPAN("v=TLSRPTv2;rua=mailto:b@x"), SPAN("v=TLSRPTv1 ;rua=mailto:b@x") }, TLSRPT_FOUND },
		{ { SPAN(V "rua=mailto:a@x"), SPAN(V "rua=mailto:b@x"), SPAN("") }, TLSRPT_BAD },
		{ { SPAN(V "rua=mailto:a@x"), SPAN(""), SPAN(V "rua=mailto:a@x") }, TLSRPT_BAD },
		{ { SPAN(V "rua=mailto:a@x"), SPAN(V), SPAN("") }, TLSRPT_BAD },
		{ { SPAN("a"), SPAN("b"), SPAN("c") }, TLSRPT_NONE },
	};
	struct arena *arena = arena_new();
	struct tlsrpt_record record;

	for (size_t i = 0; i < sizeof(several) / sizeof(*several); i++) {
		ck_assert_int_eq(tlsrpt_record_find(several[i].texts, 3, arena, &record), several[i].expected);
		ck_assert_uint_eq(record.count, several[i].expected == TLSRPT_FOUND);
		ck_assert((record.wrong != NULL) == (several[i].expected == TLSRPT_BAD));
	}
	ck_assert_int_eq(tlsrpt_record_find(NULL, 0, arena, &record), TLSRPT_NONE);
	arena_free(&arena);
}
END_TEST

START_TEST(a_target_says_where_it_leads)
{
	struct arena *arena = arena_new();
	struct tlsrpt_record record;

	ck_assert_int_eq(find(V "rua=mailto:A@B.Example,https://C.example/,https://c.example:8443?x", arena, &record), TLSRPT_FOUND);
	ck_assert_uint_eq(record.count, 3);
	ck_assert_int_eq(record.targets[0].scheme, TLSRPT_MAILTO);
	ck_span_eq(record.targets[0].host, "b.example");
	ck_assert_int_eq(record.targets[1].scheme, TLSRPT_HTTPS);
	ck_span_eq(record.targets[1].host, "c.example");
	ck_assert_uint_eq(record.targets[1].port, 443);
	ck_span_eq(record.targets[2].host, "c.example");
	ck_assert_uint_eq(record.targets[2].port, 8443);
	arena_free(&arena);
}
END_TEST

/* What is wrong is said by the first fault; a NUL, which no row above can have, ends nothing. */
START_TEST(what_is_wrong_is_said)
{
	struct arena *arena = arena_new();
	struct tlsrpt_record record;
	struct span nul = SPAN(V "rua=mailto:a@x\0y");

	find(V "rua=http://x/,mailto:a@x,mailto:b", arena, &record);
	ck_assert_str_eq(record.wrong, "a URI is neither mailto nor https (RFC 8460 3)");
	ck_assert_uint_eq(record.passed_over, 2);
	find(V "x=y", arena, &record);
	ck_assert_str_eq(record.wrong, "the record has no rua (RFC 8460 3)");
	find(V "rua=https://u:p@x/", arena, &record);
	ck_assert_str_eq(record.wrong, "an https URI has a user's name in it");
	ck_assert_int_eq(tlsrpt_record_find(&nul, 1, arena, &record), TLSRPT_BAD);
	arena_free(&arena);
}
END_TEST

START_TEST(a_uri_may_be_this_long)
{
	static char text[3000];
	struct arena *arena = arena_new();
	struct tlsrpt_record record;
	size_t begin = strlen(strcpy(text, V "rua=")), first = begin;

	begin += strlen(strcpy(text + begin, "https://y/"));
	memset(text + begin, 'z', first + TLSRPT_URI_OCTETS - begin);
	ck_assert_int_eq(find(text, arena, &record), TLSRPT_FOUND);
	ck_assert_uint_eq(record.targets[0].text.length, TLSRPT_URI_OCTETS);
	text[first + TLSRPT_URI_OCTETS] = 'z';
	ck_assert_int_eq(find(text, arena, &record), TLSRPT_BAD);
	arena_free(&arena);
}
END_TEST

UNIT_MAIN_LOOPED("tlsrpt_record", records_come_to_this, rows, of_several_records_none_counts, a_target_says_where_it_leads,
    what_is_wrong_is_said, a_uri_may_be_this_long)
