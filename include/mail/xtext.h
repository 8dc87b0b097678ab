/* xtext (RFC 3461 4): printable ASCII, with + and two upper-case hex digits for every other octet. */
#ifndef MAIL_XTEXT_H
#define MAIL_XTEXT_H

#include "base/buf.h"
#include "base/span.h"

/* Every octet is legal, every + has its digits, and nothing decodes to a control octet. */
bool xtext_is_valid(struct span text);

/* Append the octets that valid xtext stands for; false when they pass the ceiling of out. */
bool xtext_decode(struct span text, struct buf *out);

#endif
