/*
 * Notices: what their files share. A peer's fault that lasts is a case; all cases of one operator are a party, which is told once,
 * reminded once, and left alone. Names live in memory and in the ledger; on disk (notices.db) a case or party is an HMAC of its name.
 *
 *   notice_store.c	notices.db and its secret: cases, parties, mails, and who wants none
 *   notice_scan.c	from the ledger to cases: faults that last
 *   notice_due.c	what is to be done about a party, and when: pure
 *   notice_schedule.c	looks at what is due; notice_pursuit.c one party that is told, in steps (notice_steps.h): notice_whose.c contacts,
 *			notice_look.c a fresh look, notice_sending.c the mail
 *   notice_paste.c	the text for our own users, where nobody can be reached
 *   notice_text.c	what it says; notice_mail.c as a message; notice_software.c whose software it is
 */
#ifndef REPORT_NOTICE_H
#define REPORT_NOTICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ident.h"
#include "base/ip.h"
#include "ipc/report_asks.h"
#include "ipc/report_policy.h"
#include "report/ledger.h"

#define NOTICE_CASES_SHOWN 5	/* of one party, in a notice */
#define NOTICE_KEY 65		/* HMAC-SHA-256 in lower-case hex, and a NUL */
#define NOTICE_NAME 256		/* octets of a host's or domain's name and its NUL */
#define NOTICE_FAULT 48		/* of a word of policy/reason.h */

/* What has the fault. */
enum notice_about {
	NOTICE_HOST,		/* out: an MX host; thousands of domains may be behind it */
	NOTICE_DOMAIN,		/* out: the domain's own policy (MTA-STS) */
	NOTICE_CLIENT,		/* in: an address that mail comes from */
	NOTICE_ABOUTS
};

const char *notice_about_name(enum notice_about about);		/* "host" */

/* A fault that is seen: one for each thing that has one, the word of most sessions. */
struct notice_case {
	enum notice_about about;
	char name[NOTICE_NAME];		/* host, domain, or address in words (ip_format) */
	char key[NOTICE_KEY];		/* of about and name */
	char fault[NOTICE_FAULT];	/* word of policy/reason.h */
	char domain[NOTICE_NAME];	/* out: of recipients, that most sessions were for; in: that most MAIL FROM named; "" */
	char helo[NOTICE_NAME];		/* in: what the client calls itself, which proves nothing; "" */
	struct ip ip;			/* of the last session; family 0 = unknown */
	char version[16], cipher[64];	/* of TLS, where there was; "" */
	char detail[200];		/* of the fault, in words */
	int64_t expires_s;		/* of the certificate; 0 = unknown */
	uint32_t domains;		/* out: so many domains are behind the host */
	uint64_t failed, good;		/* sessions of the days that are looked at */
	int64_t first_s, last_s;	/* when it was first seen, and when sessions were last added to it: of our own clock */
	bool is_taken;			/* in: mail was taken, by another mail server that feeds the ledger (report/feed.h) */
	bool is_lasting;		/* it has lasted as long, and as many sessions, as is asked for, and is not doubted */
	bool is_doubted;		/* it goes well with nobody: the fault may be our own */
	char party[NOTICE_KEY];		/* "" = its contacts were not looked up so far */
};

enum notice_state {
	NOTICE_WATCHED,		/* nothing was sent so far */
	NOTICE_TOLD,		/* the notice was taken */
	NOTICE_REMINDED,	/* the reminder, too: silence */
	NOTICE_UNREACHED,	/* no contact takes it over TLS: our own users are given the text (DSNs) */
	NOTICE_UNPROVED,	/* nobody knows whose the peer is: nobody is written to */
	NOTICE_MENDED,		/* a fresh look found nothing */
	NOTICE_COMPOSED,	/* it would have been told: notices.mode is dry-run */
	NOTICE_STATES
};

const char *notice_state_name(enum notice_state state);		/* "told" */

/* What is on disk of a party. */
struct notice_party {
	char key[NOTICE_KEY];		/* of the operator's domain; of a case that nobody can be found for, the case's own */
	enum notice_state state;
	unsigned notices;		/* taken since its silence last ended: 0, 1, or 2 with the reminder */
	unsigned contact;		/* index of the contact whose turn it is: of the one that took the last, or is next to be tried */
	int64_t sent_s;			/* the last notice was handed to the queue; 0 = never */
	int64_t told_s;			/* and taken by a contact; 0 = never */
	int64_t again_s;		/* it is looked at no sooner */
	char fault[NOTICE_FAULT];	/* that it was told of last */
};

/* What a step came to: for the log, and in the order of the words of METRICS_NOTICE. */
enum notice_result {
	NOTICE_IS_SENT, NOTICE_IS_TAKEN, NOTICE_IS_BOUNCED, NOTICE_IS_NO_TLS, NOTICE_IS_UNREACHED, NOTICE_IS_UNPROVED, NOTICE_IS_MENDED,
	NOTICE_IS_DOUBTED, NOTICE_IS_COMPOSED, NOTICE_IS_LATER
};

/* What notices.db and the ledger are judged by; of the configuration. */
struct notice_limits {
	uint64_t after_s, sessions, remind_s, silence_s, most, bounces, lookups;
};

/* What is to be done about a party with lasting cases. */
enum notice_step {
	NOTICE_STEP_NONE,	/* not now: told already, silent, waiting for an outcome or for again_s */
	NOTICE_STEP_FIRST,
	NOTICE_STEP_REMINDER
};

#endif
