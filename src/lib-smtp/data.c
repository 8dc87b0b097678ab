/*
 * Content in, by segments of any size; content out, in pieces as long as can be. Inside lines the octets are only
 * searched (memchr), never moved.
 */
#include "smtp/data.h"

#include <string.h>

void
data_init(struct data *data, bool is_dotted, bool normalise)
{
	*data = (struct data){ .state = DATA_LINE_START, .is_dotted = is_dotted, .normalise = normalise };
}

static void
line_grows(struct data *data, size_t octets)
{
	data->line += octets;
	if (data->line > data->longest)
		data->longest = data->line;
}

static void
line_ends(struct data *data)
{
	data->line = 0;
	data->state = DATA_LINE_START;
}

static bool
has_octet(struct span text, char octet)
{
	return span_find(text, octet) < text.length;
}

/* A line of octets up to its LF (left out), or as far as they go: is a CR where none may be? */
static void
line_look(struct data *data, struct span line, bool has_end)
{
	bool ends_cr = line.length > 0 && line.data[line.length - 1] == '\r';

	if (has_octet(span_first(line, line.length - ends_cr), '\r'))
		data->faults |= DATA_BARE_CR;
	line_grows(data, line.length - ends_cr);
	data->state = ends_cr && !has_end ? DATA_CR : DATA_TEXT;
	if (has_end && ends_cr)
		line_ends(data);
	else if (has_end && data->normalise)
		data->state = DATA_LF;
	else if (has_end)
		data->faults |= DATA_BARE_LF;
}

/*
 * Pass whole lines, and the beginning of one, for as long as nothing has to be left out or put in.
 * Returns how many octets that is.
 */
static size_t
lines_pass(struct data *data, struct span octets)
{
	struct span rest = octets;

	while (rest.length > 0 && data->state != DATA_LF) {
		size_t lf;

		if (data->state == DATA_LINE_START && data->is_dotted && rest.data[0] == '.')
			break;
		if (data->state == DATA_CR) {
			if (rest.data[0] == '\n') {
				line_ends(data);
				rest = span_skip(rest, 1);
				continue;
			}
			data->faults |= DATA_BARE_CR;
			line_grows(data, 1);
		}
		lf = span_find(rest, '\n');
		line_look(data, span_first(rest, lf), lf < rest.length);
		rest = span_skip(rest, data->state == DATA_LF ? lf : lf + 1);
	}
	return octets.length - rest.length;
}

static bool
is_refused(const struct data *data)
{
	return data->faults != 0;
}

/* A LF without CR is at the front of *octets. What follows it is never taken for the start of a line. */
static struct span
normalised_lf(struct data *data, struct span *octets)
{
	*octets = span_skip(*octets, 1);
	data->line = 0;
	data->state = DATA_TEXT;
	return SPAN("\r\n");
}

/* A dot at the start of a line: stuffed, or the end (RFC 5321 4.5.2). It is consumed either way. */
static void
dot(struct data *data, struct span *octets)
{
	char c = octets->data[0];

	if (data->state == DATA_LINE_START) {
		data->state = DATA_DOT;
	} else if (data->state == DATA_DOT && c == '\r') {
		data->state = DATA_DOT_CR;
	} else if (data->state == DATA_DOT_CR && c == '\n') {
		data->is_ended = true;
	} else {
		/* The octet that decided it is content and looked at again; a CR that was held back stood alone. */
		if (data->state == DATA_DOT_CR)
			data->faults |= DATA_BARE_CR;
		data->state = DATA_TEXT;
		return;
	}
	*octets = span_skip(*octets, 1);
}

static bool
is_at_dot(const struct data *data, struct span octets)
{
	return data->state == DATA_DOT || data->state == DATA_DOT_CR ||
	    (data->state == DATA_LINE_START && data->is_dotted && octets.data[0] == '.');
}

/* The next piece, which may be empty when octets only decided something. */
static struct span
piece_take(struct data *data, struct span *octets)
{
	struct span piece = { NULL, 0 };

	if (data->state == DATA_LF) {
		piece = normalised_lf(data, octets);
	} else if (is_at_dot(data, *octets)) {
		dot(data, octets);
	} else {
		piece = span_first(*octets, lines_pass(data, *octets));
		*octets = span_skip(*octets, piece.length);
		if (has_octet(piece, '\0'))
			data->faults |= DATA_NUL;
		if (!data->has_8bit && !span_is_ascii(piece))
			data->has_8bit = true;
	}
	return piece;
}

bool
data_next(struct data *data, struct span *octets, struct span *content)
{
	while (octets->length > 0 && !data->is_ended) {
		*content = piece_take(data, octets);
		data->length += content->length;
		if (content->length > 0 && !is_refused(data))
			return true;
	}
	return false;
}

void
data_end(struct data *data)
{
	if (data->state == DATA_CR)
		data->faults |= DATA_BARE_CR;
}
