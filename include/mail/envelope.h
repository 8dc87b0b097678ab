/*
 * Everything about a message but its content: what the SMTP client said, what we saw of it, and where its
 * sealed body lies. The last frame of a record; a record without it is not a message.
 */
#ifndef MAIL_ENVELOPE_H
#define MAIL_ENVELOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/ident.h"
#include "base/ip.h"
#include "base/span.h"
#include "base/codec.h"

#define BODY_KEY_OCTETS 32

/* RFC 3461 4.1; DEFAULT = the parameter was not given. */
enum notify { NOTIFY_DEFAULT = 0, NOTIFY_NEVER = 1, NOTIFY_SUCCESS = 2, NOTIFY_FAILURE = 4, NOTIFY_DELAY = 8 };
enum notify_ret { RET_DEFAULT, RET_FULL, RET_HDRS, RET_KINDS };

enum envelope_flag {
	ENVELOPE_8BIT = 1 << 0,		/* the content has octets >= 0x80 */
	ENVELOPE_SMTPUTF8 = 1 << 1,	/* MAIL had SMTPUTF8 */
	ENVELOPE_REQUIRETLS = 1 << 2,	/* MAIL had REQUIRETLS (RFC 8689) */
	ENVELOPE_OWN = 1 << 3,		/* made by the report room: never answered by a notification */
	ENVELOPE_8BITMIME = 1 << 4,	/* MAIL had BODY=8BITMIME */
	ENVELOPE_TLS_OPTIONAL = 1 << 5,	/* the header has TLS-Required: No (RFC 8689 3): policies of the receiving side do not count */
	ENVELOPE_BRIEF = 1 << 6,	/* of no use after a day: a report on TLS (RFC 8460 5.5) */
	/*
	 * Report wants to hear what becomes of each recipient, by QUEUE_NOTIFY, though nobody is told of it: a notice to a peer. TLS that
	 * cannot be laid is an end: another is written to then.
	 */
	ENVELOPE_TOLD = 1 << 7,
	ENVELOPE_PREFIX = 1 << 8,	/* a prefix follows: set and cleared by the codec, so that records without any stay what they were */
	ENVELOPE_UNPROVED = 1 << 9,	/* its sender may be anybody's name: who brought it may not relay, and SPF does not pass */
	ENVELOPE_FORGED = 1 << 10	/* and is, SPF says: the sender's domain does not let the client send (fail) */
};

/* Octets of a prefix at most. */
#define ENVELOPE_PREFIX_MAX (16u * 1024)

struct recipient {
	struct span address;	/* as given, source route removed, without < > */
	struct span orcpt;	/* "rfc822;a+40b.example" still in xtext, or "" */
	uint8_t notify;		/* enum notify bits */
};

/* Where a sealed body lies within the segment of its envelope. */
struct body_place {
	uint64_t offset;	/* of its first frame */
	uint64_t length;	/* octets of content, after unsealing */
	uint32_t chunks;
	unsigned char key[BODY_KEY_OCTETS];
};

struct envelope {
	struct mid mid;
	int64_t arrival_ms;	/* since the epoch, when the final dot came */
	uint32_t flags;		/* enum envelope_flag bits */
	enum notify_ret ret;
	struct span envid;	/* still in xtext, or "" */
	struct span sender;	/* reverse path without < >, "" for the null one */
	struct span client_name;/* EHLO name, "" for messages of our own */
	struct ip client_ip;
	uint32_t client_uid;	/* of a local submission; else UINT32_MAX */
	struct body_place body;
	struct recipient *recipients;
	uint32_t recipients_count;	/* at least 1 */
	struct span prefix;	/* whole fields that stand above the content, known only behind its end; "" = none */
};

/* Octets that a next hop is sent. */
static inline uint64_t
envelope_size(const struct envelope *envelope)
{
	return envelope->body.length + envelope->prefix.length;
}

void envelope_encode(struct buf *out, const struct envelope *envelope);

/*
 * Decode into memory of the arena. Returns false when the octets are not what envelope_encode()
 * writes; every span is then undefined.
 */
bool envelope_decode(struct span octets, struct arena *arena, struct envelope *envelope);

#endif
