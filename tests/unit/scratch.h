/*
 * A folder of one test for what is kept by SQLite: in memory where there is a place for that, as thousands of syncs per program cost more
 * than all else that is tested. What a disk does to files is looked at by the tests of lib-spool, by tests/crash and by tests/system.
 */
#ifndef TESTS_UNIT_SCRATCH_H
#define TESTS_UNIT_SCRATCH_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#define SCRATCH_PATH 64	/* octets, NUL included */

static inline void
scratch_make(char path[SCRATCH_PATH])
{
	snprintf(path, SCRATCH_PATH, "%s/sealpost-test-XXXXXX", access("/dev/shm", R_OK | W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(path));
}

/* With everything in it. */
static inline void
scratch_remove(const char *path)
{
	char command[SCRATCH_PATH + 10];

	snprintf(command, sizeof(command), "rm -rf %s", path);
	ck_assert_int_eq(system(command), 0);
}

#endif
