/* The queue room: decides what is tried when; owns every committed message. No network, no TLS, no DNS. */
#include "base/sandbox.h"
#include "queue/room.h"

int
main(void)
{
	static struct queue queue;

	room_init(&queue);
	sandbox_enter("queue", SANDBOX_PATHS);
	return room_run(ROOM_QUEUE, &queue_room_handler, &queue);
}
