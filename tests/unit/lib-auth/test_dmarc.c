/* Tests of src/lib-auth/dmarc.c: the examples of RFC 9989, policies and alignment as rows, and the DNS failing at every question. */
#include "auth/dmarc.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "tests/unit/unit.h"

#define MOST 16
#define DIGITS50 "12345678901234567890123456789012345678901234567890"
#define LABEL60 DIGITS50 "0123456789"

/* A zone, a line each: "NAME TEXT"; "NAME !" fails, "NAME ?" is not there at all. What is not in it has no TXT record. */
typedef const char *zone[MOST];

/* Answer from the zone. */
static void
answer(const zone records, const char *name, struct dmarc *dmarc, unsigned number)
{
	struct span texts[MOST];
	struct auth_answer answer = { .status = AUTH_NO_DATA, .texts = texts };
	size_t length = strlen(name);

	for (size_t i = 0; i < MOST && records[i] != NULL; i++) {
		if (strncmp(records[i], name, length) != 0 || records[i][length] != ' ')
			continue;
		if (records[i][length + 1] == '!')
			answer.status = AUTH_FAILED;
		else if (records[i][length + 1] == '?')
			answer.status = AUTH_NO_NAME;
		else {
			answer.status = AUTH_FOUND;
			texts[answer.count++] = span_of(records[i] + length + 1);
		}
	}
	dmarc_answer(dmarc, number, &answer);
}

/* Evaluate to the end; names asked for, with a space behind each, in asked. Question `fails` is not answered, -1 = none. To be freed. */
static struct dmarc *
evaluate(const char *author, const zone records, const struct dmarc_identifier *identifiers, size_t count, int fails, struct buf *asked)
{
	static const zone nothing = { NULL };
	struct dmarc *dmarc = dmarc_new(author, identifiers, count);
	struct auth_question question;
	int asked_count = 0;

	while (dmarc_ask(dmarc, &question)) {
		ck_assert_int_eq(question.type, AUTH_TXT);
		ck_assert_uint_le(strlen(question.name), 253);
		ck_assert(asked == NULL || buf_printf(asked, "%s ", question.name));
		if (asked_count++ == fails) {
			const struct auth_answer failed = { .status = AUTH_FAILED };

			dmarc_answer(dmarc, question.number, &failed);
		} else {
			answer(records == NULL ? nothing : records, question.name, dmarc, question.number);
		}
	}
	ck_assert(dmarc_is_done(dmarc));
	ck_assert_uint_eq(dmarc_finding(dmarc)->questions, (unsigned)asked_count);
	return dmarc;
}

#define SPF(name) { DMARC_SPF, { name, sizeof(name) - 1 }, true, false }
#define DKIM(name) { DMARC_DKIM, { name, sizeof(name) - 1 }, true, false }
#define SPF_FAILED(name) { DMARC_SPF, { name, sizeof(name) - 1 }, false, false }
#define DKIM_UNKNOWN(name) { DMARC_DKIM, { name, sizeof(name) - 1 }, false, true }

