/* The two forms in which DKIM looks at header fields and bodies, for whoever signs and whoever verifies (RFC 6376 3.4). */
#ifndef LIB_AUTH_DKIM_CANON_H
#define LIB_AUTH_DKIM_CANON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum dkim_form { DKIM_SIMPLE, DKIM_RELAXED, DKIM_FORMS };

#define DKIM_BLOCK 1024

/* Takes the next octets of the canonical form: of a body in blocks, for each costs a hash as much as a hundred octets. */
typedef void dkim_take_fn(void *arg, struct span octets);

/* A body under way. Lines end with CRLF; a CR or LF alone is an octet like others. */
struct dkim_body {
	enum dkim_form form;
	dkim_take_fn *take;
	void *arg;
	uint64_t line_ends;	/* CRLFs that count only if something follows */
	bool has_space;		/* white space that counts only if something follows on its line (relaxed) */
	bool has_cr;		/* a CR behind all that: nobody knows yet of what */
	bool has_content;	/* something came out */
	size_t block_octets;	/* that came out, and were not taken yet */
	char block[DKIM_BLOCK];
};

void dkim_body_init(struct dkim_body *body, enum dkim_form form, dkim_take_fn *take, void *arg);

/* The next octets, cut anywhere (RFC 6376 3.4.3, 3.4.4). */
void dkim_body_add(struct dkim_body *body, struct span octets);

/* There are no more: now all was taken. */
void dkim_body_end(struct dkim_body *body);

/*
 * One header field, given without the CRLF behind it, and taken without one: that of the signature itself has none (RFC 6376 3.4.1,
 * 3.4.2, 3.7).
 */
void dkim_field_canon(enum dkim_form form, struct span field, dkim_take_fn *take, void *arg);

#endif
