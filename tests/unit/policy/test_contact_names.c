/* Tests of src/policy/contact_names.c: names and addresses, out of what strangers have published. */
#include "policy/contact_names.h"

#include <stdio.h>

#include "tests/unit/unit.h"

START_TEST(addresses_are_looked_up_backwards)
{
	static const struct { const char *ip, *zone, *name; } rows[] = {
		{ "192.0.2.7", "", "7.2.0.192.in-addr.arpa" },			/* RFC 1035 3.5 */
		{ "192.0.2.7", "abuse.example", "7.2.0.192.abuse.example" },	/* N62 */
		{ "255.255.255.255", "", "255.255.255.255.in-addr.arpa" },
		{ "2001:db8::abcd:7", "", "7.0.0.0.d.c.b.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa" },	/* RFC 3596 2.5 */
		{ "2001:db8::abcd:7", "abuse.example",				/* N62: by nibbles */
		    "7.0.0.0.d.c.b.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.abuse.example" },
		{ "192.0.2.7", ".", NULL },
		{ "192.0.2.7", "abuse.example.", NULL },
		{ "192.0.2.7", "abuse example", NULL },
		{ "", "", NULL },
	};
	char zone[240], name[CONTACT_NAME];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct ip ip = { .family = 0 };

		ck_assert(*rows[i].ip == '\0' || ip_parse(span_of(rows[i].ip), &ip));
		ck_assert_msg(contact_reverse_name(ip, span_of(rows[i].zone), name) == (rows[i].name != NULL), "row %zu", i);
		if (rows[i].name != NULL)
			ck_assert_str_eq(name, rows[i].name);
	}
	/* One octet more than a name may have. */
	memset(zone, 'x', sizeof(zone));
	for (size_t i = 50; i < sizeof(zone); i += 50)
		zone[i] = '.';
	for (size_t length = 189; length <= 190; length++) {
		struct ip ip;

		ck_assert(ip_parse(SPAN("2001:db8::1"), &ip));
		ck_assert(contact_reverse_name(ip, span_make(zone, length), name) == (length == 189));
	}
}
END_TEST

