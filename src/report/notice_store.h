/*
 * notices.db in the folder of the ledger: cases, parties, the mails that went to them, and who wants none. It names nobody: each
 * key is an HMAC-SHA-256 of a name with a secret of this relay's, notices.secret beside it (32 random octets, mode 0600). README has
 * its tables. Who wants no notices is never forgotten; the rest is when it says nothing any more.
 */
#ifndef REPORT_NOTICE_STORE_H
#define REPORT_NOTICE_STORE_H

#include "report/notice.h"

struct notices;

/* Open, or make. NULL with a sentence in why (size octets) when that cannot be done: then nothing is sent. */
struct notices *notices_open(const char *folder, char *why, size_t size);
void notices_close(struct notices **notices);	/* tolerates NULL, leaves NULL */

/* Keys. A party's name is the operator's domain; an address (mailbox) is taken in lower case. */
enum notice_key_of { NOTICE_OF_CASE_HOST, NOTICE_OF_CASE_DOMAIN, NOTICE_OF_CASE_CLIENT, NOTICE_OF_PARTY, NOTICE_OF_ADDRESS, NOTICE_OF_DOMAIN,
	NOTICE_OF_NETWORK };
void notices_key(const struct notices *notices, enum notice_key_of of, struct span name, char key[NOTICE_KEY]);

/* --- parties --- */

/* Get it as it is on disk, or as new (state NOTICE_WATCHED). False: the database cannot be read. */
bool notices_party_get(struct notices *notices, const char *key, struct notice_party *party);
bool notices_party_put(struct notices *notices, const struct notice_party *party);	/* on disk when true is returned */

/* The case belongs to that party. */
bool notices_case_join(struct notices *notices, const char *case_key, const char *party_key);

/* --- mails: each contact that is written to is one --- */

enum notice_mail_state { NOTICE_MAIL_QUEUED, NOTICE_MAIL_TAKEN, NOTICE_MAIL_BOUNCED, NOTICE_MAIL_NO_TLS, NOTICE_MAIL_STATES };

/* To be on disk before the mail is handed to the queue, so that no end of this process sends it twice. */
bool notices_mail_add(struct notices *notices, struct mid mid, const char *party_key, const struct contact *contact, int64_t now_s);
/* It was not handed over after all. */
bool notices_mail_remove(struct notices *notices, struct mid mid);
/* It has ended. False in *is_known: it is no mail of ours that was waiting. On disk with its party, when that is put. */
bool notices_mail_end(struct notices *notices, struct mid mid, enum notice_mail_state state, int64_t now_s, bool *is_known,
    char party_key[NOTICE_KEY]);
/* What was changed since the last commit is not to be. */
void notices_rollback(struct notices *notices);

/* Is one under way to the party? */
bool notices_mail_is_under_way(struct notices *notices, const char *party_key);

/* Was something sent to the address since then, for whichever party? */
bool notices_address_is_told(struct notices *notices, struct span address, int64_t since_s);

/* Counts since then: handed to the queue; ended; ended and bounced (a refusal, not a lack of TLS). */
struct notice_counts { uint64_t sent, ended, bounced, taken, no_tls; };
bool notices_count(struct notices *notices, int64_t since_s, struct notice_counts *counts);	/* false: it cannot be read */

/* Look-ups of contacts, bounded in a day (N63): counts one, on disk when true is returned; false = there were enough, or it cannot be kept. */
bool notices_lookup_take(struct notices *notices, const struct notice_limits *limits, int64_t now_s);
uint64_t notices_lookups_count(struct notices *notices, int64_t now_s);	/* of this day (UTC) */

/* --- who wants none, or is to get none: never forgotten --- */

/* by: "mail", "operator". is_wanted: allow again. On disk when true is returned. */
bool notices_stop(struct notices *notices, enum notice_key_of of, struct span name, const char *by, int64_t now_s);
bool notices_stop_party(struct notices *notices, const char *party_key, const char *by, int64_t now_s);
bool notices_allow(struct notices *notices, enum notice_key_of of, struct span name, bool *was_stopped);
bool notices_allow_party(struct notices *notices, const char *party_key, bool *was_stopped);

/* By party, by each name that the contact's domain is below or is, by address, by network of the peer (/24, /48 and itself). */
bool notices_is_stopped(struct notices *notices, const char *party_key, struct span address, struct span domain, struct ip ip);
uint64_t notices_stopped_count(struct notices *notices);

/* The token of the address that stops notices to the party and to the contact that it was written to: STOP_TOKEN hex digits and a NUL. */
bool notices_token(struct notices *notices, const char *party_key, struct span address, char token[STOP_TOKEN + 1]);
enum stop_end notices_token_stop(struct notices *notices, struct span token, int64_t now_s);

/* --- forgetting: cases and mails that say nothing any more, parties whose silence is long over. --- */
void notices_expire(struct notices *notices, const struct notice_limits *limits, int64_t now_s);

#endif
