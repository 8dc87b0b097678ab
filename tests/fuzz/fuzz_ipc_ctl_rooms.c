/* Octets that claim to be messages of ipc/ctl_rooms.h. */
#include "ipc/ctl_rooms.h"

#include "messages.h"

AGAIN_IN_ARENA(request)
AGAIN(row)
AGAIN(end)

MESSAGES_TARGET(request_again, row_again, end_again)
