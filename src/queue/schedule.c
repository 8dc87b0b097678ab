/* Retry times with back-off and jitter (RFC 5321 4.5.4.1). Takes now, asks nobody. */
#include "queue/schedule.h"

#define REST_FIRST_S 15
#define REST_MOST_S 900

static int64_t
jittered(uint64_t seconds, uint32_t random)
{
	uint64_t fifth = seconds * 1000 / 5;

	return (int64_t)(seconds * 1000 - fifth + 2 * fifth * random / UINT32_MAX);
}

static uint64_t
doubled(unsigned times, uint64_t first_s, uint64_t most_s)
{
	uint64_t seconds = first_s;

	while (--times > 0 && seconds < most_s)
		seconds *= 2;
	return seconds < most_s ? seconds : most_s;
}

int64_t
schedule_retry_ms(unsigned attempts, uint64_t first_s, uint64_t most_s, uint32_t random)
{
	return jittered(doubled(attempts, first_s, most_s), random);
}

int64_t
schedule_rest_ms(unsigned failures, uint64_t retry_first_s, uint64_t retry_most_s, uint32_t random)
{
	uint64_t first_s = retry_first_s < REST_FIRST_S ? retry_first_s : REST_FIRST_S;
	uint64_t most_s = retry_most_s < REST_MOST_S ? retry_most_s : REST_MOST_S;

	return jittered(doubled(failures, first_s, most_s), random);
}
