/*
 * report and policy: where a domain wants reports on TLS sent, and their posting by HTTPS (RFC 8460 3, 5.4): report has no network.
 * Policy answers every question once, in whatever order; one that was started anew has forgotten them, and report asks again.
 */
#ifndef IPC_REPORT_POLICY_H
#define IPC_REPORT_POLICY_H

#include "base/arena.h"
#include "base/codec.h"
#include "policy/tlsrpt.h"

enum report_to_policy {
	REPORT_SEEK = 1,	/* struct tlsrpt_question */
	REPORT_POST,		/* struct tlsrpt_post */
	REPORT_TO_POLICY_MESSAGES
};

enum policy_to_report {
	POLICY_SOUGHT = 1,	/* struct tlsrpt_answer */
	POLICY_POSTED,		/* struct tlsrpt_posted */
	POLICY_TO_REPORT_MESSAGES
};

struct tlsrpt_question {
	uint64_t id;			/* report's, echoed */
	struct span domain;		/* lower case, A-labels */
};

struct tlsrpt_answer {
	uint64_t id;
	bool is_known;			/* false: the DNS did not say, ask again later */
	enum tlsrpt_found found;
	struct tlsrpt_target *targets;	/* TLSRPT_FOUND: in the order of the record */
	uint32_t count;
	struct span text;		/* what is wrong, in words; "" = nothing */
};

struct tlsrpt_post {
	uint64_t id;
	struct tlsrpt_target target;	/* TLSRPT_HTTPS */
	struct span type;		/* Content-Type */
	struct span body;
	bool is_lax;			/* the certificate does not matter (RFC 8460 3) */
};

enum posted {
	POSTED_TAKEN,			/* 2xx */
	POSTED_REFUSED,			/* it will not be taken later, either */
	POSTED_LATER,			/* it may be */
	POSTED_CERTIFICATE,		/* nothing was said: the certificate is not valid for the host */
	POSTED_ENDS
};

struct tlsrpt_posted {
	uint64_t id;
	enum posted end;
	struct span text;		/* in words: "status 503" */
};

void tlsrpt_question_encode(struct buf *out, const struct tlsrpt_question *question);
bool tlsrpt_question_decode(struct span payload, struct tlsrpt_question *question);
void tlsrpt_answer_encode(struct buf *out, const struct tlsrpt_answer *answer);
bool tlsrpt_answer_decode(struct span payload, struct arena *arena, struct tlsrpt_answer *answer);	/* texts are the arena's */
void tlsrpt_post_encode(struct buf *out, const struct tlsrpt_post *post);
bool tlsrpt_post_decode(struct span payload, struct tlsrpt_post *post);
void tlsrpt_posted_encode(struct buf *out, const struct tlsrpt_posted *posted);
bool tlsrpt_posted_decode(struct span payload, struct tlsrpt_posted *posted);

#endif
