/* Dates of header fields (RFC 5322 3.3), whatever the locale. */
#ifndef MAIL_DATE_H
#define MAIL_DATE_H

#include <stdint.h>

#define DATE_TEXT 40	/* octets of a date in text, NUL included */

/* "Sun, 22 Nov 2026 02:18:21 +0000" from seconds since the epoch; years 1900 to 9999. Returns out. */
char *date_format(int64_t when, char out[DATE_TEXT]);

#endif
