/* Tests of src/policy/contacts.c, contact_search.c and contact_spf.c: whom report is told that may be written to, by a scripted DNS. */
#include "tests/unit/policy/house.h"

#include <stdio.h>

#include "policy/contact_search.h"
#include "policy/contacts.h"
#include "tests/fake/fake_room.h"

#define ZONE "abuse.example"
#define DAY_MS (86400 * INT64_C(1000))

static struct channel *report;
static struct arena *memory;

static void
report_comes(void)
{
	const struct peer peer = { ROOM_REPORT, 0 };

	policy_room_handler.on_peer(&house_policy, &peer, fake_fd());
	report = fake_channel_find("report");
	ck_assert_ptr_nonnull(report);
}

static void
begin(void)
{
	house_begin();
	memory = arena_new();
	report_comes();
}

static void
end(void)
{
	arena_free(&memory);
	house_end();
}

/* --- the DNS: "name TYPE data|name TYPE !status" --- */

static void
record_add(struct span record)
{
	static const struct { const char *name; enum dns_type type; } types[] = { { "A", DNS_A }, { "AAAA", DNS_AAAA }, { "MX", DNS_MX },
		{ "TXT", DNS_TXT }, { "PTR", DNS_PTR }, { "SOA", DNS_SOA }, { "CNAME", DNS_CNAME } };
	struct span name, type;
	char owner[300], data[600];

	ck_assert(span_cut(&record, ' ', &name) && span_cut(&record, ' ', &type));
	snprintf(owner, sizeof(owner), "%.*s", SPAN_ARG(name));
	snprintf(data, sizeof(data), "%.*s", SPAN_ARG(record));
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (span_equal(type, span_of(types[i].name))) {
			if (strcmp(data, "!failed") == 0)
				fake_dns_status(owner, types[i].type, DNS_FAILED);
			else if (strcmp(data, "!bogus") == 0)
				fake_dns_status(owner, types[i].type, DNS_BOGUS);
			else
				fake_dns_add(owner, types[i].type, data);
			return;
		}
	ck_abort_msg("no type: %.*s", SPAN_ARG(type));
}

static void
dns_add(const char *records)
{
	struct span rest = span_of(records), record;

	while (*records != '\0' && span_cut(&rest, '|', &record))
		record_add(record);
}

/* --- report --- */

static struct contact_question
question_of(uint64_t id, const char *way, const char *domain, const char *host, const char *ip, const char *zone)
{
	struct contact_question question = { .id = id, .is_inbound = strcmp(way, "in") == 0, .domain = span_of(domain),
	    .host = span_of(host),
		.zone = span_of(zone) };

	ck_assert(*ip == '\0' || ip_parse(span_of(ip), &question.ip));
	return question;
}

static bool
asks(const struct contact_question *question)
{
	struct buf out = { .ceiling = 8192 };
	bool good;

	contact_question_encode(&out, question);
	good = fake_channel_deliver(report, REPORT_CONTACT, buf_span(&out), -1);
	buf_clear(&out);
	return good;
}

/* The next answer; NULL = none has come. Time goes by only as far as a turn of the loop. */
static const struct contacts_answer *
told_next(void)
{
	static struct contacts_answer answer;
	struct span payload;
	uint16_t type;
	int fd;

	fake_settle();
	fake_advance(0);
	if (!fake_channel_take(report, &type, &payload, &fd))
		return NULL;
	ck_assert_int_eq(type, POLICY_CONTACTS);
	ck_assert(contacts_answer_decode(payload, memory, &answer));
	return &answer;
}

static const struct contacts_answer *
told_of(const struct contact_question *question)
{
	const struct contacts_answer *answer;

	ck_assert(asks(question));
	answer = told_next();
	ck_assert_ptr_nonnull(answer);
	ck_assert_uint_eq(answer->id, question->id);
	ck_assert_ptr_null(told_next());
	return answer;
}

/* "domain postmaster@a operator postmaster@b" */
static const char *
contacts_text(const struct contacts_answer *answer)
{
	static const char *const kinds[CONTACT_KINDS] = { "domain", "operator", "rname", "abuse", "sender" };
	static char text[2000];
	size_t length = 0;

	*text = '\0';
	for (uint32_t i = 0; i < answer->count; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s %.*s", i == 0 ? "" : " ",
		    kinds[answer->contacts[i].kind],
		    SPAN_ARG(answer->contacts[i].address));
	return text;
}

/* --- whom --- */

#define OWN "example.org MX 10 mx.example.org|mx.example.org A 192.0.2.7|example.org SOA ns.example.org hostmaster.example.org"
#define HOSTED "example.org MX 10 mx7.hoster.example|mx7.hoster.example A 192.0.2.7|" \
	"hoster.example SOA ns.hoster.example dns.hoster.example|" \
	"example.org SOA ns.hoster.example dns.hoster.example"
#define ABUSE "7.2.0.192.abuse.example TXT abuse@network.example"
#define NAMED "7.2.0.192.in-addr.arpa PTR smtp.example.net|smtp.example.net A 192.0.2.7|example.net SOA ns.example.net dns.example.net"
#define VOUCHED "example.org TXT v=spf1 ip4:192.0.2.0/24 -all|example.org SOA ns.example.org dns.example.org"
#define BY_SPF_ORG "domain postmaster@example.org rname dns@example.org"

