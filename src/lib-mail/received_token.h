/* A Received field in its parts: words and comments, each under the clause it stands in (RFC 5321 4.4). */
#ifndef LIB_MAIL_RECEIVED_TOKEN_H
#define LIB_MAIL_RECEIVED_TOKEN_H

#include "base/arena.h"
#include "base/span.h"

/* LEAD is what stands in front of the first clause, TAIL what follows the last semicolon. */
enum received_clause {
	CLAUSE_LEAD, CLAUSE_FROM, CLAUSE_BY, CLAUSE_WITH, CLAUSE_ID, CLAUSE_FOR, CLAUSE_VIA, CLAUSE_TLS, CLAUSE_SENDER, CLAUSE_TAIL, CLAUSES
};

struct received_token {
	struct span text;		/* of a comment what is within its parentheses */
	enum received_clause clause;
	bool is_comment;
};

#define RECEIVED_TOKENS 128

struct received_tokens {
	struct received_token all[RECEIVED_TOKENS];
	size_t count;
	unsigned seen[CLAUSES];		/* how often each clause was begun */
	struct span tail;		/* the date, and what some write behind it */
	bool is_broken;			/* a comment, a quoted string or a path without end, or more parts than there may be */
};

/* Read a value of a field. Every fold and run of white space is one space first; the tokens are parts of that, in the arena. */
void received_tokens_read(struct span value, struct arena *arena, struct received_tokens *tokens);

/* The n-th comment of a clause, from 0; "" when there are fewer. */
struct span received_comment(const struct received_tokens *tokens, enum received_clause clause, size_t n);

/* The words of a clause up to its first comment behind one, with the spaces between them. */
struct span received_words(const struct received_tokens *tokens, enum received_clause clause);

/* The first word of a clause. */
struct span received_word(const struct received_tokens *tokens, enum received_clause clause);

#endif
