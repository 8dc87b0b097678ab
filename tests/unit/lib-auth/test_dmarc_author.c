/* Tests of src/lib-auth/dmarc_author.c: From fields as rows, with whatever is meant to be read in two ways (RFC 9989 5.3.1, 11.5). */
#include <time.h>

#include "auth/dmarc.h"
#include "base/buf.h"
#include "tests/unit/unit.h"

#define NOT_ONE "there is not exactly one From field"
#define NO_DOMAIN "no address in From has a domain"
#define NO_NAME "an address in From has no domain with a name"
#define SEVERAL "From names several domains"
#define MALFORMED "From is no list of addresses"

/* The value of From, and the author's domain; or the beginning of why there is none. */
static const struct {
	const char *value, *author, *why;
} rows[] = {
	/* P50 */
	{ "joe@example.org", "example.org", NULL },
	{ " Joe <joe@EXAMPLE.org>", "example.org", NULL },
	{ "\"Joe, of B@d\" <joe@example.org>", "example.org", NULL },
	{ "Joe (a@b.example (c@d.example) \\) e@f.example) <joe@example.org> (g@h.example)", "example.org", NULL },
	{ "\r\n Joe\r\n\t<joe@example.org\r\n >", "example.org", NULL },
	{ "\"joe@evil.example\"@example.org", "example.org", NULL },
	{ "\"a\\\"b@evil.example\" <joe@example.org>", "example.org", NULL },
	{ "joe @ (at) example.org", "example.org", NULL },
	{ "=?utf-8?Q?Joe_=40_x?= <joe@example.org>", "example.org", NULL },
	{ "J. \xc3\xb6. <j\xc3\xb6@b\xc3\xbc" "cher.example>", "xn--bcher-kva.example", NULL },
	{ "a@example.org, B <b@Example.ORG>", "example.org", NULL },
	{ "a@b\xc3\xbc" "cher.example, a@xn--bcher-kva.example", "xn--bcher-kva.example", NULL },
	{ "joe@example.org <joe@example.org>", "example.org", NULL },
	{ "root@localhost", "localhost", NULL },
	{ ", joe@example.org,,", "example.org", NULL },
	/* groups (RFC 6854) */
	{ "Friends: a@example.org, B <b@example.org>;", "example.org", NULL },
	{ "Friends: a@example.org;, c@example.org", "example.org", NULL },
	{ "Friends: a@example.org, b@example.net;", NULL, SEVERAL },
	{ "undisclosed:;", NULL, NO_DOMAIN },
	/* none */
	{ "", NULL, NO_DOMAIN }, { " \r\n\t", NULL, NO_DOMAIN }, { "Joe", NULL, NO_DOMAIN }, { "<>", NULL, NO_DOMAIN }, { "Joe <joe>", NULL,
	    NO_DOMAIN },
	{ "joe@[192.0.2.1]", NULL, NO_NAME }, { "joe@", NULL, NO_NAME }, { "joe@.example.org", NULL, NO_NAME }, { "joe@example.org.", NULL,
	    NO_NAME },
	{ "joe@exa*mple.org", NULL, NO_NAME }, { "joe@b\xc3", NULL, NO_NAME }, { "joe@<example.org>", NULL, NO_NAME },
	/* several */
	{ "a@example.org, b@example.net", NULL, SEVERAL },
	{ "joe@bank.example <eve@evil.example>", NULL, SEVERAL },
	{ "a@example.org, b@sub.example.org", NULL, SEVERAL },
	/* what two programs read in two ways */
	{ "joe@example.org eve@evil.example", NULL, MALFORMED },
	{ "<joe@example.org> <eve@evil.example>", NULL, MALFORMED },
	{ "<joe@example.org> eve@evil.example", NULL, MALFORMED },
	{ "<joe@example.org>, <eve@evil.example", NULL, MALFORMED },
	{ "<@evil.example:joe@example.org>", NULL, MALFORMED },
	{ "<joe@example.org@evil.example>", NULL, MALFORMED },
	{ "joe@example.org>", NULL, MALFORMED }, { "<<joe@example.org>>", NULL, MALFORMED }, { "<joe@example.org", NULL, MALFORMED },
	{ "@example.org", NULL, MALFORMED }, { "<@example.org>", NULL, MALFORMED }, { "joe@example .org", NULL, MALFORMED },
	{ "joe@example.org\\@evil.example", NULL, MALFORMED }, { "joe\\ <joe@example.org>", NULL, MALFORMED },
	{ "\"joe@example.org", NULL, MALFORMED }, { "(joe@example.org", NULL, MALFORMED }, { "joe@example.org)", NULL, MALFORMED },
	{ "Joe: <joe@example.org>", NULL, MALFORMED }, { "joe@example.org;", NULL, MALFORMED }, { "A: B: joe@example.org;;", NULL,
	    MALFORMED },
	{ "A: joe@example.org; x", NULL, MALFORMED }, { "<joe@example.org, joe@example.org>", NULL, MALFORMED },
	{ "joe@example.org\"\"", NULL, MALFORMED }, { "joe\x01@example.org", NULL, MALFORMED },
	    { "=?utf-8?Q?a@b.example?= <joe@example.org>", NULL, NO_NAME },
};

