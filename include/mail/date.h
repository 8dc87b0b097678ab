/* Dates of header fields (RFC 5322 3.3), whatever the locale, and those that operators write (RFC 3339). */
#ifndef MAIL_DATE_H
#define MAIL_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

#define DATE_TEXT 40	/* octets of a date in text, NUL included */

/* "Sun, 22 Nov 2026 02:18:21 +0000" from seconds since the epoch; years 1900 to 9999. Returns out. */
char *date_format(int64_t when, char out[DATE_TEXT]);

/*
 * When something ends, in UTC: "2027-01-31" is the end of that day, "2027-01-31T12:00Z" that minute. Seconds since the epoch;
 * years 1970 to 9999. Returns false, *when untouched, for anything else.
 */
bool date_parse_end(struct span text, int64_t *when);

/*
 * A moment as programs write it (RFC 3339 5.6): "2018-07-02T09:41:50.264-07:00", "...Z". Fractions of the second are left out.
 * Returns false, *when untouched, for anything else.
 */
bool date_parse_moment(struct span text, int64_t *when);

/*
 * A date as header fields have it (RFC 5322 3.3), with the zones of old (4.3) and with anything behind it: "Sun, 1 Mar 2026
 * 01:02:03 +0100 (CET)". The name of the day is not looked at; a second may be missing. Years 1970 to 9999, or two digits.
 * Returns false, *when untouched, for anything else.
 */
bool date_parse_field(struct span text, int64_t *when);

/* What date_parse_end() takes, as short as it goes. Returns out. */
char *date_format_end(int64_t when, char out[DATE_TEXT]);

#endif