static const struct contact_row {
	const char *name;
	const char *records;
	const char *way, *domain, *host, *ip, *zone;
	bool is_known;
	enum contact_proof proof;
	const char *operator, *contacts, *text;
} rows[] = {
	/* --- out --- */
	{ "a host in the domain's own zone: its postmaster first", OWN "|" ABUSE,
	    "out", "example.org", "mx.example.org", "192.0.2.7", ZONE, true, CONTACT_BY_MX, "example.org",
	    "domain postmaster@example.org rname hostmaster@example.org abuse abuse@network.example",
	    "mail for example.org goes to mx.example.org" },
	{ "a hoster's: the operator is told, and none of the customers", HOSTED "|" ABUSE,
	    "out", "example.org", "mx7.hoster.example", "192.0.2.7", ZONE, true, CONTACT_BY_MX, "hoster.example",
	    "operator postmaster@hoster.example rname dns@hoster.example abuse abuse@network.example",
	    "mail for example.org goes to mx7.hoster.example" },
	{ "a customer's name below the hoster's: still the operator",
	    "shop.hoster.example MX 10 mx7.hoster.example|hoster.example SOA ns.hoster.example dns.hoster.example",
	    "out", "shop.hoster.example", "mx7.hoster.example", "", "", true, CONTACT_BY_MX, "hoster.example",
	    "operator postmaster@hoster.example rname dns@hoster.example", NULL },
	{ "a zone of the host's own within the domain: both postmasters",
	    "example.org MX 10 mx.mail.example.org|mail.example.org SOA ns.example.org hostmaster.example.org",
	    "out", "example.org", "mx.mail.example.org", "", "", true, CONTACT_BY_MX, "mail.example.org",
	    "domain postmaster@example.org operator postmaster@mail.example.org rname hostmaster@example.org", NULL },
	{ "an apex at the host itself", "example.org MX 10 mx.example.net|mx.example.net SOA ns.example.net dns.example.net",
	    "out", "example.org", "mx.example.net", "", "", true, CONTACT_BY_MX, "mx.example.net",
	    "operator postmaster@mx.example.net rname dns@example.net", NULL },
	{ "names in capitals are the same", "example.org MX 10 MX.Example.Org|EXAMPLE.org SOA ns.example.org Dns.Example.Org",
	    "out", "example.org", "mx.example.org", "", "", true, CONTACT_BY_MX, "example.org",
	    "domain postmaster@example.org rname Dns@example.org", NULL },
	{ "without MX the domain is the host", "example.org A 192.0.2.7|example.org SOA ns.example.org dns.example.org",
	    "out", "example.org", "example.org", "192.0.2.7", "", true, CONTACT_BY_MX, "example.org", BY_SPF_ORG, NULL },
	{ "and no other one", "example.org A 192.0.2.7", "out", "example.org", "mx.example.org", "192.0.2.7", ZONE, true, CONTACT_UNPROVED,
	    "", "",
	    "no MX record of example.org names mx.example.org any more" },
	{ "nor with MX", OWN "|example.org A 192.0.2.7", "out", "example.org", "example.org", "192.0.2.7", "", true, CONTACT_UNPROVED, "",
	    "", NULL },
	{ "a host that the domain has left is nobody's", OWN "|" ABUSE,								/* N55 */
	    "out", "example.org", "mx.example.net", "192.0.2.7", ZONE, true, CONTACT_UNPROVED, "", "",
	    "no MX record of example.org names mx.example.net any more" },
	{ "nor is one of a domain that takes no mail", "example.org MX 0 .", "out", "example.org", "mx.example.org", "", "", true,
	    CONTACT_UNPROVED, "", "", NULL },
	{ "a domain that is gone", "", "out", "example.org", "mx.example.org", "", "", true, CONTACT_UNPROVED, "", "",
	    "there is no domain example.org" },
	{ "MX that are not known", "example.org MX !failed", "out", "example.org", "mx.example.org", "", "", false, CONTACT_UNPROVED, "",
	    "",
	    "the DNS gives no answer about the MX records of example.org" },
	{ "MX that may be forged", OWN "|example.org MX !bogus", "out", "example.org", "mx.example.org", "", "", false, CONTACT_UNPROVED,
	    "", "", NULL },
	{ "a zone that is not known", OWN "|example.org SOA !failed", "out", "example.org", "mx.example.org", "", "", false,
	    CONTACT_UNPROVED, "", "",
	    "mail for example.org goes to mx.example.org; the DNS gives no answer about the zone of mx.example.org" },
	{ "the domain's own policy", OWN "|" ABUSE, "out", "example.org", "", "192.0.2.7", ZONE, true, CONTACT_BY_MX, "example.org",
	    "domain postmaster@example.org rname hostmaster@example.org", "the policy is that of example.org" },
	{ "the policy of a domain within a zone: the zone's as well",
	    "mail.example.org TXT x|example.org SOA ns.example.org dns.example.org",
	    "out", "mail.example.org", "", "", "", true, CONTACT_BY_MX, "example.org",
	    "domain postmaster@mail.example.org operator postmaster@example.org rname dns@example.org", NULL },		/* N60 */
	{ "the policy of a domain that is gone", "", "out", "example.org", "", "", "", true, CONTACT_UNPROVED, "", "", NULL },
	/* zones */
	{ "an apex of one label is nobody's", "shop.com MX 10 mx.shop.com|com SOA a.gtld.example nstld.registry.example",
	    "out", "shop.com", "mx.shop.com", "", "", true, CONTACT_BY_MX, "", "domain postmaster@shop.com",
	    "mail for shop.com goes to mx.shop.com; mx.shop.com is in no zone of anybody's" },
	{ "and nobody is left, where the host is another's", "shop.com MX 10 mx.net|net SOA a.gtld.example nstld.registry.example",
	    "out", "shop.com", "mx.net", "", "", true, CONTACT_BY_MX, "", "",
	    "mail for shop.com goes to mx.net; mx.net is in no zone of anybody's; there is nobody to write to" },
	{ "behind an alias is another zone", "example.org MX 10 mx.example.org|mx.example.org CNAME apex.example.net|"
	    "apex.example.net SOA ns.example.net other.example.net|example.org SOA ns.example.org dns.example.org",
	    "out", "example.org", "mx.example.org", "", "", true, CONTACT_BY_MX, "example.org", BY_SPF_ORG, NULL },
	/* mailboxes of zones */
	{ "a dot in the mailbox of a zone", "example.org MX 10 mx.example.org|example.org SOA ns.example.org john\\046doe.example.org",
	    "out", "example.org", "mx.example.org", "", "", true, CONTACT_BY_MX, "example.org",
	    "domain postmaster@example.org rname john.doe@example.org", NULL },
	{ "a person elsewhere, whom anybody could name", "example.org MX 10 mx.example.org|example.org SOA ns.example.org john\\046doe.example.com",
	    "out", "example.org", "mx.example.org", "", "", true, CONTACT_BY_MX, "example.org",
	    "domain postmaster@example.org", NULL },
	{ "a role elsewhere", "example.org MX 10 mx.example.org|example.org SOA ns.example.org dns\\046team.example.com",
	    "out", "example.org", "mx.example.org", "", "", true, CONTACT_BY_MX, "example.org",
	    "domain postmaster@example.org rname dns.team@example.com", NULL },
	{ "the root is no mailbox", "example.org MX 10 mx.example.org|example.org SOA ns.example.org .",
	    "out", "example.org", "mx.example.org", "", "", true, CONTACT_BY_MX, "example.org", "domain postmaster@example.org", NULL },
	{ "nor is one that was never filled in", "example.org MX 10 mx.example.org|example.org SOA localhost root.localhost",
	    "out", "example.org", "mx.example.org", "", "", true, CONTACT_BY_MX, "example.org", "domain postmaster@example.org", NULL },
	{ "nor a header field", "example.org MX 10 mx.example.org|example.org SOA ns.example.org a\\013\\010Bcc:v.example.com",	/* NX3 */
	    "out", "example.org", "mx.example.org", "", "", true, CONTACT_BY_MX, "example.org", "domain postmaster@example.org", NULL },
	{ "nor is this relay itself", "example.net MX 10 mx.example.net|example.net SOA ns.example.net dns.out.example.net",
	    "out", "example.net", "mx.example.net", "", "", true, CONTACT_BY_MX, "example.net", "domain postmaster@example.net", NULL },
	{ "one mailbox is written to once", "example.org MX 10 mx.example.org|example.org SOA ns.example.org postmaster.example.org|"
	    "mx.example.org A 192.0.2.7|7.2.0.192.abuse.example TXT Postmaster@EXAMPLE.org",
	    "out", "example.org", "mx.example.org", "192.0.2.7", ZONE, true, CONTACT_BY_MX, "example.org", "domain postmaster@example.org",
	    NULL },
	/* whose the address is: N62 */
	{ "by nibbles", "example.org MX 10 mx.example.org|mx.example.org AAAA 2001:db8::7|"
	    "7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.abuse.example TXT abuse@network.example",
	    "out", "example.org", "mx.example.org", "2001:db8::7", ZONE, true, CONTACT_BY_MX, "",
	    "domain postmaster@example.org abuse abuse@network.example", NULL },
	{ "several TXT",
	    OWN "|7.2.0.192.abuse.example TXT v=1; junk|7.2.0.192.abuse.example TXT nobody@network.example, abuse@network.example",
	    "out", "example.org", "mx.example.org", "192.0.2.7", ZONE, true, CONTACT_BY_MX, "example.org",
	    "domain postmaster@example.org rname hostmaster@example.org abuse abuse@network.example", NULL },
	{ "poison", OWN "|7.2.0.192.abuse.example TXT a@b?cc=|7.2.0.192.abuse.example TXT victim@x, other@y",			/* NX6 */
	    "out", "example.org", "mx.example.org", "192.0.2.7", ZONE, true, CONTACT_BY_MX, "example.org",
	    "domain postmaster@example.org rname hostmaster@example.org", NULL },
	{ "no zone is configured", OWN "|" ABUSE, "out", "example.org", "mx.example.org", "192.0.2.7", "", true, CONTACT_BY_MX,
	    "example.org",
	    "domain postmaster@example.org rname hostmaster@example.org", NULL },
	{ "an address that the host has no more", OWN "|8.2.0.192.abuse.example TXT abuse@network.example",
	    "out", "example.org", "mx.example.org", "192.0.2.8", ZONE, true, CONTACT_BY_MX, "example.org",
	    "domain postmaster@example.org rname hostmaster@example.org", NULL },
	{ "a private address is nobody's", OWN "|mx.example.org A 10.0.0.7|7.0.0.10.abuse.example TXT abuse@network.example",
	    "out", "example.org", "mx.example.org", "10.0.0.7", ZONE, true, CONTACT_BY_MX, "example.org",
	    "domain postmaster@example.org rname hostmaster@example.org", NULL },
	{ "a zone that does not answer is done without", OWN "|7.2.0.192.abuse.example TXT !failed",
	    "out", "example.org", "mx.example.org", "192.0.2.7", ZONE, true, CONTACT_BY_MX, "example.org",
	    "domain postmaster@example.org rname hostmaster@example.org",
	    "mail for example.org goes to mx.example.org; the zone of abuse contacts gives no answer" },
	/* --- in: N55, NX2 --- */
	{ "the name of the address has it", NAMED "|" ABUSE, "in", "", "", "192.0.2.7", ZONE, true, CONTACT_BY_RDNS, "example.net",
	    "operator postmaster@example.net rname dns@example.net abuse abuse@network.example",
	    "smtp.example.net is the name of 192.0.2.7, and has that address" },
	{ "that of MAIL FROM is not told, if it is another's", NAMED "|" VOUCHED, "in", "example.org", "", "192.0.2.7", "", true,
	    CONTACT_BY_RDNS,
	    "example.net", "operator postmaster@example.net rname dns@example.net", NULL },
	{ "if the peer's name is within it, first", "7.2.0.192.in-addr.arpa PTR out.example.org|out.example.org A 192.0.2.7|" VOUCHED,
	    "in", "example.org", "", "192.0.2.7", "", true, CONTACT_BY_RDNS, "example.org", BY_SPF_ORG, NULL },
	{ "generic names are names", "7.2.0.192.in-addr.arpa PTR dyn-192-0-2-7.isp.example|dyn-192-0-2-7.isp.example A 192.0.2.7|"
	    "isp.example SOA ns.isp.example dns.isp.example",
	    "in", "", "", "192.0.2.7", "", true, CONTACT_BY_RDNS, "isp.example", "operator postmaster@isp.example rname dns@isp.example",
	    NULL },
	{ "by IPv6", "7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR smtp.example.net|"
	    "smtp.example.net AAAA 2001:db8::7|example.net SOA ns.example.net dns.example.net",
	    "in", "", "", "2001:db8::7", "", true, CONTACT_BY_RDNS, "example.net", "operator postmaster@example.net rname dns@example.net",
	    NULL },
	{ "a victim's name without the victim's consent", "7.2.0.192.in-addr.arpa PTR mx.victim.example|mx.victim.example A 192.0.2.99|"
	    "victim.example SOA ns.victim.example dns.victim.example|" ABUSE,
	    "in", "", "", "192.0.2.7", ZONE, true, CONTACT_UNPROVED, "", "",
	    "no name of the address has it; no domain was named that could vouch for it" },
	{ "nor by naming it in MAIL FROM as well", "7.2.0.192.in-addr.arpa PTR mx.victim.example|mx.victim.example A 192.0.2.99|"
	    "victim.example SOA ns.victim.example dns.victim.example|victim.example TXT v=spf1 a:mx.victim.example -all|" ABUSE,
	    "in", "victim.example", "", "192.0.2.7", ZONE, true, CONTACT_UNPROVED, "", "",
	    "no name of the address has it; SPF for postmaster@victim.example: fail" },
	{ "of several names the one that has it",
	    "7.2.0.192.in-addr.arpa PTR mx.victim.example|7.2.0.192.in-addr.arpa PTR smtp.example.net|"
	    "mx.victim.example A 192.0.2.99|smtp.example.net A 192.0.2.7|example.net SOA ns.example.net dns.example.net",
	    "in", "", "", "192.0.2.7", "", true, CONTACT_BY_RDNS, "example.net", "operator postmaster@example.net rname dns@example.net",
	    NULL },
	{ "a name that leads to another, and to the address", "7.2.0.192.in-addr.arpa CNAME 7.sub.2.0.192.in-addr.arpa|"
	    "7.sub.2.0.192.in-addr.arpa PTR smtp.example.net|smtp.example.net CNAME real.example.com|real.example.com A 192.0.2.7|"
	    "example.net SOA ns.example.net dns.example.net",
	    "in", "", "", "192.0.2.7", "", true, CONTACT_BY_RDNS, "example.net", "operator postmaster@example.net rname dns@example.net",
	    NULL },
	{ "an address that is named after itself", "7.2.0.192.in-addr.arpa PTR 7.2.0.192.in-addr.arpa|7.2.0.192.in-addr.arpa A 192.0.2.7|"
	    "2.0.192.in-addr.arpa SOA ns.example.net dns.example.net",
	    "in", "", "", "192.0.2.7", "", true, CONTACT_UNPROVED, "", "", NULL },
	{ "names that mean something here only", "7.2.0.192.in-addr.arpa PTR localhost|7.2.0.192.in-addr.arpa PTR mx.local|"
	    "7.2.0.192.in-addr.arpa PTR com|localhost A 192.0.2.7|mx.local A 192.0.2.7|com A 192.0.2.7",
	    "in", "", "", "192.0.2.7", "", true, CONTACT_UNPROVED, "", "", NULL },
	{ "reverse DNS that is not known", "7.2.0.192.in-addr.arpa PTR !failed", "in", "", "", "192.0.2.7", "", false, CONTACT_UNPROVED,
	    "", "", NULL },
	{ "SPF decides where reverse DNS is not known", "7.2.0.192.in-addr.arpa PTR !failed|" VOUCHED,
	    "in", "example.org", "", "192.0.2.7", "", true, CONTACT_BY_SPF, "example.org", BY_SPF_ORG, NULL },
	{ "and it may be known later, where SPF does not", "7.2.0.192.in-addr.arpa PTR !failed|example.org TXT v=spf1 -all",
	    "in", "example.org", "", "192.0.2.7", "", false, CONTACT_UNPROVED, "", "", NULL },
	{ "a name that is not known", "7.2.0.192.in-addr.arpa PTR smtp.example.net|smtp.example.net A !bogus",
	    "in", "", "", "192.0.2.7", "", false, CONTACT_UNPROVED, "", "", NULL },
	{ "SPF passes", VOUCHED "|" ABUSE, "in", "example.org", "", "192.0.2.7", ZONE, true, CONTACT_BY_SPF, "example.org",
	    BY_SPF_ORG " abuse abuse@network.example", "no name of the address has it; SPF for postmaster@example.org: pass" },
	{ "SPF passes by what another includes",
	    "example.org TXT v=spf1 include:_spf.example.net -all|_spf.example.net TXT v=spf1 ip4:192.0.2.7 -all|"
	    "example.org SOA ns.example.org dns.example.org",
	    "in", "example.org", "", "192.0.2.7", "", true, CONTACT_BY_SPF, "example.org", BY_SPF_ORG, NULL },
	{ "SPF passes for a host of its own", "example.org MX 10 mx.example.org|mx.example.org A 192.0.2.7|example.org TXT v=spf1 mx -all|"
	    "example.org SOA ns.example.org dns.example.org",
	    "in", "example.org", "", "192.0.2.7", "", true, CONTACT_BY_SPF, "example.org", BY_SPF_ORG, NULL },
	{ "SPF passes for everybody", "example.org TXT v=spf1 +all", "in", "example.org", "", "192.0.2.7", ZONE, true, CONTACT_UNPROVED,
	    "", "",
	    "no name of the address has it; SPF for postmaster@example.org: it passes for anybody" },
	{ "the same without a sign, and one address that is not", "example.org TXT v=spf1 -ip4:198.18.0.0/15 ALL",
	    "in", "example.org", "", "192.0.2.7", "", true, CONTACT_UNPROVED, "", "", NULL },
	{ "the same by what it includes", "example.org TXT v=spf1 include:open.example -all|open.example TXT v=spf1 all",
	    "in", "example.org", "", "192.0.2.7", "", true, CONTACT_UNPROVED, "", "",
	    "no name of the address has it; SPF for postmaster@example.org: it passes for anybody" },
	{ "the same by halves", "example.org TXT v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all",
	    "in", "example.org", "", "192.0.2.7", "", true, CONTACT_UNPROVED, "", "", NULL },
	{ "the same by IPv6", "example.org TXT v=spf1 ip6:2000::/3 -all", "in", "example.org", "", "2001:db8::7", "", true,
	    CONTACT_UNPROVED, "", "", NULL },
	{ "soft", "example.org TXT v=spf1 ~all", "in", "example.org", "", "192.0.2.7", "", true, CONTACT_UNPROVED, "", "", NULL },
	{ "neutral", "example.org TXT v=spf1 ?all", "in", "example.org", "", "192.0.2.7", "", true, CONTACT_UNPROVED, "", "", NULL },
	{ "no record", "", "in", "example.org", "", "192.0.2.7", "", true, CONTACT_UNPROVED, "", "",
	    "no name of the address has it; SPF for postmaster@example.org: none" },
	{ "a record with mistakes", "example.org TXT v=spf1 ip4:x +all", "in", "example.org", "", "192.0.2.7", "", true, CONTACT_UNPROVED,
	    "", "", NULL },
	{ "a record that is not known", "example.org TXT !failed", "in", "example.org", "", "192.0.2.7", "", false, CONTACT_UNPROVED, "",
	    "", NULL },
	{ "an address that is not known", VOUCHED, "in", "example.org", "", "", ZONE, true, CONTACT_UNPROVED, "", "",
	    "the address is not known" },
	/* names that are none are not asked for, and end nothing */
	{ "an address as a domain", "", "in", "[192.0.2.7]", "", "192.0.2.7", "", true, CONTACT_UNPROVED, "", "", NULL },
	{ "a domain with a line of its own", "", "in", "x\r\ny.example", "", "192.0.2.7", "", true, CONTACT_UNPROVED, "", "", NULL },
	{ "no domain at all", "", "out", "", "", "", "", true, CONTACT_UNPROVED, "", "", NULL },
	{ "a domain of one label", "com MX 10 mx.com", "out", "com", "mx.com", "", "", true, CONTACT_UNPROVED, "", "", NULL },
	{ "a host that is none", OWN, "out", "example.org", "mx example.org", "", "", true, CONTACT_UNPROVED, "", "", NULL },
	{ "a zone that is none", OWN, "out", "example.org", "mx.example.org", "192.0.2.7", "not a zone", true, CONTACT_BY_MX, "example.org",
	    "domain postmaster@example.org rname hostmaster@example.org", NULL },
};

