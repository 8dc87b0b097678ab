/* Tests of src/lib-auth/dkim_tags.c: lists of tags and base64 as rows (RFC 6376 3.2). */
#include "src/lib-auth/dkim_tags.h"

#include "base/buf.h"
#include "tests/unit/unit.h"

#define NO_TAG "it is no list of tags"
#define TWICE "a tag is there twice"

/* A list, and what was read as name=value with "|" behind each; or the beginning of what is wrong. */
static const struct {
	const char *text, *tags, *why;
} rows[] = {
	{ "v=1", "v=1|", NULL },
	{ "v=1;", "v=1|", NULL },
	{ "v=1; a=b ;\r\n\t c_9 = x y\tz ; ", "v=1|a=b|c_9=x y\tz|", NULL },
	{ "p=;v=", "p=|v=|", NULL },
	{ "a=b=c", "a=b=c|", NULL },
	{ "V=1;v=2", "V=1|v=2|", NULL },		/* names differ by letter case */
	{ "d=b\xc3\xbc" "cher.example", "d=b\xc3\xbc" "cher.example|", NULL },	/* P39a */
	{ "", "", NO_TAG },
	{ ";", "", NO_TAG },
	{ " ", "", NO_TAG },
	{ "v", "", NO_TAG },
	{ "v=1;;a=b", "", NO_TAG },
	{ "v=1; ;", "", NO_TAG },
	{ ";v=1", "", NO_TAG },
	{ "=1", "", NO_TAG },
	{ "1v=1", "", NO_TAG },
	{ "v-1=1", "", NO_TAG },
	{ "v v=1", "", NO_TAG },
	{ "v=\x01", "", NO_TAG },
	{ "v=\x7f", "", NO_TAG },
	/* P30 */
	{ "v=1;a=2;v=1", "", TWICE },
	{ "x=1;x=", "", TWICE },
};

START_TEST(lists_are_read_strictly)
{
	struct dkim_tags tags;
	const char *why = dkim_tags_read(span_of(rows[_i].text), &tags);
	struct buf text;

	buf_init(&text, 1000);
	ck_assert_msg((why == NULL) == (rows[_i].why == NULL), "%s", why);
	if (why != NULL)
		ck_assert_msg(strncmp(why, rows[_i].why, strlen(rows[_i].why)) == 0, "%s", why);
	for (size_t i = 0; why == NULL && i < tags.count; i++)
		ck_assert(buf_printf(&text, "%.*s=%.*s|", SPAN_ARG(tags.at[i].name), SPAN_ARG(tags.at[i].value)));
	ck_span_eq(buf_span(&text), rows[_i].tags);
	buf_clear(&text);
}
END_TEST

START_TEST(there_is_an_end_to_tags)
{
	struct dkim_tags tags;
	struct buf text;

	buf_init(&text, 1000);
	for (int i = 0; i < DKIM_TAGS_MAX; i++)
		ck_assert(buf_printf(&text, "a%d=;", i));
	ck_assert_ptr_null(dkim_tags_read(buf_span(&text), &tags));
	ck_assert_uint_eq(tags.count, DKIM_TAGS_MAX);
	ck_assert(buf_add(&text, SPAN("b=")));
	ck_assert_ptr_nonnull(dkim_tags_read(buf_span(&text), &tags));
	buf_clear(&text);
}
END_TEST

START_TEST(a_tag_is_found_with_all_that_is_around_its_value)
{
	struct dkim_tags tags;

	ck_assert_ptr_null(dkim_tags_read(SPAN("v=1;b =\r\n x y ;c=z"), &tags));
	ck_span_eq(dkim_tags_find(&tags, "b")->raw, "\r\n x y ");
	ck_span_eq(dkim_tags_find(&tags, "b")->value, "x y");
	ck_assert_ptr_null(dkim_tags_find(&tags, "B"));
	ck_assert(dkim_tags_has(SPAN("a : b:c"), "b") && dkim_tags_has(SPAN("*"), "*"));
	ck_assert(!dkim_tags_has(SPAN("a : b:c"), "B") && !dkim_tags_has(SPAN(""), "b") && !dkim_tags_has(SPAN("bb"), "b"));
}
END_TEST

START_TEST(one_value_has_one_text)
{
	static const struct { const char *text, *octets; } values[] = {
		{ "YQ==", "a" }, { "YWI=", "ab" }, { "YWJj", "abc" }, { "Y W\r\n\tJ j", "abc" }, { "YQ", "a" }, { "YWI", "ab" }, { "YQ= =",
		    "a" },
		{ "YR==", NULL }, { "YWJ=", NULL }, { "Y", NULL }, { "", NULL }, { " ", NULL }, { "=", NULL }, { "YQ=", NULL }, { "YQ===",
		    NULL },
		{ "YWJj=", NULL }, { "YQ==YQ==", NULL }, { "YW-j", NULL }, { "YWJjYWJjYWJj", NULL },
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		unsigned char octets[8];
		size_t length;
		bool is_good = dkim_tags_base64(span_of(values[i].text), octets, sizeof(octets), &length);

		ck_assert_msg(is_good == (values[i].octets != NULL), "%s", values[i].text);
		if (is_good)
			ck_span_eq(span_make(octets, length), values[i].octets);
	}
}
END_TEST

UNIT_MAIN_LOOPED("dkim_tags", lists_are_read_strictly, rows, there_is_an_end_to_tags, a_tag_is_found_with_all_that_is_around_its_value,
    one_value_has_one_text)
