/*
 * A look at the header of a message that streams by: where it ends, how often it was relayed. Linear in its
 * octets, constant in memory, whatever its length.
 */
#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H

#include "base/span.h"

enum header_state { HEADER_LINE_START, HEADER_NAME, HEADER_NAME_END, HEADER_REST, HEADER_EMPTY_LINE, HEADER_OVER };

/* Starts zeroed. */
struct header {
	enum header_state state;
	uint64_t length;	/* octets of the header, up to and with the empty line behind it */
	uint64_t line_start;	/* where the line under way began */
	uint32_t received;	/* Received fields (RFC 5321 6.3) */
	uint32_t matched;	/* octets of this line's name that agree with "received"; beyond its length: none do */
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

#endif
