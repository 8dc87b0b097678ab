/*
 * The DKIM signatures of a message checked (RFC 6376, with RFC 8301 and RFC 8463), while it streams by: its header is kept, its
 * body is not. No I/O: what has to be known of the DNS is asked for, and given when it is known.
 *
 *   verify = dkim_verify_new(DKIM_SERVICE_EMAIL, now_s);
 *   dkim_verify_octets(verify, ...);			the message piece by piece, lines with CRLF, dots undoubled
 *   while (dkim_verify_ask(verify, &question)) ...	as soon as the header is over, or at the end: the keys
 *   dkim_verify_answer(verify, number, &answer);		each answer, before the message's end or behind it
 *   dkim_verify_end(verify);
 *   dkim_verify_is_done(verify), dkim_verify_result(verify, i)
 *   dkim_verify_free(&verify);
 */
#ifndef AUTH_DKIM_VERIFY_H
#define AUTH_DKIM_VERIFY_H

#include <stdbool.h>

#include "auth/question.h"

#define DKIM_VERIFY_MAX 8				/* signatures of a message that are looked at, the topmost (P40) */
#define DKIM_VERIFY_HEADER_MAX (1024u * 1024)		/* octets of a header; with more, nothing is verified */

struct dkim_verify;

/* What a key is for (RFC 6376 3.6.1 s=, RFC 8460 3). */
enum dkim_service { DKIM_SERVICE_EMAIL = 1, DKIM_SERVICE_TLSRPT = 2 };

/*
 * What came of a signature, in the words of RFC 8601 2.7.1. Only DKIM_PASS says anything about who sent it: every other is no more
 * than no signature at all (RFC 6376 6.1, P38), and DKIM_TEMPERROR alone may be another tomorrow.
 */
enum dkim_verdict {
	DKIM_PASS,
	DKIM_FAIL,		/* the body's hash or the signature is wrong */
	DKIM_POLICY,		/* good, but not enough: there is more in the message that it does not vouch for */
	DKIM_NEUTRAL,		/* nothing can be done with the field: syntax, unknown words */
	DKIM_TEMPERROR,		/* the DNS gave no answer */
	DKIM_PERMERROR,		/* it cannot be good: expired, rsa-sha1, or a key that is not there, revoked, too short, for other things */
	DKIM_VERDICTS
};

const char *dkim_verdict_name(enum dkim_verdict verdict);	/* "pass" */

/* All strings live as long as the verifier; "" is what was not to be read. */
struct dkim_result {
	enum dkim_verdict verdict;
	const char *why;		/* a static sentence; "" of DKIM_PASS */
	const char *domain, *selector;	/* d=, s=: in A-labels, lower case */
	struct span identity;		/* i=, its quoting undone: any octets */
	const char *algorithm;		/* "rsa-sha256" */
	char mark[9];			/* b= begins so, for telling signatures of one domain apart (RFC 6008) */
	unsigned key_bits;		/* 0 = no key was seen, or one that is none */
	unsigned services;		/* bits of enum dkim_service: what the key is for */
	bool is_testing;		/* t=y of the key: who signs tries it out. A failure is as no signature, as it always is */
	bool has_length;		/* l=: reports on TLS must not have it (RFC 8460 3) */
	int64_t signed_s, ends_s;	/* t=, x=; -1 = not there */
};

/*
 * now_s is in seconds since the epoch. For DKIM_SERVICE_TLSRPT a signature with l= is DKIM_POLICY, and keys have to be for reports.
 * A signature with l= is also that when it leaves octets of the body out, and so is one that leaves out a From field: what was
 * added there is what people would read (RFC 6376 8.2, 8.15). Of l= two different lengths are looked at, and signatures with others are it.
 */
struct dkim_verify *dkim_verify_new(enum dkim_service service, int64_t now_s);
void dkim_verify_free(struct dkim_verify **verify);		/* tolerates NULL, leaves NULL */

/* Verify nothing in a header of more octets than these, at most DKIM_VERIFY_HEADER_MAX; before the first octet. */
void dkim_verify_bound(struct dkim_verify *verify, size_t octets);

/* More of the message. The header ends with the first empty line. */
void dkim_verify_octets(struct dkim_verify *verify, struct span octets);

/* The message is over; called once. */
void dkim_verify_end(struct dkim_verify *verify);

/*
 * A TXT record that has to be looked up, each once: signatures with one key are one question. Returns false when there is none that
 * was not asked, which before the header's end is always so.
 */
bool dkim_verify_ask(struct dkim_verify *verify, struct auth_question *question);
void dkim_verify_answer(struct dkim_verify *verify, unsigned number, const struct auth_answer *answer);

/* Octets of memory so far, for budgets: the header, and what was made of it. */
size_t dkim_verify_used(const struct dkim_verify *verify);

/* The message is over, and every question was answered. */
bool dkim_verify_is_done(const struct dkim_verify *verify);

/* Once it is done. Signatures in the order of their fields; those beyond DKIM_VERIFY_MAX are only counted. */
uint32_t dkim_verify_count(const struct dkim_verify *verify);
uint32_t dkim_verify_ignored(const struct dkim_verify *verify);
const struct dkim_result *dkim_verify_result(const struct dkim_verify *verify, uint32_t i);

/* "", or why no field of the header was read, and so no signature found: it is malformed, or too long. A static sentence. */
const char *dkim_verify_malformed(const struct dkim_verify *verify);

/* The header, up to the empty line, once it is over; borrowed. Empty when it is too long. */
struct span dkim_verify_header(const struct dkim_verify *verify);

#endif
