/*
 * Tests of src/lib-auth/dkim_verify.c: the examples of the RFCs, messages that others sign as rows, every octet changed, the DNS failing in
 * every way, and messages that are meant to take for ever.
 */
#include "auth/dkim_verify.h"

#include <time.h>

#include "craft.h"

#define ED_RECORD "v=DKIM1; k=ed25519; p=" FOOTBALL_ED25519_PUBLIC
#define RSA_RECORD "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16J" \
    "Yi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"
#define TAGS "v=1; a=ed25519-sha256; d=football.example.com; s=brisbane; "
#define BODY_WRONG "the body is not what was signed"
#define HEADER_WRONG "the header is not what was signed"

/* RFC 6376 A.2 and C: a message of joe@football.example.com, and its key. */
#define FOOTBALL_6376 \
    "DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;\r\n" \
    "      c=simple/simple; q=dns/txt; i=joe@football.example.com;\r\n" \
    "      h=Received : From : To : Subject : Date : Message-ID;\r\n" \
    "      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n" \
    "      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB\r\n" \
    "      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut\r\n" \
    "      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV\r\n" \
    "      4bmp/YzhwvcubU4=;\r\n" \
    "Received: from client1.football.example.com  [192.0.2.1]\r\n" \
    "      by submitserver.example.com with SUBMISSION;\r\n" \
    "      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)\r\n" \
    FOOTBALL_HEADER "\r\nHi.\r\n\r\nWe lost the game. Are you hungry yet?\r\n\r\nJoe.\r\n"
#define RECORD_6376 "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4j" \
    "YfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"

/* RFC 8463 A.3 */
#define ED_8463 \
    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n d=football.example.com; i=@football.example.com;\r\n" \
    " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n subject : date : message-id : from : subject : date;\r\n" \
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n" \
    " Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
#define RSA_8463 \
    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n d=football.example.com; i=@football.example.com;\r\n" \
    " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n date : message-id : from : subject : date;\r\n" \
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n" \
    " DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n"

/* Verify a whole message, cut in three ways; every signature comes to the same. */
static void
result_check(struct span message, const struct craft_dns *dns, enum dkim_verdict verdict, const char *why)
{
	static const size_t steps[] = { 1, 7, SIZE_MAX };

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		struct dkim_verify *verify = craft_verify(message, steps[i], DKIM_SERVICE_EMAIL, CRAFT_NOW, dns);
		const struct dkim_result *result;

		ck_assert_uint_eq(dkim_verify_count(verify), 1);
		result = dkim_verify_result(verify, 0);
		ck_assert_msg(result->verdict == verdict, "%s: %s", dkim_verdict_name(result->verdict), result->why);
		ck_assert_msg(strncmp(result->why, why, strlen(why)) == 0 && (result->why[0] == '\0') == (verdict == DKIM_PASS), "%s",
		    result->why);
		dkim_verify_free(&verify);
	}
}

START_TEST(the_examples_of_the_rfcs_are_good)
{
	/* P33, P37 */
	static const struct { const char *message, *record, *question; } examples[] = {
		{ ED_8463 FOOTBALL_HEADER "\r\n" FOOTBALL_BODY, ED_RECORD, "brisbane._domainkey.football.example.com" },
		{ RSA_8463 FOOTBALL_HEADER "\r\n" FOOTBALL_BODY, RSA_RECORD, "test._domainkey.football.example.com" },
		{ FOOTBALL_6376, RECORD_6376, "brisbane._domainkey.example.com" },
	};

	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
		struct dkim_verify *verify = dkim_verify_new(DKIM_SERVICE_EMAIL, CRAFT_NOW);
		struct auth_question question;

		result_check(span_of(examples[i].message), &(struct craft_dns){ AUTH_FOUND, { examples[i].record } }, DKIM_PASS, "");
		ck_assert(!dkim_verify_ask(verify, &question));
		dkim_verify_octets(verify, span_of(examples[i].message));
		ck_assert(dkim_verify_ask(verify, &question));
		ck_assert_str_eq(question.name, examples[i].question);
		ck_assert(!dkim_verify_ask(verify, &question));
		dkim_verify_free(&verify);
		dkim_verify_free(&verify);
	}
}
END_TEST

