/* A record of SPF as terms (RFC 7208 4.6.1, 5, 6). */
#ifndef LIB_AUTH_SPF_RECORD_H
#define LIB_AUTH_SPF_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "auth/spf.h"
#include "base/arena.h"

enum spf_kind { SPF_ALL, SPF_INCLUDE, SPF_A, SPF_MX, SPF_PTR, SPF_IP4, SPF_IP6, SPF_EXISTS, SPF_KINDS };

/* A directive. */
struct spf_term {
	struct span text;		/* as the record has it */
	enum spf_kind kind;
	enum spf_result result;		/* what its qualifier says */
	struct span target;		/* domain-spec, unexpanded; "" = the domain whose record it is */
	unsigned prefix4, prefix6;	/* bits that count; of SPF_IP4 and SPF_IP6 the one of its own */
	unsigned char network[16];	/* of SPF_IP4 the first 4 */
};

struct spf_record {
	struct spf_term *terms;		/* in the arena, their texts in the record */
	size_t count;
	struct span redirect, explanation;	/* domain-specs; "" = none */
};

/* Is the text of a TXT record one of SPF? Its version is followed by a space or by nothing (RFC 7208 4.5). */
bool spf_record_is(struct span text);

/*
 * Read one that is. All of it: an error behind a term that would match counts as well (4.6).
 * Returns NULL, or what is wrong as a static sentence, and in *where the term that it is wrong with.
 */
const char *spf_record_read(struct span text, struct arena *arena, struct spf_record *record, struct span *where);

#endif
