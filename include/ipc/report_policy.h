/*
 * report and policy: where a domain wants reports on TLS sent, and their posting by HTTPS (RFC 8460 3, 5.4); who can mend a peer's
 * fault, and whether the peer is who it seems. Report has no network.
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
	REPORT_CONTACT,		/* struct contact_question */
	REPORT_TO_POLICY_MESSAGES
};

enum policy_to_report {
	POLICY_SOUGHT = 1,	/* struct tlsrpt_answer */
	POLICY_POSTED,		/* struct tlsrpt_posted */
	POLICY_CONTACTS,	/* struct contacts_answer */
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

/* --- whom a notice may go to --- */

struct contact_question {
	uint64_t id;			/* report's, echoed */
	bool is_inbound;		/* the peer is a client of ours; else a host that mail goes to */
	struct span domain;		/* lower case, A-labels. Out: of recipients. In: of the MAIL FROM that was refused; "" = none was said */
	struct span host;		/* out: the MX host; "" = the fault is the domain's own (its policy). In: "" */
	struct ip ip;			/* of the peer; family 0 = unknown */
	struct span zone;		/* of abuse contacts by address, as "abuse-contacts.example"; "" = none is asked */
};

/* Why the peer is taken for whom it seems to be; without a proof nobody is written to (standards.md N55). */
enum contact_proof {
	CONTACT_UNPROVED,
	CONTACT_BY_MX,			/* out: the domain's MX records, looked up now, name the host; or the fault is the domain's own */
	CONTACT_BY_SPF,			/* in: SPF passes for postmaster@domain from the address */
	CONTACT_BY_RDNS,		/* in: the name of the address has the address (forward-confirmed reverse DNS) */
	CONTACT_PROOFS
};

enum contact_kind {			/* in the order in which they are tried */
	CONTACT_POSTMASTER,		/* postmaster of the domain */
	CONTACT_OPERATOR,		/* postmaster of the operator's domain */
	CONTACT_RNAME,			/* of the SOA record of the operator's zone */
	CONTACT_ABUSE,			/* of whose the address is, by contact_question.zone */
	CONTACT_SENDER,			/* whose mail was refused: report's own, when notices.senders is on */
	CONTACT_KINDS
};

struct contact {
	enum contact_kind kind;
	struct span address;		/* one plain mail address, its domain in lower case and A-labels (NX6) */
};

#define CONTACTS_MOST 8

struct contacts_answer {
	uint64_t id;
	bool is_known;			/* false: the DNS did not say, ask again later */
	enum contact_proof proof;
	struct span operator;		/* domain of who runs the peer: the apex of the host's zone; "" unless it is proved */
	struct contact *contacts;	/* no address twice; none unless it is proved */
	uint32_t count;
	struct span text;		/* what was found out, or was in the way, in words */
};

void tlsrpt_question_encode(struct buf *out, const struct tlsrpt_question *question);
bool tlsrpt_question_decode(struct span payload, struct tlsrpt_question *question);
void tlsrpt_answer_encode(struct buf *out, const struct tlsrpt_answer *answer);
bool tlsrpt_answer_decode(struct span payload, struct arena *arena, struct tlsrpt_answer *answer);	/* texts are the arena's */
void tlsrpt_post_encode(struct buf *out, const struct tlsrpt_post *post);
bool tlsrpt_post_decode(struct span payload, struct tlsrpt_post *post);
void tlsrpt_posted_encode(struct buf *out, const struct tlsrpt_posted *posted);
bool tlsrpt_posted_decode(struct span payload, struct tlsrpt_posted *posted);
void contact_question_encode(struct buf *out, const struct contact_question *question);
bool contact_question_decode(struct span payload, struct contact_question *question);
void contacts_answer_encode(struct buf *out, const struct contacts_answer *answer);
bool contacts_answer_decode(struct span payload, struct arena *arena, struct contacts_answer *answer);	/* texts are the arena's */

#endif
