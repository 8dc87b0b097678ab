/* What a room tells master, without a master (ipc/room.h). */
#ifndef TESTS_FAKE_FAKE_ROOM_H
#define TESTS_FAKE_FAKE_ROOM_H

#include <stdbool.h>

bool fake_room_is_ready(void);	/* room_ready() was called */
bool fake_room_is_done(void);	/* room_done() was called */
unsigned fake_room_censuses(void);	/* calls of room_want_census() */
unsigned fake_room_peers_gone(void);	/* calls of room_peer_gone() */
void fake_room_forget(void);	/* nothing was said */

#endif
