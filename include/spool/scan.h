/*
 * Reading a segment from front to end: after a start, after a writer's death, and for `sealpost spool verify`.
 *
 * Frames follow each other without gaps. Where the next one is not to be seen, the scan searches on: another
 * frame of the same generation further behind means that octets in between are damaged, none means that the
 * segment ends here. Octets that were durable when a later frame was written were promised to somebody:
 * their loss is damage. Octets that were not are the torn tail of a group that nobody was told of.
 */
#ifndef SPOOL_SCAN_H
#define SPOOL_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "mail/envelope.h"
#include "spool/seal.h"

enum finding_kind {
	FINDING_HEADER,		/* not a header: the file is left alone */
	FINDING_KEY,		/* wrapped to another key: sealed, and not by this spool's pair */
	FINDING_DAMAGED,	/* durable octets that are not readable any more */
	FINDING_TORN,		/* a tail that was never durable */
	FINDING_BODY,		/* a message whose content does not open */
	FINDING_READ		/* the file could not be read */
};

/* Something that is not as it should be. Strings and spans are borrowed for the call. */
struct spool_finding {
	enum finding_kind kind;
	const char *directory;	/* name of the folder */
	uint32_t segment;	/* number of the file */
	uint64_t offset, length; /* octets concerned; length 0 = to the end */
	struct mid mid;		/* of the message, number 0 when not known */
	const char *text;	/* a sentence for people */
};

const char *finding_name(enum finding_kind kind);	/* "damaged" */

struct scan {
	int fd;			/* borrowed, readable */
	const char *directory;	/* for findings */
	uint32_t number;
	uint64_t generation;
	struct seal *seal;	/* with the segment's key; NULL = look at the structure only */
	uint64_t from;		/* offset of the first frame to look at; 0 = the first of all */
	uint64_t to;		/* stop here; UINT64_MAX = the end of the file */
	uint64_t durable;	/* octets known to be durable; 0 = what the frames say */
	bool read_bodies;	/* open every body, not only those of the tail */
	/* A whole message; its envelope frame lies at offset and ends before end. */
	void (*on_message)(void *arg, uint64_t offset, uint64_t end, const struct envelope *envelope);
	/* A journal's batch, opened. */
	void (*on_journal)(void *arg, struct span batch);
	void (*on_finding)(void *arg, const struct spool_finding *finding);
	void *arg;
	/* filled in */
	uint64_t end;		/* where the next frame would begin */
	uint64_t messages;
};

/* Messages come in the order of the file. Callbacks may be NULL. Returns 0, or -1 when the file could not be read. */
int scan_segment(struct scan *scan);

#endif
