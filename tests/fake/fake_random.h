/* Random octets that are the same in every run. */
#ifndef TESTS_FAKE_FAKE_RANDOM_H
#define TESTS_FAKE_FAKE_RANDOM_H

#include <stdint.h>

/* Begin another row of octets; fake_reset() begins the usual one. */
void fake_random_seed(uint64_t seed);

#endif