START_TEST(a_name_is_within_a_domain_by_whole_labels)
{
	static const struct { const char *name, *domain; bool is_within; } rows[] = {
		{ "example.org", "example.org", true },
		{ "mx.Example.ORG", "example.org", true },
		{ "a.b.example.org", "example.org", true },
		{ "notexample.org", "example.org", false },
		{ "example.org", "mx.example.org", false },
		{ "example.org", "", false },
		{ "", "example.org", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_msg(contact_name_is_within(span_of(rows[i].name), span_of(rows[i].domain)) == rows[i].is_within, "row %zu", i);
}
END_TEST

START_TEST(the_way_to_a_zone_has_eight_labels_at_most_and_ends_before_one)
{
	static const struct { const char *name, *way; } rows[] = {
		{ "mx.example.org", "mx.example.org|example.org|" },
		{ "example.org", "example.org|" },
		{ "org", "" },
		{ "", "" },
		{ "a.b.c.d.e.f.example.org", "a.b.c.d.e.f.example.org|b.c.d.e.f.example.org|c.d.e.f.example.org|d.e.f.example.org|"
		    "e.f.example.org|f.example.org|example.org|" },
		{ "x.y.z.a.b.c.d.e.f.g.example.org", "b.c.d.e.f.g.example.org|c.d.e.f.g.example.org|d.e.f.g.example.org|"
		    "e.f.g.example.org|f.g.example.org|g.example.org|example.org|" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char way[400] = "";

		for (const char *zone = contact_zone_first(rows[i].name); zone != NULL; zone = contact_zone_next(zone))
			snprintf(way + strlen(way), sizeof(way) - strlen(way), "%s|", zone);
		ck_assert_str_eq(way, rows[i].way);
	}
}
END_TEST

START_TEST(names_within_a_network_are_nobodys)
{
	static const struct { const char *name; bool is_public; } rows[] = {
		{ "example.org", true },
		{ "mx.test.example", true },
		{ "xn--bcher-kva.example", true },
		{ "com", false },
		{ "", false },
		{ ".", false },
		{ "localhost", false },
		{ "mail.localhost", false },
		{ "printer.local", false },
		{ "nobody.invalid", false },
		{ "7.2.0.192.in-addr.arpa", false },
		{ "router.home.arpa", false },
		{ "mx.corp.internal", false },
		{ "x.ONION", false },
		{ "example.org.", false },
		{ "exa mple.org", false },
		{ "b\xc3\xbc" "cher.example", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_msg(contact_name_is_public(span_of(rows[i].name)) == rows[i].is_public, "%s", rows[i].name);
}
END_TEST

START_TEST(nobody_and_many_are_not_written_to)
{
	static const struct { struct span local, domain; const char *address; } rows[] = {
		{ SPAN("postmaster"), SPAN("example.org"), "postmaster@example.org" },		/* N60: RFC 2142 */
		{ SPAN("Hostmaster"), SPAN("Example.ORG"), "Hostmaster@example.org" },
		{ SPAN("abuse+mail"), SPAN("mail.example.org"), "abuse+mail@mail.example.org" },
		/* N50 */
		{ SPAN("nobody"), SPAN("example.org"), NULL },					/* N62 */
		{ SPAN("NoReply"), SPAN("example.org"), NULL },
		{ SPAN("no-reply-dns"), SPAN("example.org"), NULL },
		{ SPAN("donotreply"), SPAN("example.org"), NULL },
		{ SPAN("MAILER-DAEMON"), SPAN("example.org"), NULL },
		{ SPAN("owner-noc"), SPAN("example.org"), NULL },
		{ SPAN("noc-owner"), SPAN("example.org"), NULL },
		{ SPAN("noc-request"), SPAN("example.org"), NULL },
		{ SPAN("noc-bounces"), SPAN("example.org"), NULL },
		{ SPAN("list"), SPAN("example.org"), NULL },
		/* grammar */
		{ SPAN(""), SPAN("example.org"), NULL },
		{ SPAN("a b"), SPAN("example.org"), NULL },
		{ SPAN("\"a b\""), SPAN("example.org"), NULL },
		{ SPAN("a..b"), SPAN("example.org"), NULL },
		{ SPAN("|sh"), SPAN("example.org"), NULL },
		{ SPAN("-oQ/tmp"), SPAN("example.org"), NULL },
		{ SPAN("a\r\nBcc: x"), SPAN("example.org"), NULL },				/* NX3 */
		{ SPAN("a\0b"), SPAN("example.org"), NULL },
		{ SPAN("a"), SPAN("example.org\0x"), NULL },
		{ SPAN("a@b"), SPAN("example.org"), NULL },
		{ SPAN("1234567890123456789012345678901234567890123456789012345678901234"), SPAN("example.org"),
		    "1234567890123456789012345678901234567890123456789012345678901234@example.org" },
		{ SPAN("12345678901234567890123456789012345678901234567890123456789012345"), SPAN("example.org"), NULL },
		{ SPAN("postmaster"), SPAN("com"), NULL },
		{ SPAN("postmaster"), SPAN("nobody.invalid"), NULL },
		{ SPAN("root"), SPAN("localhost.localhost"), NULL },
		{ SPAN("abuse"), SPAN("192.0.2.7"), NULL },
		{ SPAN("abuse"), SPAN("[192.0.2.7]"), NULL },
	};
	char address[CONTACT_ADDRESS];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_msg(contact_address_make(rows[i].local, rows[i].domain, address) == (rows[i].address != NULL), "row %zu", i);
		if (rows[i].address != NULL)
			ck_assert_str_eq(address, rows[i].address);
	}
}
END_TEST

/* RFC 1035 3.3.13, 8; "\046" is how lib-dns has it, "\." how zone files do. */
START_TEST(the_first_dot_of_a_zones_mailbox_is_the_at)
{
	static const struct { const char *rname, *address; } rows[] = {
		{ "hostmaster.example.org", "hostmaster@example.org" },
		{ "john\\046doe.example.org", "john.doe@example.org" },
		{ "john\\.doe.example.org", "john.doe@example.org" },
		{ "dns.a.b.example.org", "dns@a.b.example.org" },
		{ "", NULL },				/* the root */
		{ ".", NULL },
		{ "hostmaster", NULL },
		{ "hostmaster.", NULL },
		{ ".example.org", NULL },
		{ "hostmaster.org", NULL },		/* postmaster of a top-level domain */
		{ "nobody.invalid", NULL },
		{ "nobody.example.org", NULL },
		{ "root.localhost", NULL },
		{ "a\\064b.example.org", NULL },	/* "a@b" */
		{ "a\\013\\010Bcc:x.example.org", NULL },
		{ "a\\000.example.org", NULL },
		{ "a\\999.example.org", NULL },
		{ "a\\04", NULL },
		{ "a\\", NULL },
		{ "hostmaster.exam\\046ple.org", NULL },
		{ "a\\044b\\064c.example.org", NULL },	/* "a,b@c" */
		{ "123456789012345678901234567890123456789012345678901234567890abcde.example.org", NULL },
	};
	char address[CONTACT_ADDRESS];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_msg(contact_address_of_rname(rows[i].rname, address) == (rows[i].address != NULL), "%s", rows[i].rname);
		if (rows[i].address != NULL)
			ck_assert_str_eq(address, rows[i].address);
	}
}
END_TEST

/* N62, NX6. '|' between records. */
START_TEST(of_records_with_addresses_one_good_one_is_taken)
{
	static const struct { const char *texts, *address; } rows[] = {
		{ "abuse@example.net", "abuse@example.net" },
		{ " abuse@Example.NET ", "abuse@example.net" },
		{ "abuse@example.net,noc@example.net", "abuse@example.net" },
		{ "junk|v=spf1 -all|abuse@example.net", "abuse@example.net" },
		{ "nobody@example.net", NULL },
		{ "nobody@example.net, abuse@example.net", "abuse@example.net" },
		{ "a@b?cc=", NULL },
		{ "a@b.example?cc=victim@example.org", NULL },
		{ "victim@x, other@y", NULL },
		{ "victim@example.org other@example.net", NULL },
		{ "victim@example.org;other@example.net", NULL },
		{ "mailto:abuse@example.net", NULL },
		{ "Abuse <abuse@example.net>", NULL },
		{ "<abuse@example.net>", NULL },
		{ "abuse@@example.net", NULL },
		{ "abuse@a@example.net", NULL },
		{ "@example.net", NULL },
		{ "abuse@", NULL },
		{ "abuse@example.net\r\nBcc: victim@example.org", NULL },
		{ "abuse@[192.0.2.7]", NULL },
		{ "abuse@com", NULL },
		{ ",,,", NULL },
		{ "", NULL },
	};
	char address[CONTACT_ADDRESS], long_text[501];
	const struct span longest = { long_text, 500 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct span texts[4], rest = span_of(rows[i].texts);
		size_t count = 0;

		while (count < 4 && span_cut(&rest, '|', &texts[count]))
			count++;
		ck_assert_msg(contact_address_of_texts(texts, count, address) == (rows[i].address != NULL), "%s", rows[i].texts);
		if (rows[i].address != NULL)
			ck_assert_str_eq(address, rows[i].address);
	}
	memset(long_text, 'x', sizeof(long_text));
	ck_assert(!contact_address_of_texts(&longest, 1, address));
	memcpy(long_text + 250, "@", 1);
	ck_assert(!contact_address_of_texts(&longest, 1, address));
	memcpy(long_text + 480, ",abuse@example.net,x", 20);
	ck_assert(contact_address_of_texts(&longest, 1, address));
	ck_assert_str_eq(address, "abuse@example.net");
}
END_TEST

UNIT_MAIN("contact_names", addresses_are_looked_up_backwards, a_name_is_within_a_domain_by_whole_labels,
    the_way_to_a_zone_has_eight_labels_at_most_and_ends_before_one, names_within_a_network_are_nobodys,
    nobody_and_many_are_not_written_to, the_first_dot_of_a_zones_mailbox_is_the_at, of_records_with_addresses_one_good_one_is_taken)
