/* Whose software wrote a Received field, and how it writes of TLS: THE tables of both. */
#ifndef LIB_MAIL_RECEIVED_SHAPE_H
#define LIB_MAIL_RECEIVED_SHAPE_H

#include "mail/received_facts.h"
#include "received_token.h"

/* What is known of a shape. */
#define SHAPE_CLEAR_ESMTP 1	/* it writes ESMTPS with TLS: ESMTP is without */
#define SHAPE_CLEAR_SMTP 2	/* and SMTPS: SMTP is without, too */
#define SHAPE_EARLY 4		/* it writes of TLS in front of BY, where the client's name stands as well */
#define SHAPE_FROM_IS_RDNS 8	/* what follows FROM is the name of the address, not that of HELO */
#define SHAPE_FROM_IS_SEEN 16	/* an address that follows FROM is the client's own, not what it said with HELO */
#define SHAPE_PROVES_RDNS 32	/* it writes the name of an address only when that leads back to it, or says that it does not */

struct received_shape {
	const char *software;
	unsigned flags;
};

/* Never NULL: what fits no row has software "" and no flags. */
const struct received_shape *received_shape_find(const struct received_tokens *tokens);

/*
 * What one comment says of TLS: version, cipher, bits, the client's certificate, into facts; what they have already stays.
 * Returns whether it is one of the forms of words that are known.
 */
bool received_form_read(struct span comment, struct received_facts *facts);

#endif