START_TEST(each_peer_is_told_of_where_it_is_read)
{
	const struct contact_row *row = &rows[_i];
	const struct contact_question question = question_of(7, row->way, row->domain, row->host, row->ip, row->zone);
	const struct contacts_answer *answer;

	begin();
	dns_add(row->records);
	answer = told_of(&question);
	ck_assert_msg(answer->is_known == row->is_known, "%s", row->name);
	ck_assert_msg(answer->proof == row->proof, "%s: %d: %.*s", row->name, (int)answer->proof, SPAN_ARG(answer->text));
	ck_span_eq(answer->operator, row->operator);
	ck_assert_str_eq(contacts_text(answer), row->contacts);
	ck_assert(!span_is_empty(answer->text));
	if (row->text != NULL)
		ck_span_eq(answer->text, row->text);
	ck_assert_uint_eq(fake_dns_open(), 0);
	ck_assert(LIST_EMPTY(&house_policy.errands));
	end();
}
END_TEST

START_TEST(private_addresses_are_asked_for_where_they_are_destinations)
{
	const struct contact_question question = question_of(1, "out", "example.org", "mx.example.org", "10.0.0.7", ZONE);

	begin();
	house_conf.private_destinations = true;
	dns_add("example.org MX 10 mx.example.org|mx.example.org A 10.0.0.7|7.0.0.10.abuse.example TXT abuse@network.example");
	ck_assert_str_eq(contacts_text(told_of(&question)), "domain postmaster@example.org abuse abuse@network.example");
	end();
}
END_TEST

