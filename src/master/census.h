/*
 * What all rooms have counted: each is asked, and whoever does not answer within a second is left out. One census at a time; all who
 * ask meanwhile get the same one. Master hands on what rooms tell, and does not look into it.
 */
#ifndef MASTER_CENSUS_H
#define MASTER_CENSUS_H

#include "base/span.h"
#include "child.h"
#include "plan.h"

/* Once, and with every new plan: what master tells of its own. Borrowed until the next one. */
void census_open(const struct plan *plan);
void census_configure(const struct plan *plan);

/* Call on_census later, once, with as many struct census_room as there are rooms, encoded and borrowed for the call. */
void census_ask(void (*on_census)(void *arg, struct span census), void *arg);
void census_cancel(void *arg);	/* silent for that arg; tolerates one that does not ask */

/* For the owner of children: this one has answered; it will not. */
void census_counted(struct child *child, struct span counted);
void census_without(struct child *child);

#endif
