/*
 * Report wants to see for itself before a peer is told of a fault (ipc/report_asks.h): a host is looked at as mail would find it, by a
 * connection that carries none. As much of it is asked for as could be at fault, whatever mail of that domain must prove; nothing
 * that is seen is counted, or remembered.
 */
#ifndef RELAY_LOOK_H
#define RELAY_LOOK_H

#include "relay/relay.h"

#define LOOKS_OPEN 4		/* at the same time */
#define LOOKS_WAITING 100	/* for their turn; beyond these nothing is seen */
#define LOOK_MS 60000		/* for one, from its turn on */

/* tally_listen()'s hear and gone; arg is the relay. */
bool look_hear(void *arg, unsigned type, struct span payload);
void look_report_gone(void *arg);

/* What is known of the resolver, or a configuration, may have come that looks have waited for. */
void look_pump(struct relay *relay);

/* What searches and connections stand on is about to go: nothing is seen by those that are open. */
void look_interrupt(void);

/* The room stops, so that nothing is seen any more; or it has ended, and nobody is told. */
void look_stop(void);
void look_forget(void);

#endif
