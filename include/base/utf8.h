/* Well-formed UTF-8 (RFC 3629). */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/span.h"

/*
 * Octets of the character beyond ASCII at the front: 2 to 4; 0 when it is malformed, overlong, a surrogate, beyond
 * U+10FFFF, or a C1 control (which no name or address needs and no terminal should see).
 */
size_t utf8_length(struct span text);

#endif
