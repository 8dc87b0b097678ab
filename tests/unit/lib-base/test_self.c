/* Tests of src/lib-base/self.c. */
#include "base/self.h"

#include "tests/unit/unit.h"

START_TEST(memory_and_time_grow_with_their_use)
{
	size_t size = 32 * 1024 * 1024;
	uint64_t memory, time;
	volatile char *octets;

	ck_assert_uint_eq(self_memory_octets(), 0);	/* nothing was opened */
	self_open();
	memory = self_memory_octets();
	time = self_cpu_us();
	ck_assert_uint_gt(memory, 0);
	octets = malloc(size);
	ck_assert(octets != NULL);
	/* Once at least: where malloc() takes long, the time is over before. */
	do
		for (size_t i = 0; i < size; i += 1024)
			octets[i]++;
	while (self_cpu_us() < time + 1000);
	ck_assert_uint_ge(self_memory_octets(), memory + size / 2);
	free((void *)(uintptr_t)octets);
}
END_TEST

UNIT_MAIN("self", memory_and_time_grow_with_their_use)
