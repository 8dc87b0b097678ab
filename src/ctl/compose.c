/* The header of a local program's message, read and completed. */
#include "compose.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/fatal.h"
#include "base/ident.h"
#include "mail/date.h"

enum field { FIELD_DATE, FIELD_MESSAGE_ID, FIELD_FROM, FIELD_SENDER, FIELD_TO, FIELD_CC, FIELD_BCC, FIELD_RESENT_TO,
	FIELD_RESENT_CC, FIELD_RESENT_BCC, FIELDS, FIELD_OTHER = FIELDS };

#define BIT(field) (1u << FIELD_##field)

static const struct {
	const char *name;
	bool has_recipients, is_resent, is_blind;
} fields[FIELDS] = {
	[FIELD_DATE] = { "Date", false, false, false },
	[FIELD_MESSAGE_ID] = { "Message-ID", false, false, false },
	[FIELD_FROM] = { "From", false, false, false },
	[FIELD_SENDER] = { "Sender", false, false, false },
	[FIELD_TO] = { "To", true, false, false },
	[FIELD_CC] = { "Cc", true, false, false },
	[FIELD_BCC] = { "Bcc", true, false, true },
	[FIELD_RESENT_TO] = { "Resent-To", true, true, false },
	[FIELD_RESENT_CC] = { "Resent-Cc", true, true, false },
	[FIELD_RESENT_BCC] = { "Resent-Bcc", true, true, true },
};

struct composing {
	struct compose *compose;
	struct arena *arena;
	struct buf *out;
	unsigned seen;		/* BIT()s */
};

static void
add(struct composing *composing, struct span text)
{
	if (!buf_add(composing->out, text))
		fatal("a message of more than %zu octets", composing->out->ceiling);
}

/*
 * The next line without its end, which is LF, CRLF or CR: programs on this host have all of them. Returns false at
 * the end.
 */
static bool
line_take(struct span *rest, struct span *line)
{
	size_t lf, cr;

	if (rest->length == 0)
		return false;
	lf = span_find(*rest, '\n');
	cr = span_find(span_first(*rest, lf), '\r');
	*line = span_first(*rest, cr);
	/* CR and LF together are one end. */
	*rest = span_skip(*rest, cr + 1 == lf ? lf + 1 : cr + 1);
	return true;
}

/* "Name: ..." or "Name : ..." (RFC 5322 2.2; the latter is obsolete, and written). */
static bool
is_field(struct span line, struct span *name)
{
	size_t colon = span_find(line, ':');

	*name = span_trim_end(span_first(line, colon));
	if (colon == line.length || name->length == 0)
		return false;
	for (size_t i = 0; i < name->length; i++)
		if (!isgraph((unsigned char)name->data[i]))
			return false;
	return true;
}

static enum field
field_of(struct span name)
{
	enum field field = 0;

	while (field < FIELDS && !span_equal_nocase(name, span_of(fields[field].name)))
		field++;
	return field;
}

static bool
is_continued(struct span rest)
{
	return rest.length > 0 && (rest.data[0] == ' ' || rest.data[0] == '\t');
}

/* A field of the header: its first line and what is folded behind it. */
struct header_field {
	enum field field;
	struct span lines;	/* as they were read, their ends too */
	struct span value;	/* behind the colon, line ends in it */
};

/* Cut the next field off *rest. Returns false, *rest untouched, where the header ends. */
static bool
field_take(struct span *rest, struct header_field *out)
{
	struct span after = *rest, line, name;

	if (!line_take(&after, &line) || !is_field(line, &name))
		return false;
	out->field = field_of(name);
	while (is_continued(after) && line_take(&after, &line))
		;
	out->lines = span_first(*rest, rest->length - after.length);
	out->value = span_skip(out->lines, span_find(out->lines, ':') + 1);
	*rest = after;
	return true;
}

struct span
compose_qualify(struct arena *arena, struct span address, struct span host)
{
	struct buf text;
	struct span qualified;

	if (address.length == 0 || memchr(address.data, '@', address.length) != NULL)
		return address;
	buf_init(&text, address.length + host.length + 1);
	if (!buf_printf(&text, "%.*s@%.*s", SPAN_ARG(address), SPAN_ARG(host)))
		fatal("an address that does not fit");
	qualified = arena_span(arena, buf_span(&text));
	buf_clear(&text);
	return qualified;
}

/* One address of a list being put together. */
struct gathering {
	char *text;		/* octets outside comments and phrases */
	size_t length;
	char *route;		/* what stood between < and > */
	size_t route_length;
	bool is_routed, in_route;
	bool is_apart;		/* white space or a comment stood before what comes next */
};

