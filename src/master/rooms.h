/* The table of rooms: what master knows about each kind. */
#ifndef MASTER_ROOMS_H
#define MASTER_ROOMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/settings.h"
#include "ipc/master_rooms.h"

struct room_row {
	enum room_kind kind;
	const char *program;	/* in libexec */
	const char *user;	/* whom it runs as when master is the superuser */
	size_t count_at;	/* where in struct settings the number of its processes is; 0 = one */
	size_t needs_at;	/* where in struct settings a list is without which there is none of it; 0 = it needs none */
	bool has_folder;	/* it writes to a folder of the spool */
	const char *keeps;	/* name of a folder below the spool's that is its own, for what it knows; NULL = none */
	bool knows_public;	/* it is told the spool's public key */
	bool knows_private;	/* and the private one: it is not started while the spool is locked */
	bool while_locked;	/* it runs while the spool is locked */
	unsigned listens;	/* it is given the listening sockets of these kinds: bits of enum listener_kind */
	unsigned stops_in;	/* phase of an orderly stop, from 0 */
};

#define ROOMS_STOP_PHASES 3

/* In the order in which they are started. */
extern const struct room_row rooms[];
extern const size_t rooms_count;

/* How many processes of this kind the settings ask for. */
unsigned rooms_wanted(const struct room_row *row, const struct settings *settings);

/* Whether rooms of these kinds have a channel between them. */
bool rooms_talk(enum room_kind a, enum room_kind b);

#endif