/* --- bounds: N63 --- */

/* Names that an attacker has put on an address of his: so many are looked up, none of them is believed. */
START_TEST(of_many_names_ten_are_looked_up)
{
	const struct contact_question question = question_of(1, "in", "", "", "192.0.2.7", "");
	char name[40];

	begin();
	for (unsigned i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "mx%02u.victim.example", i);
		fake_dns_add("7.2.0.192.in-addr.arpa", DNS_PTR, name);
		fake_dns_add(name, DNS_A, i < CONTACT_PTR_NAMES ? "192.0.2.99" : "192.0.2.7");
	}
	ck_assert_int_eq(told_of(&question)->proof, CONTACT_UNPROVED);
	ck_assert_uint_eq(fake_dns_questions(), 1 + CONTACT_PTR_NAMES);
	end();
}
END_TEST

START_TEST(the_zone_is_looked_for_at_eight_labels)
{
	const struct contact_question question = question_of(1, "out", "example.org", "a.b.c.d.e.f.g.h.i.j.example.net", "", "");

	begin();
	dns_add("example.org MX 10 a.b.c.d.e.f.g.h.i.j.example.net|net SOA a.gtld.example nstld.registry.example");
	ck_span_eq(told_of(&question)->operator, "");
	ck_assert_uint_eq(fake_dns_questions(), 1 + 7);		/* a top-level domain is not asked about */
	end();
}
END_TEST

