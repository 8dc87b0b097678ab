/* Tests of src/lib-auth/dkim_signature.c: fields as rows, each the good one with something changed (RFC 6376 3.5, 6.1.1). */
#include "src/lib-auth/dkim_signature.h"

#include "base/buf.h"
#include "tests/unit/unit.h"

#define NOW 1700000000
#define BH "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="
#define BEGIN "v=1; a=rsa-sha256; d=example.org; s=sel; h=From:To; bh=" BH "; b=YWJj"
#define DIGITS50 "12345678901234567890123456789012345678901234567890"
#define LABEL60 DIGITS50 "0123456789"

/* A field's value, and the beginning of why nothing can be done with it, or of why it is not good; NULL = neither. */
static const struct {
	const char *value, *unread, *wrong;
} rows[] = {
	{ BEGIN, NULL, NULL },
	/* P30: what has to be there */
	{ "a=rsa-sha256; d=example.org; s=sel; h=From; bh=" BH "; b=YWJj", "there is no v=", NULL },
	{ "v=1; d=example.org; s=sel; h=From; bh=" BH "; b=YWJj", "there is no a=", NULL },
	{ "v=1; a=rsa-sha256; s=sel; h=From; bh=" BH "; b=YWJj", "there is no d=", NULL },
	{ "v=1; a=rsa-sha256; d=example.org; h=From; bh=" BH "; b=YWJj", "there is no s=", NULL },
	{ "v=1; a=rsa-sha256; d=example.org; s=sel; bh=" BH "; b=YWJj", "there is no h=", NULL },
	{ "v=1; a=rsa-sha256; d=example.org; s=sel; h=From; b=YWJj", "there is no bh=", NULL },
	{ "v=1; a=rsa-sha256; d=example.org; s=sel; h=From; bh=" BH, "there is no b=", NULL },
	/* P30: twice, unknown, no list at all */
	{ BEGIN "; d=example.org", "a tag is there twice", NULL },
	{ BEGIN "; zz=1; z=From:x|To:y; r=y;", NULL, NULL },
	{ BEGIN "; junk", "it is no list of tags", NULL },
	{ "", "it is no list of tags", NULL },
	/* versions and algorithms */
	{ "v=2; a=rsa-sha256; d=example.org; s=sel; h=From; bh=" BH "; b=YWJj", "v= is not 1", NULL },
	{ "v=1.0; a=rsa-sha256; d=example.org; s=sel; h=From; bh=" BH "; b=YWJj", "v= is not 1", NULL },
	{ "v=1; a=rsa-sha512; d=example.org; s=sel; h=From; bh=" BH "; b=YWJj", "a= is an algorithm that is not known", NULL },
	{ "v=1; a=RSA-SHA256; d=example.org; s=sel; h=From; bh=" BH "; b=YWJj", "a= is an algorithm that is not known", NULL },
	{ "v=1; a=ed25519-sha256; d=example.org; s=sel; h=From; bh=" BH "; b=YWJj", NULL, NULL },
	/* P36 */
	{ "v=1; a=rsa-sha1; d=example.org; s=sel; h=From; bh=uoq1oCgLlTqpdDX/iUbLy7J1Wic=; b=YWJj", NULL, "it is signed with rsa-sha1" },
	{ "v=1; a=rsa-sha256; d=example.org; s=sel; h=From; bh=uoq1oCgLlTqpdDX/iUbLy7J1Wic=; b=YWJj", "bh= is no hash", NULL },
	{ "v=1; a=rsa-sha256; d=example.org; s=sel; h=From; bh=" BH BH "; b=YWJj", "bh= is no base64", NULL },
	{ "v=1; a=rsa-sha256; d=example.org; s=sel; h=From; bh=" BH "; b=YW*j", "b= is no base64", NULL },
	{ "v=1; a=rsa-sha256; d=example.org; s=sel; h=From; bh=" BH "; b=", "b= is no base64", NULL },
	/* P30: forms */
	{ BEGIN "; c=relaxed/relaxed", NULL, NULL }, { BEGIN "; c=simple", NULL, NULL }, { BEGIN "; c=relaxed", NULL, NULL },
	{ BEGIN "; c=nofws/relaxed", "c= is a form", NULL }, { BEGIN "; c=relaxed/", "c= is a form", NULL },
	{ BEGIN "; c=", "c= is a form", NULL }, { BEGIN "; c=relaxed/simple/simple", "c= is a form", NULL },
	{ BEGIN "; c=Relaxed", "c= is a form", NULL },
	/* names; P39a: as people write them */
	{ "v=1; a=rsa-sha256; d=org; s=sel; h=From; bh=" BH "; b=YWJj", "d= is no name", NULL },
	{ "v=1; a=rsa-sha256; d=example..org; s=sel; h=From; bh=" BH "; b=YWJj", "d= is no name", NULL },
	{ "v=1; a=rsa-sha256; d=example.org.; s=sel; h=From; bh=" BH "; b=YWJj", "d= is no name", NULL },
	{ "v=1; a=rsa-sha256; d=[192.0.2.1]; s=sel; h=From; bh=" BH "; b=YWJj", "d= is no name", NULL },
	{ "v=1; a=rsa-sha256; d=exam ple.org; s=sel; h=From; bh=" BH "; b=YWJj", "d= is no name", NULL },
	{ "v=1; a=rsa-sha256; d=b\xc3\xbc" "cher.example; s=s\xc3\xa4l; h=From; bh=" BH "; b=YWJj", NULL, NULL },
	{ "v=1; a=rsa-sha256; d=b\xc3.example; s=sel; h=From; bh=" BH "; b=YWJj", "d= is no name", NULL },
	{ "v=1; a=rsa-sha256; d=example.org; s=a_b.c-d.9; h=From; bh=" BH "; b=YWJj", NULL, NULL },
	{ "v=1; a=rsa-sha256; d=example.org; s=; h=From; bh=" BH "; b=YWJj", "s= is no selector", NULL },
	{ "v=1; a=rsa-sha256; d=example.org; s=a/b; h=From; bh=" BH "; b=YWJj", "s= is no selector", NULL },
	{ "v=1; a=rsa-sha256; d=" LABEL60 "." LABEL60 ".example; s=" LABEL60 "." LABEL60 "; h=From; bh=" BH "; b=YWJj",
	    "s= and d= are longer", NULL },
	/* P30: From is signed, whatever else */
	{ "v=1; a=rsa-sha256; d=example.org; s=sel; h=To; bh=" BH "; b=YWJj", "h= does not have From", NULL },
	{ "v=1; a=rsa-sha256; d=example.org; s=sel; h=; bh=" BH "; b=YWJj", "h= is no list", NULL },
	{ "v=1; a=rsa-sha256; d=example.org; s=sel; h=From::To; bh=" BH "; b=YWJj", "h= is no list", NULL },
	{ "v=1; a=rsa-sha256; d=example.org; s=sel; h=From:To:; bh=" BH "; b=YWJj", "h= is no list", NULL },
	{ "v=1; a=rsa-sha256; d=example.org; s=sel; h=From:T o; bh=" BH "; b=YWJj", "h= is no list", NULL },
	{ "v=1; a=rsa-sha256; d=example.org; s=sel; h=To :\r\n\tFROM; bh=" BH "; b=YWJj", NULL, NULL },
	{ "v=1; a=rsa-sha256; d=example.org; s=sel; h=Resent-From; bh=" BH "; b=YWJj", "h= does not have From", NULL },
	/* P30: i= is d= or below */
	{ BEGIN "; i=@example.org", NULL, NULL }, { BEGIN "; i=joe@EXAMPLE.org", NULL, NULL }, { BEGIN "; i=@a.b.example.org", NULL, NULL },
	{ BEGIN "; i=j=40oe=3D@example.org", NULL, NULL }, { BEGIN "; i=\"a@b\"@example.org", NULL, NULL },
	{ BEGIN "; i=@org", "the domain of i= is neither", NULL }, { BEGIN "; i=@notexample.org", "the domain of i= is neither", NULL },
	{ BEGIN "; i=@example.org.evil.example", "the domain of i= is neither", NULL },
	{ BEGIN "; i=@example.org=2eevil.example", "i= is not quoted", NULL },
	{ BEGIN "; i=@example.org=2Eevil.example", "the domain of i= is neither", NULL },
	{ BEGIN "; i=example.org", "i= is no address", NULL }, { BEGIN "; i=", "i= is no address", NULL }, { BEGIN "; i=joe@",
	    "i= is no address", NULL },
	{ BEGIN "; i=joe=4@example.org", "i= is not quoted", NULL }, { BEGIN "; i=@example.org=00", "i= is no address", NULL },
	/* P34: numbers, up to and beyond what counts */
	{ BEGIN "; l=0", NULL, NULL }, { BEGIN "; l=18446744073709551615", NULL, NULL }, { BEGIN "; l=18446744073709551616", NULL, NULL },
	{ BEGIN "; l=" DIGITS50 "12345678901234567890123456", NULL, NULL }, { BEGIN "; l=" DIGITS50 "123456789012345678901234567",
	    "l= is no number", NULL },
	{ BEGIN "; l=", "l= is no number", NULL }, { BEGIN "; l=-1", "l= is no number", NULL }, { BEGIN "; l=1 2", "l= is no number",
	    NULL },
	{ BEGIN "; t=1700000000; x=1700000001", NULL, NULL },
	{ BEGIN "; t=1699999990; x=1699999999", NULL, "it has expired" }, { BEGIN "; x=1700000000", NULL, NULL },
	{ BEGIN "; t=1700000000; x=1700000000", "x= is not after t=", NULL }, { BEGIN "; x=5; t=6", "x= is not after t=", NULL },
	{ BEGIN "; t=1700086400", NULL, NULL }, { BEGIN "; t=1700086401", NULL, "it says that it was made in the future" },
	{ BEGIN "; t=99999999999999999999999", NULL, "it says that it was made in the future" },
	{ BEGIN "; x=99999999999999999999999", NULL, NULL }, { BEGIN "; t=soon", "t= is no time", NULL }, { BEGIN "; x=", "x= is no time",
	    NULL },
	/* P30: q= */
	{ BEGIN "; q=dns/txt", NULL, NULL }, { BEGIN "; q=dns/other : dns/txt", NULL, NULL }, { BEGIN "; q=http", "q= has no way", NULL },
};

