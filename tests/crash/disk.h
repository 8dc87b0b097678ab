/*
 * A disk that may be cut off: every write, sync, making and unlinking of a file or folder is recorded in order, and the
 * disk can be put back as a crash after any of them may have left it. What was synced is there. Of what was not:
 *
 *   sectors    of 512 octets are written whole, each on its own, in any order: of a sector that was written k times
 *              without a sync the disk has the state after any of these writes, or none (k + 1 choices)
 *   names      made or unlinked without a sync of their folder are there or not, each on its own
 *   a sync     covers what happened before it was begun, not what is written while it is under way
 */
#ifndef TESTS_CRASH_DISK_H
#define TESTS_CRASH_DISK_H

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

enum disk_folder { DISK_INTAKE, DISK_QUEUE, DISK_JOURNAL /* in DISK_QUEUE */, DISK_FOLDERS };

/* A recording. */
struct disk;

/*
 * Record what happens in these folders from now on (fake_file_observe), until the fakes are reset. What is in them now is
 * what the disk has. A journal's folder of -1 is not made yet.
 */
struct disk *disk_record(const int folders[DISK_FOLDERS]);
void disk_free(struct disk **disk);

/* Events so far. */
size_t disk_events(const struct disk *disk);

/* What a crash after so many events of a recording leaves: some things for certain, of others a choice. */
struct wreck;
struct wreck *wreck_new(const struct disk *disk);	/* before the first event; the disk is borrowed */
void wreck_free(struct wreck **wreck);
void wreck_step(struct wreck *wreck);			/* and one event more */

/* One of the choices. */
enum disk_kept {
	DISK_NOTHING,		/* of what was not synced */
	DISK_EVERYTHING,
	DISK_IN_ORDER,		/* up to some event, the last write torn after some sectors */
	DISK_SOME,		/* any of the sectors and names */
	DISK_NTH		/* the seed is its number, below wreck_choices() */
};

struct choice {
	enum disk_kept kept;
	unsigned seed;
};

/* How many choices there are, of DISK_NTH; `most` + 1 when there are more than that. At most 64. */
unsigned wreck_choices(const struct wreck *wreck, unsigned most);

/* Put the files there; the folders are empty. Returns the journal's folder, which is made when the disk has it, or -1. */
int wreck_put(const struct wreck *wreck, struct choice choice, int intake, int queue);

#endif
