/* Header fields, looked at in passing. */
#include "mail/header.h"

#include <stddef.h>

/* In lower case. */
static const struct span names[HEADER_FIELDS] = {
	[HEADER_RECEIVED] = { "received", 8 },
	[HEADER_TLS_REQUIRED] = { "tls-required", 12 },
};

static char
lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* ftext (RFC 5322 3.6.8) */
static bool
is_name_octet(char c)
{
	return c > 0x20 && c < 0x7f && c != ':';
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void
name_octet(struct header *header, char c)
{
	for (unsigned i = 0; i < HEADER_FIELDS; i++)
		if (header->name_octets >= names[i].length || lower(c) != names[i].data[header->name_octets])
			header->differs |= 1u << i;
	header->name_octets++;
}

/* The line is no field: the body began where it began. */
static void
body_begins(struct header *header)
{
	header->length = header->line_start;
	header->state = HEADER_OVER;
}

static void
name_ends(struct header *header)
{
	for (unsigned i = 0; i < HEADER_FIELDS; i++)
		if (header->name_octets == names[i].length && !(header->differs & 1u << i)) {
			header->count[i]++;
			header->is_tls_required = i == HEADER_TLS_REQUIRED;
		}
	if (header->is_tls_required)
		header->word = HEADER_WORD_NONE;
	header->state = header->is_tls_required ? HEADER_VALUE : HEADER_REST;
}

/* An octet of a line that may be a field's first. */
static void
name_goes_on(struct header *header, char c)
{
	if (c == ':' && header->length - 1 > header->line_start)
		name_ends(header);
	else if (is_blank(c))
		header->state = HEADER_NAME_END;	/* RFC 5322 4.5: white space before the colon */
	else if (header->state == HEADER_NAME && is_name_octet(c))
		name_octet(header, c);
	else
		body_begins(header);
}

/* An octet of what TLS-Required says, or of white space around that. */
static void
value_octet(struct header *header, char c)
{
	if (c == '\n')
		header->state = HEADER_LINE_START;
	else if (is_blank(c) || c == '\r')
		header->word = header->word == HEADER_WORD_N ? HEADER_WORD_OTHER : header->word;
	else if (header->word == HEADER_WORD_NONE && lower(c) == 'n')
		header->word = HEADER_WORD_N;
	else if (header->word == HEADER_WORD_N && lower(c) == 'o')
		header->word = HEADER_WORD_NO;
	else
		header->word = HEADER_WORD_OTHER;
}

static void
field_starts(struct header *header, char c)
{
	header->is_tls_required = false;
	header->name_octets = 0;
	header->differs = 0;
	header->state = HEADER_NAME;
	name_goes_on(header, c);
}

static void
line_starts(struct header *header, char c)
{
	header->line_start = header->length - 1;
	if (c == '\r')
		header->state = HEADER_EMPTY_LINE;
	else if (is_blank(c))
		header->state = header->is_tls_required ? HEADER_VALUE : HEADER_REST;	/* folded (RFC 5322 2.2.3) */
	else
		field_starts(header, c);
}

/* One octet in a state that decides octet by octet. */
static void
header_octet(struct header *header, char c)
{
	if (header->state == HEADER_LINE_START)
		line_starts(header, c);
	else if (header->state == HEADER_VALUE)
		value_octet(header, c);
	else if (header->state == HEADER_EMPTY_LINE && c == '\n')
		header->state = HEADER_OVER;
	else if (header->state == HEADER_EMPTY_LINE)
		body_begins(header);
	else
		name_goes_on(header, c);
}

void
header_look(struct header *header, struct span octets)
{
	while (octets.length > 0 && header->state != HEADER_OVER) {
		size_t n = 1;

		if (header->state == HEADER_REST) {
			size_t lf = span_find(octets, '\n');

			n = lf < octets.length ? lf + 1 : octets.length;
			header->length += n;
			if (lf < octets.length)
				header->state = HEADER_LINE_START;
		} else {
			header->length++;
			header_octet(header, octets.data[0]);
		}
		octets = span_skip(octets, n);
	}
}
