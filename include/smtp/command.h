/*
 * Command lines, as a server reads them (RFC 5321 2.3.8, 4.1.1, 4.5.3.1.4). A line ends with CRLF and
 * nothing else; octets are borrowed, nothing is copied or kept.
 */
#ifndef SMTP_COMMAND_H
#define SMTP_COMMAND_H

#include "base/span.h"
#include "smtp/parse.h"

#define COMMAND_OCTETS 512		/* of a command line with its CRLF (RFC 5321 4.5.3.1.4) */
#define COMMAND_OCTETS_LONG 4096	/* of MAIL and RCPT with the parameters of every extension */

enum command_verb {
	COMMAND_UNKNOWN,
	COMMAND_EHLO,
	COMMAND_HELO,
	COMMAND_STARTTLS,
	COMMAND_MAIL,
	COMMAND_RCPT,
	COMMAND_DATA,
	COMMAND_BDAT,
	COMMAND_RSET,
	COMMAND_NOOP,
	COMMAND_QUIT,
	COMMAND_VRFY,
	COMMAND_HELP,
	COMMAND_ABSENT,		/* a verb of SMTP that is not offered here: EXPN, AUTH, ETRN, ... */
	COMMAND_FOREIGN,	/* not SMTP at all: an HTTP request, a header field, a TLS record */
	COMMAND_VERBS
};

struct command {
	enum command_verb verb;
	struct span word;		/* the verb as typed */
	struct span arguments;		/* behind it and one space, without white space at the end */
};

/* Carries an overlong line from one call to the next; starts zeroed. */
struct command_reader {
	bool is_skipping;
};

/*
 * Take one line off the octets received.
 *   used     filled on every return: octets to be consumed
 *   command  filled with PARSE_DONE; borrows from octets
 *   why      filled with PARSE_BAD: a static sentence
 * Returns PARSE_MORE while the line has no end yet (an overlong one is consumed on the way, in
 * constant memory), PARSE_BAD when the line was too long for its verb or has a control octet in it.
 */
enum parse_result command_read(struct command_reader *reader, struct span octets, size_t *used, struct command *command,
    const char **why);

/* "MAIL"; for logs. */
const char *command_name(enum command_verb verb);

/* The octets of a BDAT command's arguments (RFC 3030 2). */
enum bdat_result {
	BDAT_GOOD,
	BDAT_MALFORMED,
	BDAT_OVERFLOW	/* a number that no 64 bits can hold: its octets cannot be waited for */
};

enum bdat_result command_bdat_parse(struct span arguments, uint64_t *octets, bool *is_last);

#endif
