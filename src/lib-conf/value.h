/* Numbers with units, as operators write them. */
#ifndef LIB_CONF_VALUE_H
#define LIB_CONF_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "key.h"

/*
 * Read what a key of this form holds: a count, octets, a duration, octal digits, yes or no.
 * Returns NULL, or what is wrong as a static sentence.
 */
const char *value_read(enum key_form form, struct span text, uint64_t *out);

/* Write it as value_read() takes it, in the largest unit that leaves nothing over. Returns out. */
#define VALUE_TEXT 32
char *value_format(enum key_form form, uint64_t value, char out[VALUE_TEXT]);

#endif