static const char *
author_of(const char *before, const char *value, const char *after, char author[DMARC_DOMAIN_TEXT])
{
	struct buf header;
	const char *why;

	buf_init(&header, 4u * 1024 * 1024);
	ck_assert(buf_printf(&header, "%sFrom:%s\r\n%s", before, value, after));
	why = dmarc_author(buf_span(&header), author);
	buf_clear(&header);
	return why;
}

START_TEST(from_names_one_domain_or_none)
{
	char author[DMARC_DOMAIN_TEXT];
	const char *why = author_of("To: x@y.example\r\n", rows[_i].value, "Sender: z@z.example\r\n", author);

	ck_assert_msg((why == NULL) == (rows[_i].why == NULL), "%s: %s", rows[_i].value, why);
	if (why != NULL)
		ck_assert_msg(strncmp(why, rows[_i].why, strlen(rows[_i].why)) == 0, "%s: %s", rows[_i].value, why);
	ck_assert_str_eq(author, rows[_i].author == NULL ? "" : rows[_i].author);
}
END_TEST

START_TEST(from_is_there_once)
{
	char author[DMARC_DOMAIN_TEXT];

	/* P50, PX3 */
	ck_assert(strncmp(author_of("FROM : a@example.org\r\n", " a@example.org", "", author), NOT_ONE, strlen(NOT_ONE)) == 0);
	ck_assert(strncmp(dmarc_author(SPAN("To: a@example.org\r\n"), author), NOT_ONE, strlen(NOT_ONE)) == 0);
	ck_assert(strncmp(dmarc_author(SPAN(""), author), NOT_ONE, strlen(NOT_ONE)) == 0);
	ck_assert_ptr_nonnull(dmarc_author(SPAN("From: a@example.org\n"), author));
	ck_assert_ptr_nonnull(dmarc_author(SPAN("From: a@example.org\0.evil.example\r\n"), author));
	ck_assert_ptr_nonnull(dmarc_author(SPAN("From: \"\0\" <a@example.org>\r\n"), author));
	ck_assert_ptr_null(dmarc_author(SPAN("From : a@example.org\r\n"), author));
	ck_assert_str_eq(author, "example.org");
}
END_TEST

START_TEST(signs_without_end_take_no_time)
{
	/* PX5 */
	static const char *const signs[] = { "(", "\"", "\"\"", "<", ";", "@", "a@b.example,", " \t", "\\", "(a)", "=?", "a@", "x:;," };

	for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++) {
		struct buf value;
		char author[DMARC_DOMAIN_TEXT];
		bool fits = true;
		clock_t begin;

		buf_init(&value, 2u * 1024 * 1024);
		while (fits && buf_length(&value) < 1024u * 1024)
			fits = buf_add(&value, span_of(signs[i]));
		ck_assert(fits && buf_add(&value, span_make("", 1)));
		begin = clock();
		(void)author_of("", value.data, "", author);
		ck_assert((double)(clock() - begin) / CLOCKS_PER_SEC < UNIT_SECONDS / 60.0);
		buf_clear(&value);
	}
}
END_TEST

UNIT_MAIN_LOOPED("dmarc_author", from_names_one_domain_or_none, rows, from_is_there_once, signs_without_end_take_no_time)