/* Records that include each other, and one with a hundred look-ups, come to the limits of RFC 7208 4.6.4. */
START_TEST(bombs_of_spf_are_bounded)
{
	static const char *const bombs[] = {
		("example.org TXT v=spf1 include:a.example include:b.example +all|"
		    "a.example TXT v=spf1 include:b.example include:b.example -all|b.example TXT v=spf1 include:a.example include:a.example -all"),
		("example.org TXT v=spf1 a:1.example a:2.example a:3.example a:4.example a:5.example a:6.example a:7.example "
		    "a:8.example a:9.example a:10.example a:11.example a:12.example +all"),
		"example.org TXT v=spf1 redirect=example.org",
		"example.org TXT v=spf1 exists:%{ir}.%{h}.%{d} exists:%{l}.a.example exists:b.example +all",
	};

	for (size_t i = 0; i < sizeof(bombs) / sizeof(*bombs); i++) {
		const struct contact_question question = question_of(1, "in", "example.org", "", "192.0.2.7", "");

		begin();
		dns_add(bombs[i]);
		ck_assert_int_eq(told_of(&question)->proof, CONTACT_UNPROVED);
		ck_assert_uint_le(fake_dns_questions(), 20);
		end();
	}
}
END_TEST

START_TEST(a_dns_that_says_nothing_is_not_waited_for_for_ever)
{
	const struct contact_question out = question_of(1, "out", "example.org", "mx.example.org", "192.0.2.7", "");
	const struct contact_question in = question_of(2, "in", "example.org", "", "192.0.2.7", "");
	const struct contacts_answer *answer;

	begin();
	fake_dns_hold();
	ck_assert(asks(&out));
	ck_assert(asks(&in));
	fake_advance(CONTACT_SEARCH_MS - 1);
	ck_assert_ptr_null(told_next());
	fake_advance(1);
	for (unsigned i = 0; i < 2; i++) {
		answer = told_next();
		ck_assert_ptr_nonnull(answer);
		ck_assert(!answer->is_known);
		ck_span_eq(answer->text, "the DNS takes too long");
	}
	ck_assert_uint_eq(fake_dns_open(), 0);
	end();
}
END_TEST

