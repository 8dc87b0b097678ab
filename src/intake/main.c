/* intake: network in, SMTP sessions, durable in the spool. This file only wires. */
#include "base/sandbox.h"
#include "intake/room.h"
#include "tls/context.h"

int
main(void)
{
	static struct room room;
	int code;

	tls_prepare();
	sandbox_enter("intake", SANDBOX_ACCEPT | SANDBOX_PATHS);
	room_init(&room);
	code = room_run(ROOM_INTAKE, &room_handler, &room);
	room_clear(&room);
	return code;
}
