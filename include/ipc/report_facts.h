/*
 * Rooms that see TLS (intake, relay) and report, which keeps the ledger: what sessions came to, equal ones counted together. A batch
 * is said again until report says that it is on disk; by sender and number report knows one that it has already. What was
 * counted since the last batch is lost with its room.
 *
 * Each different fact is a row that is kept, and compared with. So where we came from and how the host greets, which only a report on a
 * failure has (RFC 8460 4.4), is in the facts of failures that such a report tells of, and in no other.
 *
 * Nothing here names a person: hosts and domains, no mailbox, no content. The codec sees to it that no text has an "@".
 */
#ifndef IPC_REPORT_FACTS_H
#define IPC_REPORT_FACTS_H

#include "base/arena.h"
#include "base/codec.h"

enum facts_to_report {
	FACTS_BATCH = 1,	/* struct facts_batch */
	FACTS_TO_REPORT_MESSAGES
};

enum report_to_facts {
	FACTS_KEPT = 1,		/* struct facts_kept */
	REPORT_TO_FACTS_MESSAGES
};

enum fact_direction { FACT_IN, FACT_OUT, FACT_DIRECTIONS };

/* Does the other side speak TLS that is good enough here? Whether it proved anything by it is another question. */
enum fact_tls { FACT_TLS_UNKNOWN, FACT_TLS_NO, FACT_TLS_YES, FACT_TLS_ANSWERS };

/* What the other side offered in its last EHLO; of a client, what it made use of is not told. */
enum fact_offers {
	FACT_STARTTLS = 1 << 0, FACT_REQUIRETLS = 1 << 1, FACT_PIPELINING = 1 << 2, FACT_CHUNKING = 1 << 3,
	FACT_SMTPUTF8 = 1 << 4, FACT_DSN = 1 << 5, FACT_8BITMIME = 1 << 6
};

/* The texts of a fact; each is printable ASCII without "@", and "" when there is nothing to say. */
enum fact_text {
	FACT_PEER,		/* outbound: the host, lower case, A-labels; inbound: what the client calls itself, which proves nothing */
	FACT_IP,
	FACT_DOMAIN,		/* outbound: whose policy counted; inbound: of the sender that was said in clear */
	FACT_REASON,		/* word of policy/reason.h: what stood in the way; "" = the session was good */
	FACT_OBSERVED,		/* what would have, by a policy that is only observed or in testing */
	FACT_DETAIL,		/* alert or verification error, in words */
	FACT_APPLIED,		/* what demanded most: "default", "rule", "sts", "dane", "preload", "ratchet", "exception", ... */
	FACT_PUBLISHED,		/* what is published and counts: "sts" of the domain, "tlsa" of the host, "sts+tlsa"; "" = neither */
	FACT_STS,		/* the lines of the policy file as they came (RFC 8460 4.5), LF between, "?" for what is not printable ASCII */
	FACT_TLSA,		/* the records that count, a line for each: "3 1 1 00ff" */
	FACT_BASE,		/* TLSA base domain (RFC 7672 2.2.3): the host's name, or where its alias leads; "" = there is no record, nor a doubt */
	FACT_STS_FAULT,		/* why the MTA-STS policy could not be had: a word of policy/reason.h, ": " and more about it; "" = nothing */
	FACT_TLSA_FAULT,	/* what is wrong with the host's TLSA records, whatever that meant for the mail: such a word; "" = nothing */
	FACT_EVIDENCE,		/* what was proved: "secure:dnssec" */
	FACT_VERSION,		/* "TLSv1.3" */
	FACT_CIPHER,
	FACT_GROUP,
	FACT_CERTIFICATE,	/* "valid", "dane-ee", "dane-ta", "unchecked", or what is wrong with it; "" = none was seen */
	FACT_FINGERPRINT,	/* SHA-256, lower-case hex */
	FACT_SOURCE,		/* outbound failures: our own address of the connection */
	FACT_HELO,		/* outbound failures: how the host called itself, the first word of its greeting or of its reply to EHLO */
	FACT_TEXTS
};

struct tls_fact {
	enum fact_direction direction;
	uint32_t day;			/* UTC, days since the epoch: when the session began */
	enum fact_tls tls;
	bool is_own;			/* carried nothing but mail of our own: counted apart, and in no report */
	bool is_resumed;
	bool is_testing;		/* the MTA-STS policy is in testing */
	bool is_by_dane;		/* TLSA records were asked for in the place of authorities: what is wrong with a certificate is by them */
	/*
	 * The connection was opened for another domain, or for mail of our own, and is counted there. These sessions are the domain's, for
	 * a report to it (RFC 8460 4), and none of the host's: who counts hosts leaves them out. Messages are messages.
	 */
	bool is_shared;
	uint16_t offers;		/* enum fact_offers */
	int64_t expires_s;		/* of the certificate, since the epoch; 0 = none was seen */
	struct span text[FACT_TEXTS];
	uint64_t sessions, messages;	/* so many that all of the above is true of */
};

#define FACTS_MOST 2000			/* of one batch */
#define FACT_OTHERS "(others)"		/* FACT_PEER of what was too much to be told apart */
#define FACT_ENCODED_MAX 8192		/* octets of one fact */
#define FACT_FED_DAYS 7			/* a fact that another mail server tells late is no older than that */

struct facts_batch {
	uint64_t sender;		/* random, of one life of a room */
	uint64_t number;		/* from 1 */
	struct tls_fact *facts;		/* in the arena, texts too */
	uint32_t count;
};

struct facts_kept {
	uint64_t number;		/* this batch and all before it */
};

/* How a text is called, in the ledger and in answers: "peer". Its octets, at most: what is longer is cut. */
const char *fact_text_name(enum fact_text text);
size_t fact_text_most(enum fact_text text);

/* Is a version of TLS, as facts have it, older than the oldest that will do? False of one that is not known. */
bool fact_version_is_old(struct span version);

/* Sessions of the host, which are those that it had: none that is another domain's share of one. */
uint64_t fact_host_sessions(const struct tls_fact *fact);

/* What is true of the sessions, without how many they are: equal octets, equal sessions. */
void fact_key_encode(struct buf *out, const struct tls_fact *fact);

/* The same session among others: who it was with is left out. Its texts are static or borrowed from `fact`. */
void fact_fold(const struct tls_fact *fact, struct tls_fact *folded);

void facts_batch_encode(struct buf *out, const struct facts_batch *batch);
bool facts_batch_decode(struct span payload, struct arena *arena, struct facts_batch *batch);
void facts_kept_encode(struct buf *out, const struct facts_kept *kept);
bool facts_kept_decode(struct span payload, struct facts_kept *kept);

#endif
