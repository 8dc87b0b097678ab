/*
 * The operator asks what a domain's hosts must prove, and why (`sealpost explain`); live, each is asked to, too: a connection up
 * to EHLO under TLS, and no mail. The answer is rows: first one of what is known of the domain (row=domain), then one for
 * each host (row=host), then, live, one for each address (row=live). Times are seconds since the epoch.
 */
#ifndef RELAY_EXPLAIN_H
#define RELAY_EXPLAIN_H

#include "ipc/ctl_rooms.h"
#include "relay/relay.h"

/* room_handler's on_request: verb "explain", arguments DOMAIN [--live]; arg is the relay. fd becomes the callee's. */
void explain_request(void *arg, const struct request *request, int fd);

/* What searches and connections stand on is about to go: whoever waits is told to ask again. */
void explain_interrupt(void);

/* The room ends: whoever waits for an answer waits in vain. */
void explain_forget(void);

#endif
