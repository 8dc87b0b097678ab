/* Tests of src/ctl/publish.c: the rules for a policy of one's own, and the order of change. */
#include "src/ctl/publish.h"

#include <stdio.h>

#include "src/ctl/ctl.h"
#include "tests/pki/pki.h"
#include "tests/unit/lib-conf/complaints.h"

int
ctl_usage(const char *format, ...)
{
	(void)format;
	return 64;
}

#define POLICY(mode, age, mx) "version: STSv1\nmode: " mode "\nmax_age: " age "\n" mx
#define ENFORCE(mx) POLICY("enforce", "604800", mx)

/* A policy of example.org, its mail hosts, and all that is said. */
static const struct {
	const char *body;
	const char *hosts;
	const char *said;
} rows[] = {
	{ ENFORCE("mx: mx.example.org\n"), "", "" },
	{ "version: STSv1\r\nmode: enforce\r\nmax_age: 604800\r\nmx: mx.example.org\r\n\r\n", "", "" },
	/* syntax, with the line */
	{ "", "", "f: there is no version (RFC 8461 3.2)" },
	{ ENFORCE(""), "", "f: there is no mx (RFC 8461 3.2)" },
	{ "version: STSv2\nmode: enforce\n", "", "f:1: the version is not STSv1 (RFC 8461 3.2)" },
	{ "version: STSv1\nmode: force\n", "", "f:2: the mode is none of none, testing and enforce (RFC 8461 3.2)" },
	{ ENFORCE("mx: mx.example.org\nmx mx2.example.org\nmx: mx3.example.org\n"), "",
	    "f:5: a line is not a key, a colon and a value (RFC 8461 3.2)" },
	{ ENFORCE("\nmx: mx.example.org\n"), "", "f:4: a line is not a key, a colon and a value (RFC 8461 3.2)" },
	{ ENFORCE("mx: *.*.example.org\n"), "", "f:4: an mx is neither a host's name nor \"*.\" and a domain (RFC 8461 3.2)" },
	/* what is passed over */
	{ ENFORCE("mx: mx.example.org\nMX: mx2.example.org\n"), "",
	    "f:5: warning: \"MX\" is no key of a policy: everybody passes it over (RFC 8461 3.2)" },
	{ ENFORCE("mx: mx.example.org\nmode: none\nmax_age: 5\nversion: STSv1\n"), "",
	    "f:5: warning: mode is here twice: the first counts (RFC 8461 3.2)\n"
	    "f:6: warning: max_age is here twice: the first counts (RFC 8461 3.2)\n"
	    "f:7: warning: version is here twice: the first counts (RFC 8461 3.2)" },
	{ ENFORCE("mx: mx.example.org\nmx: MX.example.org\n"), "", "f:5: warning: mx MX.example.org is here twice" },
	{ POLICY("enforce", "31557601", "mx: mx.example.org\n"), "",
	    "f:3: warning: max_age is more than the 31557600 that there may be (RFC 8461 3.2)" },
	/* M52 */
	{ POLICY("enforce", "86400", "mx: mx.example.org\n"), "", "" },
	{ POLICY("enforce", "86399", "mx: mx.example.org\n"), "",
	    "f:3: warning: max_age is less than a day: whoever holds the policy back so long is rid of it; "
	    "weeks are right, once it was in testing (RFC 8461 3.2, 10.2)" },
	{ POLICY("testing", "3600", "mx: mx.example.org\n"), "", "" },
	{ POLICY("none", "86400", ""), "", "" },
	{ POLICY("none", "86401", ""), "",
	    "f:3: warning: max_age is more than a day: a policy that takes the former one back ends soon itself (RFC 8461 8.3)" },
	/* MX3 */
	{ ENFORCE("mx: *.example.org\nmx: *.mail.example.org\n"), "", "" },
	{ ENFORCE("mx: mx.provider.example\n"), "", "" },
	{ ENFORCE("mx: *.provider.example\n"), "",
	    "f:4: warning: mx *.provider.example: not below the domain: other customers of the same provider match as well; "
	    "name the hosts (RFC 8461 10.4)" },
	{ POLICY("testing", "604800", "mx: *.notexample.org\n"), "",
	    "f:4: warning: mx *.notexample.org: not below the domain: other customers of the same provider match as well; "
	    "name the hosts (RFC 8461 10.4)" },
	{ ENFORCE("mx: mx.example.org\nmx: *.org\nmx: *.co.uk\n"), "",
	    "f:5: warning: mx *.org: anybody can have a host that matches: name the hosts (RFC 8461 10.4)\n"
	    "f:6: warning: mx *.co.uk: anybody can have a host that matches: name the hosts (RFC 8461 10.4)" },
	{ POLICY("none", "86400", "mx: *.org\n"), "", "" },
	{ ENFORCE("mx: 192.0.2.1\n"), "", "f:4: warning: mx 192.0.2.1: this matches no host: a mail host is a name (RFC 8461 4.1)" },
	/* M50: the MX set against the policy */
	{ ENFORCE("mx: mx.example.org\nmx: *.mail.example.org\n"), "mx.example.org a.mail.example.org", "" },
	{ ENFORCE("mx: mx.example.org\n"), "mx.example.org mx2.example.org",
	    "f:2: no mx matches the mail host mx2.example.org: mail to it is refused by whoever sends (RFC 8461 4.1, 5)" },
	{ ENFORCE("mx: *.example.org\n"), "a.mx.example.org",
	    "f:2: no mx matches the mail host a.mx.example.org: mail to it is refused by whoever sends (RFC 8461 4.1, 5)\n"
	    "f:4: warning: mx *.example.org: no mail host matches: right only for one that is still to come (RFC 8461 8.1)" },
	{ POLICY("testing", "604800", "mx: mx.example.org\n"), "mx.example.org mx2.example.org",
	    "f:2: warning: no mx matches the mail host mx2.example.org: mail to it is reported, and will be refused once this is enforced "
	    "(RFC 8461 4.1, 5)" },
	{ POLICY("none", "86400", ""), "mx.example.org", "" },
	{ ENFORCE("mx: mx.example.org\nmx: mx2.example.org\n"), "mx.example.org",
	    "f:5: warning: mx mx2.example.org: no mail host matches: right only for one that is still to come (RFC 8461 8.1)" },
};