/* SPF has a time of its own (RFC 7208 4.6.4). */
START_TEST(spf_that_is_not_answered_is_unknown)
{
	const struct contact_question question = question_of(1, "in", "example.org", "", "192.0.2.7", "");
	const struct contacts_answer *answer;

	begin();
	ck_assert(asks(&question));
	fake_dns_hold();	/* PTR is answered, TXT is not */
	fake_settle();
	ck_assert_uint_eq(fake_dns_questions(), 2);
	fake_advance(20 * 1000);
	answer = told_next();
	ck_assert_ptr_nonnull(answer);
	ck_assert(!answer->is_known);
	ck_span_eq(answer->text, "no name of the address has it; SPF for postmaster@example.org: temperror");
	ck_assert_uint_eq(fake_dns_open(), 0);
	end();
}
END_TEST

/* --- what is remembered: N63 --- */

START_TEST(answers_are_remembered_for_a_day_and_those_that_there_is_nobody_too)
{
	static const char *const worlds[] = { OWN, "example.org MX 10 elsewhere.example.org", "" };

	for (size_t i = 0; i < sizeof(worlds) / sizeof(*worlds); i++) {
		struct contact_question question = question_of(1, "out", "example.org", "mx.example.org", "192.0.2.7", "");
		enum contact_proof proof;
		unsigned questions;

		begin();
		dns_add(worlds[i]);
		proof = told_of(&question)->proof;
		questions = fake_dns_questions();
		fake_advance(DAY_MS - 1000);
		question.id = 2;
		ck_assert_int_eq(told_of(&question)->proof, proof);
		ck_assert_uint_eq(fake_dns_questions(), questions);
		fake_advance(1000);
		question.id = 3;
		ck_assert_int_eq(told_of(&question)->proof, proof);
		ck_assert_uint_gt(fake_dns_questions(), questions);
		end();
	}
}
END_TEST

