/* The web room: numbers over HTTP to this host. No spool, no mail, no key, and no socket but those that master gave it. */
#include "base/sandbox.h"
#include "web/room.h"
#include "web/server.h"

int
main(void)
{
	int code;

	sandbox_enter("web", SANDBOX_ACCEPT);
	code = room_run(ROOM_WEB, &web_room_handler, NULL);
	server_close();
	return code;
}
