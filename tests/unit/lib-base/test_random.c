/* Tests of src/lib-base/random.c. */
#include "base/random.h"
#include "tests/unit/unit.h"

START_TEST(numbers_are_below_and_reach_every_value)
{
	static const uint32_t rows[] = { 1, 2, 3, 10 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		unsigned seen[10] = { 0 };

		for (unsigned n = 0; n < 4000; n++) {
			uint32_t drawn = random_below(rows[i]);

			if (drawn >= rows[i])
				ck_abort_msg("%u is not below %u", drawn, rows[i]);
			seen[drawn]++;
		}
		for (uint32_t value = 0; value < rows[i]; value++)	/* nine standard deviations or more */
			ck_assert_msg(seen[value] > 4000 / rows[i] / 2, "%u of %u: %u", value, rows[i], seen[value]);
	}
}
END_TEST

/* Over three quarters of 2^32, a plain remainder would give the first third twice as often. */
START_TEST(large_ranges_favour_no_part)
{
	const uint32_t below = UINT32_C(3) << 30;
	unsigned low = 0;

	for (unsigned n = 0; n < 6000; n++)
		low += random_below(below) < below / 3;
	ck_assert_uint_gt(low, 1700);
	ck_assert_uint_lt(low, 2300);
}
END_TEST

START_TEST(octets_are_all_filled)
{
	unsigned char octets[300], before[300] = { 0 };
	unsigned same = 0;

	for (int i = 0; i < 4; i++) {
		random_bytes(octets, sizeof(octets));
		same = 0;
		for (size_t n = 0; n < sizeof(octets); n++)
			same += octets[n] == before[n];
		ck_assert_uint_lt(same, 30);
		memcpy(before, octets, sizeof(octets));
	}
}
END_TEST

UNIT_MAIN("random", numbers_are_below_and_reach_every_value, large_ranges_favour_no_part, octets_are_all_filled)
