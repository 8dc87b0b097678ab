/* Tests of src/relay/uplink.c. */
#include "relay/uplink.h"

#include <stdio.h>

#include "tests/unit/unit.h"

#define MINUTE INT64_C(60000)

/* In turn: an address and its domain fail, or (no address) something succeeds; how many networks count then, for "reset". */
START_TEST(networks_are_counted_that_have_nothing_to_do_with_each_other)
{
	static const struct { int64_t at_ms; const char *ip, *domain, *reason; unsigned count; } rows[] = {
		{ 0, "192.0.2.1", "a.example", "reset", 1 },
		/* the same network, the same domain, another fault: none of them adds anything */
		{ 1, "192.0.77.1", "b.example", "reset", 1 },
		{ 2, "198.51.100.1", "b.example", "reset", 1 },
		{ 3, "203.0.113.1", "c.example", "closed", 1 },
		{ 4, "203.0.113.1", "c.example", "reset", 2 },
		{ 5, "2001:db8::1", "d.example", "reset", 3 },
		{ 6, "2001:db8:1::1", "e.example", "reset", 3 },
		{ 7, "2001:db9::1", "f.example", "reset", 4 },
		/* what fails otherwise there now, fails no more alike */
		{ 8, "2001:db9::1", "f.example", "closed", 3 },
		{ 10 * MINUTE + 1, "192.0.2.1", "a.example", "closed", 3 },
		{ 10 * MINUTE + 20, "192.0.2.1", "a.example", "closed", 0 },
		{ 11 * MINUTE, "192.0.2.1", "a.example", "reset", 1 },
		{ 11 * MINUTE, "198.51.100.1", "b.example", "reset", 2 },
		{ 11 * MINUTE, NULL, NULL, NULL, 0 },
		{ 11 * MINUTE, "203.0.113.1", "c.example", "reset", 1 },
	};
	struct uplink uplink = { .failures = { { .reason = NULL } } };
	struct ip ip;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (rows[i].ip == NULL) {
			uplink_succeeded(&uplink);
		} else {
			ck_assert(ip_parse(span_of(rows[i].ip), &ip));
			uplink_failed(&uplink, ip, span_of(rows[i].domain), rows[i].reason, rows[i].at_ms);
		}
		ck_assert_msg(uplink_count(&uplink, "reset", rows[i].at_ms) == rows[i].count, "row %zu: %u", i,
		    uplink_count(&uplink, "reset", rows[i].at_ms));
	}
}
END_TEST

START_TEST(the_oldest_makes_room)
{
	struct uplink uplink = { .failures = { { .reason = NULL } } };
	char domain[20];

	for (unsigned i = 0; i < 2 * UPLINK_NETWORKS; i++) {
		struct ip ip = { { 10, (unsigned char)i, 1, 1 }, 4 };

		snprintf(domain, sizeof(domain), "d%u.example", i);
		uplink_failed(&uplink, ip, span_of(domain), i < UPLINK_NETWORKS ? "closed" : "reset", i);
	}
	ck_assert_uint_eq(uplink_count(&uplink, "reset", 1000), UPLINK_NETWORKS);
	ck_assert_uint_eq(uplink_count(&uplink, "closed", 1000), 0);
}
END_TEST

UNIT_MAIN("uplink", networks_are_counted_that_have_nothing_to_do_with_each_other, the_oldest_makes_room)
