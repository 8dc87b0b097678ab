/* The policy room: MTA-STS policies by DNS and HTTPS, ratchets, exceptions. No SMTP, no mail, no listening. */
#include "base/sandbox.h"
#include "policy/fetch.h"
#include "policy/room.h"

int
main(void)
{
	static struct policy policy;
	int code;

	fetch_prepare();
	room_init(&policy);
	sandbox_enter("policy", SANDBOX_SOCKETS | SANDBOX_PATHS);
	code = room_run(ROOM_POLICY, &policy_room_handler, &policy);
	room_clear(&policy);
	return code;
}
