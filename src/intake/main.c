/* intake: network in, SMTP sessions, durable in the spool. This file only wires. */
#include <signal.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/sandbox.h"
#include "intake/room.h"
#include "ipc/master_rooms.h"
#include "loop/loop.h"

int
main(void)
{
	struct room *room;

	/* Master alone hears signals; it says STOP on the channel. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	log_open("sealpost-intake", LOG_TO_STDERR, LOG_LEVEL_INFO, LOG_ADDRESSES_FULL);
	loop_init();
	room = room_new(ROOM_CHANNEL_FD);
	sandbox_enter("intake", SANDBOX_ACCEPT | SANDBOX_PATHS);
	loop_run();
	return room->is_stopping ? EXIT_SUCCESS : EXIT_FAILURE;
}
