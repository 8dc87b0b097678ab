/* When to try again, and when to give up: pure. */
#ifndef QUEUE_SCHEDULE_H
#define QUEUE_SCHEDULE_H

#include <stdint.h>

/*
 * The wait before the next try after `attempts` failed ones (at least 1): first_s, doubled each time, at most most_s, and a
 * fifth more or less as `random` (any 32 bits) says, so that what failed together does not come back together (RFC 5321 4.5.4.1).
 */
int64_t schedule_retry_ms(unsigned attempts, uint64_t first_s, uint64_t most_s, uint32_t random);

/*
 * How long a site that failed `failures` times in a row (at least 1) is left in peace: 15 s doubled, at most 15 minutes; and never
 * longer than a message itself would wait, so that whoever wants quick retries gets them.
 */
int64_t schedule_rest_ms(unsigned failures, uint64_t retry_first_s, uint64_t retry_most_s, uint32_t random);

#endif