START_TEST(two_signatures_with_two_keys_are_two_results)
{
	struct span message = SPAN(ED_8463 RSA_8463 FOOTBALL_HEADER "\r\n" FOOTBALL_BODY);
	struct dkim_verify *verify = craft_verify(message, 100, DKIM_SERVICE_EMAIL, CRAFT_NOW, &(struct craft_dns){ AUTH_FOUND,
	    { RSA_RECORD } });

	ck_assert_uint_eq(dkim_verify_count(verify), 2);
	ck_assert_int_eq(dkim_verify_result(verify, 0)->verdict, DKIM_PERMERROR);
	ck_assert(strstr(dkim_verify_result(verify, 0)->why, "of another type") != NULL);
	ck_assert_int_eq(dkim_verify_result(verify, 1)->verdict, DKIM_PASS);
	ck_assert_str_eq(dkim_verify_result(verify, 1)->mark, "F45dVWDf");
	ck_assert_str_eq(dkim_verify_result(verify, 1)->selector, "test");
	ck_assert_uint_eq(dkim_verify_result(verify, 1)->key_bits, 1024);
	ck_span_eq(dkim_verify_header(verify), ED_8463 RSA_8463 FOOTBALL_HEADER);
	dkim_verify_free(&verify);
}
END_TEST

/* --- what others sign --- */

#define FROM_1 "From: joe@football.example.com\r\n"
#define FROM_2 "From: eve@evil.example\r\n"
#define FORMED(c, header, body) { NULL, TAGS "h=From:Subject:Subject; c=" c ";", header, body, "From:Subject:Subject", 0 }
#define SIGNED(tags, names, length) { NULL, TAGS tags, DKIM_SIMPLE, DKIM_SIMPLE, names, length }

