/* `spool:` as a writer of messages needs it, part of the slices of intake, queue and report. */
#ifndef CONF_SPOOL_H
#define CONF_SPOOL_H

#include <stdint.h>

struct conf_spool {
	uint64_t segment_octets;	/* a segment is closed when it has grown beyond this */
	uint64_t segment_s;		/* and when its first record is older than this */
	uint64_t staged_octets;		/* a message up to this size is staged in memory until its dot */
};

#endif
