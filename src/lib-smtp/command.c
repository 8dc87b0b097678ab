/* Command lines: where they end, what may stand in them, which verb they have. */
#include "smtp/command.h"

#include <string.h>

#define TLS_HANDSHAKE_RECORD 0x16	/* first octet of a TLS ClientHello's record */

static const struct {
	struct span word;
	enum command_verb verb;
} verbs[] = {
	{ { "EHLO", 4 }, COMMAND_EHLO },
	{ { "HELO", 4 }, COMMAND_HELO },
	{ { "STARTTLS", 8 }, COMMAND_STARTTLS },
	{ { "MAIL", 4 }, COMMAND_MAIL },
	{ { "RCPT", 4 }, COMMAND_RCPT },
	{ { "DATA", 4 }, COMMAND_DATA },
	{ { "BDAT", 4 }, COMMAND_BDAT },
	{ { "RSET", 4 }, COMMAND_RSET },
	{ { "NOOP", 4 }, COMMAND_NOOP },
	{ { "QUIT", 4 }, COMMAND_QUIT },
	{ { "VRFY", 4 }, COMMAND_VRFY },
	{ { "HELP", 4 }, COMMAND_HELP },
	{ { "EXPN", 4 }, COMMAND_ABSENT },
	{ { "AUTH", 4 }, COMMAND_ABSENT },
	{ { "ETRN", 4 }, COMMAND_ABSENT },
	{ { "ATRN", 4 }, COMMAND_ABSENT },
	{ { "TURN", 4 }, COMMAND_ABSENT },
	{ { "SEND", 4 }, COMMAND_ABSENT },
	{ { "SOML", 4 }, COMMAND_ABSENT },
	{ { "SAML", 4 }, COMMAND_ABSENT },
	/* RFC 9110 9.3, RFC 5789 */
	{ { "GET", 3 }, COMMAND_FOREIGN },
	{ { "POST", 4 }, COMMAND_FOREIGN },
	{ { "HEAD", 4 }, COMMAND_FOREIGN },
	{ { "PUT", 3 }, COMMAND_FOREIGN },
	{ { "DELETE", 6 }, COMMAND_FOREIGN },
	{ { "CONNECT", 7 }, COMMAND_FOREIGN },
	{ { "OPTIONS", 7 }, COMMAND_FOREIGN },
	{ { "TRACE", 5 }, COMMAND_FOREIGN },
	{ { "PATCH", 5 }, COMMAND_FOREIGN },
};

/* Where the first CRLF stands, or octets.length. */
static size_t
find_crlf(struct span octets)
{
	for (size_t from = 0; from < octets.length;) {
		size_t lf = from + span_find(span_skip(octets, from), '\n');

		if (lf < octets.length && lf > 0 && octets.data[lf - 1] == '\r')
			return lf - 1;
		from = lf + 1;
	}
	return octets.length;
}

/* "Host:" as a word: a header field, so the peer speaks HTTP or sends content where commands belong. */
static bool
is_field_name(struct span word)
{
	return word.length > 1 && span_find(word, ':') == word.length - 1;
}

static enum command_verb
verb_of(struct span word)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (span_equal_nocase(word, verbs[i].word))
			return verbs[i].verb;
	return is_field_name(word) ? COMMAND_FOREIGN : COMMAND_UNKNOWN;
}

static bool
has_control(struct span line)
{
	for (size_t i = 0; i < line.length; i++) {
		unsigned char c = (unsigned char)line.data[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return true;
	}
	return false;
}

static enum parse_result
command_parse(struct span line, struct command *command, const char **why)
{
	bool is_long;

	if (has_control(line)) {
		*why = "a control octet in a command line (RFC 5321 2.3.8)";
		return PARSE_BAD;
	}
	command->word = span_first(line, span_find(line, ' '));
	command->arguments = span_trim_end(span_skip(line, command->word.length + 1));
	command->word = span_trim_end(command->word);
	command->verb = verb_of(command->word);
	is_long = command->verb == COMMAND_MAIL || command->verb == COMMAND_RCPT;
	if (line.length + 2 > (is_long ? COMMAND_OCTETS_LONG : COMMAND_OCTETS)) {
		*why = "line too long (RFC 5321 4.5.3.1.4)";
		return PARSE_BAD;
	}
	return PARSE_DONE;
}

/* No end in sight: consume what is already too much, but not a CR that may be half of the end. */
static enum parse_result
command_wait(struct command_reader *reader, struct span octets, size_t *used)
{
	if (octets.length >= COMMAND_OCTETS_LONG)
		reader->is_skipping = true;
	*used = 0;
	if (reader->is_skipping && octets.length > 0)
		*used = octets.data[octets.length - 1] == '\r' ? octets.length - 1 : octets.length;
	return PARSE_MORE;
}

enum parse_result
command_read(struct command_reader *reader, struct span octets, size_t *used, struct command *command, const char **why)
{
	size_t end;

	if (!reader->is_skipping && octets.length > 0 && octets.data[0] == TLS_HANDSHAKE_RECORD) {
		*command = (struct command){ .verb = COMMAND_FOREIGN };
		*used = octets.length;
		return PARSE_DONE;
	}
	end = find_crlf(octets);
	if (end == octets.length)
		return command_wait(reader, octets, used);
	*used = end + 2;
	if (reader->is_skipping) {
		reader->is_skipping = false;
		*why = "line too long (RFC 5321 4.5.3.1.4)";
		return PARSE_BAD;
	}
	return command_parse(span_first(octets, end), command, why);
}

const char *
command_name(enum command_verb verb)
{
	static const char *const other[COMMAND_VERBS] = {
		[COMMAND_UNKNOWN] = "unknown", [COMMAND_ABSENT] = "absent", [COMMAND_FOREIGN] = "foreign"
	};

	if (other[verb] != NULL)
		return other[verb];
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (verbs[i].verb == verb)
			return verbs[i].word.data;
	return "-";
}

enum bdat_result
command_bdat_parse(struct span arguments, uint64_t *octets, bool *is_last)
{
	struct span digits = span_first(arguments, span_find(arguments, ' '));
	struct span rest = span_skip(arguments, digits.length + 1);
	size_t n = 0;

	*is_last = digits.length < arguments.length;
	if (*is_last && !span_equal_nocase(rest, SPAN("LAST")))
		return BDAT_MALFORMED;
	if (span_to_u64(digits, UINT64_MAX, octets))
		return BDAT_GOOD;
	while (n < digits.length && digits.data[n] >= '0' && digits.data[n] <= '9')
		n++;
	return digits.length > 0 && n == digits.length ? BDAT_OVERFLOW : BDAT_MALFORMED;
}
