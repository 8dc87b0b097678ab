/* Tests of src/lib-auth/dkim.c: whole fields, which fields of a header they sign, and how they are folded. */
#include "auth/dkim.h"

#include "football.h"

#define NOW 1528637909
#define DIGITS50 "12345678901234567890123456789012345678901234567890"
#define LABEL60 DIGITS50 "0123456789"

/* Sign the football message's body and this header with its Ed25519 key. Returns what is wrong, or NULL with the field in out. */
static const char *
sign(const char *header, const char *domain, const char *selector, struct buf *out)
{
	struct dkim_key *key = football_ed25519();
	struct dkim_signer *signer = dkim_signer_new(key, domain, selector);
	struct span body = SPAN(FOOTBALL_BODY);
	const char *why;

	for (; body.length > 0; body = span_skip(body, 7))
		dkim_signer_body(signer, span_first(body, 7));
	why = dkim_signer_end(signer, span_of(header), NOW, out);
	dkim_signer_free(&signer);
	dkim_signer_free(&signer);
	dkim_key_free(&key);
	return why;
}

/* A header, and h= without folds; or what is wrong. */
static const struct {
	const char *header, *names, *why;
} rows[] = {
	/* P32: From once more than it is there */
	{ "From: a@a.example\r\n", "From:From", NULL },
	{ "FROM : a@a.example\r\nX: 1\r\nreceived: x\r\n", "From:From", NULL },
	{ FOOTBALL_HEADER, "From:From:To:Subject:Date:Message-ID", NULL },
	/* P32: what is there twice is signed twice */
	{ "To: a\r\nFrom: a@a.example\r\nTo: b\r\nSubject: 1\r\nto: c\r\n", "From:From:To:To:To:Subject", NULL },
	/* R31 */
	{ "TLS-Report-Submitter: a.example\r\nFrom: a@a.example\r\nTo: b\r\nMIME-Version: 1.0\r\nTLS-Report-Domain: b.example\r\n"
	    "Content-Type: multipart/report;\r\n\treport-type=\"tlsrpt\"\r\nAuto-Submitted: auto-generated\r\nDate: x\r\nSubject: y\r\n"
	    "Message-ID: <z>\r\n",
	    "From:From:To:Subject:Date:Message-ID:MIME-Version:Content-Type:Auto-Submitted:TLS-Report-Domain:TLS-Report-Submitter", NULL },
	/* P30 */
	{ "To: a\r\n", NULL, "not exactly one From field" },
	{ "", NULL, "not exactly one From field" },
	{ "From: a\r\nFrom: b\r\n", NULL, "not exactly one From field" },
	{ "From: a\r\n\r\n", NULL, "a line of the header is no field" },
	{ "From: a\n", NULL, "does not end with CRLF" },
};

/* The value of a tag that is not the first, with folds taken out; NULL = not there. Valid until the next call. */
static const char *
tag_of(struct span field, const char *tag)
{
	static char text[4000];
	struct span rest = field, part;
	size_t length = 0;

	while (span_cut(&rest, ';', &part)) {
		while (part.length > 0 && strchr("\r\n ", part.data[0]) != NULL)
			part = span_skip(part, 1);
		if (!span_starts(part, span_of(tag)) || part.data[strlen(tag)] != '=')
			continue;
		for (size_t i = strlen(tag) + 1; i < part.length; i++)
			if (strchr("\r\n ", part.data[i]) == NULL)
				text[length++] = part.data[i];
		text[length] = '\0';
		return text;
	}
	return NULL;
}

START_TEST(what_is_there_is_signed_and_from_once_more)
{
	struct buf out;
	const char *why;

	buf_init(&out, 4000);
	why = sign(rows[_i].header, "football.example.com", "brisbane", &out);
	if (rows[_i].why != NULL) {
		ck_assert_msg(why != NULL && strstr(why, rows[_i].why) != NULL, "%s", why);
	} else {
		ck_assert_ptr_null(why);
		ck_assert_str_eq(tag_of(buf_span(&out), "h"), rows[_i].names);
		ck_assert_str_eq(tag_of(buf_span(&out), "bh"), "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=");
		/* P34 */
		ck_assert_ptr_null(tag_of(buf_span(&out), "l"));
	}
	buf_clear(&out);
}
END_TEST

