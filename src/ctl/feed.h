/* What Received fields say, into the ledger of the daemon: for mail servers that are not sealpost. */
#ifndef CTL_FEED_H
#define CTL_FEED_H

#include "ctl.h"
#include "ipc/report_facts.h"
#include "mail/received_facts.h"

#define FEED_BATCH 500		/* facts of one request */

/*
 * The hop by which a message came to a host of ours, as a fact: who handed it over, and whether by TLS. Texts are borrowed or the arena's.
 *   sender  domain of the envelope's, "" = not known
 *   now_s   seconds since the epoch
 * False when it is none: nothing is said of TLS, the client has no address, it is a person with a password (ESMTPA, RFC 3848) or a
 * program of this site (LMTP, RFC 2033 5), or it was not in the last days.
 */
bool feed_fact(const struct received_facts *hop, struct span sender, int64_t now_s, struct arena *arena, struct tls_fact *fact);

/* The domain of an envelope's sender in A-labels: of "a@example.org", "<a@example.org>". "" without one, or when it is no domain. */
struct span feed_domain(struct span address, struct arena *arena);

/* Facts on their way to the daemon. */
struct feed;

struct feed *feed_new(const struct options *options);
void feed_free(struct feed **feed);

/* One more; copied. Full batches are told at once. */
void feed_add(struct feed *feed, const struct tls_fact *fact);

/* The rest. Returns EX_OK when all are in the ledger; EX_TEMPFAIL, and why on standard error, when not. */
int feed_end(struct feed *feed);

#endif