/* The author, what is published, who has proved what; and what comes of it, as result() says: the organisation where it was needed. */
static const struct {
	const char *author;
	zone records;
	struct dmarc_identifier identifiers[3];
	const char *finding;
} rows[] = {
	/* RFC 9989 B.4.1: a simple one */
	{ "example.com", { "_dmarc.example.com v=DMARC1; p=reject", "_dmarc.signing.example.com v=DMARC1; p=none" },
	    { SPF("example.com"), DKIM("signing.example.com") }, "pass reject/none at example.com of example.com SPF DKIM" },
	/* B.4.2: a deep one */
	{ "a.b.c.d.e.f.g.h.i.j.k.example.com", { "_dmarc.example.com v=DMARC1; p=reject", "_dmarc.signing.example.com v=DMARC1; p=none" },
	    { SPF("example.com"), DKIM("signing.example.com") }, "pass reject/none at example.com of example.com SPF DKIM" },
	/* B.4.3: a public suffix */
	{ "giant.bank.example", { "_dmarc.bank.example v=DMARC1; p=reject; psd=y", "_dmarc.giant.bank.example v=DMARC1; p=quarantine" },
	    { SPF("mail.giant.bank.example"), DKIM("mail.mega.bank.example") },
	    "pass quarantine/none at giant.bank.example of giant.bank.example SPF" },
	{ "giant.bank.example", { "_dmarc.bank.example v=DMARC1; p=reject; psd=y", "_dmarc.giant.bank.example v=DMARC1; p=quarantine" },
	    { DKIM("mail.mega.bank.example") }, "fail quarantine/quarantine at giant.bank.example of giant.bank.example" },
	/* 4.10.2: the three examples of organisations */
	{ "a.mail.example.com", { "_dmarc.mail.example.com v=DMARC1; p=none", "_dmarc.example.com v=DMARC1; p=reject" },
	    { SPF("example.com") },
	    "pass reject/none at example.com of example.com SPF" },
	{ "a.mail.example.com", { "_dmarc.mail.example.com v=DMARC1; p=reject; psd=n", "_dmarc.example.com v=DMARC1; p=none" },
	    { SPF("example.com"), DKIM("b.mail.example.com") }, "pass reject/none at mail.example.com of mail.example.com DKIM" },
	{ "a.mail.example.com", { "_dmarc.com v=DMARC1; p=reject; psd=y" }, { SPF("example.com"), DKIM("other.com") },
	    "pass reject/none at com of example.com SPF" },
	/* 4.4, table 1: relaxed, strict and none */
	{ "news.example.com", { "_dmarc.example.com v=DMARC1; p=reject" }, { DKIM("foo.example.com") },
	    "pass reject/none at example.com of example.com DKIM" },
	{ "news.example.com", { "_dmarc.example.com v=DMARC1; p=reject; adkim=s; aspf=s" },
	    { SPF("foo.example.com"), DKIM("news.example.com") }, "pass reject/none at example.com of example.com DKIM" },
	{ "news.example.com", { "_dmarc.example.com v=DMARC1; p=reject", "_dmarc.example.net v=DMARC1; p=reject" },
	    { DKIM("foo.example.net") }, "fail reject/reject at example.com of example.com" },
	/* 5.1.8: of a name of more than eight labels its own record counts, and none between that and its last seven */
	{ "mail.a.b.c.d.e.f.g.example.com", { "_dmarc.b.c.d.e.f.g.example.com v=DMARC1; p=none; psd=n",
	    "_dmarc.example.com v=DMARC1; p=reject" }, { DKIM("b.c.d.e.f.g.example.com") }, "fail reject/reject at example.com of example.com" },
	{ "mail.a.b.c.d.e.f.g.example.com", { "_dmarc.mail.a.b.c.d.e.f.g.example.com v=DMARC1; p=quarantine; psd=n",
	    "_dmarc.example.com v=DMARC1; p=reject" }, { DKIM("example.com"), DKIM("x.mail.a.b.c.d.e.f.g.example.com") },
	    "fail quarantine/quarantine at mail.a.b.c.d.e.f.g.example.com of mail.a.b.c.d.e.f.g.example.com" },
	/* 11.8: who has a name below takes the organisation's, unless the record says what it is, or that nothing but itself will do */
	{ "evil.example.com", { "_dmarc.mail.example.com v=DMARC1; p=reject", "_dmarc.example.com v=DMARC1; p=reject" },
	    { SPF("mail.example.com") }, "pass reject/none at example.com of example.com SPF" },
	{ "evil.example.com", { "_dmarc.mail.example.com v=DMARC1; p=reject; psd=n", "_dmarc.example.com v=DMARC1; p=reject" },
	    { SPF("mail.example.com") }, "fail reject/reject at example.com of example.com" },
	{ "evil.example.com", { "_dmarc.example.com v=DMARC1; p=reject; aspf=s" }, { SPF("mail.example.com") },
	    "fail reject/reject at example.com of example.com" },
	/* B.2.5: being tried out, in the form that it is published in; B.3.1 */
	{ "test.example.com", { "_dmarc.test.example.com v=DMARC1; p=quarantine; rua=mailto:dmarc-feedback@example.com,"
	    "mailto:tld-test@thirdparty.example.net; t=y" }, { { 0 } }, "fail quarantine/none at test.example.com of " },
	{ "example.com", { "_dmarc.example.com v=DMARC1; p=reject; aspf=r; rua=mailto:dmarc-feedback@example.com" },
	    { SPF("mail.example.com"), DKIM("example.com") }, "pass reject/none at example.com of example.com SPF DKIM" },
	/* P52: psd=y at the name itself says nothing of it; records between count for nothing */
	{ "bank.example", { "_dmarc.bank.example v=DMARC1; p=reject; psd=y" }, { SPF("giant.bank.example") },
	    "fail reject/reject at bank.example of bank.example" },
	{ "a.b.example.com", { "_dmarc.b.example.com v=DMARC1; p=none", "_dmarc.com v=DMARC1; p=reject; psd=y" }, { SPF("b.example.com") },
	    "pass reject/none at com of example.com SPF" },
	{ "a.b.example.com", { "_dmarc.com v=DMARC1; p=none; psd=y", "_dmarc.example.com v=DMARC1; p=quarantine; sp=reject" }, { { 0 } },
	    "fail reject/reject at example.com of example.com" },
	/* P51: several records are none, and others are not meant */
	{ "a.example.com", { "_dmarc.a.example.com v=DMARC1; p=none", "_dmarc.a.example.com v=DMARC1; p=reject",
	    "_dmarc.example.com v=DMARC1; p=reject" },
	    { { 0 } }, "fail reject/reject at example.com of example.com" },
	{ "example.com", { "_dmarc.example.com v=spf1 -all", "_dmarc.example.com v=DMARC1; p=reject",
	    "_dmarc.example.com p=none; v=DMARC1" }, { { 0 } },
	    "fail reject/reject at example.com of " },
	/* nobody has published anything: also RFC 7489 would say so */
	{ "example.com", { NULL }, { SPF("example.com") }, "none none/none at  of " },
	{ "com", { NULL }, { SPF("example.com") }, "none none/none at  of " },
	/* P53: p, sp, np */
	{ "a.example.com", { "_dmarc.example.com v=DMARC1; p=reject; sp=none" }, { { 0 } },
	    "fail none/none at example.com of example.com" },
	{ "a.example.com", { "_dmarc.example.com v=DMARC1; p=none; sp=quarantine; np=reject" }, { { 0 } },
	    "fail quarantine/quarantine at example.com of example.com" },
	{ "a.example.com", { "_dmarc.example.com v=DMARC1; p=none; sp=quarantine; np=reject", "a.example.com ?" }, { { 0 } },
	    "fail reject/reject at example.com of example.com" },
	{ "a.example.com", { "_dmarc.example.com v=DMARC1; p=none; np=reject", "a.example.com ?" }, { { 0 } },
	    "fail reject/reject at example.com of example.com" },
	{ "a.example.com", { "_dmarc.example.com v=DMARC1; p=quarantine; sp=reject", "a.example.com ?" }, { { 0 } },
	    "fail reject/reject at example.com of example.com" },
	{ "a.example.com", { "_dmarc.a.example.com v=DMARC1; p=none; sp=reject; np=reject", "_dmarc.example.com v=DMARC1; p=reject" },
	    { { 0 } },
	    "fail none/none at a.example.com of " },
	{ "a.b.example", { "_dmarc.example v=DMARC1; p=none; np=reject; psd=y", "a.b.example ?" }, { { 0 } },
	    "fail reject/reject at example of b.example" },
	{ "example.com", { "_dmarc.example.com v=DMARC1; p=bad; rua=mailto:a@example.com" }, { { 0 } },
	    "fail none/none at example.com of " },
	{ "example.com", { "_dmarc.example.com v=DMARC1; p=bad" }, { SPF("example.com") }, "permerror none/none at example.com of " },
	{ "a.example.com", { "_dmarc.example.com v=DMARC1; p=reject; sp=bad; rua=mailto:a@example.com" }, { { 0 } },
	    "fail none/none at example.com of example.com" },
	/* P54: pct is gone, t=y is one level */
	{ "example.com", { "_dmarc.example.com v=DMARC1; p=reject; pct=0" }, { { 0 } },
	    "fail reject/reject at example.com of " },
	{ "example.com", { "_dmarc.example.com v=DMARC1; p=reject; t=y" }, { { 0 } },
	    "fail reject/quarantine at example.com of " },
	{ "example.com", { "_dmarc.example.com v=DMARC1; p=quarantine; t=y" }, { { 0 } },
	    "fail quarantine/none at example.com of " },
	{ "example.com", { "_dmarc.example.com v=DMARC1; p=none; t=y" }, { { 0 } }, "fail none/none at example.com of " },
	/* P55: alignment; RFC 9989 B.1 */
	{ "example.com", { "_dmarc.example.com v=DMARC1; p=reject; aspf=s" }, { SPF("Example.COM") },
	    "pass reject/none at example.com of  SPF" },
	{ "example.com", { "_dmarc.example.com v=DMARC1; p=reject" }, { SPF("child.example.com") },
	    "pass reject/none at example.com of example.com SPF" },
	{ "child.example.com", { "_dmarc.example.com v=DMARC1; p=reject" }, { SPF("example.net") },
	    "fail reject/reject at example.com of example.com" },
	{ "child.example.com", { "_dmarc.example.com v=DMARC1; p=reject" }, { DKIM("example.com") },
	    "pass reject/none at example.com of example.com DKIM" },
	{ "child.example.com", { "_dmarc.example.com v=DMARC1; p=reject" }, { DKIM("other.example.com") },
	    "pass reject/none at example.com of example.com DKIM" },
	{ "example.com", { "_dmarc.example.com v=DMARC1; p=reject; adkim=s" }, { DKIM("child.example.com"), SPF("child.example.com") },
	    "pass reject/none at example.com of example.com SPF" },
	{ "example.com", { "_dmarc.example.com v=DMARC1; p=reject; aspf=s; adkim=s" }, { DKIM("child.example.com"),
	    SPF("child.example.com") },
	    "fail reject/reject at example.com of " },
	{ "example.com", { "_dmarc.example.com v=DMARC1; p=reject" }, { SPF_FAILED("example.com"), DKIM("badexample.com") },
	    "fail reject/reject at example.com of example.com" },
	{ "example.com", { "_dmarc.example.com v=DMARC1; p=reject" }, { SPF("com"), DKIM("") },
	    "fail reject/reject at example.com of example.com" },
	/* a name below with an organisation of its own is not ours */
	{ "example.com", { "_dmarc.example.com v=DMARC1; p=reject", "_dmarc.tenant.example.com v=DMARC1; p=none; psd=n" },
	    { SPF("tenant.example.com"), DKIM("a.tenant.example.com") }, "fail reject/reject at example.com of example.com" },
	/* P50: as people write them */
	{ "xn--bcher-kva.example", { "_dmarc.xn--bcher-kva.example v=DMARC1; p=reject" }, { SPF("b\xc3\xbc" "cher.example") },
	    "pass reject/none at xn--bcher-kva.example of  SPF" },
	/* P55: the DNS fails */
	{ "example.com", { "_dmarc.example.com !" }, { SPF("example.com") }, "temperror none/none at  of " },
	{ "a.example.com", { "_dmarc.example.com !" }, { SPF("a.example.com") }, "temperror none/none at  of " },
	{ "example.com", { "_dmarc.example.com v=DMARC1; p=reject", "_dmarc.com !" }, { SPF("a.example.com") },
	    "temperror none/none at example.com of " },
	{ "example.com", { "_dmarc.example.com v=DMARC1; p=reject", "_dmarc.com !" }, { SPF("example.com") },
	    "pass reject/none at example.com of  SPF" },
	{ "example.com", { "_dmarc.example.com v=DMARC1; p=reject", "_dmarc.com !" }, { SPF("a.example.com"), DKIM("example.com") },
	    "pass reject/none at example.com of  DKIM" },
	{ "example.com", { "_dmarc.example.com v=DMARC1; p=reject" }, { DKIM_UNKNOWN("a.example.com") },
	    "temperror none/none at example.com of example.com" },
	{ "example.com", { "_dmarc.example.com v=DMARC1; p=reject; adkim=s" }, { DKIM_UNKNOWN("a.example.com") },
	    "fail reject/reject at example.com of " },
	{ "example.com", { "_dmarc.example.com v=DMARC1; p=reject" }, { DKIM_UNKNOWN("example.net") },
	    "fail reject/reject at example.com of " },
	{ "example.com", { "_dmarc.example.com v=DMARC1; p=reject" }, { DKIM_UNKNOWN("example.com"), SPF("example.com") },
	    "pass reject/none at example.com of  SPF" },
	{ "a.example.com", { "_dmarc.example.com v=DMARC1; p=none; np=reject", "a.example.com !" }, { SPF("a.example.com") },
	    "temperror none/none at  of " },
};

