/* Replies, line by line. */
#include "smtp/reply.h"

void
reply_parser_init(struct reply_parser *parser)
{
	*parser = (struct reply_parser){ .code = 0 };
	buf_init(&parser->lines, REPLY_OCTETS);
	buf_init(&parser->line, REPLY_LINE_OCTETS + 1);
}

void
reply_parser_clear(struct reply_parser *parser)
{
	buf_clear(&parser->lines);
	buf_clear(&parser->line);
	reply_parser_init(parser);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One to three digits, and no zero in front of others (RFC 3464 2.3.4); returns how many, 0 for none, too many, or such a zero. */
static size_t
number_length(struct span text)
{
	size_t n = 0;

	while (n < text.length && n < 4 && is_digit(text.data[n]))
		n++;
	return n <= 3 && (n < 2 || text.data[0] != '0') ? n : 0;
}

struct span
reply_status(struct span text, int class)
{
	size_t subject, detail, length;

	if (text.length < 5 || text.data[0] != '0' + class || text.data[1] != '.')
		return SPAN("");
	subject = number_length(span_skip(text, 2));
	if (subject == 0 || text.length < 2 + subject + 2 || text.data[2 + subject] != '.')
		return SPAN("");
	detail = number_length(span_skip(text, 3 + subject));
	length = 3 + subject + detail;
	if (detail == 0 || (text.length > length && text.data[length] != ' ' && text.data[length] != '\n'))
		return SPAN("");
	return span_first(text, length);
}

/* The code at the front of a line, or 0 (RFC 5321 4.2: the first digit is 2 to 5). */
static int
line_code(struct span line)
{
	if (line.length < 3 || line.data[0] < '2' || line.data[0] > '5' || !is_digit(line.data[1]) || !is_digit(line.data[2]))
		return 0;
	if (line.length > 3 && line.data[3] != ' ' && line.data[3] != '-')
		return 0;
	return (line.data[0] - '0') * 100 + (line.data[1] - '0') * 10 + (line.data[2] - '0');
}

static enum parse_result
bad(struct reply_parser *parser, const char *why)
{
	parser->why = why;
	return PARSE_BAD;
}

/* A whole line, without its CRLF. */
static enum parse_result
line_take(struct reply_parser *parser, struct span line)
{
	int code = line_code(line);

	if (span_find(line, '\r') < line.length)
		return bad(parser, "a reply has a CR that ends no line (RFC 5321 2.3.8)");
	if (code == 0)
		return bad(parser, "a line is no reply (RFC 5321 4.2)");
	if (parser->code != 0 && code != parser->code)
		return bad(parser, "the lines of a reply have different codes (RFC 5321 4.2.1)");
	if (++parser->count > REPLY_LINES)
		return bad(parser, "a reply has too many lines");
	if ((parser->code != 0 && !buf_add(&parser->lines, SPAN("\n"))) || !buf_add(&parser->lines, span_skip(line, 4)))
		return bad(parser, "a reply is too long");
	parser->code = code;
	return line.length > 3 && line.data[3] == '-' ? PARSE_MORE : PARSE_DONE;
}

/* Cut a line off; what has come of an unfinished one is kept. PARSE_DONE: *line is whole, without its CRLF. */
static enum parse_result
line_next(struct reply_parser *parser, struct span *octets, struct span *line)
{
	size_t at = span_find(*octets, '\n');
	struct span part = span_first(*octets, at);

	if (at == octets->length || buf_length(&parser->line) > 0) {
		if (!buf_add(&parser->line, part))
			return bad(parser, "a line of a reply is too long (RFC 5321 4.5.3.1.5)");
		part = buf_span(&parser->line);
	}
	if (at == octets->length) {
		*octets = span_skip(*octets, at);
		return PARSE_MORE;
	}
	*octets = span_skip(*octets, at + 1);
	if (part.length == 0 || part.data[part.length - 1] != '\r')
		return bad(parser, "a line of a reply ends without CR (RFC 5321 2.3.8)");
	if (part.length - 1 > REPLY_LINE_OCTETS)
		return bad(parser, "a line of a reply is too long (RFC 5321 4.5.3.1.5)");
	*line = span_first(part, part.length - 1);
	return PARSE_DONE;
}

/* What was handed out is not needed any more. */
static void
parser_restart(struct reply_parser *parser)
{
	buf_empty(&parser->lines);
	parser->is_done = false;
	parser->code = 0;
	parser->count = 0;
}

enum parse_result
reply_next(struct reply_parser *parser, struct span *octets, struct reply *reply)
{
	enum parse_result result;
	struct span line;

	if (parser->why != NULL)
		return PARSE_BAD;
	if (parser->is_done)
		parser_restart(parser);
	do {
		result = line_next(parser, octets, &line);
		if (result != PARSE_DONE)
			return result;
		result = line_take(parser, line);
		buf_empty(&parser->line);
	} while (result == PARSE_MORE);
	if (result == PARSE_BAD)
		return result;
	parser->is_done = true;
	reply->code = parser->code;
	reply->count = parser->count;
	reply->lines = buf_span(&parser->lines);
	reply->status = reply_status(reply->lines, parser->code / 100);
	return PARSE_DONE;
}

static size_t
text_add(struct span text, char *out, size_t length, size_t size)
{
	if (text.length > size - 1 - length)
		text.length = size - 1 - length;
	for (size_t i = 0; i < text.length; i++)
		out[length++] = text.data[i] == '\0' ? '?' : text.data[i];
	return length;
}

size_t
reply_join(const struct reply *reply, char *out, size_t size)
{
	struct span rest = reply->lines.length == 0 ? SPAN("") : reply->lines, line;
	size_t length = 0;

	for (unsigned i = 0; span_cut(&rest, '\n', &line); i++) {
		if (i > 0 && reply->status.length > 0 && span_starts(line, reply->status))
			line = span_skip(line, reply->status.length);
		line = span_trim(line);
		if (length > 0 && line.length > 0)
			length = text_add(SPAN(" "), out, length, size);
		length = text_add(line, out, length, size);
	}
	out[length] = '\0';
	return length;
}
