/* What the files of lib-loop share. */
#ifndef LIB_LOOP_INTERNAL_H
#define LIB_LOOP_INTERNAL_H

#include "loop/base.h"

#include <event2/event.h>

/* The turn is over: read the clocks again when next asked. */
void clock_forget(void);

/* Free what was given to reap_later(). */
void reap_run(void);

#endif
