/* Text in UTF-8 as mail of ASCII alone: every server takes it, and no signature breaks (RFC 2045 6.7, RFC 2047). */
#ifndef REPORT_QUOTED_H
#define REPORT_QUOTED_H

#include "base/buf.h"
#include "base/span.h"

/*
 * Lines with CRLF as quoted-printable. A "." that begins a line, "From " and spaces at the end are quoted, too. No line is longer
 * than 76 octets. out's ceiling is the caller's promise that it fits.
 */
void quoted_printable(struct buf *out, struct span text);

/* The value of a field for people: as it is when it is ASCII, else in encoded words of UTF-8 (RFC 2047 2), with a space between them. */
void quoted_words(struct buf *out, struct span text);

#endif