static void
put(struct gathering *gathering, char c)
{
	if (gathering->in_route)
		gathering->route[gathering->route_length++] = c;
	else
		gathering->text[gathering->length++] = c;
}

/* Next to these white space means nothing (RFC 5322 4.4). */
static bool
joins(char c)
{
	return c == '.' || c == '@' || c == ':' || c == ',';
}

/* Words that stood apart are kept apart: joined they would be the address of somebody else. */
static void
gather(struct gathering *gathering, char c)
{
	size_t length = gathering->in_route ? gathering->route_length : gathering->length;
	const char *text = gathering->in_route ? gathering->route : gathering->text;

	if (gathering->is_apart && length > 0 && !joins(text[length - 1]) && !joins(c))
		put(gathering, ' ');
	gathering->is_apart = false;
	put(gathering, c);
}

/* Behind a comma, a semicolon, or at the end: what is it that was gathered? */
static bool
gathered(struct arena *arena, struct gathering *gathering, bool (*on_address)(void *arg, struct span address), void *arg)
{
	struct span address = gathering->is_routed ? span_make(gathering->route, gathering->route_length) :
	    span_make(gathering->text, gathering->length);
	bool good = true;

	/* A source route in front of the address (RFC 5322 4.4) is left out. */
	if (address.length > 0 && address.data[0] == '@' && span_find(address, ':') < address.length)
		address = span_skip(address, span_find(address, ':') + 1);
	if (address.length > 0)
		good = on_address(arg, arena_span(arena, address));
	gathering->length = gathering->route_length = 0;
	gathering->is_routed = gathering->in_route = false;
	return good;
}

/* Behind a comment that begins at i, or at the end of the list. */
static size_t
comment_skip(struct span list, size_t i)
{
	unsigned depth = 0;

	for (; i < list.length; i++) {
		if (list.data[i] == '\\')
			i++;
		else if (list.data[i] == '(')
			depth++;
		else if (list.data[i] == ')' && --depth == 0)
			return i;
	}
	return list.length;
}

/* A quoted string that begins at i is kept with its quotes: "a b"@example.org. Returns where it ends. */
static size_t
quoted_gather(struct gathering *gathering, struct span list, size_t i)
{
	gather(gathering, list.data[i++]);
	for (; i < list.length && list.data[i] != '"'; i++) {
		if (list.data[i] == '\\' && i + 1 < list.length)
			gather(gathering, list.data[i++]);
		if (list.data[i] != '\r' && list.data[i] != '\n')
			gather(gathering, list.data[i]);
	}
	gather(gathering, '"');
	return i;
}

/* A group's name, "friends:", unless the colon is part of an address. */
static bool
ends_group_name(const struct gathering *gathering)
{
	return !gathering->in_route && memchr(gathering->text, '@', gathering->length) == NULL &&
	    memchr(gathering->text, '[', gathering->length) == NULL;
}

/* Words that stand apart are a phrase, "Joe Doe <joe@...>"; without an address behind it they are none, and refused. */
static bool
addresses_step(struct arena *arena, struct gathering *gathering, struct span list, size_t *i,
    bool (*on_address)(void *arg, struct span address), void *arg)
{
	char c = list.data[*i];

	switch (c) {
	case '(':
		*i = comment_skip(list, *i);
		gathering->is_apart = true;
		break;
	case '"':
		*i = quoted_gather(gathering, list, *i);
		break;
	case '<':
		gathering->is_routed = gathering->in_route = true;
		gathering->route_length = 0;
		break;
	case '>':
		gathering->in_route = false;
		break;
	case ',':
		return gathering->in_route || gathered(arena, gathering, on_address, arg);
	case ';':
		return gathered(arena, gathering, on_address, arg);
	case ':':
		if (ends_group_name(gathering))
			gathering->length = 0;
		else
			gather(gathering, c);
		break;
	case ' ':
	case '\t':
	case '\r':
	case '\n':
		gathering->is_apart = true;
		break;
	default:
		gather(gathering, c);
	}
	return true;
}

bool
compose_addresses(struct arena *arena, struct span list, bool (*on_address)(void *arg, struct span address), void *arg)
{
	/* A quoted string that is not closed is given its quote. */
	struct gathering gathering = {
		.text = arena_alloc(arena, list.length + 2), .route = arena_alloc(arena, list.length + 2)
	};

	for (size_t i = 0; i < list.length; i++)
		if (!addresses_step(arena, &gathering, list, &i, on_address, arg))
			return false;
	return gathered(arena, &gathering, on_address, arg);
}

