/*
 * A list of policies, as somebody wrote it: ours, in YAML,
 *
 *   example.org: {mode: enforce, mx: [mx.example.org, "*.example.net"], until: 2027-01-31}
 *
 * a domain to a line, until left out = for ever; or the list of STARTTLS Everywhere, in JSON, which ends as a whole.
 */
#ifndef CTL_PRELOAD_H
#define CTL_PRELOAD_H

#include "base/arena.h"
#include "conf/complaint.h"

struct preload {
	struct span *arguments;		/* "domain mode pattern,pattern until": what the room takes; in the arena */
	uint32_t count;
};

/*
 * Read a list; file is its name for complaints. JSON is what begins with "{". Everything wrong is complained of, that it is over
 * (now_s) and two policies of one domain among it. Returns whether all was right.
 */
bool preload_read(struct arena *arena, const char *file, struct span octets, int64_t now_s, struct complaints *complaints,
    struct preload *preload);

#endif
