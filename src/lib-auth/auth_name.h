/* Domain names as signatures, policies and addresses have them, made ready to be compared and asked for. */
#ifndef LIB_AUTH_AUTH_NAME_H
#define LIB_AUTH_AUTH_NAME_H

#include <stdbool.h>

#include "base/span.h"

#define AUTH_NAME_OCTETS 253			/* of a name as text, without a final dot */
#define AUTH_NAME_TEXT (AUTH_NAME_OCTETS + 1)

/*
 * In A-labels and lower case: labels of letters, digits, hyphens and, as names of keys have them, underscores; U-labels by IDNA2008
 * (RFC 8616, RFC 9989 5.3.1). Returns false when it is no name.
 */
bool auth_name_to_ascii(struct span name, char out[AUTH_NAME_TEXT]);

/* Is it the other, or below it? Both as auth_name_to_ascii() makes them. */
bool auth_name_is_within(struct span name, struct span above);

/* How many labels. The last so many of them; all when there are no more. */
size_t auth_name_labels(struct span name);
struct span auth_name_last(struct span name, size_t labels);

#endif
