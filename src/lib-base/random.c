/* Random octets by getrandom(2). */
#include "base/random.h"

#include <errno.h>
#include <sys/random.h>

#include "base/fatal.h"

void
random_bytes(void *octets, size_t length)
{
	char *at = octets;

	while (length > 0) {
		ssize_t got = getrandom(at, length, 0);

		if (got < 0 && errno != EINTR)
			fatal_errno("getrandom");
		if (got > 0) {
			at += got;
			length -= (size_t)got;
		}
	}
}

uint32_t
random_below(uint32_t below)
{
	uint32_t drawn, unfair = -below % below;	/* 2^32 mod below: drawing these would favour small numbers */

	do
		random_bytes(&drawn, sizeof(drawn));
	while (drawn < unfair);
	return drawn % below;
}