/* What is remembered is all of the answer, and of no other question. */
START_TEST(what_is_remembered_is_what_was_said)
{
	struct contact_question question = question_of(1, "out", "example.org", "mx.example.org", "192.0.2.7", ZONE);
	const struct contact_question others[] = {
		question_of(2, "out", "example.com", "mx.example.org", "192.0.2.7", ZONE), question_of(3, "out", "example.org", "",
		    "192.0.2.7", ZONE),
		question_of(4, "out", "example.org", "mx.example.org", "192.0.2.8", ZONE), question_of(5, "in", "example.org",
		    "mx.example.org", "192.0.2.7", ZONE),
		question_of(6, "out", "example.org", "mx.example.org", "192.0.2.7", ""),
	};
	unsigned questions;

	begin();
	dns_add(OWN "|" ABUSE);
	(void)told_of(&question);
	questions = fake_dns_questions();
	question.id = 99;
	ck_assert_str_eq(contacts_text(told_of(&question)),
	    "domain postmaster@example.org rname hostmaster@example.org abuse abuse@network.example");
	ck_span_eq(told_of(&question)->operator, "example.org");
	ck_span_eq(told_of(&question)->text, "mail for example.org goes to mx.example.org");
	ck_assert_uint_eq(fake_dns_questions(), questions);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		(void)told_of(&others[i]);
		ck_assert_uint_gt(fake_dns_questions(), questions);
		questions = fake_dns_questions();
	}
	end();
}
END_TEST

START_TEST(doubts_are_remembered_for_minutes)
{
	static const char *const worlds[] = { "example.org MX !failed", OWN "|7.2.0.192.abuse.example TXT !failed" };

	for (size_t i = 0; i < sizeof(worlds) / sizeof(*worlds); i++) {
		const struct contact_question question = question_of(1, "out", "example.org", "mx.example.org", "192.0.2.7", ZONE);
		unsigned questions;

		begin();
		dns_add(worlds[i]);
		(void)told_of(&question);
		questions = fake_dns_questions();
		fake_advance(299 * 1000);
		(void)told_of(&question);
		ck_assert_uint_eq(fake_dns_questions(), questions);
		fake_advance(1000);
		(void)told_of(&question);
		ck_assert_uint_gt(fake_dns_questions(), questions);
		end();
	}
}
END_TEST

START_TEST(so_many_are_remembered_and_the_oldest_goes)
{
	struct contacts *contacts;
	struct contacts_answer answer = { .is_known = true, .operator = SPAN(""), .text = SPAN("x") }, found;
	char domain[40];

	begin();
	contacts = contacts_new();
	for (unsigned i = 0; i <= CONTACTS_KEPT; i++) {
		struct contact_question question = { .id = i, .host = SPAN(""), .zone = SPAN("") };

		snprintf(domain, sizeof(domain), "d%u.example", i);
		question.domain = span_of(domain);
		contacts_keep(contacts, &question, &answer, true);
		contacts_keep(contacts, &question, &answer, true);	/* twice is once */
		ck_assert(contacts_recall(contacts, &question, memory, &found));
		question.domain = SPAN("d0.example");
		ck_assert_msg(contacts_recall(contacts, &question, memory, &found) == (i < CONTACTS_KEPT), "%u", i);
	}
	contacts_free(&contacts);
	ck_assert_ptr_null(contacts);
	contacts_free(&contacts);
	end();
}
END_TEST

