/*
 * A next hop: the deliveries that wait for it, the connections that work for it, and where it leads. Messages that ask for
 * more, or for less, than others (RFC 8689) have a hop of their own: what is decided for one is not decided for the others.
 */
#ifndef RELAY_HOP_H
#define RELAY_HOP_H

#include "relay/delivery.h"
#include "relay/search.h"

struct hop {
	RB_ENTRY(hop) entry;
	struct relay *relay;
	char *name;			/* as queue writes it */
	enum message_wish wish;		/* of its messages */
	struct delivery_list waiting;	/* in the order in which they came */
	unsigned waiting_count;
	unsigned connections;		/* that this relay may have there, by queue's last word */
	struct client_list clients;	/* that work for it */
	unsigned clients_count;
	unsigned starting_count;	/* of them, on their way to their first message */
	struct search *search;		/* under way */
	struct plan *plan;		/* NULL = not known */
	bool is_doubted;		/* mail failed by the last plan because of a policy */
	struct probe *probe;		/* whoever looks by it (probe.h) and was not told yet; NULL = nobody */
	bool is_probe, is_thorough;	/* it is there to look, and nothing is delivered; and how */
	struct timer *timer;		/* until addresses have rested, or until an unused hop is forgotten */
};

/* A hop that is not there yet. It goes by itself when nobody has used it for a while. */
struct hop *hop_new(struct relay *relay, struct span name, enum message_wish wish);

/* A job begins: the delivery becomes the hop's. */
void hop_add(struct relay *relay, struct delivery *delivery);

/* The next delivery for a connection that is free; NULL = none waits. */
struct delivery *hop_take(struct hop *hop);

/* A delivery whose connection was lost, or that has recipients left: it is first in line. */
void hop_return(struct hop *hop, struct delivery *delivery);

/* A client begins and ceases to work for the hop; it is on its way until hop_client_started(). */
void hop_client_add(struct hop *hop, struct client *client);
void hop_client_started(struct client *client);
void hop_client_drop(struct client *client);

/*
 * A client has found no host that would do; it is about to end. The waiting deliveries fail with it, unless others
 * still work for the hop (RFC 5321 4.5.4.1: one try for all of them, not one each).
 */
void hop_client_failed(struct client *client, const struct failure *failure);

/* See whether something waits that can be begun. */
void hop_pump(struct hop *hop);

/* What is known of its hosts is forgotten: hop_pump() then looks for them again. */
void hop_forget(struct hop *hop);

/* What its hosts must prove has changed: connections at work say no further MAIL by what was decided before. */
void hop_void(struct hop *hop);

/* The same for every hop that leads to the domain ("" = for all), and a look for what waits there. */
void hop_void_domain(struct relay *relay, struct span domain);

/* Queue is gone, or this room is about to go: the deliveries that wait are let go. */
void hop_abandon(struct hop *hop);

/* It is gone, and what waits for it is let go; no client may work for it. */
void hop_free(struct hop *hop);

/* The hop of that name for messages of that kind; NULL = there is none. */
struct hop *hop_find(struct relay *relay, struct span name, enum message_wish wish);

/* Walk all hops, whatever the callback does to the one it is given. */
void hop_each(struct relay *relay, void (*fn)(struct hop *hop));

#endif
