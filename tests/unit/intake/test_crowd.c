/* Tests of src/intake/crowd.c. */
#include "intake/crowd.h"

#include "tests/unit/unit.h"

static struct ip
network(const char *text, unsigned prefix)
{
	struct ip ip;

	ck_assert(ip_parse(span_of(text), &ip));
	return ip_mask(ip, prefix);
}

START_TEST(a_network_has_no_more_sessions_than_it_may)
{
	struct crowd crowd = { .places = RB_INITIALIZER(NULL) };
	struct place *first = crowd_enter(&crowd, network("192.0.2.1", 32), 2);
	struct place *second = crowd_enter(&crowd, network("192.0.2.1", 32), 2), *none = NULL;

	ck_assert_ptr_nonnull(first);
	ck_assert_ptr_eq(first, second);
	ck_assert_ptr_null(crowd_enter(&crowd, network("192.0.2.1", 32), 2));
	crowd_leave(&crowd, &second);
	ck_assert_ptr_null(second);
	second = crowd_enter(&crowd, network("192.0.2.1", 32), 2);
	ck_assert_ptr_nonnull(second);
	crowd_leave(&crowd, &first);
	crowd_leave(&crowd, &second);
	ck_assert(RB_EMPTY(&crowd.places));
	crowd_leave(&crowd, &none);
	ck_assert_ptr_null(crowd_enter(&crowd, network("192.0.2.1", 32), 0));
}
END_TEST

START_TEST(networks_are_told_apart_by_family_and_prefix)
{
	static const struct { const char *ip; unsigned prefix; bool fits; } rows[] = {
		{ "192.0.2.1", 32, true }, { "192.0.2.2", 32, true }, { "192.0.2.1", 32, false },
		{ "2001:db8::1", 64, true }, { "2001:db8::ffff:1", 64, false }, { "2001:db8:0:1::1", 64, true },
		{ "203.0.113.1", 24, true }, { "203.0.113.200", 24, false },
		/* the first octets of that IPv6 network are those of an IPv4 one */
		{ "c000:201::", 64, true },
	};
	struct crowd crowd = { .places = RB_INITIALIZER(NULL) };
	struct place *places[9];

	for (size_t i = 0; i < 9; i++) {
		places[i] = crowd_enter(&crowd, network(rows[i].ip, rows[i].prefix), 1);
		ck_assert_msg((places[i] != NULL) == rows[i].fits, "row %zu", i);
	}
	for (size_t i = 0; i < 9; i++)
		crowd_leave(&crowd, &places[i]);
	ck_assert(RB_EMPTY(&crowd.places));
}
END_TEST

UNIT_MAIN("crowd", a_network_has_no_more_sessions_than_it_may, networks_are_told_apart_by_family_and_prefix)
