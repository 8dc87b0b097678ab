/* Tests of src/lib-auth/dmarc_record.c: records as rows (RFC 9989 4.7, 4.8, 4.10.1). */
#include "src/lib-auth/dmarc_record.h"

#include <stdio.h>

#include "tests/unit/unit.h"

/*
 * A record, and what it says: p, sp, np as n, q, r, - (not there) or ! (wrong); adkim and aspf; t; psd; whether somebody wants reports.
 * NULL = it is none. Then p, sp and np as they count in the end; NULL = the record does not.
 */
static const struct {
	const char *text, *says, *counts;
} rows[] = {
	{ "v=DMARC1; p=none", "n-- rr n u -", "n--" },
	{ "v=DMARC1;p=reject;sp=quarantine;np=reject;adkim=s;aspf=s;t=y;psd=n;rua=mailto:a@b.example", "rqr ss y n R", "rqr" },
	{ "v = DMARC1 ; P = Reject ; aspf = S", "r-- rs n u -", "r--" },
	{ "v=DMARC1; p=none;", "n-- rr n u -", "n--" },
	{ "v=DMARC1;; p=none; ;", "n-- rr n u -", "n--" },
	/* v= is first and exactly that */
	{ "p=none; v=DMARC1", NULL, NULL }, { "v=DMARC2; p=none", NULL, NULL }, { "v=dmarc1; p=none", NULL, NULL },
	{ "v=DMARC1 p=none", NULL, NULL }, { "v=DMARC1.0; p=none", NULL, NULL }, { "", NULL, NULL }, { "v=spf1 -all", NULL, NULL },
	{ "\"v=DMARC1; p=none\"", NULL, NULL }, { " v=DMARC1; p=none", NULL, NULL }, { ";v=DMARC1; p=none", NULL, NULL },
	/* P54: what is unknown, and what is gone */
	{ "v=DMARC1; p=reject; pct=50; rf=afrf; ri=86400; fo=1:d; ruf=mailto:a@b.example; zz=1; junk; =; p", "r-- rr n u -", "r--" },
	/* P53: without a valid p, or with an sp or np that is none */
	{ "v=DMARC1", "--- rr n u -", NULL },
	{ "v=DMARC1; p=", "!-- rr n u -", NULL },
	{ "v=DMARC1; p=discard", "!-- rr n u -", NULL },
	{ "v=DMARC1; p=discard; rua=mailto:a@b.example", "!-- rr n u R", "n--" },
	{ "v=DMARC1; rua=mailto:a@b.example", "--- rr n u R", "n--" },
	{ "v=DMARC1; p=reject; sp=bad; rua=mailto:a@b.example", "r!- rr n u R", "n--" },
	{ "v=DMARC1; p=reject; np=bad; sp=reject", "rr! rr n u -", NULL },
	{ "v=DMARC1; p=reject; sp=bad; rua=nobody", "r!- rr n u -", NULL },
	/* what is wrong is as if it were not there */
	{ "v=DMARC1; p=reject; adkim=x; aspf=strict; t=maybe; psd=x", "r-- rr n u -", "r--" },
	{ "v=DMARC1; p=reject; adkim=s; adkim=s", "r-- rr n u -", "r--" },
	{ "v=DMARC1; p=reject; p=none", "!-- rr n u -", NULL },
	{ "v=DMARC1; p=reject\x01; rua=https://r.example/", "!-- rr n u R", "n--" },
	{ "v=DMARC1; p=reject; t=Y; psd=Y", "r-- rr y y -", "r--" },
	{ "v=DMARC1; p=reject; psd=u", "r-- rr n u -", "r--" },
	/* whom to tell */
	{ "v=DMARC1; p=none; rua=,, mailto:a@b.example!10m ,x", "n-- rr n u R", "n--" },
	{ "v=DMARC1; p=none; rua=mailto:", "n-- rr n u -", "n--" },
	{ "v=DMARC1; p=none; rua=:x,a b:c,mailto:a\"b", "n-- rr n u -", "n--" },
	{ "v=DMARC1; p=none; rua=", "n-- rr n u -", "n--" },
	{ "v=DMARC1; p=none; rua=mailto:a@b.example; rua=mailto:c@d.example", "n-- rr n u -", "n--" },
};

static char
letter_of(const struct dmarc_request *request)
{
	return request->said == DMARC_ABSENT ? '-' : request->said == DMARC_INVALID ? '!' : dmarc_policy_name(request->policy)[0];
}

START_TEST(records_say_this)
{
	struct dmarc_record record;
	bool is_record = dmarc_record_read(span_of(rows[_i].text), &record);
	char says[20];

	ck_assert_msg(is_record == (rows[_i].says != NULL), "%s", rows[_i].text);
	if (!is_record)
		return;
	snprintf(says, sizeof(says), "%c%c%c %c%c %c %c %c", letter_of(&record.p), letter_of(&record.sp), letter_of(&record.np),
	    record.is_strict[DMARC_DKIM] ? 's' : 'r', record.is_strict[DMARC_SPF] ? 's' : 'r', record.is_testing ? 'y' : 'n',
	    "uyn"[record.psd], record.has_report ? 'R' : '-');
	ck_assert_str_eq(says, rows[_i].says);
	ck_assert(dmarc_record_settle(&record) == (rows[_i].counts != NULL));
	if (rows[_i].counts == NULL)
		return;
	snprintf(says, sizeof(says), "%c%c%c", letter_of(&record.p), letter_of(&record.sp), letter_of(&record.np));
	ck_assert_str_eq(says, rows[_i].counts);
}
END_TEST

START_TEST(a_nul_is_in_no_value)
{
	struct dmarc_record record;

	ck_assert(dmarc_record_read(SPAN("v=DMARC1; p=reject; rua=mailto:a\0b@c.example"), &record));
	ck_assert(!record.has_report && record.p.policy == DMARC_POLICY_REJECT);
	ck_assert(!dmarc_record_read(SPAN("v=DMARC1\0; p=reject"), &record));
}
END_TEST

UNIT_MAIN_LOOPED("dmarc_record", records_say_this, rows, a_nul_is_in_no_value)
