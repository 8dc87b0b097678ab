/* The relay room: set-up, queue's messages, start, stop. */
#ifndef RELAY_ROOM_H
#define RELAY_ROOM_H

#include "ipc/room.h"
#include "relay/relay.h"

extern const struct room_handler relay_room_handler;

/* A room with nothing in it yet. */
void room_init(struct relay *relay);

/* The end of the room: connections, hops, sessions and the rest are given back. */
void room_clear(struct relay *relay);

#endif
