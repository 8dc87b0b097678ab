/*
 * Replies of a server (RFC 5321 4.2), taken from octets as they come. Only the code decides; text is kept for
 * people. What is not a reply by the letter is none: the connection is then worth nothing.
 */
#ifndef SMTP_REPLY_H
#define SMTP_REPLY_H

#include "base/buf.h"
#include "base/span.h"
#include "smtp/parse.h"

#define REPLY_LINE_OCTETS 4096		/* of a line without CRLF; RFC 5321 4.5.3.1.5 promises 512 */
#define REPLY_OCTETS (64 * 1024)	/* of the texts of a whole reply */
#define REPLY_LINES 500

struct reply {
	int code;		/* 200 .. 599 */
	struct span status;	/* enhanced status at the front of the text, "2.1.5" (RFC 2034 4); "" without, or of another class */
	struct span lines;	/* texts behind the codes, '\n' between lines; any octet but CR and LF within */
	unsigned count;		/* of lines, at least 1 */
};

struct reply_parser {
	struct buf lines;	/* of the reply under way, or of the last one */
	struct buf line;	/* the part of a line that has come */
	int code;		/* of the lines so far; 0 = none */
	unsigned count;
	bool is_done;		/* what is held was handed out */
	const char *why;	/* after PARSE_BAD: a sentence with the RFC section */
};

void reply_parser_init(struct reply_parser *parser);
void reply_parser_clear(struct reply_parser *parser);	/* gives memory back; usable again */

/*
 * Take octets off the front, until one reply is whole. PARSE_DONE: *reply is borrowed until the next call.
 * PARSE_MORE: all octets were taken. PARSE_BAD: come no more.
 */
enum parse_result reply_next(struct reply_parser *parser, struct span *octets, struct reply *reply);

/*
 * The text as one line: lines joined by a space, an enhanced status said again left out, NUL as a question mark, other
 * controls as they are. Cut to size - 1 octets; always NUL-terminated. Returns its length.
 */
size_t reply_join(const struct reply *reply, char *out, size_t size);

/* The enhanced status that a text begins with, "" when none of this class (2, 4, 5) does (RFC 3463 2). */
struct span reply_status(struct span text, int class);

#endif
