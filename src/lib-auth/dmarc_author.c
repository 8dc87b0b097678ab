/*
 * The domain of a From field (RFC 5322 3.4, 3.6.2, RFC 6854): all domains that stand behind an "@", outside of what is quoted or a comment,
 * whatever part of an address they seem to be. There has to be one.
 */
#include "auth/dmarc.h"

#include <string.h>

#include "auth_name.h"
#include "base/arena.h"
#include "dkim_field.h"

#define MALFORMED "From is no list of addresses that every program reads in the same way (RFC 5322 3.6.2)"
#define NOT_ONE "there is not exactly one From field (RFC 5322 3.6)"
#define NO_DOMAIN "no address in From has a domain (RFC 9989 5.3.1)"
#define NO_NAME "an address in From has no domain with a name (RFC 9989 5.3.1)"
#define SEVERAL "From names several domains (RFC 9989 5.3.1)"

/* A field under way. */
struct list {
	struct span rest;
	bool is_angle;		/* within < > */
	bool is_group;		/* between a colon and a semicolon */
	bool has_word;		/* something stands in front of what comes next, in this address */
	bool is_over;		/* this address has had its >, or a group its end */
};

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Octets of atoms, dots between them, and UTF-8 (RFC 6532 3.2). */
static bool
is_atom(char c)
{
	return (unsigned char)c > 0x20 && c != 0x7f && strchr("()<>[]:;@\\,\"", c) == NULL;
}

/* Over a quoted string or, which may be one in another, a comment; *rest begins with what opens it. Returns false when it has no end. */
static bool
skip_enclosed(struct span *rest)
{
	bool is_comment = rest->data[0] == '(';
	size_t depth = 0;

	for (size_t i = 0; i < rest->length; i++) {
		char c = rest->data[i];

		if (c == '\\')
			i++;
		else if (is_comment && c == '(')
			depth++;
		else if (is_comment ? c == ')' && --depth == 0 : c == '"' && i > 0) {
			*rest = span_skip(*rest, i + 1);
			return true;
		}
	}
	return false;
}

/* Over white space and comments. Returns false when a comment has no end. */
static bool
skip_blank(struct span *rest)
{
	while (rest->length > 0 && (is_space(rest->data[0]) || rest->data[0] == '(')) {
		if (is_space(rest->data[0]))
			*rest = span_skip(*rest, 1);
		else if (!skip_enclosed(rest))
			return false;
	}
	return true;
}

/* Behind a domain nothing comes but the end of its address. */
static bool
is_end(const struct list *list)
{
	if (list->rest.length == 0)
		return !list->is_angle;
	return list->is_angle ? list->rest.data[0] == '>' : strchr(",;<", list->rest.data[0]) != NULL && list->rest.data[0] != '\0';
}

/* The domain behind "@", which *rest begins with. It is the author's, or has to be the same. Returns NULL, or what is wrong. */
static const char *
domain_read(struct list *list, char author[DMARC_DOMAIN_TEXT])
{
	char name[AUTH_NAME_TEXT];
	struct span domain;
	size_t length = 0;

	list->rest = span_skip(list->rest, 1);
	if (!list->has_word || list->is_over || !skip_blank(&list->rest))
		return MALFORMED;
	while (length < list->rest.length && is_atom(list->rest.data[length]))
		length++;
	domain = span_first(list->rest, length);
	list->rest = span_skip(list->rest, length);
	if (length == 0)
		return NO_NAME;
	if (!skip_blank(&list->rest) || !is_end(list))
		return MALFORMED;
	if (!auth_name_to_ascii(domain, name))
		return NO_NAME;
	if (author[0] != '\0' && strcmp(author, name) != 0)
		return SEVERAL;
	memcpy(author, name, sizeof(name));
	return NULL;
}

/* Signs that open and close addresses and groups. Returns false when they are where they cannot be. */
static bool
sign_read(struct list *list, char sign)
{
	bool was_angle = list->is_angle, was_group = list->is_group;

	list->rest = span_skip(list->rest, 1);
	list->has_word = false;
	switch (sign) {
	case '<':
		list->is_angle = true;
		return !was_angle && !list->is_over;
	case '>':
		list->is_angle = false;
		list->is_over = true;
		return was_angle;
	case ':':
		list->is_group = true;
		return !was_angle && !was_group && !list->is_over;
	case ';':
		list->is_group = false;
		list->is_over = true;
		return !was_angle && was_group;
	case ',':
		list->is_over = false;
		return !was_angle;
	default:
		return false;
	}
}

/* An atom or a quoted string. Returns false when it has no end, or stands behind the end of an address. */
static bool
word_read(struct list *list)
{
	list->has_word = true;
	if (list->rest.data[0] == '"')
		return !list->is_over && skip_enclosed(&list->rest);
	while (list->rest.length > 0 && is_atom(list->rest.data[0]))
		list->rest = span_skip(list->rest, 1);
	return !list->is_over;
}

/* Returns NULL, or what is wrong. */
static const char *
list_read(struct span value, char author[DMARC_DOMAIN_TEXT])
{
	struct list list = { .rest = value };
	const char *why = NULL;

	if (memchr(value.data, '\0', value.length) != NULL)
		return MALFORMED;
	while (why == NULL) {
		char next;

		if (!skip_blank(&list.rest))
			return MALFORMED;
		if (list.rest.length == 0)
			return list.is_angle || list.is_group ? MALFORMED : NULL;
		next = list.rest.data[0];
		if (next == '@')
			why = domain_read(&list, author);
		else if (is_atom(next) || next == '"' ? !word_read(&list) : !sign_read(&list, next))
			return MALFORMED;
	}
	return why;
}

const char *
dmarc_author(struct span header, char author[DMARC_DOMAIN_TEXT])
{
	struct arena *arena = arena_new();
	struct dkim_fields fields;
	struct span from;
	const char *why = dkim_fields_read(header, arena, &fields);

	author[0] = '\0';
	if (why == NULL && dkim_fields_count(&fields, SPAN("From")) != 1)
		why = NOT_ONE;
	if (why == NULL && dkim_fields_take(&fields, SPAN("From"), &from)) {
		why = list_read(span_skip(from, span_find(from, ':') + 1), author);
		if (why == NULL && author[0] == '\0')
			why = NO_DOMAIN;
	}
	if (why != NULL)
		author[0] = '\0';
	arena_free(&arena);
	return why;
}