static bool
on_recipient(void *arg, struct span address)
{
	struct composing *composing = arg;
	struct compose *compose = composing->compose;

	if (compose->recipients_count == COMPOSE_RECIPIENTS_MAX)
		return false;
	compose->recipients[compose->recipients_count++] = compose_qualify(composing->arena, address, compose->host);
	return true;
}

/* Look at the header once: which fields there are, and with -t who is to have the message. */
static const char *
header_read(struct composing *composing, struct span rest)
{
	struct header_field field;
	struct span all = rest;
	bool is_resent, good = true;

	while (field_take(&rest, &field))
		if (field.field < FIELDS)
			composing->seen |= 1u << field.field;
	is_resent = (composing->seen & (BIT(RESENT_TO) | BIT(RESENT_CC) | BIT(RESENT_BCC))) != 0;
	if (!composing->compose->takes_recipients)
		return NULL;
	composing->compose->recipients = arena_alloc(composing->arena, COMPOSE_RECIPIENTS_MAX * sizeof(struct span));
	while (good && field_take(&all, &field))
		if (field.field < FIELDS && fields[field.field].has_recipients && fields[field.field].is_resent == is_resent)
			good = compose_addresses(composing->arena, field.value, on_recipient, composing);
	return good ? NULL : "too many recipients";
}

static void
lines_add(struct composing *composing, struct span lines)
{
	struct span line;

	while (line_take(&lines, &line)) {
		add(composing, line);
		add(composing, SPAN("\r\n"));
	}
}

__attribute__((format(printf, 2, 3))) static void
field_add(struct composing *composing, const char *format, ...)
{
	va_list arguments;
	char line[1024];

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	add(composing, span_of(line));
	add(composing, SPAN("\r\n"));
}

/* A display name between quotes, of printable ASCII (RFC 5322 3.2.4). */
static const char *
name_quoted(const char *name, char *out, size_t size)
{
	size_t length = 0;

	if (name[0] == '\0')
		return "";
	out[length++] = '"';
	for (; *name != '\0' && length + 5 < size; name++) {
		if (*name == '"' || *name == '\\')
			out[length++] = '\\';
		out[length++] = isprint((unsigned char)*name) ? *name : '?';
	}
	memcpy(out + length, "\" ", 3);
	return out;
}

/* What RFC 5322 3.6 wants, and a program left out. */
static void
missing_add(struct composing *composing)
{
	const struct compose *compose = composing->compose;
	char date[DATE_TEXT], unique[IDENT_TEXT], name[256];

	if (!(composing->seen & BIT(DATE)))
		field_add(composing, "Date: %s", date_format(compose->now, date));
	if (!(composing->seen & BIT(MESSAGE_ID)))
		field_add(composing, "Message-ID: <%" PRId64 ".%s@%.*s>", compose->now, ident_format(compose->unique, unique),
		    SPAN_ARG(compose->host));
	if (!(composing->seen & BIT(FROM)))
		field_add(composing, "From: %s<%.*s>", name_quoted(compose->full_name, name, sizeof(name)),
		    SPAN_ARG(compose->author));
	/* Bcc alone, once it is left out, leaves nobody. */
	if (!(composing->seen & (BIT(TO) | BIT(CC))) && (compose->takes_recipients || !(composing->seen & BIT(BCC))))
		field_add(composing, "To: undisclosed-recipients:;");
}

static void
body_add(struct composing *composing, struct span rest)
{
	struct span line;

	while (line_take(&rest, &line)) {
		if (composing->compose->dot_ends && span_equal(line, SPAN(".")))
			break;
		add(composing, line);
		add(composing, SPAN("\r\n"));
	}
}

/* A line "From joe Sun Nov 22 ..." in front is a mailbox's, not the message's. */
static struct span
envelope_line_skip(struct span text)
{
	struct span rest = text, line;

	return span_starts(text, SPAN("From ")) && line_take(&rest, &line) ? rest : text;
}

const char *
compose_message(struct compose *compose, struct arena *arena, struct span text, struct buf *out)
{
	struct composing composing = { .compose = compose, .arena = arena, .out = out };
	struct span rest = envelope_line_skip(text), after, line;
	struct header_field field;
	const char *why = header_read(&composing, rest);

	if (why != NULL)
		return why;
	missing_add(&composing);
	while (field_take(&rest, &field))
		if (field.field == FIELD_OTHER || !fields[field.field].is_blind || !compose->takes_recipients)
			lines_add(&composing, field.lines);
	add(&composing, SPAN("\r\n"));
	/* The empty line between header and body was written above; a header without one is still a header. */
	after = rest;
	if (line_take(&after, &line) && line.length == 0)
		rest = after;
	body_add(&composing, rest);
	compose->has_8bit = !span_is_ascii(buf_span(out));
	return NULL;
}
