/* Repeatable random octets: splitmix64. */
#include "base/random.h"

#include "tests/fake/fake.h"
#include "tests/fake/fake_random.h"

#define USUAL_SEED 1

static uint64_t state = USUAL_SEED;

static void
random_reset(void)
{
	state = USUAL_SEED;
}

void
fake_random_seed(uint64_t seed)
{
	state = seed;
}

static uint64_t
next(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

void
random_bytes(void *octets, size_t length)
{
	unsigned char *at = octets;

	fake_on_reset(random_reset);
	for (size_t i = 0; i < length; i++)
		at[i] = (unsigned char)next();
}

uint32_t
random_below(uint32_t below)
{
	fake_on_reset(random_reset);
	return (uint32_t)(next() % below);
}
