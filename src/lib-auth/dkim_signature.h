/* A DKIM-Signature field as it is read, before any key is asked for (RFC 6376 3.5, 6.1.1). */
#ifndef LIB_AUTH_DKIM_SIGNATURE_H
#define LIB_AUTH_DKIM_SIGNATURE_H

#include <stdint.h>

#include "auth_name.h"
#include "base/arena.h"
#include "dkim_canon.h"

#define DKIM_SIGNED_NAMES_MAX 1000	/* of h= (P40) */
#define DKIM_SIGNATURE_OCTETS_MAX 1024	/* RSA of 8192 bits */
#define DKIM_HASH_OCTETS 32		/* SHA-256 */
#define DKIM_TIME_NONE (-1)
#define DKIM_FUTURE_S (24 * 60 * 60)	/* t= may be so far ahead of us (P34) */

struct dkim_algorithm {
	const char *name;		/* a= */
	const char *type, *hash;	/* k= and h= of keys that are good for it */
	bool is_historic;		/* neither signed with nor accepted (RFC 8301 3.1) */
};

struct dkim_signature {
	const struct dkim_algorithm *algorithm;
	enum dkim_form header_form, body_form;
	char domain[AUTH_NAME_TEXT], selector[AUTH_NAME_TEXT];	/* in A-labels, lower case */
	struct span identity;		/* i= with its quoting undone; of the arena */
	bool is_of_subdomain;		/* the domain of i= is one below d= */
	struct span names;		/* h=, borrowed */
	struct span value;		/* b= with all white space around it, borrowed */
	unsigned char octets[DKIM_SIGNATURE_OCTETS_MAX];
	size_t octets_length;
	unsigned char body_hash[DKIM_HASH_OCTETS];
	bool has_length;
	uint64_t length;		/* l=; more than there can be is UINT64_MAX */
	int64_t signed_s, ends_s;	/* t=, x=; DKIM_TIME_NONE */
};

/*
 * Read the field, which is one: its name, a colon, its tags. What is not read stays zero. Returns NULL, or as a static sentence why
 * nothing can be done with it: syntax, a tag that is missing, or what this program does not know (RFC 6376 6.1.1).
 */
const char *dkim_signature_read(struct span field, struct arena *arena, struct dkim_signature *signature);

/* One that could be read: why it is not good, whatever its key says; NULL = nothing against it. */
const char *dkim_signature_wrong(const struct dkim_signature *signature, int64_t now_s);

#endif
