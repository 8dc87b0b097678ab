/* Not a crash: sectors that were synced and are not what they were. */
#ifndef TESTS_CRASH_DECAY_H
#define TESTS_CRASH_DECAY_H

#include "day.h"

/*
 * Destroy every `step`-th sector of the files that were synced at noon, one at a time, and look after each:
 *   it is reported: by the start that follows, or, where only a body is hit, by `sealpost spool verify`. But for what was
 *   written last of a file: no frame behind says that it was durable, so what is left may look as if it never was (`silent`)
 *   what does not lie in that sector is there, whole
 *   nothing is there that nobody sent
 * Returns how many sectors that was, and in *silent how many of them nobody spoke of.
 */
size_t decay_try(const struct day *day, size_t step, size_t *silent);

#endif
