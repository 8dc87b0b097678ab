/*
 * A message's content as it arrives, by DATA or by BDAT: stuffed dots removed, the end found at CRLF.CRLF and nowhere
 * else (RFC 5321 2.3.8, 4.1.1.4, 4.5.2), every octet that may not be there noticed. It does not matter how the
 * octets are cut into segments.
 */
#ifndef SMTP_DATA_H
#define SMTP_DATA_H

#include "base/span.h"

enum data_fault {
	DATA_BARE_CR = 1 << 0,
	DATA_BARE_LF = 1 << 1,	/* a fault only where it is not normalised */
	DATA_NUL = 1 << 2
};

/* Which octets came last and are not decided yet. */
enum data_state { DATA_LINE_START, DATA_DOT, DATA_DOT_CR, DATA_TEXT, DATA_CR, DATA_LF /* to be normalised */ };

struct data {
	enum data_state state;
	bool is_dotted;		/* by DATA: dots are stuffed and a dot ends it; by BDAT the caller counts */
	bool normalise;		/* a bare LF becomes CRLF; it never helps to end the content */
	bool is_ended;
	bool has_8bit;
	unsigned faults;	/* enum data_fault bits; content is not handed out any more */
	uint64_t length;	/* octets of content so far, without stuffed dots */
	uint64_t line;		/* octets of the line under way */
	uint64_t longest;	/* octets of the longest line, without CRLF */
};

void data_init(struct data *data, bool is_dotted, bool normalise);

/*
 * Take the next piece of content off *octets; it is borrowed from there or static. Returns false when no
 * octets are left, or when the content ended: *octets then begins behind its end. Pieces are as long as
 * they can be: one is all of *octets unless a dot, a LF or the end comes between.
 */
bool data_next(struct data *data, struct span *octets, struct span *content);

/* The last chunk has been taken: what was undecided is decided. */
void data_end(struct data *data);

#endif