static struct publish_hosts
hosts_of(struct arena *arena, const char *text)
{
	struct publish_hosts hosts = { arena_alloc(arena, 10 * sizeof(*hosts.names)), 0 };
	struct span rest = span_of(text), word;

	while (text[0] != '\0' && span_cut(&rest, ' ', &word))
		hosts.names[hosts.count++] = arena_span(arena, span_of(arena_copy(arena, word)));
	return hosts;
}

START_TEST(policies_are_judged)
{
	struct arena *arena = arena_new();
	struct publish_hosts hosts = hosts_of(arena, rows[_i].hosts);
	struct complaints complaints;
	struct publish_file file;

	complaints_init(&complaints);
	if (publish_read(arena, "f", span_of(rows[_i].body), &complaints, &file)) {
		publish_judge(&file, SPAN("example.org"), &complaints);
		publish_match(&file, &hosts, &complaints);
	}
	complaints_sort(&complaints);
	ck_assert_str_eq(complaints_text(&complaints), rows[_i].said);
	complaints_clear(&complaints);
	arena_free(&arena);
}
END_TEST

/* M50: the words that each step has, one line to a step. */
static const struct {
	const char *name, *body, *former, *hosts;
	const char *steps;
} plans[] = {
	{ "the file comes first, its new id after it", POLICY("testing", "604800", "mx: mx.example.org\n"),
	    POLICY("testing", "604800", "mx: mx.example.org\n"), "",
	    "https://mta-sts.example.org/.well-known/mta-sts.txt\n_mta-sts.example.org. IN TXT \"v=STSv1; id=20261122081530;\"\n" },
	{ "what was in testing may be enforced", ENFORCE("mx: mx.example.org\n"), POLICY("testing", "604800", "mx: mx.example.org\n"), "",
	    "Serve this file\nnew id\n" },
	{ "what nobody has tried is in testing first", ENFORCE("mx: mx.example.org\n"), NULL, "",
	    "mode: testing\nServe this file\nnew id\nonly after the max_age of the policy that was published before\n" },
	{ "what was taken back begins anew", ENFORCE("mx: mx.example.org\n"), POLICY("none", "86400", ""), "",
	    "mode: testing\nServe this file\nnew id\n" },
	{ "a new host waits for the former max_age", ENFORCE("mx: mx.example.org\nmx: mx2.example.org\n"),
	    ENFORCE("mx: mx.example.org\n"), "",
	    "Serve this file\nnew id\nWait 604800 s, the max_age of the policy that was published before (7d), then make the new hosts "
	    "(mx2.example.org) MX records\n" },
	{ "of the hosts of a wildcard, those that the former policy has not", ENFORCE("mx: *.example.org\n"),
	    ENFORCE("mx: mx.example.org\n"), "mx.example.org mx2.example.org mx3.example.org",
	    "Serve this file\nnew id\nthe new hosts (mx2.example.org, mx3.example.org) MX\n" },
	{ "hosts that the former wildcard has are not new", ENFORCE("mx: mx2.example.org\n"), ENFORCE("mx: *.example.org\n"),
	    "mx2.example.org", "the published policy has (*.example.org)\nServe this file\nnew id\n" },
	{ "a host that goes leaves DNS first", ENFORCE("mx: mx2.example.org\n"), ENFORCE("mx: mx.example.org\nmx: mx2.example.org\n"), "",
	    "(mx.example.org) out of the MX records\nServe this file\nnew id\n" },
	{ "removal takes the former policy back, and waits for it", POLICY("none", "86400", ""), ENFORCE("mx: mx.example.org\n"), "",
	    "Serve this file\nnew id\nWait 604800 s\nRemove the record _mta-sts.example.org\nremove the host mta-sts.example.org\n" },
	{ "removal of what is not known", POLICY("none", "86400", ""), NULL, "",
	    "Serve this file\nnew id\nWait the max_age of the policy that was published before\nRemove the record\nremove the host\n" },
};