static void
result(const struct dmarc *dmarc, char *out, size_t size)
{
	const struct dmarc_finding *finding = dmarc_finding(dmarc);

	snprintf(out, size, "%s %s/%s at %s of %s%s%s", dmarc_result_name(finding->result), dmarc_policy_name(finding->policy),
	    dmarc_policy_name(finding->disposition), finding->policy_domain, finding->organization,
	    finding->is_aligned[DMARC_SPF] ? " SPF" : "", finding->is_aligned[DMARC_DKIM] ? " DKIM" : "");
}

static size_t
identifiers_of(size_t row)
{
	size_t count = 0;

	while (count < 3 && rows[row].identifiers[count].domain.data != NULL)
		count++;
	return count;
}

START_TEST(a_message_comes_to_this)
{
	struct dmarc *dmarc = evaluate(rows[_i].author, rows[_i].records, rows[_i].identifiers, identifiers_of((size_t)_i), -1, NULL);
	char text[800];

	result(dmarc, text, sizeof(text));
	ck_assert_str_eq(text, rows[_i].finding);
	ck_assert_str_eq(dmarc_finding(dmarc)->author, rows[_i].author);
	ck_assert((dmarc_finding(dmarc)->why[0] == '\0') == (dmarc_finding(dmarc)->result == DMARC_PASS));
	dmarc_free(&dmarc);
	dmarc_free(&dmarc);
}
END_TEST

