/* A DMARC policy record read (RFC 9989 4.7, 4.8). */
#ifndef LIB_AUTH_DMARC_RECORD_H
#define LIB_AUTH_DMARC_RECORD_H

#include "auth/dmarc.h"

enum dmarc_psd { DMARC_PSD_UNSAID, DMARC_PSD_YES, DMARC_PSD_NO };

enum dmarc_said { DMARC_ABSENT, DMARC_INVALID, DMARC_SAID };

/* A policy as a tag has it. */
struct dmarc_request {
	enum dmarc_said said;
	enum dmarc_policy policy;
};

struct dmarc_record {
	struct dmarc_request p, sp, np;
	bool is_strict[DMARC_METHODS];
	bool is_testing;
	enum dmarc_psd psd;
	struct span rua;		/* borrowed */
	bool has_report;		/* rua= has a URI */
};

/*
 * Read the text of a TXT record. Returns false when it is no DMARC record: it does not begin with v=DMARC1. What is wrong in the rest is
 * as if it were not there, but for policies (RFC 9989 4.8, 4.10.1). A tag that is there twice is wrong.
 */
bool dmarc_record_read(struct span text, struct dmarc_record *record);

/*
 * The record with what it says in the end: without a valid p, or with an sp or np that is none, it is "p=none" when somebody wants reports,
 * and otherwise no record: false (RFC 9989 4.10.1).
 */
bool dmarc_record_settle(struct dmarc_record *record);

#endif
