/*
 * How old is what was written down, whatever the clocks do. The wall clock may be set, or be moved by who answers our NTP
 * questions; the time since the machine was started may not, but it ends with it. A moment has both.
 */
#ifndef POLICY_AGE_H
#define POLICY_AGE_H

#include <stdint.h>

#define MOMENT_BOOT 40		/* octets of a boot's identity, NUL included */

struct moment {
	int64_t wall_s;		/* since the epoch */
	int64_t up_s;		/* since the machine was started, sleep and all (CLOCK_BOOTTIME) */
	char boot[MOMENT_BOOT];	/* which start that was */
};

/* Seconds from then to now, never negative: within one start of the machine by the clock that nobody sets, else by the wall's. */
int64_t moment_age_s(const struct moment *then, const struct moment *now);

/*
 * Seconds that something which is good for life_s from `then` on is still good for; 0 = it is over. Never more than life_s
 * (RFC 8461 10.2). While the wall's clock stands before `then`, after another start, nothing ages: a machine without a clock of
 * its own starts in 1970, and must not take that for the end of all that protects.
 */
int64_t moment_left_s(const struct moment *then, int64_t life_s, const struct moment *now);

#endif
