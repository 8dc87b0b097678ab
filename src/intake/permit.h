/* May this client send to that address? A pure question (standards.md S33). */
#ifndef INTAKE_PERMIT_H
#define INTAKE_PERMIT_H

#include "base/ip.h"
#include "base/span.h"
#include "conf/slice.h"
#include "smtp/address.h"

struct permit;

/* Who asks. */
struct permit_client {
	bool is_local;			/* a user of this machine, over the submission socket */
	struct ip ip;
	const char *fingerprint;	/* of the certificate shown, lower-case hex; NULL or "" without one */
};

/*
 *   clients   networks and "cert:sha256:<hex>": who may send anywhere
 *   accept    domains and .patterns: where anybody may send
 *   hostname  ours: its postmaster hears everybody (RFC 5321 4.5.1)
 * Entries that make no sense are left out, with a warning: the configuration was checked before.
 */
struct permit *permit_new(const struct conf_list *clients, const struct conf_list *accept, const char *hostname);
void permit_free(struct permit **permit);	/* tolerates NULL, leaves NULL */

/* Configured to send anywhere. */
bool permit_is_client(const struct permit *permit, const struct permit_client *client);

/* `to` has a domain or an address literal; nobody but a client may send to the latter. */
bool permit_may_send(const struct permit *permit, const struct permit_client *client, const struct path *to);

#endif
