/* Octets that claim to be messages of ipc/queue_report.h. */
#include "ipc/queue_report.h"

#include "messages.h"

AGAIN_IN_ARENA(notification)
AGAIN(notified)

MESSAGES_TARGET(notification_again, notified_again)
