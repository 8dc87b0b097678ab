/* Tests of src/intake/permit.c. */
#include "intake/permit.h"

#include "tests/fake/fake.h"
#include "tests/fake/fake_log.h"
#include "tests/unit/unit.h"

#define CERT "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char *const clients[] = { "192.0.2.0/24", "198.51.100.7", "2001:db8:1::/48", ("cert:sha256:" CERT) };
static const char *const accepts[] = { "Accepted.example", ".below.example", "z.example", "a.example", ("b\xc3\xbc" "cher.example"), ".deep.a.example" };

/* Items that nobody will change. */
static struct conf_list
list_of(const char *const *items, size_t count)
{
	return (struct conf_list){ (char **)(uintptr_t)items, count };
}

static struct permit *
sample(void)
{
	const struct conf_list client_list = list_of(clients, 4), accept_list = list_of(accepts, 6);

	return permit_new(&client_list, &accept_list, "MX.example.org");
}

static struct permit_client
client_at(const char *ip, const char *fingerprint)
{
	struct permit_client client = { .fingerprint = fingerprint };

	if (ip != NULL)
		ck_assert(ip_parse(span_of(ip), &client.ip));
	return client;
}

START_TEST(clients_are_known_by_network_or_certificate)
{
	static const struct { const char *ip, *fingerprint; bool is_client; } rows[] = {
		{ "192.0.2.0", NULL, true }, { "192.0.2.255", "", true }, { "192.0.3.0", NULL, false },
		{ "198.51.100.7", NULL, true }, { "198.51.100.8", NULL, false },
		{ "2001:db8:1:ffff::1", NULL, true }, { "2001:db8:2::1", NULL, false },
		{ "::ffff:192.0.2.1", NULL, true },
		{ "203.0.113.1", CERT, true },
		{ "203.0.113.1", "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF", true },
		{ "203.0.113.1", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdee", false },
		{ "203.0.113.1", "0123", false },
		{ NULL, NULL, false },
	};
	struct permit *permit = sample();

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct permit_client client = client_at(rows[i].ip, rows[i].fingerprint);

		ck_assert_msg(permit_is_client(permit, &client) == rows[i].is_client, "row %zu", i);
	}
	ck_assert(permit_is_client(permit, &(struct permit_client){ .is_local = true }));
	permit_free(&permit);
}
END_TEST

START_TEST(strangers_reach_accepted_domains_only)
{
	static const struct { const char *path; bool may; } rows[] = {
		{ "<x@accepted.example>", true }, { "<x@ACCEPTED.example>", true }, { "<x@sub.accepted.example>", false },
		{ "<x@below.example>", false }, { "<x@a.below.example>", true }, { "<x@a.b.below.example>", true },
		{ "<x@notbelow.example>", false }, { "<x@a.example>", true }, { "<x@z.example>", true }, { "<x@b.example>", false },
		{ "<x@deep.a.example>", false }, { "<x@very.deep.a.example>", true }, { "<x@xn--bcher-kva.example>", true },
		{ "<x@b\xc3\xbc" "cher.example>", true }, { "<x@example>", false }, { "<x@elsewhere.example>", false },
		{ "<postmaster@mx.example.org>", true }, { "<PostMaster@MX.EXAMPLE.ORG>", true }, { "<x@mx.example.org>", false },
		{ "<postmaster@elsewhere.example>", false },
		/* no route by any other name */
		{ "<a%b@accepted.example>", false }, { "<a!b@accepted.example>", false }, { "<\"a@b\"@accepted.example>", false },
		{ "<@accepted.example:a@elsewhere.example>", false }, { "<@elsewhere.example:a@accepted.example>", true },
		{ "<a@[192.0.2.1]>", false }, { "<a@[IPv6:2001:db8:1::1]>", false },
	};
	struct permit *permit = sample();
	struct permit_client stranger = client_at("203.0.113.1", NULL), friend = client_at("192.0.2.1", NULL);

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct span rest = span_of(rows[i].path);
		struct path path;

		ck_assert_int_eq(path_parse(&rest, &path), PATH_GOOD);
		ck_assert_msg(permit_may_send(permit, &stranger, &path) == rows[i].may, "row %zu", i);
		ck_assert_msg(permit_may_send(permit, &friend, &path), "row %zu", i);
	}
	permit_free(&permit);
}
END_TEST

START_TEST(what_is_not_understood_permits_nothing_and_is_said)
{
	static const char *const bad_clients[] = { "192.0.2.1/24", "cert:sha256:00", "everybody" };
	static const char *const bad_accepts[] = { "a_b", "", ".", "*" };
	const struct conf_list client_list = list_of(bad_clients, 3), accept_list = list_of(bad_accepts, 4);
	struct permit *permit = permit_new(&client_list, &accept_list, "mx.example.org");
	struct permit_client client = client_at("192.0.2.1", NULL);

	for (int i = 0; i < 7; i++)
		fake_log_expect("event=permit *reason=\"not understood\"*");
	ck_assert(!permit_is_client(permit, &client));
	permit_free(&permit);
	ck_assert_ptr_null(permit);
	permit_free(&permit);
	fake_finish();
}
END_TEST

UNIT_MAIN("permit", clients_are_known_by_network_or_certificate, strangers_reach_accepted_domains_only,
    what_is_not_understood_permits_nothing_and_is_said)
