/* Tests of src/queue/schedule.c. */
#include "tests/unit/unit.h"

#include "queue/schedule.h"

START_TEST(waits_double_up_to_the_longest)
{
	static const struct { unsigned attempts; int64_t middle_s; } rows[] = {
		{ 1, 300 }, { 2, 600 }, { 3, 1200 }, { 4, 2400 }, { 5, 4800 }, { 6, 9600 }, { 7, 14400 }, { 8, 14400 },
		{ 60, 14400 }, { 65535, 14400 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_int_eq(schedule_retry_ms(rows[i].attempts, 300, 14400, 0), rows[i].middle_s * 800);
		ck_assert_int_eq(schedule_retry_ms(rows[i].attempts, 300, 14400, UINT32_MAX), rows[i].middle_s * 1200);
	}
}
END_TEST

START_TEST(two_tries_come_in_the_first_hour_and_tries_go_on_for_days)
{
	int64_t at = 0;
	unsigned first_hour = 0, all = 0;

	/* RFC 5321 4.5.4.1, with the defaults: 5 minutes to 4 hours over 5 days. */
	for (unsigned attempts = 1; at < 5 * 24 * 3600 * INT64_C(1000); attempts++) {
		at += schedule_retry_ms(attempts, 300, 14400, UINT32_MAX / 2);
		all++;
		if (at < 3600 * 1000)
			first_hour++;
	}
	ck_assert_uint_ge(first_hour, 2);
	ck_assert_uint_ge(all, 30);
	ck_assert_uint_le(all, 60);
}
END_TEST

START_TEST(a_site_rests_longer_each_time_but_not_for_ever)
{
	ck_assert_int_eq(schedule_rest_ms(1, 300, 14400, UINT32_MAX), 18000);
	ck_assert_int_gt(schedule_rest_ms(3, 300, 14400, 0), schedule_rest_ms(1, 300, 14400, 0));
	ck_assert_int_eq(schedule_rest_ms(1000, 300, 14400, UINT32_MAX), 900 * 1200);
	/* Never longer than a message would wait. */
	ck_assert_int_eq(schedule_rest_ms(1, 1, 4, UINT32_MAX), 1200);
	ck_assert_int_eq(schedule_rest_ms(1000, 1, 4, UINT32_MAX), 4800);
}
END_TEST

UNIT_MAIN("schedule", waits_double_up_to_the_longest, two_tries_come_in_the_first_hour_and_tries_go_on_for_days,
    a_site_rests_longer_each_time_but_not_for_ever)
