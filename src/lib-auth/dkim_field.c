/* Header fields by name, from the bottom up. */
#include "dkim_field.h"

#define NO_FIELD "a line of the header is no field: a name and a colon are expected (RFC 5322 2.2)"
#define NO_LINE_END "a line of the header does not end with CRLF, or has a CR or LF within (RFC 5322 2.2)"

/* Cut the first line off, without its CRLF. Returns false when it has none. */
static bool
line_cut(struct span *rest, struct span *line)
{
	size_t lf = span_find(*rest, '\n');

	if (lf == rest->length || lf == 0 || rest->data[lf - 1] != '\r')
		return false;
	*line = span_first(*rest, lf - 1);
	*rest = span_skip(*rest, lf + 1);
	return span_find(*line, '\r') == line->length;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* What is before the colon, without the white space that was once allowed there (RFC 5322 4.5). */
static struct span
name_of(struct span field)
{
	return span_trim_end(span_first(field, span_find(field, ':')));
}

static bool
is_field(struct span line)
{
	struct span name = name_of(line);

	if (span_find(line, ':') == line.length || name.length == 0)
		return false;
	for (size_t i = 0; i < name.length; i++)
		if (name.data[i] <= 0x20 || name.data[i] >= 0x7f)
			return false;
	return true;
}

/* Cut the first field off, with the lines that it is folded over. Returns NULL, or what is wrong. */
static const char *
field_cut(struct span *rest, struct span *field)
{
	const char *start = rest->data;
	struct span line;

	if (!line_cut(rest, &line))
		return NO_LINE_END;
	if (!is_field(line))
		return NO_FIELD;
	while (rest->length > 0 && is_blank(rest->data[0]))
		if (!line_cut(rest, &line))
			return NO_LINE_END;
	*field = span_make(start, (size_t)(line.data + line.length - start));
	return NULL;
}

const char *
dkim_fields_read(struct span header, struct arena *arena, struct dkim_fields *fields)
{
	const char *why = NULL;
	size_t most = 1;

	for (size_t i = 0; i < header.length; i++)
		most += header.data[i] == '\n';
	*fields = (struct dkim_fields){ .at = arena_alloc(arena, most * sizeof(*fields->at)), .is_taken = arena_alloc(arena, most) };
	while (why == NULL && header.length > 0)
		why = field_cut(&header, &fields->at[fields->count++]);
	return why;
}

size_t
dkim_fields_count(const struct dkim_fields *fields, struct span name)
{
	size_t count = 0;

	for (size_t i = 0; i < fields->count; i++)
		count += span_equal_nocase(name_of(fields->at[i]), name);
	return count;
}

bool
dkim_fields_take(struct dkim_fields *fields, struct span name, struct span *field)
{
	for (size_t i = fields->count; i > 0; i--)
		if (!fields->is_taken[i - 1] && span_equal_nocase(name_of(fields->at[i - 1]), name)) {
			fields->is_taken[i - 1] = true;
			*field = fields->at[i - 1];
			return true;
		}
	return false;
}
