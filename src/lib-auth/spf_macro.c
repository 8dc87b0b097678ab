/* Macro expansion (RFC 7208 7): linear in what comes out, and bounded in memory whatever is asked to be repeated. */
#include "spf_macro.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NAME_OCTETS 253
#define TAIL_OCTETS (8 * NAME_OCTETS)	/* kept of a name under way */
#define VALUE_OCTETS 512		/* of one macro */
#define PARTS_MOST (VALUE_OCTETS + 1)
#define LETTERS "slodiphcrtv"
#define TEXT_LETTERS "crt"		/* in explanations only (RFC 7208 7.2) */
#define DELIMITERS ".-+,/_="

#define STRAY "a % that begins no macro (RFC 7208 7.1)"
#define NO_LETTER "a macro of no known letter (RFC 7208 7.2)"
#define NOT_HERE "a macro that only explanations may have (RFC 7208 7.2)"
#define NO_PARTS "a macro that keeps 0 parts (RFC 7208 7.3)"
#define NO_END "a macro that does not end with } (RFC 7208 7.1)"
#define NOT_VISIBLE "an octet that is no visible character of ASCII (RFC 7208 7.1)"

/* Octets that stand for themselves, or one macro. */
struct element {
	struct span octets;		/* of what is no %{...}: %_ and such already replaced */
	char letter;			/* in lower case; '\0' = no %{...} */
	bool is_escape;			/* %%, %_ or %- */
	bool is_upper, is_reversed;
	unsigned keep;			/* parts from the right; 0 = all */
	struct span delimiters;
};

typedef void take_fn(void *arg, struct span octets);

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Of ASCII, whatever the locale; never the NUL that ends the list. */
static bool
is_one_of(char c, const char *list)
{
	return c != '\0' && strchr(list, c) != NULL;
}

/* Digits, capped where more makes no difference. Returns false when they say 0. */
static bool
keep_read(struct span *rest, unsigned *keep)
{
	bool has_digits = false;

	for (*keep = 0; rest->length > 0 && is_one_of(rest->data[0], "0123456789"); *rest = span_skip(*rest, 1)) {
		if (*keep < PARTS_MOST)
			*keep = *keep * 10 + (unsigned)(rest->data[0] - '0');
		has_digits = true;
	}
	return !has_digits || *keep > 0;
}

/* What stands behind "%{". */
static const char *
macro_read(struct span *rest, struct element *element)
{
	size_t delimiters = 0;

	if (rest->length == 0 || !is_one_of(lower(rest->data[0]), LETTERS))
		return NO_LETTER;
	element->letter = lower(rest->data[0]);
	element->is_upper = element->letter != rest->data[0];
	*rest = span_skip(*rest, 1);
	if (!keep_read(rest, &element->keep))
		return NO_PARTS;
	if (rest->length > 0 && lower(rest->data[0]) == 'r') {
		element->is_reversed = true;
		*rest = span_skip(*rest, 1);
	}
	while (delimiters < rest->length && is_one_of(rest->data[delimiters], DELIMITERS))
		delimiters++;
	element->delimiters = span_first(*rest, delimiters);
	*rest = span_skip(*rest, delimiters);
	if (rest->length == 0 || rest->data[0] != '}')
		return NO_END;
	*rest = span_skip(*rest, 1);
	return NULL;
}

/* Cut the first element off. Returns NULL, or what is wrong with it. */
static const char *
element_read(struct span *rest, struct element *element)
{
	static const struct {
		char letter;
		struct span octets;
	} escapes[] = { { '%', { "%", 1 } }, { '_', { " ", 1 } }, { '-', { "%20", 3 } } };
	size_t plain = span_find(*rest, '%');

	*element = (struct element){ .octets = span_first(*rest, plain) };
	*rest = span_skip(*rest, plain == 0 ? 1 : plain);
	if (plain > 0)
		return NULL;
	if (rest->length > 0 && rest->data[0] == '{') {
		*rest = span_skip(*rest, 1);
		return macro_read(rest, element);
	}
	for (size_t i = 0; rest->length > 0 && i < sizeof(escapes) / sizeof(*escapes); i++)
		if (rest->data[0] == escapes[i].letter) {
			element->octets = escapes[i].octets;
			element->is_escape = true;
			*rest = span_skip(*rest, 1);
			return NULL;
		}
	return STRAY;
}

static const char *
element_check(const struct element *element, enum spf_place place)
{
	if (element->letter != '\0')
		return place == SPF_IN_DOMAIN && is_one_of(element->letter, TEXT_LETTERS) ? NOT_HERE : NULL;
	if (element->is_escape)
		return NULL;
	for (size_t i = 0; i < element->octets.length; i++) {
		char c = element->octets.data[i];

		if (!(c > ' ' && c < 0x7f) && !(c == ' ' && place == SPF_IN_TEXT))
			return NOT_VISIBLE;
	}
	return NULL;
}

const char *
spf_macro_check(struct span text, enum spf_place place)
{
	const char *why = NULL;

	while (why == NULL && text.length > 0) {
		struct element element;

		why = element_read(&text, &element);
		if (why == NULL)
			why = element_check(&element, place);
	}
	return why;
}

struct span
spf_macro_tail(struct span text)
{
	struct span tail = text;
	struct element element;

	while (text.length > 0 && element_read(&text, &element) == NULL)
		if (element.letter != '\0' || element.is_escape)
			tail = text;
	return tail;
}

