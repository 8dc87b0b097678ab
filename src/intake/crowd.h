/* How many sessions each client network has. */
#ifndef INTAKE_CROWD_H
#define INTAKE_CROWD_H

#include <stddef.h>

#include "base/ip.h"
#include "base/tree.h"

struct place;

struct crowd {
	RB_HEAD(places, place) places;
};

/* Starts zeroed. */

/*
 * One more session from a network (as ip_mask() gives it). Returns its place, to be given back with crowd_leave(), or NULL
 * when the network has `most` already.
 */
struct place *crowd_enter(struct crowd *crowd, struct ip network, size_t most);
void crowd_leave(struct crowd *crowd, struct place **place);	/* tolerates NULL, leaves NULL */

#endif
