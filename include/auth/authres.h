/*
 * Authentication-Results fields (RFC 8601): one of our own is written, and those of others that claim to be ours are left out of a header
 * while it streams by. No I/O.
 *
 *   authres_begin(&field, &out, "mx.example.org", false);
 *   authres_result(&field, "spf", "pass");
 *   authres_property(&field, "smtp.mailfrom", domain);
 *   authres_end(&field);
 *
 *   authres_strip_init(&strip, "mx.example.org");
 *   while (authres_strip_next(&strip, &octets, &piece))	for all octets of the message, as they come
 *	...;							what stays of them
 *   piece = authres_strip_end(&strip);				the message is over
 */
#ifndef AUTH_AUTHRES_H
#define AUTH_AUTHRES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/span.h"

#define AUTHRES_VALUE_MAX 384	/* octets of a property's value: longer ones are left out */

/* A field being written. */
struct authres {
	struct buf *out;
	size_t column;		/* octets of the line under way */
	bool is_utf8;
	bool has_results;
	bool is_whole;		/* nothing had to be left out for want of room */
};

/*
 * Begin with the authserv-id, a domain name. `out` is kept until the end; a result or property that it has no room for is left out.
 *   is_utf8   the message may have UTF-8 in its header (RFC 6532): otherwise such octets become '?'
 */
void authres_begin(struct authres *field, struct buf *out, const char *id, bool is_utf8);

/* A method and its result, static words of RFC 8601 2.7; its properties come behind it. */
void authres_result(struct authres *field, const char *method, const char *result);

/*
 * A property of the last result, "header.d": a value from outside, whatever its octets, as a token or an address where it is one and quoted
 * otherwise (RFC 8601 2.2, 7.8). Empty ones are left out.
 */
void authres_property(struct authres *field, const char *name, struct span value);

/* The end, with CRLF; "; none" without results (RFC 8601 2.2). Returns false when something had to be left out for want of room. */
bool authres_end(struct authres *field);

/* Octets of a field that are looked at before it is decided whose it is; one that is not decided by then goes. */
#define AUTHRES_HELD_MAX 1024

/* Of an authserv-id: longer than any name. */
#define AUTHRES_SAID_MAX 256

/* Where in a header the filter is. */
enum authres_at {
	AUTHRES_NAME,		/* in what may be the field's name */
	AUTHRES_COLON,		/* behind the name, in white space */
	AUTHRES_ID,		/* behind the colon, until the authserv-id is told from ours */
	AUTHRES_STAYS,		/* in a field that stays, or is another */
	AUTHRES_GOES,		/* in one that is left out */
	AUTHRES_BODY		/* behind the empty line */
};

/* The filter: constant in memory, linear in time, whatever it is fed and however that is cut. */
struct authres_strip {
	const char *id;		/* borrowed, in A-labels */
	bool is_international;	/* it has some */
	enum authres_at at;
	bool is_line_start;	/* a line has ended: what comes next says whether the field has */
	bool is_quoted, is_escaped;	/* in the authserv-id */
	bool is_word;		/* in it, behind a "=" that may begin an encoded word */
	unsigned depth;		/* of comments */
	size_t matched;		/* octets of the name */
	size_t said_octets;	/* of the authserv-id, so far */
	char said[AUTHRES_SAID_MAX];
	unsigned removed;	/* fields that were left out */
	size_t held_octets;	/* of `held`, not given out yet */
	char held[AUTHRES_HELD_MAX];
};

void authres_strip_init(struct authres_strip *strip, const char *id);

/*
 * The next piece that stays: borrowed, from the octets or the filter, until the next call. Octets are taken off the front; returns false
 * when there are none left and no piece came of them. Every field that can be read as an Authentication-Results field of ours goes
 * (RFC 8601 5): white space or a fold before the colon, comments and folds before and in the authserv-id, quotes around it, any letter case,
 * U-labels for A-labels, an encoded word in its place, a version behind it. The rest stays as it is, octet for octet.
 */
bool authres_strip_next(struct authres_strip *strip, struct span *octets, struct span *piece);

/* The message is over: what was not decided. */
struct span authres_strip_end(struct authres_strip *strip);

static inline bool
authres_strip_is_over(const struct authres_strip *strip)
{
	return strip->at == AUTHRES_BODY;
}

#endif
