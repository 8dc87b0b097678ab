/* How far a parser of outside octets came. */
#ifndef SMTP_PARSE_H
#define SMTP_PARSE_H

enum parse_result {
	PARSE_DONE,	/* a whole thing was there */
	PARSE_MORE,	/* it may become one: come again with more octets */
	PARSE_BAD	/* it is none */
};

#endif
