/* Lists of domains: one to a line, and "#" begins a comment. */
#ifndef CTL_WARM_H
#define CTL_WARM_H

#include "base/arena.h"
#include "conf/complaint.h"

struct domain_list {
	struct span *domains;	/* in the arena, lower case */
	uint32_t count;
};

/* Read a list; file is its name for complaints. Returns whether all was right, and anything there. */
bool warm_read(struct arena *arena, const char *file, struct span octets, struct complaints *complaints, struct domain_list *list);

#endif