static void
plan_check(size_t at, struct arena *arena)
{
	struct publish_hosts hosts = hosts_of(arena, plans[at].hosts);
	struct span wanted = span_of(plans[at].steps), words;
	struct publish_step steps[PUBLISH_STEPS];
	struct publish_file file, former;
	struct complaints complaints;
	uint32_t count;

	complaints_init(&complaints);
	ck_assert(publish_read(arena, "f", span_of(plans[at].body), &complaints, &file));
	ck_assert(plans[at].former == NULL || publish_read(arena, "g", span_of(plans[at].former), &complaints, &former));
	count = publish_plan(arena, &file, plans[at].former == NULL ? NULL : &former.policy, &hosts, SPAN("example.org"), "20261122081530",
	    steps);
	for (uint32_t i = 0; i < count; i++) {
		char text[4096];

		ck_assert_msg(span_cut(&wanted, '\n', &words) && words.length > 0, "%s: %u steps", plans[at].name, count);
		snprintf(text, sizeof(text), "%.*s %.*s", SPAN_ARG(steps[i].text), SPAN_ARG(steps[i].record));
		ck_assert_msg(strstr(text, arena_copy(arena, words)) != NULL, "%s: %u: %s", plans[at].name, i + 1, text);
	}
	ck_assert_msg(span_cut(&wanted, '\n', &words) && words.length == 0, "%s: only %u steps", plans[at].name, count);
	complaints_clear(&complaints);
}

START_TEST(changes_have_an_order)
{
	struct arena *arena = arena_new();

	for (size_t i = 0; i < sizeof(plans) / sizeof(*plans); i++)
		plan_check(i, arena);
	arena_free(&arena);
}
END_TEST

