/*
 * fdatasync(2) without stopping the loop: the one helper thread of the process does nothing else.
 */
#ifndef LOOP_SYNC_H
#define LOOP_SYNC_H

/*
 * Make what was written to fd durable. on_synced comes from the loop, with 0 or an errno; after
 * an error the octets must be taken for lost. The descriptor stays the caller's and must stay
 * open until then. Requests are served in order.
 */
void sync_start(int fd, void (*on_synced)(void *arg, int error), void *arg);

#endif