/* Signed as the craft says, then in front of the message and behind it something was added: what comes of that. */
static const struct {
	struct craft craft;
	const char *header, *body, *above, *below;
	enum dkim_verdict verdict;
	const char *why;
} rows[] = {
	/* P31: every form, and bodies that are hardly there */
	{ FORMED("simple/simple", DKIM_SIMPLE, DKIM_SIMPLE), FROM_1, "a  b \r\n\r\n", "", "", DKIM_PASS, "" },
	{ FORMED("simple/relaxed", DKIM_SIMPLE, DKIM_RELAXED), FROM_1, "a  b \r\n\r\n", "", "", DKIM_PASS, "" },
	{ FORMED("relaxed/simple", DKIM_RELAXED, DKIM_SIMPLE), FROM_1, "a  b \r\n\r\n", "", "", DKIM_PASS, "" },
	{ FORMED("relaxed", DKIM_RELAXED, DKIM_SIMPLE), FROM_1, "a  b \r\n", "", "\r\n\r\n", DKIM_PASS, "" },
	{ FORMED("simple/simple", DKIM_SIMPLE, DKIM_SIMPLE), FROM_1, "", "", "", DKIM_PASS, "" },
	{ FORMED("simple/simple", DKIM_SIMPLE, DKIM_SIMPLE), FROM_1, "", "", "\r\n", DKIM_PASS, "" },
	{ FORMED("simple/simple", DKIM_SIMPLE, DKIM_SIMPLE), FROM_1, "", "", " \r\n", DKIM_FAIL, BODY_WRONG },
	{ FORMED("simple/relaxed", DKIM_SIMPLE, DKIM_RELAXED), FROM_1, "", "", " \r\n\t\r\n", DKIM_PASS, "" },
	{ FORMED("simple/relaxed", DKIM_SIMPLE, DKIM_RELAXED), FROM_1, "a", "", "\r\n", DKIM_PASS, "" },
	/* P32: from the bottom up; what is signed as missing must not come */
	{ FORMED("simple/simple", DKIM_SIMPLE, DKIM_SIMPLE), FROM_1 "Subject: 1\r\n", "a\r\n", "Subject: 2\r\n", "",
	    DKIM_FAIL, HEADER_WRONG },
	{ FORMED("simple/simple", DKIM_SIMPLE, DKIM_SIMPLE), FROM_1 "Subject: 1\r\n", "a\r\n", "To: x\r\n", "",
	    DKIM_PASS, "" },
	{ SIGNED("h=From:From;", "From:From", 0), FROM_1, "a\r\n", FROM_2, "", DKIM_FAIL, HEADER_WRONG },
	/* P32: an added From that the signer did not think of is not vouched for either */
	{ SIGNED("h=From;", "From", 0), FROM_1, "a\r\n", FROM_2, "", DKIM_POLICY, "there is a From field" },
	{ SIGNED("h=From;", "From", 0), FROM_1, "a\r\n", "FROM : eve\r\n", "", DKIM_POLICY, "there is a From field" },
	{ SIGNED("h=From:From;", "From:From", 0), FROM_2 FROM_1, "a\r\n", "", "", DKIM_PASS, "" },
	/* other signatures may be signed, its own never is */
	{ SIGNED("h=From:DKIM-Signature;", "From:DKIM-Signature", 0), FROM_1, "a\r\n", "", "", DKIM_PASS, "" },
	/* P34: l= */
	{ SIGNED("h=From; l=5;", "From", 5), FROM_1, "abc\r\n", "", "", DKIM_PASS, "" },
	{ SIGNED("h=From; l=5;", "From", 5), FROM_1, "abc\r\n", "", "\r\n\r\n", DKIM_PASS, "" },
	{ SIGNED("h=From; l=5;", "From", 5), FROM_1, "abc\r\n", "", "x\r\n", DKIM_POLICY, "the body goes on" },
	{ SIGNED("h=From; l=3;", "From", 3), FROM_1, "abc\r\n", "", "", DKIM_POLICY, "the body goes on" },
	{ SIGNED("h=From; l=6;", "From", 6), FROM_1, "abc\r\n", "", "", DKIM_FAIL, BODY_WRONG },
	{ SIGNED("h=From; l=18446744073709551616;", "From", 0), FROM_1, "abc\r\n", "", "", DKIM_FAIL, BODY_WRONG },
	{ SIGNED("h=From; l=18446744073709551621;", "From", 5), FROM_1, "abc\r\n", "", "", DKIM_FAIL, BODY_WRONG },
	/* P34: times */
	{ SIGNED("h=From; t=1528637908; x=1528637909;", "From", 0), FROM_1, "a\r\n", "", "", DKIM_PASS, "" },
	{ SIGNED("h=From; x=1528637908;", "From", 0), FROM_1, "a\r\n", "", "", DKIM_PERMERROR, "it has expired" },
	{ SIGNED("h=From; t=1628637908;", "From", 0), FROM_1, "a\r\n", "", "", DKIM_PERMERROR, "it says that it was made" },
	/* P36; P38: what cannot be read, and what cannot be good */
	{ { NULL, "v=1; a=rsa-sha1; d=a.example; s=s; h=From;", DKIM_SIMPLE, DKIM_SIMPLE, "From", 0 }, FROM_1, "a\r\n", "", "",
	    DKIM_PERMERROR,
	    "it is signed with rsa-sha1" },
	{ { NULL, "v=1; a=ed25519-sha256; s=s; h=From;", DKIM_SIMPLE, DKIM_SIMPLE, "From", 0 }, FROM_1, "a\r\n", "", "", DKIM_NEUTRAL,
	    "there is no d=" },
	{ { NULL, "v=1; a=rsa-sha256; d=a.example; s=s; h=From;", DKIM_SIMPLE, DKIM_SIMPLE, "From", 0 }, FROM_1, "a\r\n", "", "",
	    DKIM_PERMERROR,
	    "the key is of another type" },
	/* P39a: the field is hashed as it stands */
	{ { NULL, "v=1; a=ed25519-sha256; d=b\xc3\xbc" "cher.example; s=s\xc3\xa4l; i=@\xc3\xa4.b\xc3\xbc" "cher.example; h=From;",
	    DKIM_SIMPLE, DKIM_SIMPLE,
	    "From", 0 }, FROM_1, "a\r\n", "", "", DKIM_PASS, "" },
	{ { NULL, "v=1; a=ed25519-sha256; d=xn--bcher-kva.example; s=xn--sl-via; h=From;", DKIM_SIMPLE, DKIM_SIMPLE, "From", 0 }, FROM_1,
	    "a\r\n", "", "",
	    DKIM_PASS, "" },
};

