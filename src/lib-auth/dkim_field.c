/* Header fields by name, from the bottom up. */
#include "dkim_field.h"

#include <stdlib.h>

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

static char
lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* Order of names, letter case aside: <0, 0, >0. */
static int
name_compare(struct span a, struct span b)
{
	for (size_t i = 0; i < a.length && i < b.length; i++)
		if (lower(a.data[i]) != lower(b.data[i]))
			return lower(a.data[i]) < lower(b.data[i]) ? -1 : 1;
	return (a.length > b.length) - (a.length < b.length);
}

/* A field on its way into the order. */
struct named {
	struct span name;
	size_t at;
};

static int
named_compare(const void *one, const void *other)
{
	const struct named *a = one, *b = other;
	int names = name_compare(a->name, b->name);

	return names != 0 ? names : (a->at < b->at) - (a->at > b->at);
}

static void
fields_sort(struct dkim_fields *fields, struct arena *arena)
{
	struct named *sorted = arena_alloc(arena, (fields->count + 1) * sizeof(*sorted));

	for (size_t i = 0; i < fields->count; i++)
		sorted[i] = (struct named){ name_of(fields->at[i]), i };
	qsort(sorted, fields->count, sizeof(*sorted), named_compare);
	fields->order = arena_alloc(arena, (fields->count + 1) * sizeof(*fields->order));
	fields->names = arena_alloc(arena, (fields->count + 1) * sizeof(*fields->names));
	for (size_t i = 0; i < fields->count; i++) {
		fields->order[i] = sorted[i].at;
		if (i == 0 || name_compare(sorted[i - 1].name, sorted[i].name) != 0)
			fields->names[fields->names_count++] = (struct dkim_field_name){ .name = sorted[i].name, .first = i };
		fields->names[fields->names_count - 1].count++;
	}
}

const char *
dkim_fields_read(struct span header, struct arena *arena, struct dkim_fields *fields)
{
	const char *why = NULL;
	size_t most = 1;

	for (size_t i = 0; i < header.length; i++)
		most += header.data[i] == '\n';
	*fields = (struct dkim_fields){ .at = arena_alloc(arena, most * sizeof(*fields->at)) };
	while (why == NULL && header.length > 0)
		why = field_cut(&header, &fields->at[fields->count++]);
	if (why == NULL)
		fields_sort(fields, arena);
	return why;
}

static int
wanted_compare(const void *wanted, const void *candidate)
{
	return name_compare(*(const struct span *)wanted, ((const struct dkim_field_name *)candidate)->name);
}

/* NULL = there is none. */
static struct dkim_field_name *
name_find(const struct dkim_fields *fields, struct span name)
{
	return bsearch(&name, fields->names, fields->names_count, sizeof(*fields->names), wanted_compare);
}

size_t
dkim_fields_count(const struct dkim_fields *fields, struct span name)
{
	const struct dkim_field_name *found = name_find(fields, name);

	return found == NULL ? 0 : found->count;
}

bool
dkim_fields_take(struct dkim_fields *fields, struct span name, struct span *field)
{
	struct dkim_field_name *found = name_find(fields, name);

	if (found == NULL || found->taken == found->count)
		return false;
	*field = fields->at[fields->order[found->first + found->taken++]];
	return true;
}

void
dkim_fields_rewind(struct dkim_fields *fields)
{
	for (size_t i = 0; i < fields->names_count; i++)
		fields->names[i].taken = 0;
}
