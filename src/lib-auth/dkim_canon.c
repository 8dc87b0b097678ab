/* Canonical forms of bodies and header fields (RFC 6376 3.4): linear in the octets, constant in memory. */
#include "dkim_canon.h"

#include <string.h>

#define LOWER_OCTETS 64

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

void
dkim_body_init(struct dkim_body *body, enum dkim_form form, dkim_take_fn *take, void *arg)
{
	*body = (struct dkim_body){ .form = form, .take = take, .arg = arg };
}

static void
block_flush(struct dkim_body *body)
{
	if (body->block_octets > 0)
		body->take(body->arg, span_make(body->block, body->block_octets));
	body->block_octets = 0;
}

/* More of the canonical form. */
static void
give(struct dkim_body *body, struct span octets)
{
	if (body->block_octets + octets.length > sizeof(body->block))
		block_flush(body);
	if (octets.length > sizeof(body->block)) {
		body->take(body->arg, octets);
		return;
	}
	memcpy(body->block + body->block_octets, octets.data, octets.length);
	body->block_octets += octets.length;
}

/* As many as there were, millions of them maybe, and all at once. */
static void
line_ends_give(struct dkim_body *body)
{
	static const char some[] = "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n";

	while (body->line_ends > 0) {
		struct span octets = span_first(SPAN(some), body->line_ends * 2);

		give(body, octets);
		body->line_ends -= octets.length / 2;
	}
}

/* Something follows: what was held back counts. */
static void
release(struct dkim_body *body)
{
	line_ends_give(body);
	if (body->has_space)
		give(body, SPAN(" "));
	if (body->has_cr)
		give(body, SPAN("\r"));
	body->has_space = body->has_cr = false;
	body->has_content = true;
}

/* How many octets from the first on are neither a CR nor, in the relaxed form, white space. */
static size_t
plain_length(const struct dkim_body *body, struct span octets)
{
	size_t n = 0;

	while (n < octets.length && octets.data[n] != '\r' && !(body->form == DKIM_RELAXED && is_blank(octets.data[n])))
		n++;
	return n;
}

/* An octet that alone says nothing, or that ends a line. */
static bool
is_held_back(struct dkim_body *body, char c)
{
	if (c == '\n' && body->has_cr) {
		body->has_cr = body->has_space = false;
		body->line_ends++;
		return true;
	}
	if (body->has_cr)
		release(body);
	if (c == '\r')
		body->has_cr = true;
	else if (body->form == DKIM_RELAXED && is_blank(c))
		body->has_space = true;
	else
		return false;
	return true;
}

void
dkim_body_add(struct dkim_body *body, struct span octets)
{
	while (octets.length > 0) {
		size_t n = 1;

		if (!is_held_back(body, octets.data[0])) {
			release(body);
			n = plain_length(body, octets);
			give(body, span_first(octets, n));
		}
		octets = span_skip(octets, n);
	}
}

void
dkim_body_end(struct dkim_body *body)
{
	if (body->has_cr)
		release(body);
	/*
	 * A body that is not empty ends with one CRLF; one that is empty is one in the simple form, and nothing in the relaxed. White
	 * space in front of an end without CRLF is left out as if there were one: where the body travels there is.
	 */
	if (body->has_content || body->form == DKIM_SIMPLE)
		give(body, SPAN("\r\n"));
	block_flush(body);
}

static void
take_lower(struct span name, dkim_take_fn *take, void *arg)
{
	char lower[LOWER_OCTETS];

	while (name.length > 0) {
		size_t n = 0;

		for (; n < name.length && n < sizeof(lower); n++)
			lower[n] = (char)(name.data[n] >= 'A' && name.data[n] <= 'Z' ? name.data[n] + ('a' - 'A') : name.data[n]);
		take(arg, span_make(lower, n));
		name = span_skip(name, n);
	}
}

static bool
is_line_end(struct span octets)
{
	return octets.length >= 2 && octets.data[0] == '\r' && octets.data[1] == '\n';
}

/* The words of a value with one space where there was white space: unfolded, and none at either end (RFC 6376 3.4.2). */
static void
take_words(struct span value, dkim_take_fn *take, void *arg)
{
	bool has_space = false, has_word = false;

	while (value.length > 0) {
		size_t n = 1;

		if (is_blank(value.data[0])) {
			has_space = true;
		} else if (is_line_end(value)) {
			n = 2;
		} else {
			while (n < value.length && !is_blank(value.data[n]) && !is_line_end(span_skip(value, n)))
				n++;
			if (has_space && has_word)
				take(arg, SPAN(" "));
			take(arg, span_first(value, n));
			has_space = false;
			has_word = true;
		}
		value = span_skip(value, n);
	}
}

void
dkim_field_canon(enum dkim_form form, struct span field, dkim_take_fn *take, void *arg)
{
	size_t colon = span_find(field, ':');

	if (form == DKIM_SIMPLE) {
		take(arg, field);
		return;
	}
	take_lower(span_trim_end(span_first(field, colon)), take, arg);
	take(arg, SPAN(":"));
	take_words(span_skip(field, colon + 1), take, arg);
}
