/*
 * Report and the rooms that see TLS, besides facts, on the same channel (type numbers continue those of report_facts.h):
 * report asks a relay to look at a host afresh, before a peer is told of a fault; intake tells report of mail to the address that
 * stops notices, and hears whether that is on disk. Each question is answered once, in whatever order; a room that was
 * started anew has forgotten them.
 */
#ifndef IPC_REPORT_ASKS_H
#define IPC_REPORT_ASKS_H

#include "base/arena.h"
#include "ipc/report_facts.h"

enum asks_of_report {
	ASKS_LOOK = REPORT_TO_FACTS_MESSAGES,	/* struct look: to relay */
	ASKS_STOPPED,				/* struct notices_stopped: to intake */
	REPORT_ASKS_MESSAGES
};

enum asks_to_report {
	ASKS_LOOKED = FACTS_TO_REPORT_MESSAGES,	/* struct looked: of relay */
	ASKS_STOP,				/* struct notices_stop: of intake */
	ASKS_REFUSED,				/* struct refused_sender: of intake, when notices.senders is on */
	ASKS_TO_REPORT_MESSAGES
};

/* --- a fresh look at a host, by a connection of its own that carries no mail --- */

struct look {
	uint64_t id;			/* report's, echoed */
	struct span domain;		/* mail for it is what the host is looked at for; lower case, A-labels */
	struct span host;		/* that MX host of it alone; "" = the first that can be reached */
};

enum look_end {
	/*
	 * A connection was made: what came of it stands beside. Or none had to be: the domain's MTA-STS policy is at fault (asked
	 * without a host; `host` is "" then), or a policy has mail for the host wait (there is no banner then).
	 */
	LOOK_SEEN,
	LOOK_GONE,			/* the host is no longer one of the domain's: there is nothing to tell of */
	LOOK_UNKNOWN,			/* nothing could be seen now: DNS, network, no relay at hand */
	LOOK_ENDS
};

#define LOOK_TEXT 600			/* octets of a text, at most; of the transcript LOOK_TRANSCRIPT */
#define LOOK_TRANSCRIPT 2000

/* Texts are what the host said where it says so: octets of a stranger, any at all. "" = there is none. */
struct looked {
	uint64_t id;
	enum look_end end;
	struct span host;
	struct ip ip;
	struct span reason;		/* word of policy/reason.h: the fault that is there now; "" = none */
	struct span detail;		/* about it, in words */
	struct span verdict;		/* word of policy/verdict.h; "" or "unknown" = nothing is suspected */
	struct span banner;		/* the greeting as it came, code and all, '\n' between lines; the host's */
	struct span transcript;		/* what was said in clear, "S: " or "C: " in front of each line, '\n' between; the host's */
	struct span version, cipher;	/* of TLS, where it was laid */
	struct span certificate;	/* subject and issuer in words, when one was shown; the host's */
	int64_t expires_s;		/* of the certificate, since the epoch; 0 = none was seen */
};

/* --- mail to the address that stops notices --- */

#define STOP_TOKEN 32			/* hex digits of the address behind the "+" */

struct notices_stop {
	uint64_t id;			/* intake's, echoed */
	struct span token;		/* STOP_TOKEN lower-case hex digits */
};

enum stop_end {
	STOP_DONE,			/* it is on disk: no more notices, for ever */
	STOP_NO_SUCH,			/* no notice was ever sent with this token */
	STOP_LATER,			/* it could not be written */
	STOP_ENDS
};

struct notices_stopped {
	uint64_t id;
	enum stop_end end;
};

/* --- the sender of mail that was refused for want of TLS: kept in memory alone, for a notice to the person --- */

struct refused_sender {
	struct ip ip;			/* of the client */
	struct span sender;		/* the reverse path that was tried, without < > */
};

void look_encode(struct buf *out, const struct look *look);
bool look_decode(struct span payload, struct look *look);
void looked_encode(struct buf *out, const struct looked *looked);	/* texts are cut to their bounds */
bool looked_decode(struct span payload, struct looked *looked);		/* borrowed from the payload */
void notices_stop_encode(struct buf *out, const struct notices_stop *stop);
bool notices_stop_decode(struct span payload, struct notices_stop *stop);
void notices_stopped_encode(struct buf *out, const struct notices_stopped *stopped);
bool notices_stopped_decode(struct span payload, struct notices_stopped *stopped);
void refused_sender_encode(struct buf *out, const struct refused_sender *refused);
bool refused_sender_decode(struct span payload, struct refused_sender *refused);

#endif
