/* Octets that claim to be messages of ipc/master_rooms.h. */
#include "ipc/master_rooms.h"

#include "messages.h"

AGAIN(setup)
AGAIN(directory)
AGAIN(listener)
AGAIN(listener_gone)
AGAIN(peer)
AGAIN(spool_key)
AGAIN(stop)
AGAIN(room_counted)

MESSAGES_TARGET(setup_again, directory_again, listener_again, listener_gone_again, peer_again, spool_key_again, stop_again,
    room_counted_again)
