/* xtext (RFC 3461 4): printable ASCII, with + and two upper-case hex digits for every other octet. */
#ifndef MAIL_XTEXT_H
#define MAIL_XTEXT_H

#include "base/buf.h"
#include "base/span.h"

/* Every octet is legal, every + has its digits, and nothing decodes to a control octet. */
bool xtext_is_valid(struct span text);

/* Append the octets that valid xtext stands for; false when they pass the ceiling of out. */
bool xtext_decode(struct span text, struct buf *out);

/* Append an address as seven bits can hold it: with \x{HEX} for every character that is none of xtext's (utf-8-addr-xtext, RFC 6533 3). */
void xtext_escape_address(struct buf *out, struct span address);

/* Append the same of an address that stands as servers with SMTPUTF8 may be told it (utf-8-addr-unitext): what is ASCII is escaped already. */
void xtext_escape_unitext(struct buf *out, struct span text);

#endif
