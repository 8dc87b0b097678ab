/* Header fields, looked at in passing. */
#include "mail/header.h"

#include <stddef.h>

static const char name[] = "received";

#define NAME_OCTETS (sizeof(name) - 1)
#define NO_MATCH (NAME_OCTETS + 1)

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
	if (header->matched < NAME_OCTETS && lower(c) == name[header->matched])
		header->matched++;
	else
		header->matched = NO_MATCH;
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
	if (header->matched == NAME_OCTETS)
		header->received++;
	header->state = HEADER_REST;
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

static void
line_starts(struct header *header, char c)
{
	header->line_start = header->length - 1;
	header->matched = 0;
	header->state = c == '\r' ? HEADER_EMPTY_LINE : is_blank(c) ? HEADER_REST /* folded */ : HEADER_NAME;
	if (header->state == HEADER_NAME)
		name_goes_on(header, c);
}

/* One octet in a state that decides octet by octet. */
static void
header_octet(struct header *header, char c)
{
	if (header->state == HEADER_LINE_START)
		line_starts(header, c);
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
