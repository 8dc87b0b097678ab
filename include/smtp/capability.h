/* What a server offers in its reply to EHLO (RFC 5321 4.1.1.1). Forgotten with every new EHLO (RFC 3207 4.2). */
#ifndef SMTP_CAPABILITY_H
#define SMTP_CAPABILITY_H

#include "smtp/reply.h"

enum capability_flag {
	CAPABILITY_STARTTLS = 1 << 0,
	CAPABILITY_PIPELINING = 1 << 1,
	CAPABILITY_SIZE = 1 << 2,
	CAPABILITY_8BITMIME = 1 << 3,
	CAPABILITY_SMTPUTF8 = 1 << 4,
	CAPABILITY_DSN = 1 << 5,
	CAPABILITY_CHUNKING = 1 << 6,
	CAPABILITY_STATUSCODES = 1 << 7,
	CAPABILITY_REQUIRETLS = 1 << 8
};

struct capability {
	unsigned flags;		/* enum capability_flag bits */
	uint64_t size;		/* octets of a message at most; 0 = no limit is named */
	/* LIMITS (RFC 9422); 0 = none is named */
	uint32_t mail_max;	/* MAIL commands of a session */
	uint32_t rcpt_max;	/* RCPT commands of a transaction */
	uint32_t rcpt_domain_max; /* different domains of recipients of a session */
	bool is_mangled;	/* a line has the looks of a STARTTLS that somebody on the way has blotted out */
};

#define CAPABILITY_WORDS 160	/* octets of all keywords, NUL included */

/* Read the lines behind the first. Unknown keywords and malformed values are passed over. */
void capability_read(const struct reply *ehlo, struct capability *capability);

/* Flags as keywords with spaces between, and back: what is kept outlives the numbers. Unknown words are passed over. */
const char *capability_words(unsigned flags, char out[CAPABILITY_WORDS]);
unsigned capability_flags(struct span words);

#endif
