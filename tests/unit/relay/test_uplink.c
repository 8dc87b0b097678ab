/* Tests of src/relay/uplink.c. */
#include "relay/uplink.h"

#include <stdio.h>

#include "tests/unit/unit.h"

#define MINUTE INT64_C(60000)

/* In turn: a domain's host fails at an address, or (no domain) one gets through there; how many networks count then, for "reset". */
struct step {
	int64_t at_ms;
	const char *ip, *domain, *host, *reason;
	unsigned count;
};

static void
check(const struct step *steps, size_t count)
{
	struct uplink uplink = { .failures = { { .reason = NULL } } };
	struct ip ip;

	for (size_t i = 0; i < count; i++) {
		const struct step *step = &steps[i];

		ck_assert(ip_parse(span_of(step->ip), &ip));
		if (step->domain == NULL)
			uplink_succeeded(&uplink, ip);
		else
			uplink_failed(&uplink, ip, span_of(step->domain), span_of(step->host), step->reason, step->at_ms);
		ck_assert_msg(uplink_count(&uplink, "reset", step->at_ms) == step->count, "row %zu: %u", i,
		    uplink_count(&uplink, "reset", step->at_ms));
	}
}

#define CHECK(steps) check(steps, sizeof(steps) / sizeof(*(steps)))

START_TEST(networks_are_counted_that_have_nothing_to_do_with_each_other)
{
	static const struct step steps[] = {
		{ 0, "192.0.2.1", "a.example", "mx.a.example", "reset", 1 },
		/* the same network, the same domain, another fault: none of them adds anything */
		{ 1, "192.0.77.1", "b.example", "mx.b.example", "reset", 1 },
		{ 2, "198.51.100.1", "b.example", "mx.b.example", "reset", 1 },
		{ 3, "203.0.113.1", "c.example", "mx.c.example", "closed", 1 },
		{ 4, "203.0.113.1", "c.example", "mx.c.example", "reset", 2 },
		{ 5, "2001:db8::1", "d.example", "mx.d.example", "reset", 3 },
		{ 6, "2001:db8:1::1", "e.example", "mx.e.example", "reset", 3 },
		{ 7, "2001:db9::1", "f.example", "mx.f.example", "reset", 4 },
		/* what fails otherwise there now, fails no more alike */
		{ 8, "2001:db9::1", "f.example", "mx.f.example", "closed", 3 },
		{ 10 * MINUTE + 1, "192.0.2.1", "a.example", "mx.a.example", "closed", 3 },
		{ 10 * MINUTE + 20, "192.0.2.1", "a.example", "mx.a.example", "closed", 0 },
		{ 11 * MINUTE, "192.0.2.1", "a.example", "mx.a.example", "reset", 1 },
		{ 11 * MINUTE, "198.51.100.1", "b.example", "mx.b.example", "reset", 2 },
		{ 11 * MINUTE, "192.0.2.99", NULL, NULL, NULL, 0 },
		{ 11 * MINUTE, "203.1.113.1", "g.example", "mx.g.example", "reset", 1 },
	};

	CHECK(steps);
}
END_TEST

/* One provider has many networks, and its outage is not ours. */
START_TEST(hosts_of_one_provider_count_once)
{
	static const struct step steps[] = {
		{ 0, "192.0.2.1", "a.example", "a-example.mail.big.example", "reset", 1 },
		{ 1, "198.51.100.1", "b.example", "b-example.mail.big.example", "reset", 1 },
		{ 2, "203.0.113.1", "c.example", "mx1.l.other.example", "reset", 2 },
		{ 3, "203.1.113.1", "d.example", "alt.mx1.l.other.example", "reset", 2 },
		{ 4, "203.2.113.1", "e.example", "mx.host.example", "reset", 3 },
		{ 5, "203.3.113.1", "f.example", "mx2.host.example", "reset", 3 },
		/* two that have no more in common than where names are registered */
		{ 6, "203.4.113.1", "one.co.example", "mx.one.co.example", "reset", 4 },
		{ 7, "203.5.113.1", "two.co.example", "mx.two.co.example", "reset", 5 },
		{ 8, "203.6.113.1", "three.example", "three.example", "reset", 6 },
		{ 9, "203.7.113.1", "four.example", "four.example", "reset", 7 },
	};

	CHECK(steps);
}
END_TEST

/* A relay with little to do tries three hosts in a row that have been broken for days: that is no fault of its way. */
START_TEST(what_failed_while_others_succeeded_is_no_fault_of_our_way)
{
	static const struct step steps[] = {
		{ 0, "192.0.2.1", "a.example", "mx.a.example", "reset", 1 },
		{ 1, "198.51.100.1", "b.example", "mx.b.example", "reset", 2 },
		{ 2, "203.0.113.1", "c.example", "mx.c.example", "reset", 3 },
		{ MINUTE, "192.1.2.1", NULL, NULL, NULL, 0 },
		{ 300 * MINUTE, "192.0.2.1", "a.example", "mx.a.example", "reset", 0 },
		{ 301 * MINUTE, "198.51.100.1", "b.example", "mx.b.example", "reset", 0 },
		{ 302 * MINUTE, "203.0.113.1", "c.example", "mx.c.example", "reset", 0 },
		/* and what is new counts beside them */
		{ 303 * MINUTE, "203.1.113.1", "d.example", "mx.d.example", "reset", 1 },
		/* in another way than before; after it got through; after a day without a try */
		{ 304 * MINUTE, "192.0.2.1", "a.example", "mx.a.example", "closed", 1 },
		{ 305 * MINUTE, "192.0.2.1", "a.example", "mx.a.example", "reset", 2 },
		{ 306 * MINUTE, "198.51.100.1", NULL, NULL, NULL, 0 },
		{ 307 * MINUTE, "198.51.100.1", "b.example", "mx.b.example", "reset", 1 },
		{ 308 * MINUTE, "203.0.113.1", "c.example", "mx.c.example", "reset", 1 },
		{ 308 * MINUTE + 24 * 60 * MINUTE, "203.0.113.1", "c.example", "mx.c.example", "reset", 1 },
	};

	CHECK(steps);
}
END_TEST

START_TEST(the_oldest_makes_room)
{
	struct uplink uplink = { .failures = { { .reason = NULL } } };
	char domain[20];

	for (unsigned i = 0; i < 2 * UPLINK_NETWORKS; i++) {
		struct ip ip = { { 10, (unsigned char)i, 1, 1 }, 4 };

		snprintf(domain, sizeof(domain), "d%u.example", i);
		uplink_failed(&uplink, ip, span_of(domain), span_of(domain), i < UPLINK_NETWORKS ? "closed" : "reset", i);
	}
	ck_assert_uint_eq(uplink_count(&uplink, "reset", 1000), UPLINK_NETWORKS);
	ck_assert_uint_eq(uplink_count(&uplink, "closed", 1000), 0);
}
END_TEST

UNIT_MAIN("uplink", networks_are_counted_that_have_nothing_to_do_with_each_other, hosts_of_one_provider_count_once,
    what_failed_while_others_succeeded_is_no_fault_of_our_way, the_oldest_makes_room)