START_TEST(a_field_is_this)
{
	struct buf out;

	buf_init(&out, 4000);
	ck_assert(buf_add(&out, SPAN("Received: x\r\n")));
	ck_assert_ptr_null(sign(FOOTBALL_HEADER, "football.example.com", "brisbane", &out));
	ck_span_eq(buf_span(&out), "Received: x\r\n"
	    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
	    " d=football.example.com; s=brisbane; t=1528637909; h=From:From:To:Subject:\r\n"
	    " Date:Message-ID;\r\n"
	    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
	    " b=gqAGmskIWgtJYazcYGpHih5gsnOcM3RCooomwkqu5wlsx/6GkHIwyxIFxVmJM/RZWusyviqPWV\r\n"
	    " 45hq964j+EAQ==\r\n");
	buf_clear(&out);
}
END_TEST

/* The longest line of a field, CRLF left out. */
static size_t
longest(struct span field)
{
	size_t most = 0;
	struct span line;

	ck_assert(field.length > 2 && field.data[field.length - 1] == '\n');
	while (span_cut(&field, '\n', &line)) {
		if (line.length == 0 && field.data == NULL)
			break;
		ck_assert(line.length > 2 && line.data[line.length - 1] == '\r');
		most = line.length - 1 > most ? line.length - 1 : most;
	}
	return most;
}

START_TEST(lines_are_short_where_they_can_be)
{
	struct dkim_key *key = dkim_key_make(SPAN("rsa"), 4096);
	struct dkim_signer *signer = dkim_signer_new(key, "football.example.com", "brisbane");
	struct buf out;

	buf_init(&out, 4000);
	ck_assert_ptr_null(sign(rows[4].header, "football.example.com", "brisbane", &out));
	ck_assert_uint_le(longest(buf_span(&out)), 77);
	buf_empty(&out);
	ck_assert_ptr_null(sign(FOOTBALL_HEADER, LABEL60 "." LABEL60 "." LABEL60, DIGITS50, &out));
	ck_assert_uint_eq(longest(buf_span(&out)), strlen(" d=" LABEL60 "." LABEL60 "." LABEL60 ";"));
	buf_empty(&out);
	ck_assert_ptr_null(dkim_signer_end(signer, SPAN(FOOTBALL_HEADER), NOW, &out));
	ck_assert_uint_le(longest(buf_span(&out)), 77);
	ck_assert_uint_eq(strlen(tag_of(buf_span(&out), "b")), 684);
	buf_clear(&out);
	dkim_signer_free(&signer);
	dkim_key_free(&key);
}
END_TEST

START_TEST(a_field_that_does_not_fit_is_none)
{
	size_t length, ceiling = 1;
	struct buf out;

	buf_init(&out, 4000);
	ck_assert_ptr_null(sign(FOOTBALL_HEADER, "football.example.com", "brisbane", &out));
	length = buf_length(&out);
	buf_clear(&out);
	for (; ceiling <= length; ceiling++) {
		const char *why;

		buf_init(&out, ceiling);
		why = sign(FOOTBALL_HEADER, "football.example.com", "brisbane", &out);
		ck_assert((why == NULL) == (ceiling == length));
		buf_clear(&out);
	}
}
END_TEST

START_TEST(names_are_of_letters_digits_and_hyphens)
{
	static const struct { const char *domain, *selector; bool is_good; } names[] = {
		{ "example.org", "s", true }, { "xn--bcher-kva.example", "2026.a-b", true }, { "A.EXAMPLE", "S1", true },
		{ LABEL60 "." LABEL60 "." LABEL60 ".a", LABEL60, false }, { LABEL60 "." LABEL60 "." LABEL60, DIGITS50, true },
		{ "", "s", false }, { "example.org", "", false }, { "example.org.", "s", false }, { ".example.org", "s", false },
		{ "exa mple.org", "s", false }, { "example.org", "s;x", false }, { "b\xc3\xbc" "cher.example", "s", false },
		{ "-a.example", "s", false }, { "a-.example", "s", false }, { LABEL60 "1234.example", "s", false },
		{ "example.org", "a_b", false }, { "example.org", "s\r\n", false },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		ck_assert_msg((dkim_names_wrong(span_of(names[i].domain), span_of(names[i].selector)) == NULL) == names[i].is_good, "%s %s",
		    names[i].domain, names[i].selector);
}
END_TEST

UNIT_MAIN_LOOPED("dkim", what_is_there_is_signed_and_from_once_more, rows, a_field_is_this, lines_are_short_where_they_can_be,
    a_field_that_does_not_fit_is_none, names_are_of_letters_digits_and_hyphens)