/* M50: the certificates' names, and what else senders look at (RFC 8461 4.2). */
static const struct {
	const char *name, *body, *hosts;
	struct pki_subject subject;
	bool is_self_signed;
	const char *said;
} certificates[] = {
	{ "good", ENFORCE("mx: mx.example.org\n"), "", { .names = "DNS:mx.example.org" }, false, "" },
	{ "good for all hosts", ENFORCE("mx: *.example.org\n"), "a.example.org b.example.org", { .names = "DNS:*.example.org" }, false, "" },
	{ "of a wildcard, no host known", ENFORCE("mx: *.example.org\n"), "", { .names = "DNS:mx.example.org" }, false, "" },
	{ "for another host", ENFORCE("mx: mx.example.org\n"), "", { .names = "DNS:www.example.org" }, false,
	    "c: warning: the certificate names none of the mail hosts\n"
	    "f: no certificate names the mail host mx.example.org among its DNS names (RFC 8461 4.2)" },
	{ "for one host of two", ENFORCE("mx: *.example.org\n"), "a.example.org b.example.org", { .names = "DNS:a.example.org" }, false,
	    "f: no certificate names the mail host b.example.org among its DNS names (RFC 8461 4.2)" },
	{ "the common name does not count", ENFORCE("mx: mx.example.org\n"), "", { .common_name = "mx.example.org" }, false,
	    "c: warning: the certificate names none of the mail hosts\n"
	    "f: no certificate names the mail host mx.example.org among its DNS names (RFC 8461 4.2)" },
	{ "expired", ENFORCE("mx: mx.example.org\n"), "", { .names = "DNS:mx.example.org", .from_days = -9, .until_days = -2 }, false,
	    "c: the certificate has expired (RFC 8461 4.2)" },
	{ "not valid yet", ENFORCE("mx: mx.example.org\n"), "", { .names = "DNS:mx.example.org", .from_days = 2, .until_days = 90 }, false,
	    "c: the certificate is not valid yet (RFC 8461 4.2)" },
	{ "signed by itself", ENFORCE("mx: mx.example.org\n"), "", { .names = "DNS:mx.example.org" }, true,
	    "c: the certificate is signed by itself: no authority vouches for it (RFC 8461 4.2)" },
	{ "in testing it is a warning", POLICY("testing", "604800", "mx: mx.example.org\n"), "",
	    { .names = "DNS:mx.example.org", .from_days = -9, .until_days = -2 }, true,
	    "c: warning: the certificate has expired (RFC 8461 4.2)\n"
	    "c: warning: the certificate is signed by itself: no authority vouches for it (RFC 8461 4.2)" },
	{ "with none it does not matter", POLICY("none", "86400", ""), "",
	    { .names = "DNS:mx.example.org", .from_days = -9, .until_days = -2 }, true, "" },
};

static void
certificate_check(size_t at, const struct pki *authority, struct arena *arena)
{
	struct pki *pki = pki_make(&certificates[at].subject, certificates[at].is_self_signed ? NULL : authority);
	struct publish_hosts hosts = hosts_of(arena, certificates[at].hosts);
	struct complaints complaints;
	struct publish_file file;
	struct pem pem;

	complaints_init(&complaints);
	ck_assert(publish_read(arena, "f", span_of(certificates[at].body), &complaints, &file));
	ck_assert_ptr_null(pem_read(pki->certificate_pem, &pem));
	pem.file = "c";
	publish_certify(&file, &hosts, &pem, 1, &complaints);
	ck_assert_msg(strcmp(complaints_text(&complaints), certificates[at].said) == 0, "%s: %s", certificates[at].name,
	    complaints_text(&complaints));
	complaints_clear(&complaints);
	pem_clear(&pem);
	pki_free(&pki);
}

START_TEST(certificates_have_to_be_for_the_hosts)
{
	struct pki *authority = pki_make(&(struct pki_subject){ .common_name = "authority", .authority = true }, NULL);
	struct arena *arena = arena_new();

	for (size_t i = 0; i < sizeof(certificates) / sizeof(*certificates); i++)
		certificate_check(i, authority, arena);
	arena_free(&arena);
	pki_free(&authority);
}
END_TEST

UNIT_MAIN_LOOPED("publish", policies_are_judged, rows, changes_have_an_order, certificates_have_to_be_for_the_hosts)
