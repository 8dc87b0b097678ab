/* What the operator asked this room for: `sealpost policy ...`, `sealpost exception ...`. */
#ifndef POLICY_ROOM_OPERATOR_H
#define POLICY_ROOM_OPERATOR_H

#include "ipc/ctl_rooms.h"
#include "policy/policy.h"

/* Answer on fd, which becomes this room's: rows, then an END. */
void operator_request(struct policy *policy, const struct request *request, int fd);
void operator_free(struct policy *policy);	/* nobody is answered any more */

#endif
