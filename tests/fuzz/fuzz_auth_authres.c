/*
 * A header with fields that claim to be ours: what stays is the same however it is cut, never longer, goes through unchanged the second
 * time, and none of it is removed behind the empty line. And any value in a field of our own: it stays one.
 */
#include "auth/authres.h"

#include <string.h>

#include "fuzz.h"

#define ID "mx.example.org"

static void
strip_in_steps(const char *id, struct span message, size_t step, struct buf *kept)
{
	struct authres_strip strip;
	struct span octets, piece;

	authres_strip_init(&strip, id);
	for (; message.length > 0; message = span_skip(message, step)) {
		octets = span_first(message, step);
		while (authres_strip_next(&strip, &octets, &piece)) {
			fuzz_holds(piece.length > 0);
			fuzz_holds(buf_add(kept, piece));
		}
	}
	fuzz_holds(buf_add(kept, authres_strip_end(&strip)));
}

static void
strip_check(const char *id, struct span message)
{
	struct buf whole, cut, again;

	buf_init(&whole, message.length);
	buf_init(&cut, message.length);
	buf_init(&again, message.length);
	strip_in_steps(id, message, SIZE_MAX, &whole);
	strip_in_steps(id, message, 1, &cut);
	strip_in_steps(id, buf_span(&whole), 3, &again);
	fuzz_holds(span_equal(buf_span(&whole), buf_span(&cut)));
	fuzz_holds(span_equal(buf_span(&whole), buf_span(&again)));
	buf_clear(&whole);
	buf_clear(&cut);
	buf_clear(&again);
}

/* The quotes of a value are its own, and only its first and last. */
static void
value_check(struct span value)
{
	struct authres field;
	struct span text;
	bool is_quoted;
	struct buf out;
	size_t at;

	buf_init(&out, 4096);
	authres_begin(&field, &out, ID, false);
	authres_result(&field, "m", "pass");
	authres_property(&field, "p.x", value);
	fuzz_holds(authres_end(&field));
	text = buf_span(&out);
	at = sizeof("Authentication-Results: " ID ";\r\n\tm=pass") - 1;
	is_quoted = false;
	for (; at + 2 < text.length; at++) {
		char c = text.data[at];

		fuzz_holds((unsigned char)c < 0x7f && (c >= ' ' || (!is_quoted && (c == '\r' || c == '\n' || c == '\t'))));
		if (is_quoted && c == '\\')
			at++;
		else if (c == '"')
			is_quoted = !is_quoted;
		else
			fuzz_holds(is_quoted || (c != ';' && c != '(' && c != '\\'));
	}
	fuzz_holds(!is_quoted && span_ends_nocase(text, SPAN("\r\n")));
	buf_clear(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	strip_check(ID, span_make(data, size));
	strip_check("mx.xn--bcher-kva.example", span_make(data, size));
	value_check(span_first(span_make(data, size), AUTHRES_VALUE_MAX));
	return 0;
}
