/* The fields of a header, as DKIM picks them: by name, from the bottom up (RFC 6376 5.4.2). */
#ifndef LIB_AUTH_DKIM_FIELD_H
#define LIB_AUTH_DKIM_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"

/* The fields of one name: neighbours among the sorted. */
struct dkim_field_name {
	struct span name;
	size_t first, count;	/* of order */
	size_t taken;
};

struct dkim_fields {
	struct span *at;	/* each without the CRLF behind it, borrowed from the header */
	size_t count;
	size_t *order;		/* places in at: by name, the lowest of a name first */
	struct dkim_field_name *names;	/* sorted: finding one takes no longer for whoever sends many */
	size_t names_count;
};

/*
 * Cut a header, every line with its CRLF, into fields. Returns NULL, or what is wrong with it as a static sentence (RFC 5322 2.2):
 * a line that is no field, or a CR or LF that is not of a line's end.
 */
const char *dkim_fields_read(struct span header, struct arena *arena, struct dkim_fields *fields);

/* How many of that name there are, taken or not. Letter case does not matter. */
size_t dkim_fields_count(const struct dkim_fields *fields, struct span name);

/* The lowest of that name that was not taken, which it then is. Returns false when there is none: it counts as empty. */
bool dkim_fields_take(struct dkim_fields *fields, struct span name, struct span *field);

/* Nothing was taken. */
void dkim_fields_rewind(struct dkim_fields *fields);

#endif