START_TEST(what_others_sign_comes_to_this)
{
	struct dkim_key *key = football_ed25519();
	struct craft craft = rows[_i].craft;
	struct buf message, whole;

	craft.key = key;
	message = craft_message(&craft, rows[_i].header, rows[_i].body);
	buf_init(&whole, CRAFT_MAX);
	ck_assert(buf_printf(&whole, "%s%.*s%s", rows[_i].above, SPAN_ARG(buf_span(&message)), rows[_i].below));
	result_check(buf_span(&whole), &(struct craft_dns){ AUTH_FOUND, { ED_RECORD } }, rows[_i].verdict, rows[_i].why);
	buf_clear(&whole);
	buf_clear(&message);
	dkim_key_free(&key);
}
END_TEST

START_TEST(a_body_that_is_not_there_has_these_hashes)
{
	/* P31 */
	static const struct { struct craft craft; const char *hash; } empty[] = {
		{ SIGNED("h=From; c=simple/simple;", "From", 0), " bh=frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=;" },
		{ { NULL, TAGS "h=From; c=simple/relaxed;", DKIM_SIMPLE, DKIM_RELAXED, "From", 0 },
		    " bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;" },
	};
	struct dkim_key *key = football_ed25519();

	for (size_t i = 0; i < sizeof(empty) / sizeof(*empty); i++) {
		struct craft craft = empty[i].craft;
		struct buf message;

		craft.key = key;
		message = craft_message(&craft, FROM_1, "");
		ck_assert(memmem(message.data, buf_length(&message), empty[i].hash, strlen(empty[i].hash)) != NULL);
		result_check(buf_span(&message), &(struct craft_dns){ AUTH_FOUND, { ED_RECORD } }, DKIM_PASS, "");
		buf_clear(&message);
	}
	dkim_key_free(&key);
}
END_TEST

/* --- every octet --- */

static void
on_seen(void *out, struct span octets)
{
	ck_assert(buf_add(out, octets));
}

/* A field as the verifier sees it: of its own, b= is the value and neither white space nor padding. */
static void
field_seen(struct span field, enum dkim_form form, struct buf *out)
{
	struct buf canon;
	const char *b;

	buf_init(&canon, CRAFT_MAX);
	dkim_field_canon(form, field, on_seen, &canon);
	b = memmem(buf_span(&canon).data, buf_length(&canon), " b=", 3);
	for (size_t i = 0; i < buf_length(&canon); i++)
		if (b == NULL || canon.data + i < b + 3 || strchr(" \t\r\n=", canon.data[i]) == NULL)
			on_seen(out, span_make(canon.data + i, 1));
	on_seen(out, SPAN("\r\n"));
	buf_clear(&canon);
}

/* The message as a verifier sees it: two that are written in two ways and are one for it come out as one. To be cleared. */
static struct buf
seen(struct span message, enum dkim_form form)
{
	const char *empty = memmem(message.data, message.length, "\r\n\r\n", 4);
	size_t header = empty == NULL ? message.length : (size_t)(empty - message.data) + 2;
	struct arena *arena = arena_new();
	struct dkim_fields fields;
	struct dkim_body body;
	struct buf out;

	buf_init(&out, CRAFT_MAX);
	if (dkim_fields_read(span_first(message, header), arena, &fields) == NULL)
		for (size_t i = 0; i < fields.count; i++)
			field_seen(fields.at[i], form, &out);
	dkim_body_init(&body, form, on_seen, &out);
	dkim_body_add(&body, span_skip(message, header + 2));
	dkim_body_end(&body);
	arena_free(&arena);
	return out;
}

static bool
is_good(struct span message)
{
	struct dkim_verify *verify = craft_verify(message, SIZE_MAX, DKIM_SERVICE_EMAIL, CRAFT_NOW, &(struct craft_dns){ AUTH_FOUND,
	    { ED_RECORD } });
	bool good = false;

	for (uint32_t i = 0; i < dkim_verify_count(verify); i++)
		good = good || dkim_verify_result(verify, i)->verdict == DKIM_PASS;
	dkim_verify_free(&verify);
	return good;
}

