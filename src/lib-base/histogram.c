/* The table of bounds, and counting between them. */
#include "base/histogram.h"

static const struct {
	size_t bounds;
	uint64_t at[HISTOGRAM_CELLS - 1];
} kinds[HISTOGRAM_KINDS] = {
	/* From a disk that caches to one that stalls. */
	[HISTOGRAM_TIME] = { 14, { 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000 } },
	[HISTOGRAM_OCTETS] = { 8, { 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864 } },
};

size_t
histogram_cells(enum histogram_kind kind)
{
	return kinds[kind].bounds + 1;
}

uint64_t
histogram_bound(enum histogram_kind kind, size_t cell)
{
	return kinds[kind].at[cell];
}

void
histogram_add(struct histogram *histogram, enum histogram_kind kind, uint64_t value)
{
	size_t cell = 0;

	while (cell < kinds[kind].bounds && value > kinds[kind].at[cell])
		cell++;
	histogram->cells[cell]++;
	histogram->sum += value;
}
