/* Macros of SPF: what %{...} stands for in names and explanations (RFC 7208 7). */
#ifndef LIB_AUTH_SPF_MACRO_H
#define LIB_AUTH_SPF_MACRO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/ip.h"
#include "base/span.h"

enum spf_place {
	SPF_IN_DOMAIN,		/* domain-spec: visible characters, no %{c}, %{r} or %{t} */
	SPF_IN_MODIFIER,	/* the value of one that is unknown: visible characters */
	SPF_IN_TEXT		/* an explanation: spaces as well */
};

/* What the letters stand for; all borrowed. */
struct spf_macros {
	struct span sender, local, origin;	/* s, l, o */
	struct span domain, helo;		/* d, h */
	struct span receiver, validated;	/* r, p: "unknown" when it is */
	struct ip ip;				/* i, v, c */
	int64_t now_s;				/* t */
};

/* Returns NULL, or what is wrong with the syntax as a static sentence. */
const char *spf_macro_check(struct span text, enum spf_place place);

/* What stands behind the last %... of a text whose syntax is good. */
struct span spf_macro_tail(struct span text);

/* Does a text whose syntax is good have the macro of this letter, in either case? */
bool spf_macro_uses(struct span text, char letter);

/*
 * Expand a text whose syntax is good into a name to be asked for: whole labels are cut from its left side until 253 octets are left
 * (RFC 7208 7.3), and a final dot is gone. NUL-terminated, in the arena.
 */
struct span spf_macro_name(struct span text, const struct spf_macros *macros, struct arena *arena);

/* Expand it into an explanation, as far as out has room. */
void spf_macro_text(struct span text, const struct spf_macros *macros, struct buf *out);

#endif
