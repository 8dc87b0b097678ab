/* Tests of src/lib-auth/dkim_canon.c: bodies and fields as rows, cut at every place (RFC 6376 3.4). */
#include "src/lib-auth/dkim_canon.h"

#include <openssl/evp.h>

#include "base/buf.h"
#include "tests/unit/unit.h"

static void
on_octets(void *arg, struct span octets)
{
	ck_assert(buf_add(arg, octets));
}

/* A body, and its simple and relaxed forms. */
static const struct {
	const char *body, *simple, *relaxed;
} bodies[] = {
	/* P31: the example of RFC 6376 3.4.5 */
	{ " C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n", " C\r\nD E\r\n" },
	/* P31: nothing, and what comes to nothing */
	{ "", "\r\n", "" },
	{ "\r\n", "\r\n", "" },
	{ "\r\n\r\n\r\n", "\r\n", "" },
	{ " \t", " \t\r\n", "" },
	{ " \t\r\n", " \t\r\n", "" },
	{ "\r\n \r\n\t\r\n", "\r\n \r\n\t\r\n", "" },
	/* P31: no CRLF at the end */
	{ "a", "a\r\n", "a\r\n" },
	{ "a\r\nb", "a\r\nb\r\n", "a\r\nb\r\n" },
	{ "a ", "a \r\n", "a\r\n" },
	{ "a\r\n ", "a\r\n \r\n", "a\r\n" },
	/* empty lines: in front and within they count */
	{ "\r\na\r\n", "\r\na\r\n", "\r\na\r\n" },
	{ "a\r\n\r\n\r\nb\r\n\r\n", "a\r\n\r\n\r\nb\r\n", "a\r\n\r\n\r\nb\r\n" },
	{ "a\r\n \t\r\nb\r\n", "a\r\n \t\r\nb\r\n", "a\r\n\r\nb\r\n" },
	/* white space: one space for a run, none at the end of a line, one at its beginning */
	{ "a\tb  c\t \td\r\n", "a\tb  c\t \td\r\n", "a b c d\r\n" },
	{ "\t a\t \r\n", "\t a\t \r\n", " a\r\n" },
	{ ". .. \r\n", ". .. \r\n", ". ..\r\n" },
	/* other octets, and other white space, are as they are */
	{ "\xc3\xa4\v\f\x7f \x80\r\n", "\xc3\xa4\v\f\x7f \x80\r\n", "\xc3\xa4\v\f\x7f \x80\r\n" },
	/* a CR or LF alone ends no line */
	{ "a\nb \n\r\n", "a\nb \n\r\n", "a\nb \n\r\n" },
	{ "a \rb\r", "a \rb\r\r\n", "a \rb\r\r\n" },
	{ "a\r\r\n", "a\r\r\n", "a\r\r\n" },
	{ "a \r \r\n", "a \r \r\n", "a \r\r\n" },
	{ "\r", "\r\r\n", "\r\r\n" },
	{ "\n\r\n", "\n\r\n", "\n\r\n" },
	{ "a\r\n\r", "a\r\n\r\r\n", "a\r\n\r\r\n" },
};

static void
body_check(const char *text, enum dkim_form form, size_t first, size_t step, const char *expected)
{
	struct span rest = span_of(text);
	struct dkim_body body;
	struct buf out;

	buf_init(&out, 1000);
	dkim_body_init(&body, form, on_octets, &out);
	for (size_t n = first; rest.length > 0; n = step) {
		dkim_body_add(&body, span_first(rest, n));
		rest = span_skip(rest, n);
	}
	dkim_body_end(&body);
	ck_span_eq(buf_span(&out), expected);
	buf_clear(&out);
}

START_TEST(bodies_have_two_forms_however_they_are_cut)
{
	size_t length = strlen(bodies[_i].body);

	for (size_t first = 0; first <= length; first++) {
		body_check(bodies[_i].body, DKIM_SIMPLE, first, length + 1, bodies[_i].simple);
		body_check(bodies[_i].body, DKIM_RELAXED, first, length + 1, bodies[_i].relaxed);
	}
	body_check(bodies[_i].body, DKIM_SIMPLE, 1, 1, bodies[_i].simple);
	body_check(bodies[_i].body, DKIM_RELAXED, 1, 1, bodies[_i].relaxed);
}
END_TEST

