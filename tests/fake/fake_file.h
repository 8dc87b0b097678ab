/* Files in memory, and faults on demand. */
#ifndef TESTS_FAKE_FAKE_FILE_H
#define TESTS_FAKE_FAKE_FILE_H

#include "base/span.h"

enum fake_file_call {
	FAKE_FILE_OPEN, FAKE_FILE_WRITE, FAKE_FILE_READ, FAKE_FILE_SYNC, FAKE_FILE_SYNC_DIRECTORY, FAKE_FILE_TRUNCATE,
	FAKE_FILE_RENAME, FAKE_FILE_UNLINK, FAKE_FILE_SIZE, FAKE_FILE_RESERVE, FAKE_FILE_LIST, FAKE_FILE_FOLDER, FAKE_FILE_CALLS
};

/* The descriptor of a new, empty folder. Events name a folder by the first descriptor it had. */
int fake_file_folder(void);
int fake_file_folder_of(int fd);	/* that descriptor */

/* The n-th call of that kind from now on (1 = the next) fails with this errno. */
void fake_file_fail(enum fake_file_call call, unsigned nth, int error);

/* Whoever appended to files of this folder, or of folders in it, has died: nobody has them any more. */
void fake_file_die(int folder);

/* Writes beyond so many octets in all fail with ENOSPC; SIZE_MAX = no limit. */
void fake_file_limit(size_t octets);

/* Calls of that kind so far. */
unsigned fake_file_count(enum fake_file_call call);

/* Put a file there as if it had always been, durable. */
void fake_file_put(int folder, const char *name, struct span content);

/* What was done to files: told before it is done, in the order of the calls. */
struct fake_file_event {
	/* OPEN and FOLDER (only when they make one), WRITE, SYNC, SYNC_DIRECTORY, TRUNCATE, RENAME, UNLINK */
	enum fake_file_call call;
	uint64_t number;		/* of the event, from 1 */
	int folder;
	unsigned file;			/* which, whatever its name is; 0 for a folder */
	const char *name;		/* "" for a file that was unlinked */
	const char *to;			/* RENAME */
	struct span octets;		/* WRITE */
	uint64_t offset;		/* WRITE, TRUNCATE */
	uint64_t covers;		/* SYNC, SYNC_DIRECTORY: what happened before that number; what came later may not be on disk */
	int inner;			/* FOLDER: the new one */
};
void fake_file_observe(void (*on_event)(void *arg, const struct fake_file_event *event), void *arg);

/* The number of the next event; and the next sync is one that was begun when that was it: a thread syncs while more is written. */
uint64_t fake_file_now(void);
void fake_file_sync_begun(uint64_t number);

/* Which file has that name: never 0, never that of another. */
unsigned fake_file_number(int folder, const char *name);

/* What a file holds; an empty span with NULL data when there is none. Valid until it is written to. */
struct span fake_file_content(int folder, const char *name);

/* The same, as of the last file_sync(): what a crash leaves at least. */
struct span fake_file_durable(int folder, const char *name);

#endif