/* Change every octet in every way that is tried. Returns how many of them are still good, as they have to be the same message. */
static unsigned
octets_change(struct span message, enum dkim_form form)
{
	static const char instead[] = " \t\r\n=;:a";
	struct buf original = seen(message, form), changed;
	unsigned good = 0;

	buf_init(&changed, CRAFT_MAX);
	ck_assert(is_good(message) && buf_add(&changed, message));
	for (size_t i = 0; i < message.length; i++) {
		for (int way = 0; way < 8 + 8; way++) {
			char octet = way < 8 ? (char)(message.data[i] ^ 1 << way) : instead[way - 8];

			if (octet == message.data[i])
				continue;
			changed.data[i] = octet;
			if (is_good(buf_span(&changed))) {
				struct buf now = seen(buf_span(&changed), form);

				ck_assert_msg(span_equal(buf_span(&now), buf_span(&original)), "octet %zu as %02x", i,
				    (unsigned char)octet);
				buf_clear(&now);
				good++;
			}
		}
		changed.data[i] = message.data[i];
	}
	buf_clear(&changed);
	buf_clear(&original);
	return good;
}

START_TEST(no_octet_can_be_changed_that_counts)
{
	static const struct craft crafts[DKIM_FORMS] = {
		[DKIM_SIMPLE] = SIGNED("t=1; h=From:From:To:Subject; c=simple/simple;", "From:From:To:Subject", 0),
		[DKIM_RELAXED] = { NULL, TAGS "t=1; h=From:From:To:Subject; c=relaxed/relaxed;", DKIM_RELAXED, DKIM_RELAXED,
		    "From:From:To:Subject", 0 },
	};
	struct dkim_key *key = football_ed25519();

	for (int form = 0; form < DKIM_FORMS; form++) {
		struct craft craft = crafts[form];
		struct buf message;
		unsigned good;

		craft.key = key;
		message = craft_message(&craft, "From: Joe <joe@football.example.com>\r\nTo:  a\t@b.example\r\n"
		    "Subject: Is\r\n  it?\r\n", "Hi.  \r\n\r\nJoe \t\r\n");
		good = octets_change(buf_span(&message), (enum dkim_form)form);
		/* Letter case and white space, where the forms let them be other ones. */
		ck_assert_msg(form == DKIM_SIMPLE ? good < 20 : good > 20, "%u", good);
		buf_clear(&message);
	}
	dkim_key_free(&key);
}
END_TEST

/* --- the DNS --- */

START_TEST(what_the_dns_says_comes_to_this)
{
	/* P35, P38: a key that is not there, and one that nobody knows of today */
	static const struct { struct craft_dns dns; enum dkim_verdict verdict; const char *why; } answers[] = {
		{ { AUTH_FOUND, { ED_RECORD } }, DKIM_PASS, "" },
		{ { AUTH_FOUND, { "v=DKIM1; t=y; k=ed25519; p=" FOOTBALL_ED25519_PUBLIC } }, DKIM_PASS, "" },
		{ { AUTH_FAILED, { NULL } }, DKIM_TEMPERROR, "the key could not be looked up" },
		{ { AUTH_NO_NAME, { NULL } }, DKIM_PERMERROR, "there is no key" },
		{ { AUTH_NO_DATA, { NULL } }, DKIM_PERMERROR, "there is no key" },
		{ { AUTH_FOUND, { NULL } }, DKIM_PERMERROR, "there is no key" },
		{ { AUTH_FOUND, { ED_RECORD, ED_RECORD } }, DKIM_PERMERROR, "there are several TXT records" },
		{ { AUTH_FOUND, { "v=DKIM1; k=ed25519; p=" } }, DKIM_PERMERROR, "the key was revoked" },
		{ { AUTH_FOUND, { "v=DKIM1; s=tlsrpt; k=ed25519; p=" FOOTBALL_ED25519_PUBLIC } }, DKIM_PERMERROR,
		    "the key is for other services" },
		{ { AUTH_FOUND, { "v=DKIM1; k=ed25519; p=AAAAAKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=" } }, DKIM_PERMERROR, "p= is no key" },
		{ { AUTH_FOUND, { "v=DKIM1; k=ed25519; p=AAAAAAKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=" } }, DKIM_FAIL,
		    "the header is not what was signed" },
	};
	struct span message = SPAN(ED_8463 FOOTBALL_HEADER "\r\n" FOOTBALL_BODY),
	    broken = SPAN(ED_8463 FOOTBALL_HEADER "\r\nanother body\r\n");

	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		bool is_of_key = answers[i].verdict == DKIM_PERMERROR;

		result_check(message, &answers[i].dns, answers[i].verdict, answers[i].why);
		/* What is wrong for ever is said, whatever may be known tomorrow. */
		result_check(broken, &answers[i].dns, is_of_key ? DKIM_PERMERROR : DKIM_FAIL, is_of_key ? answers[i].why : BODY_WRONG);
	}
}
END_TEST

