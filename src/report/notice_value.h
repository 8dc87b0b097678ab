/*
 * Values that a notice's template may name, each made safe by the rule of its field: what strangers said has no line ends, controls or
 * octets beyond ASCII, no mail address, and a bound (standards.md N57).
 */
#ifndef REPORT_NOTICE_VALUE_H
#define REPORT_NOTICE_VALUE_H

#include "report/notice_mail.h"
#include "report/notice_software.h"

#define NOTICE_VALUE_OCTETS 300		/* of a value and its NUL */
#define NOTICE_VALUES 24

struct notice_values {
	struct { const char *name; char text[NOTICE_VALUE_OCTETS]; } items[NOTICE_VALUES];
	size_t count;
};

/* Of one case of the letter; what was freshly looked at is the first's. */
void notice_values_make(struct notice_values *values, const struct notice_letter *letter, size_t index, const struct conf_report *conf);

/* What the one has is text of ours, or made safe already; it is cut. */
void notice_values_set(struct notice_values *values, const char *name, struct span text);

/* "" of one that is not there. */
struct span notice_values_get(const struct notice_values *values, struct span name);

/* A template's text with its values put in, once. */
void notice_values_expand(struct buf *out, const struct notice_values *values, struct span text);

/* The word of the fault that the case has: what was just seen, else what the ledger knows. */
struct span notice_value_fault(const struct notice_letter *letter, size_t index);

/* A name or an address: letters, digits, ".", "-", "_", ":" as they are, anything else as "?". */
void notice_value_name(struct buf *out, struct span text, size_t most);

/* Words of a stranger, as field_text() has them; a word with an "@" in it is "[address]". */
void notice_value_words(struct buf *out, struct span text, size_t most);

/* The address that stops notices: conf's with "+" and the token in it. Returns false, out "", when there is none. */
#define NOTICE_STOP_OCTETS 300
bool notice_value_stop(const struct notice_letter *letter, const struct conf_report *conf, char out[NOTICE_STOP_OCTETS]);

#endif
