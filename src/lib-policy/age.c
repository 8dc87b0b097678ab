/* Age by two clocks. */
#include "policy/age.h"

#include <string.h>

int64_t
moment_age_s(const struct moment *then, const struct moment *now)
{
	int64_t age_s = now->boot[0] != '\0' && strcmp(then->boot, now->boot) == 0 ? now->up_s - then->up_s : now->wall_s - then->wall_s;

	return age_s < 0 ? 0 : age_s;
}

int64_t
moment_left_s(const struct moment *then, int64_t life_s, const struct moment *now)
{
	int64_t age_s = moment_age_s(then, now);

	return age_s >= life_s ? 0 : life_s - age_s;
}
