/* How often a quantity was how large: counts between bounds that are the same for all of a kind. */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum histogram_kind { HISTOGRAM_TIME, HISTOGRAM_OCTETS, HISTOGRAM_KINDS };	/* microseconds; octets */

#define HISTOGRAM_CELLS 16

struct histogram {
	uint64_t cells[HISTOGRAM_CELLS];	/* up to the bound of that index, the last for all that is more */
	uint64_t sum;
};

/* How many cells the kind has, and the bounds of all but the last: a value that is equal to one lies below it. */
size_t histogram_cells(enum histogram_kind kind);
uint64_t histogram_bound(enum histogram_kind kind, size_t cell);

void histogram_add(struct histogram *histogram, enum histogram_kind kind, uint64_t value);

#endif
