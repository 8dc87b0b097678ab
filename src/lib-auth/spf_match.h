/* One pass over the records with the answers that are there, and the mechanisms of RFC 7208 5. */
#ifndef LIB_AUTH_SPF_MATCH_H
#define LIB_AUTH_SPF_MATCH_H

#include "spf_known.h"
#include "spf_macro.h"

/* What a mechanism comes to. */
enum spf_match {
	SPF_MATCH_NO,
	SPF_MATCH_YES,
	SPF_MATCH_WAITS,	/* for an answer */
	SPF_MATCH_TEMPERROR,
	SPF_MATCH_PERMERROR
};

struct spf_pass {
	struct spf_known *known;
	const struct spf_macros *macros;	/* but for domain and validated, which are the record's */
	bool is_local_ascii;		/* %{s} and %{l} may stand in names */
	struct arena *arena;		/* of this pass: names */
	unsigned voids_most;
	unsigned terms, voids;		/* so far, against the limits */
	struct span domain;		/* whose record decides, or is wrong */
	struct span mechanism;		/* which term */
	struct span explanation;	/* the exp of the record that decides */
	const char *why;		/* what is wrong: the first complaint stays */
	struct span about;		/* with what */
};

/* Complain, unless somebody did. */
void spf_pass_blame(struct spf_pass *pass, const char *why, struct span about);

/* One more term that asks the DNS. Returns NO, or PERMERROR when it is one too many (RFC 7208 4.6.4). */
enum spf_match spf_pass_count(struct spf_pass *pass);

/*
 * Expand a domain-spec of this domain's record, or with "" take the domain itself. Returns YES with a name that can be asked for, NO
 * when it is none: malformed, or with a local part that is not ASCII (RFC 8616 4); or WAITS, for %{p}.
 */
enum spf_match spf_match_name(struct spf_pass *pass, struct span spec, struct span domain, struct span *name);

/* Does a term match that asks for records of hosts, or has a network? include is not among them. */
enum spf_match spf_match_term(struct spf_pass *pass, const struct spf_term *term, struct span domain);

/*
 * The macros of this domain's record, with %{p} looked up if the text uses it: once for all, so that it is none of the ten terms, as
 * elsewhere (RFC 7208 4.6.4 can be read either way). Returns YES, WAITS, or PERMERROR.
 */
enum spf_match spf_match_macros(struct spf_pass *pass, struct span text, struct span domain, struct spf_macros *macros);

/* Labels of 1 to 63 octets, 253 in all, printable but no backslash: more than hosts have, all that can be asked for. */
bool spf_name_is_good(struct span name);

#endif
