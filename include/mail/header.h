/*
 * A look at the header of a message that streams by: where it ends, how often it was relayed, whether it asks that TLS be
 * optional. Linear in its octets, constant in memory, whatever its length and however it is cut.
 */
#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H

#include "base/span.h"

enum header_state { HEADER_LINE_START, HEADER_NAME, HEADER_NAME_END, HEADER_REST, HEADER_VALUE, HEADER_EMPTY_LINE, HEADER_OVER };

/* The fields that are looked for. */
enum header_field { HEADER_RECEIVED, HEADER_TLS_REQUIRED, HEADER_FIELDS };

/* What a TLS-Required field has said so far. */
enum header_word { HEADER_WORD_NONE, HEADER_WORD_N, HEADER_WORD_NO, HEADER_WORD_OTHER };

/* Starts zeroed. */
struct header {
	enum header_state state;
	uint64_t length;	/* octets of the header, up to and with the empty line behind it */
	uint64_t line_start;	/* where the line under way began */
	uint32_t count[HEADER_FIELDS];	/* of each: Received (RFC 5321 6.3), TLS-Required (RFC 8689 3) */
	uint32_t name_octets;	/* of the line under way, so far */
	unsigned differs;	/* a bit per field: this line's name is not its */
	bool is_tls_required;	/* the field under way is TLS-Required: its lines are read, folded ones too */
	enum header_word word;	/* of the last TLS-Required */
};

/*
 * Look at the next octets of a message (lines end with CRLF). The header ends behind the first empty line, or
 * before the first line that is no field: what follows is body (RFC 5322 2.2).
 */
void header_look(struct header *header, struct span octets);

static inline bool
header_is_over(const struct header *header)
{
	return header->state == HEADER_OVER;
}

/* How many of the octets that were looked at belong to the header for certain: a line that is not known to be a field may not. */
static inline uint64_t
header_certain(const struct header *header)
{
	bool is_open = header->state == HEADER_NAME || header->state == HEADER_NAME_END || header->state == HEADER_EMPTY_LINE;

	return is_open ? header->line_start : header->length;
}

/*
 * Has the header that was looked at one TLS-Required field, and is its value "No" (RFC 8689 3)? In any letter case, white
 * space and folds around it; a comment is another value. Two fields, which may not be, say nothing: either could be
 * somebody else's.
 */
static inline bool
header_waives_tls(const struct header *header)
{
	return header->count[HEADER_TLS_REQUIRED] == 1 && header->word == HEADER_WORD_NO;
}

#endif
