/* The relay room: next hops, proof, SMTP client out. Opens no path, reads one body by descriptor and key. */
#include <sysexits.h>

#include "base/sandbox.h"
#include "relay/room.h"
#include "tls/context.h"

int
main(void)
{
	static struct relay relay;
	int code;

	tls_prepare();
	room_init(&relay);
	sandbox_enter("relay", SANDBOX_SOCKETS);
	code = room_run(ROOM_RELAY, &relay_room_handler, &relay);
	room_clear(&relay);
	return relay.is_unfit ? EX_CONFIG : code;
}
