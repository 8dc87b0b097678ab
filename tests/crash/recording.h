/* A recording, as disk.c makes it and wreck.c reads it. */
#ifndef TESTS_CRASH_RECORDING_H
#define TESTS_CRASH_RECORDING_H

#include <stdbool.h>

#include "disk.h"
#include "tests/fake/fake_file.h"

struct disk_event {
	enum fake_file_call call;
	uint64_t number;		/* fake_file_now() */
	enum disk_folder folder;
	unsigned file;
	char *name, *octets;
	size_t length;
	uint64_t offset, covers;
};

struct disk {
	int folders[DISK_FOLDERS];	/* as events name them */
	bool has_journal;		/* from the beginning */
	struct disk_event *events;	/* the first `base` of them say what was there: files made, with what they held */
	size_t base, count, capacity;
};

#endif
