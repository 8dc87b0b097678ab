/* The grammar of records (RFC 7208 12), term by term: every octet of one is accounted for, or the record is wrong. */
#include "spf_record.h"

#include <arpa/inet.h>
#include <string.h>

#include "spf_macro.h"

#define RECORD_VERSION "v=spf1"

#define TOO_LONG "the record is longer than 16 KiB"
#define TOO_MANY "the record has more than 1000 mechanisms"
#define NO_TERM "no mechanism of that name, and no modifier (RFC 7208 4.6.1)"
#define NO_MODIFIER "a modifier whose name is none, or that has a qualifier (RFC 7208 4.6.1)"
#define TWICE "redirect and exp may be there once each (RFC 7208 6)"
#define NO_TARGET "a domain is expected behind : or = (RFC 7208 4.6.1)"
#define NO_ARGUMENT "takes nothing behind its name (RFC 7208 5.1)"
#define NO_DOMAIN "the name ends neither with a macro nor with a label of letters behind a dot (RFC 7208 7.1)"
#define NO_PREFIX "/ with a length in front of nothing, 0 to 32, or // with one of 0 to 128, are expected (RFC 7208 5)"
#define NO_NETWORK4 "not a network of IPv4 (RFC 7208 5.6)"
#define NO_NETWORK6 "not a network of IPv6 (RFC 7208 5.6)"

#define PREFIX4_MOST 32
#define PREFIX6_MOST 128

/* --- letters --- */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_alphanumeric(char c)
{
	return is_digit(c) || is_alpha(c);
}

/* --- domain-spec --- */

/* Letters, digits and inner hyphens, and not digits alone: an address is no name (RFC 7208 7.1). */
static bool
toplabel_is_good(struct span label)
{
	bool is_number = true;

	if (label.length == 0 || !is_alphanumeric(label.data[0]) || !is_alphanumeric(label.data[label.length - 1]))
		return false;
	for (size_t i = 0; i < label.length; i++) {
		if (!is_alphanumeric(label.data[i]) && label.data[i] != '-')
			return false;
		is_number = is_number && is_digit(label.data[i]);
	}
	return !is_number;
}

/* Returns NULL, or what is wrong. */
static const char *
target_check(struct span target)
{
	const char *why = target.length == 0 ? NO_TARGET : spf_macro_check(target, SPF_IN_DOMAIN);
	struct span tail;

	if (why != NULL)
		return why;
	tail = spf_macro_tail(target);
	if (tail.length == 0)
		return NULL;
	if (tail.data[tail.length - 1] == '.')
		tail.length--;
	if (span_find(tail, '.') == tail.length || !toplabel_is_good(span_behind_last(tail, '.')))
		return NO_DOMAIN;
	return NULL;
}

/* --- prefixes --- */

/* "0", or digits that do not begin with it, up to most. */
static bool
prefix_read(struct span digits, unsigned most, unsigned *prefix)
{
	uint64_t number;

	if (digits.length > 3 || (digits.length > 1 && digits.data[0] == '0') || !span_to_u64(digits, most, &number))
		return false;
	*prefix = (unsigned)number;
	return true;
}

/* Cut slashes and the digits behind them off the end, if that is what it ends with. Returns false when they are no length. */
static bool
prefix_cut(struct span *text, struct span slashes, unsigned most, unsigned *prefix)
{
	size_t start = text->length;

	while (start > 0 && is_digit(text->data[start - 1]))
		start--;
	if (start == text->length || start < slashes.length ||
	    !span_equal(span_make(text->data + start - slashes.length, slashes.length), slashes))
		return true;
	if (!prefix_read(span_skip(*text, start), most, prefix))
		return false;
	*text = span_first(*text, start - slashes.length);
	return true;
}

/* --- mechanisms: what is behind the name --- */

typedef const char *argument_fn(struct span rest, struct spf_term *term);

static const char *
nothing_read(struct span rest, struct spf_term *term)
{
	(void)term;
	return rest.length == 0 ? NULL : NO_ARGUMENT;
}

/* ":" domain-spec */
static const char *
target_read(struct span rest, struct spf_term *term)
{
	if (rest.length == 0 || rest.data[0] != ':')
		return NO_TARGET;
	term->target = span_skip(rest, 1);
	return target_check(term->target);
}

/* [ ":" domain-spec ] */
static const char *
target_read_optional(struct span rest, struct spf_term *term)
{
	return rest.length == 0 ? NULL : target_read(rest, term);
}

/* [ ":" domain-spec ] [ dual-cidr-length ] */
static const char *
hosts_read(struct span rest, struct spf_term *term)
{
	if (!prefix_cut(&rest, SPAN("//"), PREFIX6_MOST, &term->prefix6) || !prefix_cut(&rest, SPAN("/"), PREFIX4_MOST, &term->prefix4))
		return NO_PREFIX;
	return rest.length > 0 && rest.data[0] == '/' ? NO_PREFIX : target_read_optional(rest, term);
}

/* ":" address [ "/" length ] */
static bool
network_read(struct span rest, int family, unsigned most, unsigned *prefix, void *out)
{
	char text[INET6_ADDRSTRLEN];
	struct span address;
	size_t slash;

	if (rest.length == 0 || rest.data[0] != ':')
		return false;
	rest = span_skip(rest, 1);
	slash = span_find(rest, '/');
	address = span_first(rest, slash);
	if (slash < rest.length && !prefix_read(span_skip(rest, slash + 1), most, prefix))
		return false;
	if (address.length >= sizeof(text) || memchr(address.data, '\0', address.length) != NULL)
		return false;
	memcpy(text, address.data, address.length);
	text[address.length] = '\0';
	return inet_pton(family, text, out) == 1;
}

