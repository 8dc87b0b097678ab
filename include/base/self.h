/* What this process takes of the machine, as the kernel counts it. */
#ifndef BASE_SELF_H
#define BASE_SELF_H

#include <stdint.h>

/* Open what has to be read later, while that may still be opened (base/sandbox.h does). */
void self_open(void);

uint64_t self_cpu_us(void);		/* of all its threads, since its start */
uint64_t self_memory_octets(void);	/* resident; 0 = not known */

#endif
