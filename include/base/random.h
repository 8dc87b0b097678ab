/* Unpredictable octets from the kernel; a fake gives repeatable ones to tests. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Fill the octets; never short: without random numbers the process ends. */
void random_bytes(void *octets, size_t length);

/* Evenly spread over 0 .. below - 1; below >= 1. */
uint32_t random_below(uint32_t below);

#endif
