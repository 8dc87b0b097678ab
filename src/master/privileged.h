/*
 * Everything that master does with the superuser's privilege, when it has it: whom rooms run as, folders and
 * sockets under their names, low ports. Started by anybody else, all belongs to that user.
 */
#ifndef MASTER_PRIVILEGED_H
#define MASTER_PRIVILEGED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/ip.h"
#include "conf/complaint.h"
#include "rooms.h"

/* The group whose members may ask questions over the control socket. */
#define OPERATORS_GROUP "sealpost"

/* The group whose members may add to the ledger, by the socket for that. */
#define FEEDERS_GROUP "sealpost-facts"

bool privileged_is_root(void);

/* Find the users of all rooms. A missing one is complained of. Does nothing unless master is the superuser. */
void privileged_find_users(struct complaints *complaints);

/* The group's number, or (gid_t)-1 when there is no such group. */
gid_t privileged_operators(void);
gid_t privileged_feeders(void);

/* As many descriptors as the system allows: rooms inherit the limit. */
void privileged_raise_limits(void);

/*
 * Make a folder in another one, if it is not there, durably, and open it. With an owner it belongs to that room; when it is one
 * of the spool that the room writes to, its group is queue's, and files made in it are queue's to read and erase. NULL = to master alone.
 * Returns a descriptor, or -1 with errno.
 */
int privileged_folder(int parent, const char *name, const struct room_row *owner);

/* A socket that listens there, or -1 with errno. */
int privileged_listen(struct ip ip, uint16_t port);

/*
 * A Unix-domain socket that listens at the path, with these permissions and group ((gid_t)-1 = ours). A stale one is
 * replaced; one that somebody listens on (EADDRINUSE), or any other file (EEXIST), is not.
 */
int privileged_listen_path(const char *path, mode_t mode, gid_t group);

/* In a new process: become the user of a room, for good. Ends the process when that fails. */
void privileged_become(const struct room_row *row);

#endif
