/* Age by two clocks. */
#include "policy/age.h"

#include <string.h>

/* What is read from a disk may be any number. */
static int64_t
difference_s(int64_t then_s, int64_t now_s)
{
	if (now_s <= then_s)
		return 0;
	return (uint64_t)now_s - (uint64_t)then_s > INT64_MAX ? INT64_MAX : now_s - then_s;
}

int64_t
moment_age_s(const struct moment *then, const struct moment *now)
{
	if (now->boot[0] != '\0' && strcmp(then->boot, now->boot) == 0)
		return difference_s(then->up_s, now->up_s);
	return difference_s(then->wall_s, now->wall_s);
}

int64_t
moment_left_s(const struct moment *then, int64_t life_s, const struct moment *now)
{
	int64_t age_s = moment_age_s(then, now);

	return age_s >= life_s ? 0 : life_s - age_s;
}
