/*
 * Authentication-Results fields that claim to be ours are left out of a header (RFC 8601 5). Every octet is looked at once; those of a
 * field are held until it is clear whose it is.
 */
#include <string.h>

#include "auth/authres.h"
#include "auth_name.h"

#define A_LABEL "xn--"	/* RFC 5890 2.3.2.1 */

static const char name[] = "authentication-results";
#define NAME_OCTETS (sizeof(name) - 1)

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* What programs take for white space, line ends among it, and what they leave out. */
static bool
is_space(char c)
{
	return (unsigned char)c <= ' ' || c == 0x7f;
}

void
authres_strip_init(struct authres_strip *strip, const char *id)
{
	*strip = (struct authres_strip){ .id = id, .is_international = strcasestr(id, A_LABEL) != NULL, .is_line_start = true };
}

static void
strip_goes(struct authres_strip *strip)
{
	strip->at = AUTHRES_GOES;
	strip->held_octets = 0;
	strip->removed++;
}

static void
strip_begins_id(struct authres_strip *strip)
{
	strip->at = AUTHRES_ID;
	strip->said_octets = 0;
	strip->is_word = false;
}

static void
look_at_name(struct authres_strip *strip, char c)
{
	if (strip->matched < NAME_OCTETS) {
		if (lower(c) == name[strip->matched])
			strip->matched++;
		else
			strip->at = AUTHRES_STAYS;
	} else if (c == ':') {
		strip_begins_id(strip);
	} else {
		strip->at = is_space(c) ? AUTHRES_COLON : AUTHRES_STAYS;
	}
}

static void
look_at_colon(struct authres_strip *strip, char c)
{
	if (c == ':')
		strip_begins_id(strip);
	else if (!is_space(c))
		strip->at = AUTHRES_STAYS;
}

/* What may stand in a name: whoever reads on behind it reads a version, or the first result. */
static bool
is_of_a_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
	    (unsigned char)c > 0x7f;
}

/* Is what was said so far our name? It may have a final dot, and U-labels where ours has A-labels (RFC 8601 5). */
static bool
is_ours(const struct authres_strip *strip)
{
	struct span said = span_make(strip->said, strip->said_octets), id = span_of(strip->id);
	char ascii[AUTH_NAME_TEXT];

	if (said.length > 0 && said.data[said.length - 1] == '.')
		said.length--;
	if (span_is_ascii(said))
		return span_equal_nocase(said, id);
	return strip->is_international && auth_name_to_ascii(said, ascii) && span_equal_nocase(span_of(ascii), id);
}

/* One more octet. Returns whether it can still become our name: what may have U-labels is not judged before it is whole. */
static bool
said_add(struct authres_strip *strip, char c)
{
	struct span said = span_make(strip->said, strip->said_octets + 1), id = span_of(strip->id);

	strip->said[strip->said_octets++] = c;
	if (strip->is_international)
		return said.length < sizeof(strip->said);
	return said.length <= id.length ? span_starts_nocase(id, said) : is_ours(strip);
}

/*
 * An octet that is the authserv-id's, quotes and escapes undone. No name has "=?", where an encoded word begins: programs that decode
 * them (RFC 5228 2.7.2) would read whatever it says, ours too.
 */
static void
id_add(struct authres_strip *strip, char c)
{
	if (strip->is_word ? c == '?' : !is_of_a_name(c) && is_ours(strip))
		strip_goes(strip);
	else if (!strip->is_word && c == '=')
		strip->is_word = true;
	else if (strip->is_word || !is_of_a_name(c) || !said_add(strip, c))
		strip->at = AUTHRES_STAYS;
}

/* Between its words: where ours has ended, it is ours; where it is not whole, programs differ in whether it goes on. */
static void
id_pause(struct authres_strip *strip)
{
	if (strip->is_word)
		strip->at = AUTHRES_STAYS;
	else if (is_ours(strip))
		strip_goes(strip);
}

/* Comments, which may have comments in them (RFC 5322 3.2.2). */
static void
look_at_comment(struct authres_strip *strip, char c)
{
	if (strip->is_escaped)
		strip->is_escaped = false;
	else if (c == '\\')
		strip->is_escaped = true;
	else if (c == '(')
		strip->depth++;
	else if (c == ')')
		strip->depth--;
}

