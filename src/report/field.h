/* Values of notifications made safe: nothing a stranger said can become a line, a field or a part of its own. */
#ifndef REPORT_FIELD_H
#define REPORT_FIELD_H

#include "base/buf.h"
#include "base/span.h"

/* Printable ASCII as it is, everything else as '?', runs of white space as one space; at most `most` octets. */
void field_text(struct buf *out, struct span text, size_t most);

/* Words of ours as they are; as a line, with CRLF. */
void field_words(struct buf *out, const char *words);
void field_line(struct buf *out, const char *line);

/* `Name: value`, folded before column 78 where there is a space to fold at (RFC 5322 2.2.3). */
void field_write(struct buf *out, const char *name, struct span value);

/* Words of any length as lines of at most 72 columns, each after `indent`. */
void field_paragraph(struct buf *out, const char *indent, struct span text);

/* The delimiter of a part, "--boundary", with end behind it: "--" behind the last (RFC 2046 5.1.1). */
void field_boundary(struct buf *out, const char *boundary, const char *end);

#define FIELD_BOUNDARY 33	/* octets of a boundary and its NUL */

/* A boundary that nobody can guess: 128 random bits (standards.md NX3). Returns out. */
char *field_boundary_make(char out[FIELD_BOUNDARY]);

#endif
