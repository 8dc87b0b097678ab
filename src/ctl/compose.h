/*
 * A message as local programs write it, made one as mail needs it: CRLF, the fields that every message has, no Bcc.
 * Pure: octets in, octets out.
 */
#ifndef CTL_COMPOSE_H
#define CTL_COMPOSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/span.h"

#define COMPOSE_RECIPIENTS_MAX 50000

struct compose {
	/* What to do, filled in by the caller. */
	bool dot_ends;			/* a line of one dot ends the message (no -i) */
	bool takes_recipients;		/* -t: recipients stand in the header, Bcc is left out */
	const char *full_name;		/* of the author, "" = none */
	struct span sender;		/* of the envelope, qualified; "" = the null one */
	struct span author;		/* for From, qualified */
	struct span host;		/* what is behind the @ of addresses that have none, and in Message-ID */
	int64_t now;			/* seconds since the epoch */
	uint64_t unique;		/* for Message-ID */
	/* What came of it. */
	struct span *recipients;	/* from the header, qualified, in the arena */
	uint32_t recipients_count;
	bool has_8bit;			/* the message has octets >= 0x80 */
};

/*
 * Make the message of what was read, into out (no dots stuffed). Returns NULL, or what is wrong as a static sentence.
 */
const char *compose_message(struct compose *compose, struct arena *arena, struct span text, struct buf *out);

/* An address with the host behind it, if it has none. */
struct span compose_qualify(struct arena *arena, struct span address, struct span host);

/*
 * The addresses of a list as header fields have it (RFC 5322 3.4): phrases, comments, groups and quotes left out.
 * Returns false when on_address did, which ends it.
 */
bool compose_addresses(struct arena *arena, struct span list, bool (*on_address)(void *arg, struct span address), void *arg);

#endif
