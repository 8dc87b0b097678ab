/*
 * A report on TLS for one policy domain and one day (RFC 8460 4): what is known, and its JSON. Who counts, when a report is made
 * and how it is sent is for others; tlsrpt_mail.h makes a message of it.
 *
 * No address of a user of ours or of theirs is in a report (RFC 8460 8): no field below may hold one, and what is made of the
 * words of peers leaves words with an "@" out. Strings may have any octets unless it says otherwise: what JSON between
 * strangers must not have (RFC 7493 2.1), and control characters, are replaced or left out, and too much is cut off.
 */
#ifndef REPORT_TLSRPT_JSON_H
#define REPORT_TLSRPT_JSON_H

#include <stdint.h>

#include "base/buf.h"
#include "base/ip.h"
#include "base/span.h"

#define TLSRPT_TEXT_OCTETS 256		/* of a string that a peer said */
#define TLSRPT_POLICY_OCTETS 16384	/* of a line of a policy, or of a TLSA record: those with a whole certificate are long */
#define TLSRPT_ID_OCTETS 560		/* of an id: a day, and two names of hosts */
#define TLSRPT_JSON_OCTETS (8u * 1024 * 1024)	/* of a report, for who makes a buffer: as mail it stays below 10 MB (RFC 8460 5.2) */

enum tlsrpt_policy_type { TLSRPT_POLICY_TLSA, TLSRPT_POLICY_STS, TLSRPT_POLICY_NONE, TLSRPT_POLICY_TYPES };

/* Sessions that failed in the same way. One session may be in several of them: sums may be larger than the policy's total (4.2). */
struct tlsrpt_failure {
	struct span reason;		/* a word of policy/reason.h: gives the result type, and begins the failure-reason-code */
	struct span result_type;	/* one of RFC 8460 4.3, where the reason's is not the one; "" = the reason's */
	struct span detail;		/* goes on with the failure-reason-code: an alert, say. Never a reply to MAIL, RCPT or DATA */
	struct ip sending_mta;		/* family 0 = unknown. One that is not of the public Internet is left out */
	struct span mx_host;		/* the host's name as it was connected to; "" = it was no host that failed */
	struct span mx_helo;		/* how it greeted or replied to EHLO, the first word; "" = it did not get so far */
	struct ip receiving;		/* family 0 = it was no address that failed */
	struct span information;	/* a URI of ours with more about it; "" = none */
	uint64_t sessions;
};

/* What was asked of a domain, or of a host for DANE, and how often it was so. */
struct tlsrpt_policy {
	enum tlsrpt_policy_type type;
	struct span domain;		/* A-labels; for DANE the TLSA base domain */
	const struct span *strings;	/* "3 1 1 0A0B..." for each TLSA record; each line of the policy file as it was fetched (4.5) */
	uint32_t strings_count;
	const struct span *mx_hosts;	/* of an STS policy: the patterns */
	uint32_t mx_hosts_count;
	uint64_t successful, failed;	/* sessions: each counts once (4.2) */
	const struct tlsrpt_failure *failures;
	uint32_t failures_count;
};

/* All is borrowed. */
struct tlsrpt_report {
	struct span organization;	/* who reports, for people */
	struct span contact;		/* an address of the postmaster's (policy/tlsrpt.h says which are good) */
	struct span id;			/* unique among reports from the contact's domain: dot-atom-text (5.3, RFC 5322 3.2.3), of any length that a line has */
	struct span part;		/* letters and digits: which of several reports on the same domain and day; "" = the only one */
	struct span domain;		/* whom the report is for: where the record was found, in A-labels */
	bool is_host;			/* that is a mail host, whose TLSA records counted (1.1), and the report is of these alone */
	int64_t begin_s, end_s;		/* seconds since the epoch, both within the day: 00:00:00 and 23:59:59 UTC */
	const struct tlsrpt_policy *policies;
	uint32_t policies_count;
};

/* What makes a report one that cannot be written, as a static sentence; NULL = nothing. */
const char *tlsrpt_json_refuse(const struct tlsrpt_report *report);

/* The domain of the contact: TLS-Report-Submitter, the sender of the file's name, and what has to sign (5.1, 5.3, 3). */
struct span tlsrpt_json_submitter(const struct tlsrpt_report *report);

/* The result type of a failure (4.3): never one that the RFC does not know. Static. */
const char *tlsrpt_json_result(const struct tlsrpt_failure *failure);

/* "192.0.2.1" or as RFC 5952 says, an IPv4 address never in the form of IPv6 (4.4). Returns out. */
char *tlsrpt_json_address(struct ip ip, char out[IP_TEXT]);

/*
 * Append the report as I-JSON (4.4), indented for people. Policies are in the order of their domains, failures begin with the most
 * frequent: the same facts in any order are the same octets. Returns false when tlsrpt_json_refuse() has something to
 * say, or when it does not fit below out's ceiling; out is then undefined.
 */
bool tlsrpt_json_write(struct buf *out, const struct tlsrpt_report *report);

/*
 * Append the octets in the format of gzip (RFC 1952), without name and time: what is posted as application/tlsrpt+gzip, and attached
 * to mail. The same octets come out the same. Returns false when they do not fit below out's ceiling.
 */
bool tlsrpt_json_compress(struct buf *out, struct span octets);

#endif
