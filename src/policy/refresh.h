/* The background: policies are fetched again long before they end (M23); what is over is forgotten; nothing grows for ever. */
#ifndef POLICY_ROOM_REFRESH_H
#define POLICY_ROOM_REFRESH_H

#include "policy/policy.h"

#define REFRESH_TICK_MS 30000

void refresh_start(struct policy *policy);
void refresh_stop(struct policy *policy);

#endif
