/* Which messages the operator means: one syntax for every `sealpost queue` verb. */
#ifndef QUEUE_FILTER_H
#define QUEUE_FILTER_H

#include "queue/queue.h"

#define FILTER_IDS_MAX 1000

/*
 *   ID ...                  identities
 *   --from ADDRESS          reverse path; <> for the null one
 *   --from-domain DOMAIN    the reverse path's domain, or below it with a leading dot
 *   --to ADDRESS            a recipient
 *   --to-domain DOMAIN      a recipient's domain, or below it with a leading dot
 *   --hop HOP               a next hop, as `queue list` shows it
 *   --state STATE           ready, deferred, active, held
 *   --reason WORD           of the last failure
 *   --older SECONDS         arrived at least so long ago (the tool turns 2h into seconds)
 *   --newer SECONDS         arrived since so long ago
 *   --all                   every message
 * Several conditions are all to be met; several identities are alternatives.
 */
struct filter {
	struct mid ids[FILTER_IDS_MAX];
	uint32_t ids_count;
	struct span from, from_domain, to, to_domain, hop, state, reason;	/* data NULL = not asked */
	int64_t older_s, newer_s;	/* 0 = not asked */
	bool all;
};

/* Spans are borrowed from the arguments. Returns NULL, or what is wrong as a static sentence. */
const char *filter_parse(const struct request *request, struct filter *filter);

/* Does anything narrow it, or does it say --all? What destroys needs one of both. */
bool filter_is_stated(const struct filter *filter);

/* The envelope is read only when the filter asks for addresses: it may be NULL then. */
bool filter_needs_envelope(const struct filter *filter);
bool filter_matches(const struct filter *filter, const struct message *message, const struct envelope *envelope);

#endif
