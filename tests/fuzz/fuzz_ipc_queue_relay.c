/* Octets that claim to be messages of ipc/queue_relay.h. */
#include "ipc/queue_relay.h"

#include "messages.h"

AGAIN_IN_ARENA(job)
AGAIN(forget)
AGAIN_IN_ARENA(concluded)

MESSAGES_TARGET(job_again, forget_again, concluded_again)