static const char *
read_value(const char *value, struct arena *arena, struct dkim_signature *signature)
{
	struct buf field;
	const char *why;

	buf_init(&field, 10000);
	ck_assert(buf_printf(&field, "DKIM-Signature: %s", value));
	why = dkim_signature_read(arena_span(arena, buf_span(&field)), arena, signature);
	buf_clear(&field);
	return why;
}

static void
why_check(const char *value, const char *why, const char *expected)
{
	ck_assert_msg((why == NULL) == (expected == NULL), "%s: %s", value, why);
	if (expected != NULL)
		ck_assert_msg(strncmp(why, expected, strlen(expected)) == 0, "%s: %s", value, why);
}

START_TEST(fields_are_good_or_there_is_a_reason)
{
	struct arena *arena = arena_new();
	struct dkim_signature signature;
	const char *why = read_value(rows[_i].value, arena, &signature);

	why_check(rows[_i].value, why, rows[_i].unread);
	if (why == NULL)
		why_check(rows[_i].value, dkim_signature_wrong(&signature, NOW), rows[_i].wrong);
	arena_free(&arena);
}
END_TEST

START_TEST(what_is_not_said_is_as_the_rfc_has_it)
{
	struct arena *arena = arena_new();
	struct dkim_signature signature;

	/* P30 */
	ck_assert_ptr_null(read_value(BEGIN, arena, &signature));
	ck_assert(signature.header_form == DKIM_SIMPLE && signature.body_form == DKIM_SIMPLE);
	ck_span_eq(signature.identity, "@example.org");
	ck_assert(!signature.has_length && signature.signed_s == DKIM_TIME_NONE && signature.ends_s == DKIM_TIME_NONE);
	ck_assert_ptr_null(read_value(BEGIN "; c=relaxed; i=a=20\r\n b@x.EXAMPLE.org; l=18446744073709551616", arena, &signature));
	ck_assert(signature.header_form == DKIM_RELAXED && signature.body_form == DKIM_SIMPLE);
	ck_span_eq(signature.identity, "a b@x.EXAMPLE.org");
	ck_assert(signature.is_of_subdomain && signature.length == UINT64_MAX);
	/* P39a */
	ck_assert_ptr_null(read_value("v=1; a=rsa-sha256; d=B\xc3\xbc" "cher.example; s=S\xc3\xa4l; i=\xc3\xa4@b\xc3\xbc" "cher.example; "
	    "h=From; bh=" BH "; b=YWJj", arena, &signature));
	ck_assert_str_eq(signature.domain, "xn--bcher-kva.example");
	ck_assert_str_eq(signature.selector, "xn--sl-via");
	ck_assert(!signature.is_of_subdomain);
	arena_free(&arena);
}
END_TEST

START_TEST(names_to_sign_have_an_end)
{
	struct arena *arena = arena_new();
	struct dkim_signature signature;
	struct buf value;

	/* P40 */
	buf_init(&value, 10000);
	ck_assert(buf_add(&value, SPAN("v=1; a=rsa-sha256; d=example.org; s=sel; bh=" BH "; b=YWJj; h=From")));
	for (int i = 1; i < DKIM_SIGNED_NAMES_MAX; i++)
		ck_assert(buf_add(&value, SPAN(":x")));
	ck_assert(buf_add(&value, span_make("", 1)));
	ck_assert_ptr_null(read_value(buf_span(&value).data, arena, &signature));
	value.end--;	/* the NUL */
	ck_assert(buf_add(&value, span_make(":x", 3)));
	ck_assert_ptr_nonnull(read_value(buf_span(&value).data, arena, &signature));
	buf_clear(&value);
	arena_free(&arena);
}
END_TEST

UNIT_MAIN_LOOPED("dkim_signature", fields_are_good_or_there_is_a_reason, rows, what_is_not_said_is_as_the_rfc_has_it,
    names_to_sign_have_an_end)
