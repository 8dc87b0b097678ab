/*
 * A disk that may be cut off: every write, sync, making and unlinking of a file is recorded in order, and the
 * disk can be put back as a crash after any of them may have left it. What was synced is there. Of what was not,
 * a disk keeps any choice of 512-octet sectors.
 */
#ifndef TESTS_CRASH_DISK_H
#define TESTS_CRASH_DISK_H

#include <stddef.h>

/* What the disk kept of the writes that were not synced. */
enum disk_kept { DISK_NOTHING, DISK_EVERYTHING, DISK_SOME, DISK_TORN, DISK_KEPT };

/* Record what happens to files from now on (fake_file_observe). */
void disk_record(void);

/* Events recorded so far. */
size_t disk_events(void);

/*
 * The files of recorded folder number `folder` (0 = the first that had an event, and so on) as a crash after the
 * first `events` events left them, put into the folder `into`. `seed` chooses for DISK_SOME and DISK_TORN.
 */
void disk_put(size_t events, enum disk_kept kept, unsigned seed, int folder, int into);

/* The number of a folder by its descriptor of the time of recording; -1 = nothing happened in it. */
int disk_folder(int descriptor_folder);

#endif