bool
spf_macro_uses(struct span text, char letter)
{
	struct element element;

	while (text.length > 0 && element_read(&text, &element) == NULL)
		if (element.letter == letter)
			return true;
	return false;
}

/* --- what a letter stands for --- */

/* Dotted: IPv6 as its 32 digits (RFC 7208 7.3). */
static struct span
ip_dotted(struct ip ip, char out[VALUE_OCTETS])
{
	size_t length = 0;
	char text[IP_TEXT];

	if (ip.family != 6)
		return span_make(out, (size_t)snprintf(out, VALUE_OCTETS, "%s", ip_format(ip, text)));
	for (size_t i = 0; i < sizeof(ip.octets); i++)
		length += (size_t)snprintf(out + length, VALUE_OCTETS - length, "%s%x.%x", i > 0 ? "." : "", ip.octets[i] >> 4,
		    ip.octets[i] & 0xf);
	return span_make(out, length);
}

/* Borrowed from the macros, or written to out. */
static struct span
value_of(char letter, const struct spf_macros *macros, char out[VALUE_OCTETS])
{
	const struct {
		char letter;
		struct span value;
	} texts[] = {
		{ 's', macros->sender }, { 'l', macros->local }, { 'o', macros->origin }, { 'd', macros->domain }, { 'h', macros->helo },
		{ 'r', macros->receiver }, { 'p', macros->validated }, { 'v', macros->ip.family == 6 ? SPAN("ip6") : SPAN("in-addr") }
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (texts[i].letter == letter)
			return span_first(texts[i].value, VALUE_OCTETS);
	if (letter == 'i')
		return ip_dotted(macros->ip, out);
	if (letter == 'c')
		return span_of(ip_format(macros->ip, out));
	return span_make(out, (size_t)snprintf(out, VALUE_OCTETS, "%" PRId64, macros->now_s));
}

static size_t
parts_cut(struct span value, struct span delimiters, struct span parts[PARTS_MOST])
{
	size_t count = 0, start = 0;

	for (size_t i = 0; i < value.length; i++)
		if (span_find(delimiters, value.data[i]) < delimiters.length) {
			parts[count++] = span_make(value.data + start, i - start);
			start = i + 1;
		}
	parts[count++] = span_skip(value, start);
	return count;
}

/* As URLs have it: all but the unreserved characters escaped (RFC 3986 2.3). */
static void
escaped_give(struct span octets, take_fn *take, void *arg)
{
	for (size_t i = 0; i < octets.length; i++) {
		unsigned char c = (unsigned char)octets.data[i];
		char text[4];

		if ((lower((char)c) >= 'a' && lower((char)c) <= 'z') || is_one_of((char)c, "0123456789-._~"))
			take(arg, span_make(octets.data + i, 1));
		else
			take(arg, span_make(text, (size_t)snprintf(text, sizeof(text), "%%%02X", c)));
	}
}

static void
macro_give(const struct element *element, const struct spf_macros *macros, take_fn *take, void *arg)
{
	struct span parts[PARTS_MOST];
	char out[VALUE_OCTETS];
	struct span delimiters = element->delimiters.length == 0 ? SPAN(".") : element->delimiters;
	size_t count = parts_cut(value_of(element->letter, macros, out), delimiters, parts);
	size_t keep = element->keep == 0 || element->keep > count ? count : element->keep;

	/* What is reversed is reversed before the right end of it is kept. */
	for (size_t i = count - keep; i < count; i++) {
		struct span part = element->is_reversed ? parts[count - 1 - i] : parts[i];

		if (i > count - keep)
			take(arg, SPAN("."));
		if (element->is_upper)
			escaped_give(part, take, arg);
		else
			take(arg, part);
	}
}

static void
text_give(struct span text, const struct spf_macros *macros, take_fn *take, void *arg)
{
	struct element element;

	while (text.length > 0 && element_read(&text, &element) == NULL) {
		if (element.letter == '\0')
			take(arg, element.octets);
		else
			macro_give(&element, macros, take, arg);
	}
}

/* --- where it goes --- */

/* The end of a name is what is kept of it. */
static void
on_name_octets(void *arg, struct span octets)
{
	struct buf *tail = arg;

	if (octets.length > TAIL_OCTETS)
		octets = span_skip(octets, octets.length - TAIL_OCTETS);
	if (buf_length(tail) + octets.length > 2 * TAIL_OCTETS)
		buf_consume(tail, buf_length(tail) + octets.length - 2 * TAIL_OCTETS);
	(void)!buf_add(tail, octets);
}

struct span
spf_macro_name(struct span text, const struct spf_macros *macros, struct arena *arena)
{
	struct span name;
	struct buf tail;

	buf_init(&tail, 2 * TAIL_OCTETS);
	text_give(text, macros, on_name_octets, &tail);
	name = buf_span(&tail);
	if (name.length > 0 && name.data[name.length - 1] == '.')
		name.length--;
	while (name.length > NAME_OCTETS)
		name = span_skip(name, span_find(name, '.') + 1);
	name = arena_span(arena, name);
	buf_clear(&tail);
	return name;
}

static void
on_text_octets(void *arg, struct span octets)
{
	struct buf *out = arg;

	(void)!buf_add(out, span_first(octets, out->ceiling - buf_length(out)));
}

void
spf_macro_text(struct span text, const struct spf_macros *macros, struct buf *out)
{
	text_give(text, macros, on_text_octets, out);
}
