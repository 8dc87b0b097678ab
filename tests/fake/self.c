/* base/self.h without a kernel: a process that takes nothing. */
#include "base/self.h"

void
self_open(void)
{
}

uint64_t
self_cpu_us(void)
{
	return 0;
}

uint64_t
self_memory_octets(void)
{
	return 0;
}
