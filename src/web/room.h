/* The web room: what master says to it. */
#ifndef WEB_ROOM_H
#define WEB_ROOM_H

#include "ipc/room.h"

extern const struct room_handler web_room_handler;

#endif
