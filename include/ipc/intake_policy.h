/*
 * intake and policy: records of the DNS, for who vouches for mail that comes (lib-auth). Intake has no DNS of its own, and policy is asked
 * for nothing else by it. Every question is answered once, in whatever order; a policy that was started anew has forgotten the
 * questions, and what depends on them is a temperror then. Nothing waits for an answer longer than `authentication.wait`.
 */
#ifndef IPC_INTAKE_POLICY_H
#define IPC_INTAKE_POLICY_H

#include "auth/question.h"
#include "base/arena.h"
#include "base/codec.h"

enum intake_to_policy {
	INTAKE_LOOK = 1,	/* struct record_question */
	INTAKE_TO_POLICY_MESSAGES
};

enum policy_to_intake {
	POLICY_LOOKED = 1,	/* struct record_answer */
	POLICY_TO_INTAKE_MESSAGES
};

#define RECORD_NAME_MAX 253	/* octets of a name (RFC 1035 2.3.4) */
#define RECORDS_MAX 100		/* of an answer, as dns/answer.h has it */

struct record_question {
	uint64_t id;		/* intake's, echoed */
	struct span name;	/* lower case, no final dot */
	enum auth_type type;
};

struct record_answer {
	uint64_t id;
	enum auth_type type;		/* which member of the answer it is */
	struct auth_answer answer;
};

void record_question_encode(struct buf *out, const struct record_question *question);

/* A name without octets, with too many, or with a NUL is none: false. */
bool record_question_decode(struct span payload, struct record_question *question);
void record_answer_encode(struct buf *out, const struct record_answer *answer);
bool record_answer_decode(struct span payload, struct arena *arena, struct record_answer *answer);

#endif
