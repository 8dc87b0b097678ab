/* The clocks, read at most once per turn. */
#include "loop/clock.h"

#include <stdbool.h>
#include <time.h>

#include "internal.h"

static bool known;
static int64_t monotonic_ms, boot_ms, wall_ms;

static int64_t
read_ms(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
clock_update(void)
{
	monotonic_ms = read_ms(CLOCK_MONOTONIC);
	boot_ms = read_ms(CLOCK_BOOTTIME);
	wall_ms = read_ms(CLOCK_REALTIME);
	known = true;
}

void
clock_forget(void)
{
	known = false;
}

int64_t
clock_ms(void)
{
	if (!known)
		clock_update();
	return monotonic_ms;
}

int64_t
clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t
clock_up(void)
{
	if (!known)
		clock_update();
	return boot_ms / 1000;
}

int64_t
clock_wall_ms(void)
{
	if (!known)
		clock_update();
	return wall_ms;
}

int64_t
clock_wall(void)
{
	return clock_wall_ms() / 1000;
}
