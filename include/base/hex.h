/* Octets as hexadecimal digits. */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include "base/span.h"

/* Lower case; out has room for 2 * octets.length + 1. Returns out. */
char *hex_format(struct span octets, char *out);

/* Either case. Returns false unless text is exactly 2 * length digits. */
bool hex_parse(struct span text, void *out, size_t length);

#endif
