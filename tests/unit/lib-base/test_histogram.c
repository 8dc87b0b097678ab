/* Tests of src/lib-base/histogram.c. */
#include "base/histogram.h"

#include "tests/unit/unit.h"

START_TEST(a_value_lies_below_the_first_bound_that_it_does_not_pass)
{
	static const struct { enum histogram_kind kind; uint64_t value; size_t cell; } rows[] = {
		{ HISTOGRAM_TIME, 0, 0 }, { HISTOGRAM_TIME, 500, 0 }, { HISTOGRAM_TIME, 501, 1 }, { HISTOGRAM_TIME, 10000000, 13 },
		{ HISTOGRAM_TIME, 10000001, 14 }, { HISTOGRAM_TIME, UINT64_MAX / 2, 14 }, { HISTOGRAM_OCTETS, 4096, 0 },
		{ HISTOGRAM_OCTETS, 4097, 1 }, { HISTOGRAM_OCTETS, 67108864, 7 }, { HISTOGRAM_OCTETS, 67108865, 8 }
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct histogram histogram = { .sum = 0 };

		histogram_add(&histogram, rows[i].kind, rows[i].value);
		for (size_t cell = 0; cell < HISTOGRAM_CELLS; cell++)
			ck_assert_uint_eq(histogram.cells[cell], cell == rows[i].cell);
		ck_assert_uint_eq(histogram.sum, rows[i].value);
	}
}
END_TEST

START_TEST(bounds_grow_and_there_is_room_for_all)
{
	for (enum histogram_kind kind = 0; kind < HISTOGRAM_KINDS; kind++) {
		ck_assert_uint_le(histogram_cells(kind), HISTOGRAM_CELLS);
		for (size_t cell = 1; cell + 1 < histogram_cells(kind); cell++)
			ck_assert_uint_gt(histogram_bound(kind, cell), histogram_bound(kind, cell - 1));
	}
}
END_TEST

UNIT_MAIN("histogram", a_value_lies_below_the_first_bound_that_it_does_not_pass, bounds_grow_and_there_is_room_for_all)