struct taken {
	size_t octets, times;
};

static void
on_taken(void *arg, struct span octets)
{
	struct taken *taken = arg;

	taken->octets += octets.length;
	taken->times++;
}

/* PX2: whatever a body is made of, hashes get it in blocks: each time costs as much as many octets. */
START_TEST(bodies_come_in_blocks)
{
	static const char *const patterns[] = { "\r\n", "a ", "a\r", " \r\na", "a\r\n", "\r", "abcdefghijklmnopqrstuvwxyz\r\n" };

	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++)
		for (int form = 0; form < DKIM_FORMS; form++) {
			struct taken taken = { 0, 0 };
			struct dkim_body body;

			dkim_body_init(&body, (enum dkim_form)form, on_taken, &taken);
			for (int n = 0; n < 100000; n++)
				dkim_body_add(&body, span_of(patterns[i]));
			dkim_body_add(&body, SPAN("x\r\n"));
			dkim_body_end(&body);
			ck_assert_uint_ge(taken.octets, 100000);
			ck_assert_msg(taken.times <= taken.octets / (DKIM_BLOCK - 64) + 1, "\"%s\": %zu octets in %zu pieces", patterns[i], taken.octets,
			    taken.times);
		}
}
END_TEST

/* A field without its last CRLF, and its relaxed form. */
static const struct {
	const char *field, *relaxed;
} fields[] = {
	/* P31: the example of RFC 6376 3.4.5 */
	{ "A: X", "a:X" },
	{ "B : Y\t\r\n\tZ  ", "b:Y Z" },
	{ "Subject:Is  dinner\tready?", "subject:Is dinner ready?" },
	{ "SUBJECT \t:\t \r\n \r\n\tIs it? ", "subject:Is it?" },
	{ "X:", "x:" },
	{ "X: \r\n ", "x:" },
	{ "X-a: b:c : d", "x-a:b:c : d" },
	{ "X: \xc3\xa4\x80 \v", "x:\xc3\xa4\x80 \v" },
	{ "X: a\rb\n c", "x:a\rb\n c" },
	{ "X: a\r\n b\r\n  c\r\n\td", "x:a b c d" },
	{ "A-Name-That-Is-Longer-Than-What-Is-Put-In-Lower-Case-At-Once-And-A-Half-Of-That-Again: X",
	    "a-name-that-is-longer-than-what-is-put-in-lower-case-at-once-and-a-half-of-that-again:X" },
};

START_TEST(fields_have_two_forms)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		struct buf out;

		buf_init(&out, 1000);
		dkim_field_canon(DKIM_RELAXED, span_of(fields[i].field), on_octets, &out);
		ck_span_eq(buf_span(&out), fields[i].relaxed);
		buf_empty(&out);
		dkim_field_canon(DKIM_SIMPLE, span_of(fields[i].field), on_octets, &out);
		ck_span_eq(buf_span(&out), fields[i].field);
		buf_clear(&out);
	}
}
END_TEST

static const char *
empty_hash(enum dkim_form form)
{
	static unsigned char text[48];
	unsigned char digest[32];
	struct dkim_body body;
	struct buf out;

	buf_init(&out, 10);
	dkim_body_init(&body, form, on_octets, &out);
	dkim_body_end(&body);
	ck_assert_int_eq(EVP_Digest(buf_span(&out).data, buf_length(&out), digest, NULL, EVP_sha256(), NULL), 1);
	EVP_EncodeBlock(text, digest, sizeof(digest));
	buf_clear(&out);
	return (const char *)text;
}

START_TEST(the_empty_body_has_the_hashes_of_the_rfc)
{
	/* P31: RFC 6376 3.4.3 and 3.4.4 */
	ck_assert_str_eq(empty_hash(DKIM_SIMPLE), "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=");
	ck_assert_str_eq(empty_hash(DKIM_RELAXED), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}
END_TEST

UNIT_MAIN_LOOPED("dkim_canon", bodies_have_two_forms_however_they_are_cut, bodies, bodies_come_in_blocks, fields_have_two_forms,
    the_empty_body_has_the_hashes_of_the_rfc)