START_TEST(no_failure_of_the_dns_makes_a_message_better_or_worse)
{
	/* P55: whichever question fails, the result is the same or temperror, and never another policy */
	for (size_t row = 0; row < sizeof(rows) / sizeof(*rows); row++) {
		struct dmarc *whole = evaluate(rows[row].author, rows[row].records, rows[row].identifiers, identifiers_of(row), -1, NULL);
		const struct dmarc_finding *expected = dmarc_finding(whole);

		for (unsigned fails = 0; fails < expected->questions; fails++) {
			struct dmarc *dmarc = evaluate(rows[row].author, rows[row].records, rows[row].identifiers, identifiers_of(row),
			    (int)fails, NULL);
			const struct dmarc_finding *finding = dmarc_finding(dmarc);

			if (finding->result == DMARC_TEMPERROR)
				ck_assert(finding->policy == DMARC_POLICY_NONE && finding->disposition == DMARC_POLICY_NONE);
			else
				ck_assert_msg(finding->result == expected->result && finding->disposition == expected->disposition,
				    "row %zu, question %u", row,
				    fails);
			dmarc_free(&dmarc);
		}
		dmarc_free(&whole);
	}
}
END_TEST

static void
asked_check(const char *author, const zone records, const struct dmarc_identifier *identifiers, size_t count, const char *expected)
{
	struct buf asked;
	struct dmarc *dmarc;

	buf_init(&asked, 20000);
	dmarc = evaluate(author, records, identifiers, count, -1, &asked);
	ck_span_eq(buf_span(&asked), expected);
	buf_clear(&asked);
	dmarc_free(&dmarc);
}

