/* From the octets of a Received field to words and comments. What is within quotes or angle brackets is never a clause or a comment. */
#include "received_token.h"

#include <string.h>

static const struct {
	struct span word;
	enum received_clause clause;
} clause_words[] = {
	{ { "from", 4 }, CLAUSE_FROM }, { { "by", 2 }, CLAUSE_BY }, { { "with", 4 }, CLAUSE_WITH }, { { "id", 2 }, CLAUSE_ID },
	{ { "for", 3 }, CLAUSE_FOR }, { { "via", 3 }, CLAUSE_VIA }, { { "tls", 3 }, CLAUSE_TLS },
	{ { "envelope-from", 13 }, CLAUSE_SENDER },
};
#define CLAUSE_WORDS (sizeof(clause_words) / sizeof(*clause_words))

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct span
unfold(struct span value, struct arena *arena)
{
	char *out = arena_alloc(arena, value.length + 1);
	size_t length = 0;

	for (size_t i = 0; i < value.length; i++) {
		if (!is_blank(value.data[i]))
			out[length++] = value.data[i];
		else if (length > 0 && out[length - 1] != ' ')
			out[length++] = ' ';
	}
	return span_trim_end(span_make(out, length));
}

/* Octets of what begins with `open` and ends with `close`: quoted pairs are skipped, and a comment has comments in it. 0 = no end. */
static size_t
enclosed_length(struct span text, char open, char close)
{
	size_t depth = 0;

	for (size_t i = 0; i < text.length; i++) {
		char c = text.data[i];

		if (c == '\\')
			i++;
		else if (c == close && (open != close || i > 0) && --depth == 0)
			return i + 1;
		else if (c == open && (open == '(' || i == 0))
			depth++;
	}
	return 0;
}

/* Octets of a quoted string or a path, as a part of a word. 0 = no end. */
static size_t
quoted_length(struct span text)
{
	size_t length = 1;

	if (text.data[0] == '"')
		return enclosed_length(text, '"', '"');
	while (length < text.length && text.data[length] != '>') {
		size_t quoted = text.data[length] == '"' ? enclosed_length(span_skip(text, length), '"', '"') : 1;

		if (quoted == 0)
			return 0;
		length += quoted;
	}
	return length == text.length ? 0 : length + 1;
}

/*
 * Octets of a comment. Exim and Dovecot write the sender into one, "(envelope-from <a@b>)": what is within its path is the client's, ends
 * nothing and begins nothing. 0 = no end.
 */
static size_t
comment_length(struct span text)
{
	static const struct span envelope = { "(envelope-from <", 16 };
	size_t path, end;

	if (!span_starts_nocase(text, envelope))
		return enclosed_length(text, '(', ')');
	path = quoted_length(span_skip(text, envelope.length - 1));
	end = envelope.length - 1 + path;
	if (path == 0 || end == text.length)
		return 0;
	end += span_find(span_skip(text, end), ')');
	return end == text.length ? 0 : end + 1;
}

/* Octets of a word: up to a space, a comment or a semicolon outside of quotes. 0 = its quotes have no end. */
static size_t
word_length(struct span text)
{
	size_t length = 0;

	while (length < text.length && strchr(" (;", text.data[length]) == NULL) {
		bool is_quoted = text.data[length] == '"' || text.data[length] == '<';
		size_t octets = is_quoted ? quoted_length(span_skip(text, length)) : 1;

		if (octets == 0)
			return 0;
		length += octets;
	}
	return length;
}

/* A clause is begun by its word, unless the one before still waits for its own. */
static bool
clause_begins(struct received_tokens *tokens, enum received_clause *clause, bool *waits, struct span word)
{
	for (size_t i = 0; i < CLAUSE_WORDS && !*waits; i++) {
		if (!span_equal_nocase(word, clause_words[i].word))
			continue;
		*clause = clause_words[i].clause;
		tokens->seen[*clause]++;
		*waits = true;
		return true;
	}
	*waits = false;
	return false;
}

static void
token_add(struct received_tokens *tokens, enum received_clause clause, bool is_comment, struct span text)
{
	if (tokens->count == RECEIVED_TOKENS)
		tokens->is_broken = true;
	else
		tokens->all[tokens->count++] = (struct received_token){ text, clause, is_comment };
}

void
received_tokens_read(struct span value, struct arena *arena, struct received_tokens *tokens)
{
	enum received_clause clause = CLAUSE_LEAD;
	bool waits = false;

	*tokens = (struct received_tokens){ .count = 0 };
	for (struct span rest = unfold(value, arena); rest.length > 0 && !tokens->is_broken;) {
		bool is_comment = rest.data[0] == '(';
		size_t length = is_comment ? comment_length(rest) : word_length(rest);

		if (rest.data[0] == ' ' || rest.data[0] == ';') {
			/* What follows the last one is the date; a clause behind an earlier one is none. */
			if (rest.data[0] == ';') {
				tokens->tail = span_trim(span_skip(rest, 1));
				clause = CLAUSE_TAIL;
			}
			length = 1;
		} else if (length == 0) {
			tokens->is_broken = true;
		} else if (is_comment) {
			token_add(tokens, clause, true, span_trim(span_make(rest.data + 1, length - 2)));
		} else if (clause == CLAUSE_TAIL || !clause_begins(tokens, &clause, &waits, span_first(rest, length))) {
			token_add(tokens, clause, false, span_first(rest, length));
		}
		rest = span_skip(rest, length);
	}
}

struct span
received_comment(const struct received_tokens *tokens, enum received_clause clause, size_t n)
{
	for (size_t i = 0; i < tokens->count; i++)
		if (tokens->all[i].is_comment && tokens->all[i].clause == clause && n-- == 0)
			return tokens->all[i].text;
	return SPAN("");
}

struct span
received_words(const struct received_tokens *tokens, enum received_clause clause)
{
	struct span words = SPAN("");

	for (size_t i = 0; i < tokens->count; i++) {
		const struct received_token *token = &tokens->all[i];

		if (token->clause != clause || (token->is_comment && words.length == 0))
			continue;
		if (token->is_comment)
			break;
		if (words.length == 0)
			words = token->text;
		words.length = (size_t)(token->text.data + token->text.length - words.data);
	}
	return words;
}

struct span
received_word(const struct received_tokens *tokens, enum received_clause clause)
{
	struct span words = received_words(tokens, clause);

	for (size_t i = 0; i < tokens->count; i++)
		if (tokens->all[i].text.data == words.data && words.length > 0)
			return tokens->all[i].text;
	return SPAN("");
}
