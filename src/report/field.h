/* Values of notifications made safe: nothing a stranger said can become a line, a field or a part of its own. */
#ifndef REPORT_FIELD_H
#define REPORT_FIELD_H

#include "base/buf.h"
#include "base/span.h"

/* Printable ASCII as it is, everything else as '?', runs of white space as one space; at most `most` octets. */
void field_text(struct buf *out, struct span text, size_t most);

/* `Name: value`, folded before column 78 where there is a space to fold at (RFC 5322 2.2.3). */
void field_write(struct buf *out, const char *name, struct span value);

/* Words of any length as lines of at most 72 columns, each after `indent`. */
void field_paragraph(struct buf *out, const char *indent, struct span text);

/* An address with \x{HEX} for what 7-bit fields cannot hold (RFC 6533 3). */
void field_utf8_address(struct buf *out, struct span address);

#endif
