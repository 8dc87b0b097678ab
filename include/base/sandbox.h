/*
 * What a process may still do after it has started: one line per main.c, found by
 * `grep -rn sandbox_enter src`.
 *
 * No new privileges, no core dump, and a system-call filter (libseccomp): every room
 * loses exec, ptrace, mount and the like; beyond that only what its set names is left.
 */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

enum sandbox_may {
	SANDBOX_SOCKETS = 1 << 0,	/* make and connect network sockets */
	SANDBOX_ACCEPT = 1 << 1,	/* accept connections on inherited sockets */
	SANDBOX_PATHS = 1 << 2,		/* open, make, rename and unlink files */
	SANDBOX_FORK = 1 << 3		/* start programs (master only) */
};

/*
 * Enter for good. A kernel without seccomp leaves the process unfiltered, with a warning in the log.
 * A refused call fails with EPERM and is then the caller's ordinary error.
 */
void sandbox_enter(const char *room, unsigned may);

#endif