static void
look_at_quoted(struct authres_strip *strip, char c)
{
	if (strip->is_escaped) {
		strip->is_escaped = false;
		id_add(strip, c);
	} else if (c == '\\') {
		strip->is_escaped = true;
	} else if (c == '"') {
		strip->is_quoted = false;
	} else if (!is_space(c)) {
		id_add(strip, c);
	}
}

static void
look_at_id(struct authres_strip *strip, char c)
{
	if (strip->depth > 0) {
		look_at_comment(strip, c);
	} else if (strip->is_quoted) {
		look_at_quoted(strip, c);
	} else if (c == '(') {
		id_pause(strip);
		strip->depth = 1;
	} else if (c == '"') {
		strip->is_quoted = true;
	} else if (is_space(c)) {
		id_pause(strip);
	} else if (c != '\\') {
		id_add(strip, c);
	}
}

/*
 * It has ended before it was clear whose it is. One that has no name is nobody's, and some would read ours in what others take for its
 * comment; one that has another's, which with U-labels is clear no sooner, stays.
 */
static void
field_judge(struct authres_strip *strip)
{
	bool is_of_others = strip->is_international && strip->said_octets > 0 && strip->depth == 0 && !strip->is_quoted && !is_ours(strip);

	if (strip->at == AUTHRES_ID && !is_of_others)
		strip_goes(strip);
}

/* A line does not go on where the former ended: so does its field end, and another begin, or the body. */
static void
field_end(struct authres_strip *strip, char c)
{
	field_judge(strip);
	strip->at = c == '\r' || c == '\n' ? AUTHRES_BODY : AUTHRES_NAME;
	strip->matched = 0;
	strip->depth = 0;
	strip->is_quoted = strip->is_escaped = false;
}

static void
look(struct authres_strip *strip, char c)
{
	static void (*const looks[])(struct authres_strip *strip, char c) = {
		[AUTHRES_NAME] = look_at_name, [AUTHRES_COLON] = look_at_colon, [AUTHRES_ID] = look_at_id
	};

	looks[strip->at](strip, c);
	if (strip->at <= AUTHRES_ID && strip->held_octets == AUTHRES_HELD_MAX)
		strip_goes(strip);
}

/* What is held stays. */
static bool
held_take(struct authres_strip *strip, struct span *piece)
{
	*piece = span_make(strip->held, strip->held_octets);
	strip->held_octets = 0;
	return piece->length > 0;
}

/* The rest of the line, or all that there is of it: nothing in it can change whether its field stays. */
static struct span
line_take(struct authres_strip *strip, struct span *octets)
{
	size_t lf = span_find(*octets, '\n');
	struct span line = span_first(*octets, lf + 1);

	strip->is_line_start = lf < octets->length;
	*octets = span_skip(*octets, line.length);
	return line;
}

/* The first octet of a line says whether the field goes on. Returns whether it has ended: what is held of it stays. */
static bool
line_begin(struct authres_strip *strip, char c)
{
	strip->is_line_start = false;
	if (is_blank(c))
		return false;
	field_end(strip, c);
	return true;
}

/* One octet of a field that is not decided. */
static void
octet_hold(struct authres_strip *strip, struct span *octets)
{
	char c = octets->data[0];

	strip->held[strip->held_octets++] = c;
	*octets = span_skip(*octets, 1);
	strip->is_line_start = c == '\n';
	look(strip, c);
}

bool
authres_strip_next(struct authres_strip *strip, struct span *octets, struct span *piece)
{
	while (octets->length > 0) {
		if (strip->is_line_start && line_begin(strip, octets->data[0]) && held_take(strip, piece))
			return true;
		if ((strip->at == AUTHRES_STAYS || strip->at == AUTHRES_BODY) && held_take(strip, piece))
			return true;
		if (strip->at == AUTHRES_BODY) {
			*piece = *octets;
			*octets = SPAN("");
			return true;
		}
		if (strip->at == AUTHRES_STAYS) {
			*piece = line_take(strip, octets);
			return true;
		}
		if (strip->at == AUTHRES_GOES)
			(void)line_take(strip, octets);
		else
			octet_hold(strip, octets);
	}
	return false;
}

struct span
authres_strip_end(struct authres_strip *strip)
{
	struct span rest = SPAN("");

	field_judge(strip);
	(void)held_take(strip, &rest);
	return rest;
}