START_TEST(a_walk_has_eight_questions)
{
	static const zone one = { "_dmarc.example.com v=DMARC1; p=reject" }, stops = { "_dmarc.mail.example.com v=DMARC1; p=none; psd=n" };
	static const struct dmarc_identifier same = SPF("example.com"), below = SPF("a.example.com"), stranger = DKIM("example.net");

	/* P51: RFC 9989 4.10 has these eight of a name of thirteen labels */
	asked_check("a.b.c.d.e.f.g.h.i.j.mail.example.com", NULL, NULL, 0, "_dmarc.a.b.c.d.e.f.g.h.i.j.mail.example.com "
	    "_dmarc.g.h.i.j.mail.example.com _dmarc.h.i.j.mail.example.com _dmarc.i.j.mail.example.com _dmarc.j.mail.example.com "
	    "_dmarc.mail.example.com _dmarc.example.com _dmarc.com ");
	asked_check("1.2.3.4.5.6.7.8", NULL, NULL, 0, "_dmarc.1.2.3.4.5.6.7.8 _dmarc.2.3.4.5.6.7.8 _dmarc.3.4.5.6.7.8 _dmarc.4.5.6.7.8 "
	    "_dmarc.5.6.7.8 _dmarc.6.7.8 _dmarc.7.8 _dmarc.8 ");
	asked_check("3.4.5.6.7.8", NULL, NULL, 0, "_dmarc.3.4.5.6.7.8 _dmarc.4.5.6.7.8 _dmarc.5.6.7.8 _dmarc.6.7.8 _dmarc.7.8 _dmarc.8 ");
	asked_check("com", NULL, NULL, 0, "_dmarc.com ");
	/* 5.1.8 */
	asked_check("mail.a.b.c.d.e.f.g.example.com", NULL, NULL, 0, "_dmarc.mail.a.b.c.d.e.f.g.example.com _dmarc.c.d.e.f.g.example.com "
	    "_dmarc.d.e.f.g.example.com _dmarc.e.f.g.example.com _dmarc.f.g.example.com _dmarc.g.example.com _dmarc.example.com "
	    "_dmarc.com ");
	/* psd= ends it */
	asked_check("a.mail.example.com", stops, NULL, 0, "_dmarc.a.mail.example.com _dmarc.mail.example.com ");
	/* no walk where nothing depends on it: RFC 9989 4.10.2; and no name twice */
	asked_check("example.com", one, &same, 1, "_dmarc.example.com ");
	asked_check("example.com", one, &stranger, 1, "_dmarc.example.com ");
	asked_check("example.com", one, &below, 1, "_dmarc.example.com _dmarc.com _dmarc.a.example.com ");
}
END_TEST

