/* What one evaluation of SPF has asked, and what it knows by now: every question once. */
#ifndef LIB_AUTH_SPF_KNOWN_H
#define LIB_AUTH_SPF_KNOWN_H

#include <stdbool.h>

#include "auth/question.h"
#include "auth/spf.h"
#include "spf_record.h"

/* What the texts of a name come to as a record, read once. */
struct spf_publication {
	bool is_read;
	enum spf_result result;		/* SPF_PASS = there is one; SPF_NONE; SPF_PERMERROR */
	struct spf_record record;
	const char *why;		/* what is wrong */
	struct span where;
};

struct spf_fact {
	const char *name;		/* lower case */
	enum auth_type type;
	bool is_answered;
	struct auth_answer answer;
	struct spf_publication publication;	/* of AUTH_TXT */
};

struct spf_known {
	struct arena *arena;
	struct spf_fact facts[SPF_QUESTIONS_MOST];
	unsigned count, given;		/* asked; of them given out */
};

/*
 * What is known of the name's records of that type: not answered yet, then it is asked from now on. NULL = there were too many
 * questions. The name is copied.
 */
struct spf_fact *spf_known_get(struct spf_known *known, struct span name, enum auth_type type);

/* Keep a copy of the answer, unless there is one. */
void spf_known_answer(struct spf_known *known, unsigned number, const struct auth_answer *answer);

/* The only text of an answer that is a record of SPF (RFC 7208 4.5), read. */
const struct spf_publication *spf_known_record(struct spf_known *known, struct spf_fact *fact);

#endif
