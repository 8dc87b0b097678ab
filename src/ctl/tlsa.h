/* TLSA records of one's own certificates and keys (RFC 6698 2.1, RFC 7671, RFC 7672), and whether those that are published fit. Pure. */
#ifndef CTL_TLSA_H
#define CTL_TLSA_H

#include "base/arena.h"
#include "conf/complaint.h"
#include "pem.h"
#include "policy/dane.h"

#define TLSA_NAME 280		/* octets of "_25._tcp.mx.example.org", NUL included */

/* The records of one name, as a file has them. */
struct tlsa_set {
	const char *file;		/* borrowed */
	struct dns_tlsa *records;	/* in the arena */
	unsigned *lines;
	uint32_t count;
};

/*
 * The record of a certificate or key: usage 3 of itself, usage 2 of the authority in its chain that signed it. Data is the arena's.
 * Returns NULL, or why there is none, as a static sentence.
 */
const char *tlsa_make(struct arena *arena, const struct pem *pem, unsigned usage, unsigned selector, unsigned matching,
    struct dns_tlsa *record);

/* "3 1 1 0123...", in the arena. */
struct span tlsa_text(struct arena *arena, const struct dns_tlsa *record);

/*
 * Read TLSA records as `dig` and zone files have them, one to a line; those of other names than `name` are passed over, an alias of
 * it is followed, and lines without a name (`dig +short`) are taken for it. Complains of what is not understood.
 */
void tlsa_read(struct arena *arena, const char *file, struct span text, const char *name, struct complaints *complaints,
    struct tlsa_set *set);

/*
 * Does every certificate and key, now and next, have its record under each set of parameters (RFC 7671 8.1, 8.4)? Complains of each
 * that is missing; records that cannot be used, or are of none of them, are worth a warning.
 */
void tlsa_judge(const struct tlsa_set *set, const struct pem *pems, size_t count, struct complaints *complaints);

#endif
