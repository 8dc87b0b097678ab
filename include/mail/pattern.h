/*
 * Which of an operator's lines a domain falls under: exact names before patterns, the longest pattern first.
 * A pattern is `example.org` (the name itself), `.example.org` (every name below it) or `*` (every name).
 */
#ifndef MAIL_PATTERN_H
#define MAIL_PATTERN_H

#include <stdbool.h>

#include "base/span.h"

struct pattern_table;

struct pattern_table *pattern_table_new(void);
void pattern_table_free(struct pattern_table **table);	/* tolerates NULL, leaves NULL */

/*
 * Add a pattern and its value; both are copied. Returns NULL, or what is wrong as a static sentence.
 * The first of two equal patterns counts.
 */
const char *pattern_table_add(struct pattern_table *table, struct span pattern, struct span value);

/*
 * The value for a domain (A-label form or address literal, any letter case), borrowed from the table; an empty span
 * when no pattern matches.
 */
struct span pattern_table_find(const struct pattern_table *table, struct span domain);

/* Letters, digits, hyphens, underscores and single dots within: a name as operators may write it. */
bool pattern_is_name(struct span name);

#endif
