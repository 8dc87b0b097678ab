/* The report room: tells senders what became of their mail, keeps the ledger. No network at all. */
#include "base/sandbox.h"
#include "report/room.h"

int
main(void)
{
	static struct report report;
	int code;

	room_init(&report);
	sandbox_enter("report", SANDBOX_PATHS);
	code = room_run(ROOM_REPORT, &report_room_handler, &report);
	room_clear(&report);
	return code;
}
