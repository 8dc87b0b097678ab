/* Octets that claim to be messages of ipc/report_asks.h. */
#include "ipc/report_asks.h"

#include "messages.h"

AGAIN(look)
AGAIN(looked)
AGAIN(notices_stop)
AGAIN(notices_stopped)
AGAIN(refused_sender)

MESSAGES_TARGET(look_again, looked_again, notices_stop_again, notices_stopped_again, refused_sender_again)
