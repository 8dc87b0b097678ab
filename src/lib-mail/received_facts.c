/* What one Received field says: who, whom, and how it was carried. Whatever could have been put there by the client decides nothing. */
#include "mail/received_facts.h"

#include "mail/date.h"
#include "received_shape.h"
#include "received_token.h"

/* What stands behind WITH (RFC 3848, RFC 6531 4.3; Exim's own, old CommuniGate's), in any letter case. */
static const struct span bases[] = {
	{ "ESMTP", 5 }, { "SMTP", 4 }, { "LMTP", 4 }, { "UTF8SMTP", 8 }, { "UTF8LMTP", 8 }, { "UTF8ESMTP", 9 }, { "local-esmtp", 11 },
	{ "local-smtp", 10 },
};
static const struct {
	struct span text;
	bool is_tls;
} suffixes[] = { { { "", 0 }, false }, { { "A", 1 }, false }, { { "S", 1 }, true }, { { "SA", 2 }, true }, { { "-TLS", 4 }, true } };

enum keyword { KEYWORD_OTHER, KEYWORD_SMTP, KEYWORD_ESMTP, KEYWORD_TLS };

/* SMTP and LMTP say less than ESMTP: whose TLS has no keyword may stand behind them. */
static enum keyword
keyword_read(struct span with)
{
	for (size_t b = 0; b < sizeof(bases) / sizeof(*bases); b++)
		for (size_t s = 0; s < sizeof(suffixes) / sizeof(*suffixes); s++) {
			if (with.length != bases[b].length + suffixes[s].text.length || !span_starts_nocase(with, bases[b]) ||
			    !span_ends_nocase(with, suffixes[s].text))
				continue;
			if (suffixes[s].is_tls)
				return KEYWORD_TLS;
			return b == 1 || b == 2 ? KEYWORD_SMTP : KEYWORD_ESMTP;
		}
	return KEYWORD_OTHER;
}

/* --- FROM --- */

/* "[192.0.2.1]", "[IPv6:2001:db8::1]", "[192.0.2.1]:4711", "user@192.0.2.1", "192.0.2.1" */
static bool
address_read(struct span word, struct ip *ip)
{
	if (span_find(word, '@') < word.length)
		word = span_behind_last(word, '@');
	if (word.length > 0 && word.data[0] == '[') {
		word = span_skip(word, 1);
		word = span_first(word, span_find(word, ']'));
	}
	if (span_starts_nocase(word, SPAN("IPv6:")))
		word = span_skip(word, 5);
	return ip_parse(word, ip);
}

static struct span
name_settle(struct span name)
{
	return name.length > 1 && name.data[name.length - 1] == '.' ? span_first(name, name.length - 1) : name;
}

/* The words of "(HELO name)", "(account user HELO name)": only the name behind HELO counts. */
static bool
helo_read(struct span comment, struct received_facts *facts)
{
	struct span rest = comment, word;

	while (span_cut(&rest, ' ', &word)) {
		bool is_verb = span_equal(word, SPAN("HELO")) || span_equal(word, SPAN("EHLO")) || span_equal(word, SPAN("LHLO"));

		if (is_verb && span_cut(&rest, ' ', &word)) {
			facts->from = word;
			return true;
		}
	}
	return false;
}

/* The server's own words: the address, and the name it found for that. */
static void
peer_read(struct span comment, struct received_facts *facts)
{
	bool is_forged = false, has_address = false;
	struct span rest = comment, word, name = SPAN("");

	for (bool is_first = true; span_cut(&rest, ' ', &word); is_first = false) {
		struct ip ip;

		if (!has_address && address_read(word, &ip)) {
			facts->ip = ip;
			has_address = true;
		} else if (span_starts(word, SPAN("helo="))) {
			facts->from = span_skip(word, 5);
		} else if (is_first && word.length > 0 && word.data[0] != '[' && word.data[0] != '<' &&
		    !span_equal_nocase(word, SPAN("unknown"))) {
			name = name_settle(word);
		}
		is_forged |= span_starts(word, SPAN("forged"));
	}
	/* Sendmail says "may be forged" of a name that does not lead back to the address. */
	if (has_address && name.length > 0 && !is_forged)
		facts->rdns = name;
}

