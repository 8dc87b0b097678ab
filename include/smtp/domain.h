/*
 * Domain names as SMTP has them (RFC 5321 4.1.2, RFC 6531 3.3): validity, A-labels for what people
 * write in their own script (libidn2, IDNA2008), comparison.
 */
#ifndef SMTP_DOMAIN_H
#define SMTP_DOMAIN_H

#include "base/span.h"

#define DOMAIN_OCTETS 255		/* RFC 5321 4.5.3.1.2 */
#define DOMAIN_TEXT (DOMAIN_OCTETS + 1)	/* with a NUL */

/* Letters, digits and inner hyphens in labels of 1 to 63 octets, at most 255 in all; no final dot. */
bool domain_is_valid(struct span domain);

/* More than one label. */
bool domain_is_qualified(struct span domain);

/*
 * The name in A-labels and lower case, NUL-terminated. U-labels must be well-formed UTF-8 and valid by IDNA2008.
 * Returns false when the name is not valid.
 */
bool domain_to_ascii(struct span domain, char out[DOMAIN_TEXT]);

/* The same name, whatever letter case or script it is written in; false when either is not valid. */
bool domain_equal(struct span a, struct span b);

#endif
