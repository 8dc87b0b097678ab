/* A configuration that is ready to be handed out: read, checked, with every file it names, a slice for each room. */
#ifndef MASTER_PLAN_H
#define MASTER_PLAN_H

#include "base/buf.h"
#include "conf/complaint.h"
#include "conf/material.h"
#include "conf/settings.h"
#include "ipc/master_rooms.h"

struct plan {
	struct settings settings;
	struct material material;
	struct buf slices[ROOM_KINDS];	/* encoded; secret */
};

/*
 * Check a configuration without touching anything: what `sealpostd -n` does. Returns true when it would start, as
 * far as can be told without starting.
 */
bool plan_check(const char *file, struct complaints *complaints);

/* Read, and open what a first start opens: users, the spool with its lock, keys. NULL with complaints. */
struct plan *plan_start(const char *file, struct complaints *complaints);

/* Read again while running by the other plan. What cannot change while running is complained of. NULL with complaints. */
struct plan *plan_again(const struct plan *running, struct complaints *complaints);

void plan_free(struct plan **plan);	/* secrets overwritten; tolerates NULL, leaves NULL */

#endif