START_TEST(many_long_names_have_few_questions)
{
	/* PX3: sixteen identifiers of many labels below the author's organisation, which is the worst there is */
	static const zone one = { "_dmarc.example v=DMARC1; p=reject" };
	struct dmarc_identifier identifiers[DMARC_IDENTIFIERS_MAX + 1];
	char names[DMARC_IDENTIFIERS_MAX + 1][DMARC_DOMAIN_TEXT];
	struct dmarc *dmarc;

	for (int i = 0; i <= DMARC_IDENTIFIERS_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "x%d.a.b.c.d.e.f.g%d.f%d.e%d.d%d.c%d.b%d.example", i, i, i, i, i, i, i);
		identifiers[i] = (struct dmarc_identifier){ DMARC_DKIM, span_of(names[i]), false, true };
	}
	dmarc = evaluate("x.a.b.c.d.e.f.g.f.e.d.c.b.example", one, identifiers, DMARC_IDENTIFIERS_MAX + 1, -1, NULL);
	ck_assert_uint_le(dmarc_finding(dmarc)->questions, 8 * (DMARC_IDENTIFIERS_MAX + 1));
	ck_assert_int_eq(dmarc_finding(dmarc)->result, DMARC_TEMPERROR);
	dmarc_free(&dmarc);
	/* too long for "_dmarc." in front: there can be no record */
	dmarc = evaluate(LABEL60 "." LABEL60 "." LABEL60 "." LABEL60 ".1234567", NULL, NULL, 0, -1, NULL);
	ck_assert_int_eq(dmarc_finding(dmarc)->result, DMARC_NONE);
	ck_assert_uint_eq(dmarc_finding(dmarc)->questions, 4);
	dmarc_free(&dmarc);
}
END_TEST

/* PX3: every name has a record with as much in it as an answer holds, and some have two of them. */
START_TEST(what_is_kept_of_records_is_bounded)
{
	struct dmarc_identifier identifiers[DMARC_IDENTIFIERS_MAX];
	char names[DMARC_IDENTIFIERS_MAX][DMARC_DOMAIN_TEXT];
	struct auth_question question;
	struct span texts[2];
	struct dmarc *dmarc;
	struct buf record;

	buf_init(&record, 70000);
	ck_assert(buf_add(&record, SPAN("v=DMARC1; p=none; rua=mailto:a@b.example")));
	while (buf_length(&record) < 60000)
		ck_assert(buf_add(&record, SPAN(",mailto:a@b.example")));
	texts[0] = texts[1] = buf_span(&record);
	for (int i = 0; i < DMARC_IDENTIFIERS_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "h%d.g%d.f%d.e%d.d%d.c%d.b%d.example", i, i, i, i, i, i, i);
		identifiers[i] = (struct dmarc_identifier){ DMARC_DKIM, span_of(names[i]), true, false };
	}
	dmarc = dmarc_new("h.g.f.e.d.c.b.example", identifiers, DMARC_IDENTIFIERS_MAX);
	while (dmarc_ask(dmarc, &question))
		dmarc_answer(dmarc, question.number, &(struct auth_answer){ .status = AUTH_FOUND, .count = question.number % 16 == 0 ? 2 : 1,
		    .texts = texts });
	ck_assert_int_eq(dmarc_finding(dmarc)->result, DMARC_PASS);
	ck_assert_uint_gt(dmarc_finding(dmarc)->questions, 100);
	ck_assert_uint_eq(strlen(dmarc_finding(dmarc)->aggregate_reports), DMARC_REPORTS_MAX);
	ck_assert_msg(dmarc_used(dmarc) < 256 * 1024, "%zu", dmarc_used(dmarc));
	dmarc_free(&dmarc);
	buf_clear(&record);
}
END_TEST

UNIT_MAIN_LOOPED("dmarc", a_message_comes_to_this, rows, no_failure_of_the_dns_makes_a_message_better_or_worse, a_walk_has_eight_questions,
    many_long_names_have_few_questions, what_is_kept_of_records_is_bounded)
