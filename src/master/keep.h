/* Small files that master makes once: a key, a certificate. They are there whole and durable, or not at all. */
#ifndef MASTER_KEEP_H
#define MASTER_KEEP_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/span.h"

/*
 * Write a file with these permissions, its folder made if need be (for master alone): under another name first, then
 * synced, renamed, and the folder synced. Returns NULL, or why not.
 */
const char *keep(const char *path, struct span octets, mode_t mode);

#endif
