/*
 * Records of others, and what their macros expand to: a record is wrong in one of its terms, or every term of it is in bounds and
 * every name that comes out is short enough. The same octets as an explanation.
 */
#include "src/lib-auth/spf_record.h"

#include <string.h>

#include "fuzz.h"
#include "src/lib-auth/spf_macro.h"

static struct spf_macros
macros_of(uint8_t choice)
{
	struct spf_macros macros = { .sender = SPAN("a.b-c+d,e/f_g=h \xff@mail.d.example"), .local = SPAN("a.b-c+d,e/f_g=h \xff"),
		.origin = SPAN("mail.d.example"), .domain = SPAN("d.example"), .helo = SPAN("..."), .receiver = SPAN(""),
		.validated = SPAN("unknown"), .now_s = -1 };

	fuzz_holds(ip_parse(choice & 1 ? SPAN("2001:db8::cb01") : SPAN("192.0.2.3"), &macros.ip));
	return macros;
}

static void
target_check(struct span target, const struct spf_macros *macros, struct arena *arena)
{
	struct span name;

	fuzz_holds(spf_macro_check(target, SPF_IN_DOMAIN) == NULL);
	name = spf_macro_name(target, macros, arena);
	fuzz_holds(name.length <= 253 && name.data[name.length] == '\0');
}

static void
record(struct span text, const struct spf_macros *macros)
{
	struct arena *arena = arena_new();
	struct spf_record read;
	struct span where;

	if (spf_record_read(text, arena, &read, &where) != NULL) {
		fuzz_holds(where.length == 0 || (where.data >= text.data && where.data + where.length <= text.data + text.length));
		arena_free(&arena);
		return;
	}
	for (size_t i = 0; i < read.count; i++) {
		fuzz_holds(read.terms[i].prefix4 <= 32 && read.terms[i].prefix6 <= 128 && read.terms[i].kind < SPF_KINDS);
		fuzz_holds(span_find(read.terms[i].text, ' ') == read.terms[i].text.length);
		target_check(read.terms[i].target, macros, arena);
	}
	target_check(read.redirect, macros, arena);
	target_check(read.explanation, macros, arena);
	arena_free(&arena);
}

static void
explanation(struct span text, const struct spf_macros *macros)
{
	struct buf out;

	if (spf_macro_check(text, SPF_IN_TEXT) != NULL)
		return;
	buf_init(&out, SPF_EXPLANATION_MAX);
	spf_macro_text(text, macros, &out);
	fuzz_holds(buf_length(&out) <= SPF_EXPLANATION_MAX);
	buf_clear(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct spf_macros macros = macros_of(size == 0 ? 0 : data[0]);
	struct buf text;

	if (size == 0)
		return 0;
	buf_init(&text, size + 8);
	fuzz_holds(buf_add(&text, SPAN("v=spf1 ")) && buf_add(&text, span_make(data + 1, size - 1)));
	fuzz_holds(spf_record_is(buf_span(&text)));
	record(buf_span(&text), &macros);
	explanation(span_make(data + 1, size - 1), &macros);
	buf_clear(&text);
	return 0;
}
