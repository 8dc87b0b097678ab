/* Facts added up, for one peer or for all: what answers to the operator are made from. */
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H

#include "ipc/ctl_rooms.h"
#include "ipc/report_facts.h"
#include "report/counted.h"

enum summary_words {
	SUMMARY_REASONS, SUMMARY_OBSERVED, SUMMARY_VERSIONS, SUMMARY_CIPHERS, SUMMARY_GROUPS, SUMMARY_CERTIFICATES, SUMMARY_PROVED,
	SUMMARY_APPLIED, SUMMARY_PUBLISHED, SUMMARY_DOMAINS, SUMMARY_IPS, SUMMARY_WORDS
};

/* Starts zeroed. */
struct summary {
	enum fact_direction direction;
	uint64_t sessions, good, messages;
	uint64_t own;			/* of the sessions: with nothing but mail of our own */
	uint64_t forward_secret, resumed;
	uint64_t tls[FACT_TLS_ANSWERS];
	uint16_t offers;		/* in any */
	uint32_t first_day, last_day;
	int64_t expires_s;		/* of the certificate that was seen last */
	char fingerprint[65];
	char detail[201];		/* of the last failure that had one */
	struct counted words[SUMMARY_WORDS];
};

void summary_add(struct summary *summary, const struct tls_fact *fact);

/* "yes", "no", "partly" or "unknown": has the other side TLS that will do? */
const char *summary_tls(const struct summary *summary);

/* All of it as fields of a row, behind those that are there; texts are the arena's or the summary's. */
void summary_write(struct summary *summary, struct row *row, struct arena *arena);

#endif
