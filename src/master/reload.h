/* The running configuration, and how another takes its place. */
#ifndef MASTER_RELOAD_H
#define MASTER_RELOAD_H

#include <stdbool.h>

#include "conf/complaint.h"
#include "plan.h"

/* The plan that was started with becomes the module's. */
void reload_begin(struct plan *plan);

const struct plan *reload_current(void);

/*
 * Read the file again. Everything is validated, and every new socket opened, before anything is handed out: with
 * one error all stays as it was. Returns whether the new configuration counts.
 */
bool reload(struct complaints *complaints);

/* Give the plan back. */
void reload_end(void);

/* A line in the log for every complaint. */
void reload_log(const struct complaints *complaints);

#endif