static void
from_read(const struct received_tokens *tokens, const struct received_shape *shape, struct received_facts *facts)
{
	struct span word = received_word(tokens, CLAUSE_FROM);
	struct ip said;
	bool is_address = address_read(word, &said), is_name = word.length > 0 && !is_address;

	/* An address with HELO is what the client says of itself. */
	if (is_address && shape->flags & SHAPE_FROM_IS_SEEN)
		facts->ip = said;
	if (shape->flags & SHAPE_FROM_IS_RDNS && is_name && !span_equal_nocase(word, SPAN("unknown")))
		facts->rdns = name_settle(word);
	if (is_name)
		facts->from = word;
	/* The server's own words are the first comment, or the one behind that with HELO: whatever follows may have the client's. */
	if (helo_read(received_comment(tokens, CLAUSE_FROM, 0), facts))
		peer_read(received_comment(tokens, CLAUSE_FROM, 1), facts);
	else
		peer_read(received_comment(tokens, CLAUSE_FROM, 0), facts);
	/* Somebody carried it there, whoever that was. */
	if (is_address && facts->ip.family == 0 && facts->from.length == 0)
		facts->from = word;
	facts->is_rdns_proved = facts->rdns.length > 0 && shape->flags & SHAPE_PROVES_RDNS;
}

/* --- TLS --- */

/* Does a comment where this software writes of TLS say so? Never the first one behind FROM. Facts get what it says. */
static bool
forms_read(const struct received_tokens *tokens, const struct received_shape *shape, struct received_facts *facts)
{
	bool is_said = false;
	size_t early = 0;

	for (size_t i = 0; i < tokens->count; i++) {
		const struct received_token *token = &tokens->all[i];
		bool is_early = token->clause == CLAUSE_FROM;

		if (!token->is_comment || token->clause == CLAUSE_LEAD || token->clause == CLAUSE_TAIL)
			continue;
		if (!is_early || (early++ > 0 && shape->flags & SHAPE_EARLY))
			is_said |= received_form_read(token->text, facts);
	}
	/* RFC 8314 4.3, and Exim */
	if (tokens->seen[CLAUSE_TLS] > 0 && facts->cipher.length == 0) {
		facts->cipher = received_word(tokens, CLAUSE_TLS);
		is_said |= facts->cipher.length > 0;
	}
	return is_said;
}

/* A clause twice is a clause too many: one of them may be the client's words. */
static bool
is_ambiguous(const struct received_tokens *tokens)
{
	return tokens->is_broken || tokens->seen[CLAUSE_FROM] > 1 || tokens->seen[CLAUSE_BY] > 1 || tokens->seen[CLAUSE_WITH] > 1 ||
	    tokens->seen[CLAUSE_TLS] > 1;
}

/* OpenSMTPD's own sendmail: nothing was carried, although it writes ESMTP. */
static bool
is_local(const struct received_tokens *tokens)
{
	return span_ends_nocase(received_comment(tokens, CLAUSE_FROM, 0), SPAN("[local]"));
}

static void
tls_read(const struct received_tokens *tokens, const struct received_shape *shape, struct received_facts *facts)
{
	enum keyword keyword = keyword_read(facts->with);
	bool is_clear = (keyword == KEYWORD_ESMTP && shape->flags & SHAPE_CLEAR_ESMTP) ||
	    (keyword == KEYWORD_SMTP && shape->flags & SHAPE_CLEAR_SMTP);

	if (forms_read(tokens, shape, facts) || keyword == KEYWORD_TLS)
		facts->tls = RECEIVED_TLS_YES;
	else if (is_clear && !is_local(tokens))
		facts->tls = RECEIVED_TLS_NO;
}

bool
received_facts_read(struct span value, struct arena *arena, struct received_facts *facts)
{
	struct received_tokens tokens;
	const struct received_shape *shape;

	*facts = (struct received_facts){ .software = "" };
	if (value.length > RECEIVED_FACTS_OCTETS)
		return false;
	received_tokens_read(value, arena, &tokens);
	facts->has_when = date_parse_field(tokens.tail, &facts->when);
	if (is_ambiguous(&tokens))
		return true;
	shape = received_shape_find(&tokens);
	facts->software = shape->software;
	facts->by = received_word(&tokens, CLAUSE_BY);
	facts->with = received_words(&tokens, CLAUSE_WITH);
	from_read(&tokens, shape, facts);
	tls_read(&tokens, shape, facts);
	return true;
}
