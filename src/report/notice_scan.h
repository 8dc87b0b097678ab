/* From facts to cases: which peers have a fault that lasts. */
#ifndef REPORT_NOTICE_SCAN_H
#define REPORT_NOTICE_SCAN_H

#include "report/notice_store.h"

/* Is the reason one that a peer is told of? A lookup in THE table of faults: no doubt of the classifier's, nothing of the network's. */
bool notice_fault_is_told(enum notice_about about, struct span reason);

/* Is it one that a fault of ours would look like? Peers are told of it only while it goes well with others. */
bool notice_fault_is_doubtful(enum notice_about about, struct span reason);

struct notice_cases {
	struct arena *arena;
	struct notice_case *items;	/* lasting ones first, then by failed sessions */
	size_t count;
	uint64_t facts;			/* looked at */
	bool is_cut;			/* there were more than NOTICE_CASES_MOST: the rest is looked at when these are gone */
};

#define NOTICE_CASES_MOST 20000

/*
 * Look at the ledger's days since `after_s` and two days more, and bring the cases of notices.db up to date: a case begins when it is first
 * seen, ends when its sessions are good again (good ones were added, and no failed ones) or when none came for three times after_s. Free
 * with notice_cases_free(). False: a database could not be read or written; cases is empty then.
 */
bool notice_scan(struct ledger *ledger, struct notices *notices, const struct notice_limits *limits, int64_t now_s,
    struct notice_cases *cases);
void notice_cases_free(struct notice_cases *cases);

#endif
