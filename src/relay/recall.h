/*
 * What hosts were like before, kept by the policy room for all relays and over restarts: asked as soon as a domain's hosts are known, so
 * that past.c has it when one of them fails; told when TLS was laid. Nothing waits for either, and what comes too late is not used.
 */
#ifndef RELAY_RECALL_H
#define RELAY_RECALL_H

#include "relay/relay.h"

#define RECALL_TELL_MS 1000	/* hosts wait so long for others to be told with */

/* Ask about hosts; names are borrowed for the call. Those beyond POLICY_HOSTS are left out. */
void recall_ask(struct relay *relay, const char *const *hosts, unsigned count);

/* The answer. False when it is none. */
bool recall_heard(struct relay *relay, struct span payload);

/* TLS was laid with a host. */
void recall_note(struct relay *relay, const char *host, const struct verdict_past *now);

/* The policy room is there (again): what it was not told meanwhile it is told soon. */
void recall_attach(struct relay *relay);

/* Before this room ends: tell everything that was not told yet. */
void recall_finish(struct relay *relay);

#endif
