/* Domain names between wire and text, for the files of lib-dns. */
#ifndef LIB_DNS_NAME_H
#define LIB_DNS_NAME_H

#include <stdbool.h>

#include "base/span.h"

#define NAME_OCTETS 255		/* on the wire (RFC 1035 2.3.4) */
#define NAME_TEXT 1024		/* as text: every octet may need four, and a NUL */

/*
 * Read a name at *at, following compression pointers, which may only lead backwards. Writes it in lower case,
 * dots between labels, none at the end, "" for the root; octets that a text cannot have as they are, and dots
 * within labels, become \DDD. *at is moved behind the name. Returns false when it is malformed.
 */
bool name_read(struct span message, size_t *at, char text[NAME_TEXT]);

/*
 * A name to be asked for, written as name_read() writes it: lower case, no final dot. A space may be in it, as it is or as \032: macros of
 * SPF bring some along (RFC 7208 7.1). Returns false when there are other octets that a text cannot have as they are, or too many.
 */
bool name_normalise(const char *name, char text[NAME_TEXT]);

/* What name_normalise() wrote, with its spaces as they are. */
void name_plain(const char *text, char name[NAME_TEXT]);

#endif