START_TEST(keys_come_when_they_come)
{
	struct span header = SPAN(ED_8463 ED_8463 FOOTBALL_HEADER "\r\n");
	struct dkim_verify *verify = dkim_verify_new(DKIM_SERVICE_EMAIL, CRAFT_NOW);
	char record[] = "v=DKIM1; t=y; s=email; h=sha256; k=ed25519; p=" FOOTBALL_ED25519_PUBLIC;
	const struct span text = span_of(record);
	struct auth_answer answer = { .status = AUTH_FOUND, .texts = &text, .count = 1 };
	struct auth_question question;

	/* One key, one question; answered in the middle of the body. */
	dkim_verify_octets(verify, header);
	ck_assert(dkim_verify_ask(verify, &question) && !dkim_verify_ask(verify, &question));
	dkim_verify_octets(verify, SPAN("Hi.\r"));
	dkim_verify_answer(verify, question.number, &answer);
	/* The answer is the resolver's: gone before it is judged. */
	memset(record, 'x', sizeof(record) - 1);
	ck_assert(!dkim_verify_is_done(verify));
	dkim_verify_octets(verify, span_skip(SPAN(FOOTBALL_BODY), 4));
	dkim_verify_end(verify);
	ck_assert(dkim_verify_is_done(verify));
	ck_assert_uint_eq(dkim_verify_count(verify), 2);
	for (uint32_t i = 0; i < 2; i++) {
		const struct dkim_result *result = dkim_verify_result(verify, i);

		ck_assert_int_eq(result->verdict, DKIM_PASS);
		ck_assert_str_eq(result->domain, "football.example.com");
		ck_span_eq(result->identity, "@football.example.com");
		ck_assert_str_eq(result->algorithm, "ed25519-sha256");
		ck_assert_uint_eq(result->key_bits, 256);
		ck_assert_uint_eq(result->services, DKIM_SERVICE_EMAIL);
		ck_assert(result->is_testing && !result->has_length);
		ck_assert_int_eq(result->signed_s, 1528637909);
		ck_assert_int_eq(result->ends_s, -1);
	}
	dkim_verify_free(&verify);
}
END_TEST

START_TEST(reports_on_tls_are_signed_whole_and_with_their_keys)
{
	/* R34, RFC 8460 3 */
	static const struct { const char *tags, *record; size_t length; enum dkim_verdict verdict; } reports[] = {
		{ TAGS "h=From;", ED_RECORD, 0, DKIM_PASS },
		{ TAGS "h=From;", "v=DKIM1; s=tlsrpt; k=ed25519; p=" FOOTBALL_ED25519_PUBLIC, 0, DKIM_PASS },
		{ TAGS "h=From;", "v=DKIM1; s=email; k=ed25519; p=" FOOTBALL_ED25519_PUBLIC, 0, DKIM_PERMERROR },
		{ TAGS "h=From; l=3;", ED_RECORD, 3, DKIM_POLICY },
	};
	struct dkim_key *key = football_ed25519();

	for (size_t i = 0; i < sizeof(reports) / sizeof(*reports); i++) {
		const struct craft craft = { key, reports[i].tags, DKIM_SIMPLE, DKIM_SIMPLE, "From", reports[i].length };
		struct buf message = craft_message(&craft, FROM_1, "a\r\n");
		struct dkim_verify *verify = craft_verify(buf_span(&message), SIZE_MAX, DKIM_SERVICE_TLSRPT, CRAFT_NOW,
		    &(struct craft_dns){ AUTH_FOUND, { reports[i].record } });

		ck_assert_int_eq(dkim_verify_result(verify, 0)->verdict, reports[i].verdict);
		ck_assert(dkim_verify_result(verify, 0)->has_length == (reports[i].length > 0));
		dkim_verify_free(&verify);
		buf_clear(&message);
	}
	dkim_key_free(&key);
}
END_TEST