/* --- report goes and comes, and so do resolvers --- */

START_TEST(a_reload_in_between_begins_anew_and_answers_once)
{
	const struct setup setup = { 0 };
	const struct contact_question out = question_of(1, "out", "example.org", "mx.example.org", "192.0.2.7", ZONE);
	const struct contact_question in = question_of(2, "in", "example.org", "", "192.0.2.8", "");

	/* At every point of both searches: when the questions are asked, and when a later one is. */
	for (unsigned turns = 0; turns < 12; turns++) {
		unsigned proved = 0;
		const struct contacts_answer *answer;

		begin();
		dns_add(OWN "|" ABUSE "|example.org TXT v=spf1 ip4:192.0.2.8 -all");
		ck_assert(asks(&out));
		ck_assert(asks(&in));
		for (unsigned i = 0; i < turns; i++)
			fake_turn();
		fake_dns_hold();
		fake_settle();
		policy_room_handler.on_setup(&house_policy, &setup, &house_conf);
		fake_dns_release();
		while ((answer = told_next()) != NULL) {
			ck_assert_int_eq(answer->proof, answer->id == 1 ? CONTACT_BY_MX : CONTACT_BY_SPF);
			proved++;
		}
		ck_assert_uint_eq(proved, 2);
		ck_assert_uint_eq(fake_dns_open(), 0);
		end();
	}
}
END_TEST

START_TEST(what_a_report_that_is_gone_asked_for_is_dropped)
{
	const struct contact_question out = question_of(1, "out", "example.org", "mx.example.org", "192.0.2.7", ZONE);
	const struct contact_question in = question_of(2, "in", "example.org", "", "192.0.2.8", "");

	for (unsigned turns = 0; turns < 12; turns++) {
		unsigned timers;

		begin();
		timers = fake_timers();
		dns_add(OWN "|" ABUSE "|example.org TXT v=spf1 ip4:192.0.2.8 -all");
		ck_assert(asks(&out));
		ck_assert(asks(&in));
		for (unsigned i = 0; i < turns; i++)
			fake_turn();
		fake_channel_break(report);
		ck_assert(LIST_EMPTY(&house_policy.errands));
		ck_assert_uint_eq(fake_dns_open(), 0);
		ck_assert_uint_eq(fake_timers(), timers);
		report_comes();
		ck_assert_ptr_null(told_next());
		(void)told_of(&out);
		end();
	}
}
END_TEST

START_TEST(what_is_under_way_ends_with_the_room)
{
	const struct contact_question out = question_of(1, "out", "example.org", "mx.example.org", "192.0.2.7", ZONE);
	const struct contact_question in = question_of(2, "in", "example.org", "", "192.0.2.8", "");

	for (unsigned turns = 0; turns < 12; turns++) {
		begin();
		dns_add(OWN "|" ABUSE "|example.org TXT v=spf1 ip4:192.0.2.8 -all");
		ck_assert(asks(&out));
		ck_assert(asks(&in));
		for (unsigned i = 0; i < turns; i++)
			fake_turn();
		end();
	}
}
END_TEST

START_TEST(questions_that_are_none_end_the_channel_only)
{
	static char long_name[600];
	struct contact_question question = question_of(1, "in", "", "", "192.0.2.7", "");

	memset(long_name, 'x', sizeof(long_name));
	begin();
	for (unsigned i = 0; i < 4; i++) {
		question.domain = question.host = question.zone = SPAN("");
		*(i == 0 ? &question.domain : i == 1 ? &question.host : &question.zone) = span_make(long_name, sizeof(long_name));
		ck_assert(i == 3 ? !fake_channel_deliver(report, REPORT_CONTACT, SPAN("half"), -1) : !asks(&question));
		ck_assert_ptr_null(house_policy.report);
		ck_assert(fake_channel_is_open(house_relay));
		ck_assert_uint_eq(fake_dns_questions(), 0);
		report_comes();
	}
	end();
}
END_TEST

UNIT_MAIN_LOOPED("contacts", each_peer_is_told_of_where_it_is_read, rows, private_addresses_are_asked_for_where_they_are_destinations,
    of_many_names_ten_are_looked_up, the_zone_is_looked_for_at_eight_labels, bombs_of_spf_are_bounded,
    a_dns_that_says_nothing_is_not_waited_for_for_ever, spf_that_is_not_answered_is_unknown,
    answers_are_remembered_for_a_day_and_those_that_there_is_nobody_too, what_is_remembered_is_what_was_said,
    doubts_are_remembered_for_minutes,
    so_many_are_remembered_and_the_oldest_goes, a_reload_in_between_begins_anew_and_answers_once,
    what_a_report_that_is_gone_asked_for_is_dropped, what_is_under_way_ends_with_the_room, questions_that_are_none_end_the_channel_only)
