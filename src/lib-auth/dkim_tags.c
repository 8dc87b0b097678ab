/* name=value; name=value: strictly, for a list that two programs read in two ways is a way to lie to one of them. */
#include "dkim_tags.h"

#include <string.h>

#define NO_TAG "it is no list of tags: NAME=VALUE with semicolons between (RFC 6376 3.2)"
#define TWICE "a tag is there twice (RFC 6376 3.2)"
#define TOO_MANY "there are more tags than are read"
#define BASE64_BITS 6

bool
dkim_tags_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct span
dkim_tags_trim(struct span value)
{
	while (value.length > 0 && dkim_tags_is_space(value.data[0]))
		value = span_skip(value, 1);
	while (value.length > 0 && dkim_tags_is_space(value.data[value.length - 1]))
		value.length--;
	return value;
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* tag-name = ALPHA *ALNUMPUNC */
static bool
is_name(struct span name)
{
	if (name.length == 0 || !is_letter(name.data[0]))
		return false;
	for (size_t i = 1; i < name.length; i++)
		if (!is_letter(name.data[i]) && !(name.data[i] >= '0' && name.data[i] <= '9') && name.data[i] != '_')
			return false;
	return true;
}

/* tval, white space between; what is not ASCII may be UTF-8 (RFC 8616 5). */
static bool
is_value(struct span value)
{
	for (size_t i = 0; i < value.length; i++)
		if (((unsigned char)value.data[i] < 0x21 && !dkim_tags_is_space(value.data[i])) || value.data[i] == 0x7f)
			return false;
	return true;
}

const struct dkim_tag *
dkim_tags_find(const struct dkim_tags *tags, const char *name)
{
	for (size_t i = 0; i < tags->count; i++)
		if (span_equal(tags->at[i].name, span_of(name)))
			return &tags->at[i];
	return NULL;
}

static bool
is_there(const struct dkim_tags *tags, struct span name)
{
	for (size_t i = 0; i < tags->count; i++)
		if (span_equal(tags->at[i].name, name))
			return true;
	return false;
}

/* Returns NULL, or what is wrong. */
static const char *
tag_add(struct dkim_tags *tags, struct span text)
{
	size_t equals = span_find(text, '=');
	struct dkim_tag tag = { .name = dkim_tags_trim(span_first(text, equals)), .raw = span_skip(text, equals + 1) };

	tag.value = dkim_tags_trim(tag.raw);
	if (equals == text.length || !is_name(tag.name) || !is_value(tag.value))
		return NO_TAG;
	if (is_there(tags, tag.name))
		return TWICE;
	if (tags->count == DKIM_TAGS_MAX)
		return TOO_MANY;
	tags->at[tags->count++] = tag;
	return NULL;
}

const char *
dkim_tags_read(struct span text, struct dkim_tags *tags)
{
	struct span rest = text, part;

	tags->count = 0;
	while (span_cut(&rest, ';', &part)) {
		const char *why;

		/* Behind the last semicolon there may be nothing. */
		if (rest.data == NULL && tags->count > 0 && dkim_tags_trim(part).length == 0)
			break;
		why = tag_add(tags, part);
		if (why != NULL)
			return why;
	}
	return tags->count > 0 ? NULL : NO_TAG;
}

bool
dkim_tags_cut(struct span *rest, struct span *value)
{
	if (!span_cut(rest, ':', value))
		return false;
	*value = dkim_tags_trim(*value);
	return true;
}

bool
dkim_tags_has(struct span list, const char *value)
{
	struct span part;

	while (dkim_tags_cut(&list, &part))
		if (span_equal(part, span_of(value)))
			return true;
	return false;
}

static int
sextet_of(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *found = c == '\0' ? NULL : strchr(digits, c);

	return found == NULL ? -1 : (int)(found - digits);
}

bool
dkim_tags_base64(struct span text, unsigned char *out, size_t most, size_t *length)
{
	unsigned pending = 0, bits = 0, padding = 0;

	*length = 0;
	for (size_t i = 0; i < text.length; i++) {
		int sextet = sextet_of(text.data[i]);

		if (dkim_tags_is_space(text.data[i]))
			continue;
		if (text.data[i] == '=' && ++padding <= 2)
			continue;
		if (sextet < 0 || padding > 0)
			return false;
		pending = pending << BASE64_BITS | (unsigned)sextet;
		bits += BASE64_BITS;
		if (bits < 8)
			continue;
		if (*length == most)
			return false;
		bits -= 8;
		out[(*length)++] = (unsigned char)(pending >> bits);
		pending &= (1u << bits) - 1;
	}
	/* What is left is 0, 2 or 4 bits, as many as the padding says. */
	return *length > 0 && bits < BASE64_BITS && pending == 0 && (padding == 0 || padding * 2 == bits);
}