START_TEST(what_is_no_header_has_no_signatures)
{
	static const struct { const char *message, *malformed; uint32_t count; } messages[] = {
		{ "", "", 0 }, { "\r\n", "", 0 }, { FROM_1 "\r\nDKIM-Signature: v=1\r\n", "", 0 }, { FROM_1, "", 0 },
		{ "dkim-SIGNATURE :\r\n" FROM_1, "", 1 },
		{ "junk\r\n" ED_8463 FOOTBALL_HEADER "\r\n" FOOTBALL_BODY, "a line of the header is no field", 0 },
		{ "A: b\rc\r\n" ED_8463 FOOTBALL_HEADER "\r\n" FOOTBALL_BODY, "a line of the header does not end", 0 },
		{ "From: x", "a line of the header does not end", 0 },
	};

	for (size_t i = 0; i < sizeof(messages) / sizeof(*messages); i++) {
		struct dkim_verify *verify = craft_verify(span_of(messages[i].message), 3, DKIM_SERVICE_EMAIL, CRAFT_NOW,
		    &(struct craft_dns){ 0 });

		ck_assert_uint_eq(dkim_verify_count(verify), messages[i].count);
		ck_assert(strncmp(dkim_verify_malformed(verify), messages[i].malformed, strlen(messages[i].malformed)) == 0);
		ck_assert((dkim_verify_malformed(verify)[0] == '\0') == (messages[i].malformed[0] == '\0'));
		dkim_verify_free(&verify);
	}
}
END_TEST

/* --- what is meant to take for ever --- */

/* Verified, whatever comes of it; the processor's seconds that it took. */
static double
seconds_of(struct span message, const char *record, uint32_t count, uint32_t ignored)
{
	clock_t begin = clock();
	struct dkim_verify *verify = craft_verify(message, 65536, DKIM_SERVICE_EMAIL, CRAFT_NOW, &(struct craft_dns){ AUTH_FOUND,
	    { record } });

	ck_assert_uint_eq(dkim_verify_count(verify), count);
	ck_assert_uint_eq(dkim_verify_ignored(verify), ignored);
	for (uint32_t i = 0; i < count; i++)
		ck_assert_int_ne(dkim_verify_result(verify, i)->verdict, DKIM_PASS);
	dkim_verify_free(&verify);
	return (double)(clock() - begin) / CLOCKS_PER_SEC;
}

static void
add_times(struct buf *out, const char *text, unsigned times)
{
	bool fits = true;

	for (unsigned i = 0; i < times; i++)
		fits = buf_add(out, span_of(text)) && fits;
	ck_assert(fits);
}

#define FIELD_TAGS \
    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=a.example; s=s; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; "
#define FIELD_BEGIN FIELD_TAGS "b=YWJj; "
#define A_SECOND_OR_SO (UNIT_SECONDS / 20)

/* PX2: each is a hash of the whole body more. */
START_TEST(two_lengths_are_looked_at)
{
	static const char changed[] = "the body is not what was signed (RFC 6376 6.1.3)", left[] = "there are more lengths (l=) than are looked at";
	static const struct { const char *tags, *why; } lengths[] = {
		{ "l=5; h=From", changed }, { "h=From", changed }, { "l=7; h=From", changed }, { "l=6; h=From", left }, { "l=5; h=From", changed },
		{ "h=From", changed }, { "l=8; h=From", left }
	};
	const uint32_t count = sizeof(lengths) / sizeof(*lengths);
	struct dkim_verify *verify;
	struct buf message;

	buf_init(&message, CRAFT_MAX);
	for (uint32_t i = 0; i < count; i++)
		ck_assert(buf_printf(&message, FIELD_BEGIN "%s\r\n", lengths[i].tags));
	ck_assert(buf_printf(&message, FROM_1 "\r\nabcdefgh\r\n"));
	verify = craft_verify(buf_span(&message), SIZE_MAX, DKIM_SERVICE_EMAIL, CRAFT_NOW, &(struct craft_dns){ AUTH_FOUND, { ED_RECORD } });
	ck_assert_uint_eq(dkim_verify_count(verify), count);
	for (uint32_t i = 0; i < count; i++) {
		ck_assert_str_eq(dkim_verify_result(verify, i)->why, lengths[i].why);
		ck_assert_int_eq(dkim_verify_result(verify, i)->verdict, lengths[i].why == left ? DKIM_POLICY : DKIM_FAIL);
	}
	dkim_verify_free(&verify);
	buf_clear(&message);
}
END_TEST

