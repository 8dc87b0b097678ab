/* Giving up segments. */
#ifndef SPOOL_ERASE_H
#define SPOOL_ERASE_H

#include "stored.h"

/*
 * Erase the segment if it is closed, was looked into, and nothing in it is needed. It is gone from the store then, at
 * once or when that is durable; what fails is tried again.
 */
void erase_if_done(struct stored *stored);

#endif
