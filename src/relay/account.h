/* What the ledger hears of outgoing connections (ipc/tally.h): each attempt at an address that came to nothing, and each that served. */
#ifndef RELAY_ACCOUNT_H
#define RELAY_ACCOUNT_H

#include "relay/client.h"

/* The host has greeted, or replied to EHLO: the first word of the first reply that has one is what it calls itself. */
void account_heard(struct client *client, const struct reply *reply);

/* An address will not do. Called while the connection to it is still there. */
void account_attempt(const struct client *client, const struct failure *failure);

/*
 * The connection serves its hop from now on, and no longer: it rests, leaves or ends. One that is used again is not another session of
 * the host's, but its messages count. The first time that it carries mail of others to a domain it is a session of that domain
 * (struct tls_fact, is_shared). The end may be said more than once.
 */
void account_begin(struct client *client);
void account_end(struct client *client);

/* A message of this delivery goes over the connection. */
void account_carry(struct client *client, const struct delivery *delivery);

#endif
