/* From the ledger's facts to what has a fault, in bounded memory: sums for each host, domain and client. */
#ifndef REPORT_NOTICE_GATHER_H
#define REPORT_NOTICE_GATHER_H

#include "base/tree.h"
#include "report/notice.h"

#define NOTICE_FAULTS 20		/* of one kind of thing, at most */

/* Sessions of the days since the first one that is looked at, and since the first one that the last scan has looked at. */
struct notice_sums {
	uint64_t now, before;
};

/* One thing that has a fault. */
struct notice_found {
	RB_ENTRY(notice_found) entry;
	enum notice_about about;
	struct span name;		/* in the gathering's arena */
	struct notice_sums failed, good;
	uint32_t by_fault[NOTICE_FAULTS];
	unsigned fault;			/* index of the one that most sessions had, */
	int64_t row;			/* and a fact with it */
	uint32_t last_day;		/* that one failed on */
	uint32_t domains;		/* that are told apart */
	uint64_t domain_sessions;	/* of the domain that most were of, */
	int64_t domain_row;		/* and a fact with it; 0 = there is none */
};

RB_HEAD(notice_found_tree, notice_found);
RB_HEAD(notice_place_tree, notice_place);

struct notice_gathering {
	struct arena *arena;		/* the caller's */
	struct notice_found_tree found;
	struct notice_place_tree places;
	uint32_t since_day, before_day;	/* for the sums */
	uint32_t well_day[NOTICE_ABOUTS];	/* the last one on which it went well with anybody */
	uint32_t counts[NOTICE_ABOUTS];	/* of found, none above NOTICE_CASES_MOST */
	uint32_t places_count;
	uint64_t facts;			/* looked at */
	bool is_cut;			/* there were more */
};

/* arena and days are set, the rest is zero. False: the ledger cannot be read. */
bool notice_gather(struct ledger *ledger, struct notice_gathering *gathering);

/* It went well with nobody on the day of its last failure, or on the day before: the fault may be ours. */
bool notice_gathered_is_doubted(const struct notice_gathering *gathering, const struct notice_found *found);

/* The next one in no order that means anything; NULL as the last gives the first. */
struct notice_found *notice_gathering_next(struct notice_gathering *gathering, struct notice_found *last);

/* Fill all of it that the ledger knows. False: the ledger cannot be read. */
bool notice_gathered(struct ledger *ledger, const struct notice_found *found, struct notice_case *item);

#endif
