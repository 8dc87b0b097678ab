/* SPF for commands that were told of a client: lookup_open() first. */
#ifndef CTL_SPF_CHECK_H
#define CTL_SPF_CHECK_H

#include "auth/spf.h"
#include "base/arena.h"

/* Check it now; the times are filled in. Returns what is done, the caller's to free before the arena. */
struct spf *spf_check(struct arena *arena, struct spf_asked *asked);

/* As lib-auth takes them: names in their ASCII form, addresses without <>. What is none stays as it is (RFC 7208 4.3). */
struct span spf_check_name(struct arena *arena, struct span name);
struct span spf_check_address(struct arena *arena, struct span address);

#endif
