/* Starting the program of a room. */
#ifndef MASTER_SPAWN_H
#define MASTER_SPAWN_H

#include <sys/types.h>

#include "conf/complaint.h"
#include "rooms.h"

/* The folder of the rooms' programs; kept. Every program must be there: what is not is complained of. */
void spawn_open(const char *libexec, struct complaints *complaints);

/*
 * Start a room. Of master's descriptors it has the log, and the channel (which stays the caller's to close) as
 * ROOM_CHANNEL_FD; of its environment, what does no harm. Returns its process, or -1 with errno.
 */
pid_t spawn(const struct room_row *row, int channel);

#endif