START_TEST(nothing_takes_for_ever)
{
	static const char *const octets[] = { "YWJj", "Y \t ", "=\t  ", "    " };
	struct buf message, record;

	/* P40, PX2 */
	buf_init(&message, CRAFT_MAX);
	add_times(&message, FIELD_BEGIN "h=From\r\n", 1000);
	add_times(&message, FROM_1 "\r\n", 1);
	ck_assert(seconds_of(buf_span(&message), ED_RECORD, 8, 992) < A_SECOND_OR_SO);

	/* names to sign without end; and as many as may be, among as many fields as fit */
	buf_empty(&message);
	add_times(&message, FIELD_BEGIN "h=From", 1);
	add_times(&message, ":a", 100000);
	add_times(&message, "\r\n" FROM_1 "\r\n", 1);
	ck_assert(seconds_of(buf_span(&message), ED_RECORD, 1, 0) < A_SECOND_OR_SO);
	buf_empty(&message);
	for (int i = 0; i < 8; i++) {
		add_times(&message, FIELD_BEGIN "h=From", 1);
		add_times(&message, ":a:b", 499);
		add_times(&message, "\r\n", 1);
	}
	add_times(&message, FROM_1, 1);
	add_times(&message, "a:\r\nc:\r\n", 120000);
	add_times(&message, "\r\n", 1);
	ck_assert(seconds_of(buf_span(&message), ED_RECORD, 8, 0) < A_SECOND_OR_SO);

	/* a signature and a value of almost a mebibyte, and a header of more */
	for (size_t i = 0; i < sizeof(octets) / sizeof(*octets); i++) {
		buf_empty(&message);
		add_times(&message, FIELD_TAGS "h=From; b=", 1);
		add_times(&message, octets[i], 260000);
		add_times(&message, "\r\n" FROM_1 "\r\n", 1);
		ck_assert(seconds_of(buf_span(&message), ED_RECORD, 1, 0) < A_SECOND_OR_SO);
	}
	buf_empty(&message);
	add_times(&message, FIELD_BEGIN "h=From; x=", 1);
	add_times(&message, "1234567890", 100000);
	add_times(&message, "\r\n" FROM_1 "\r\n", 1);
	ck_assert(seconds_of(buf_span(&message), ED_RECORD, 1, 0) < A_SECOND_OR_SO);
	buf_empty(&message);
	add_times(&message, FIELD_BEGIN "h=From\r\nX: ", 1);
	add_times(&message, "1234567890", 110000);
	ck_assert(seconds_of(buf_span(&message), ED_RECORD, 0, 0) < A_SECOND_OR_SO);

	/* empty lines */
	buf_empty(&message);
	add_times(&message, FIELD_BEGIN "h=From\r\n" FROM_1 "\r\n", 1);
	add_times(&message, "\r\n", 10 * 1000 * 1000);
	add_times(&message, "x\r\n", 1);
	ck_assert(seconds_of(buf_span(&message), ED_RECORD, 1, 0) < 4 * A_SECOND_OR_SO);

	/* a key without end */
	buf_init(&record, 100000);
	add_times(&record, "v=DKIM1; k=rsa; p=", 1);
	add_times(&record, "MIGf", 16000);
	ck_assert(buf_add(&record, span_make("", 1)));
	buf_empty(&message);
	add_times(&message, FIELD_BEGIN "h=From\r\n" FROM_1 "\r\n", 1);
	ck_assert(seconds_of(buf_span(&message), record.data, 1, 0) < A_SECOND_OR_SO);
	buf_clear(&record);
	buf_clear(&message);
}
END_TEST

UNIT_MAIN_LOOPED("dkim_verify", what_others_sign_comes_to_this, rows, the_examples_of_the_rfcs_are_good,
    two_signatures_with_two_keys_are_two_results, a_body_that_is_not_there_has_these_hashes, no_octet_can_be_changed_that_counts,
    what_the_dns_says_comes_to_this, keys_come_when_they_come, reports_on_tls_are_signed_whole_and_with_their_keys,
    what_is_no_header_has_no_signatures, two_lengths_are_looked_at, nothing_takes_for_ever)