static const char *
network4_read(struct span rest, struct spf_term *term)
{
	return network_read(rest, AF_INET, PREFIX4_MOST, &term->prefix4, term->network) ? NULL : NO_NETWORK4;
}

static const char *
network6_read(struct span rest, struct spf_term *term)
{
	return network_read(rest, AF_INET6, PREFIX6_MOST, &term->prefix6, term->network) ? NULL : NO_NETWORK6;
}

static const struct {
	struct span name;
	argument_fn *read;
} mechanisms[SPF_KINDS] = {
	[SPF_ALL] = { { "all", 3 }, nothing_read },
	[SPF_INCLUDE] = { { "include", 7 }, target_read },
	[SPF_A] = { { "a", 1 }, hosts_read },
	[SPF_MX] = { { "mx", 2 }, hosts_read },
	[SPF_PTR] = { { "ptr", 3 }, target_read_optional },
	[SPF_IP4] = { { "ip4", 3 }, network4_read },
	[SPF_IP6] = { { "ip6", 3 }, network6_read },
	[SPF_EXISTS] = { { "exists", 6 }, target_read },
};

/* --- terms --- */

static bool
qualifier_read(char c, enum spf_result *result)
{
	static const struct {
		char letter;
		enum spf_result result;
	} qualifiers[] = { { '+', SPF_PASS }, { '-', SPF_FAIL }, { '~', SPF_SOFTFAIL }, { '?', SPF_NEUTRAL } };

	for (size_t i = 0; i < sizeof(qualifiers) / sizeof(*qualifiers); i++)
		if (qualifiers[i].letter == c) {
			*result = qualifiers[i].result;
			return true;
		}
	return false;
}

static const char *
directive_read(struct span text, struct spf_term *term)
{
	struct span rest = text, name;
	size_t length = 0;

	*term = (struct spf_term){ .text = text, .result = SPF_PASS, .prefix4 = PREFIX4_MOST, .prefix6 = PREFIX6_MOST };
	if (qualifier_read(rest.data[0], &term->result))
		rest = span_skip(rest, 1);
	while (length < rest.length && is_alphanumeric(rest.data[length]))
		length++;
	name = span_first(rest, length);
	for (; term->kind < SPF_KINDS; term->kind++)
		if (span_equal_nocase(name, mechanisms[term->kind].name))
			return mechanisms[term->kind].read(span_skip(rest, length), term);
	return NO_TERM;
}

/* ALPHA *( ALPHA / DIGIT / "-" / "_" / "." ) */
static bool
name_is_good(struct span name)
{
	if (name.length == 0 || !is_alpha(name.data[0]))
		return false;
	for (size_t i = 0; i < name.length; i++)
		if (!is_alphanumeric(name.data[i]) && name.data[i] != '-' && name.data[i] != '_' && name.data[i] != '.')
			return false;
	return true;
}

/* One that nobody knows is ignored, once its syntax is good (RFC 7208 6). */
static const char *
modifier_read(struct span name, struct span value, struct spf_record *record)
{
	struct span *target = NULL;

	if (span_equal_nocase(name, SPAN("redirect")))
		target = &record->redirect;
	else if (span_equal_nocase(name, SPAN("exp")))
		target = &record->explanation;
	if (target == NULL)
		return name_is_good(name) ? spf_macro_check(value, SPF_IN_MODIFIER) : NO_MODIFIER;
	if (target->length > 0)
		return TWICE;
	*target = value;
	return target_check(value);
}

/* A modifier has = behind its name, before any : or / (RFC 7208 4.6.1). */
static bool
term_is_modifier(struct span term, size_t *equals)
{
	*equals = span_find(term, '=');
	return *equals < term.length && span_find(term, ':') > *equals && span_find(term, '/') > *equals;
}

static const char *
term_read(struct span term, struct spf_record *record)
{
	size_t equals;

	if (term_is_modifier(term, &equals))
		return modifier_read(span_first(term, equals), span_skip(term, equals + 1), record);
	if (record->count == SPF_MECHANISMS_MOST)
		return TOO_MANY;
	return directive_read(term, &record->terms[record->count++]);
}

bool
spf_record_is(struct span text)
{
	struct span version = SPAN(RECORD_VERSION);

	return span_starts_nocase(text, version) && (text.length == version.length || text.data[version.length] == ' ');
}

/* How many terms there may be, as far as they are read. */
static size_t
terms_count(struct span rest)
{
	struct span term;
	size_t count = 0;

	while (count < SPF_MECHANISMS_MOST && span_cut(&rest, ' ', &term))
		count += term.length > 0;
	return count;
}

/* Terms are what spaces, and only they, separate: a tab is an octet that no term may have. */
const char *
spf_record_read(struct span text, struct arena *arena, struct spf_record *record, struct span *where)
{
	struct span rest = span_skip(text, sizeof(RECORD_VERSION) - 1), term;
	const char *why = NULL;

	*where = SPAN("");
	if (text.length > SPF_RECORD_MAX)
		return TOO_LONG;
	*record = (struct spf_record){ .terms = arena_alloc(arena, terms_count(rest) * sizeof(*record->terms)) };
	while (why == NULL && span_cut(&rest, ' ', &term))
		if (term.length > 0) {
			*where = term;
			why = term_read(term, record);
		}
	return why;
}
