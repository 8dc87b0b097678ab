/* The report room: tells senders what became of their mail. No network at all. */
#include "base/sandbox.h"
#include "report/room.h"

int
main(void)
{
	static struct report report;

	room_init(&report);
	sandbox_enter("report", SANDBOX_PATHS);
	return room_run(ROOM_REPORT, &report_room_handler, &report);
}
