/*
 * Mail of others in DKIM's canonical forms: the first octet says where the rest is cut and how. What comes out is the same however it
 * was cut, is its own canonical form, and has no more octets than went in and one CRLF.
 */
#include "src/lib-auth/dkim_canon.h"

#include <string.h>

#include "base/buf.h"
#include "fuzz.h"
#include "src/lib-auth/dkim_field.h"

static void
on_octets(void *arg, struct span octets)
{
	fuzz_holds(buf_add(arg, octets));
}

/* To be cleared. */
static struct buf
body_canon(struct span octets, enum dkim_form form, size_t step)
{
	struct dkim_body body;
	struct buf out;

	buf_init(&out, octets.length + 2);
	dkim_body_init(&body, form, on_octets, &out);
	for (; octets.length > 0; octets = span_skip(octets, step))
		dkim_body_add(&body, span_first(octets, step));
	dkim_body_end(&body);
	return out;
}

static void
body(struct span octets, enum dkim_form form, size_t step)
{
	struct buf whole = body_canon(octets, form, octets.length), cut = body_canon(octets, form, step);
	struct buf again = body_canon(buf_span(&whole), form, step);
	struct span text = buf_span(&whole);

	fuzz_holds(span_equal(text, buf_span(&cut)));
	fuzz_holds(span_equal(text, buf_span(&again)));
	fuzz_holds(text.length == 0 ? form == DKIM_RELAXED : text.length >= 2 && memcmp(text.data + text.length - 2, "\r\n", 2) == 0);
	fuzz_holds(text.length < 4 || memcmp(text.data + text.length - 4, "\r\n\r\n", 4) != 0);
	buf_clear(&again);
	buf_clear(&cut);
	buf_clear(&whole);
}

/* A field of a header is its own canonical form once it is that; of other octets it only has to end. */
static void
field(struct span octets, bool is_field)
{
	struct buf out, again;

	buf_init(&out, octets.length + 1);
	buf_init(&again, octets.length + 2);
	dkim_field_canon(DKIM_RELAXED, octets, on_octets, &out);
	dkim_field_canon(DKIM_RELAXED, buf_span(&out), on_octets, &again);
	fuzz_holds(!is_field || span_equal(buf_span(&out), buf_span(&again)));
	buf_clear(&again);
	buf_clear(&out);
}

static void
header(struct span octets)
{
	struct arena *arena = arena_new();
	struct dkim_fields fields;
	struct span taken, left = octets;
	const char *why = dkim_fields_read(octets, arena, &fields);
	size_t count = 0;

	for (size_t i = 0; why == NULL && i < fields.count; i++) {
		fuzz_holds(span_starts(left, fields.at[i]));
		left = span_skip(left, fields.at[i].length + 2);
		field(fields.at[i], true);
	}
	fuzz_holds(why != NULL || left.length == 0);
	while (why == NULL && dkim_fields_take(&fields, SPAN("From"), &taken))
		count++;
	fuzz_holds(why != NULL || count == dkim_fields_count(&fields, SPAN("from")));
	arena_free(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest;

	if (size == 0)
		return 0;
	rest = span_make(data + 1, size - 1);
	body(rest, data[0] & 1 ? DKIM_RELAXED : DKIM_SIMPLE, (size_t)(data[0] >> 1) + 1);
	field(rest, false);
	header(rest);
	return 0;
}
