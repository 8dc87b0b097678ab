/* What report is configured with. */
#ifndef CONF_REPORT_H
#define CONF_REPORT_H

#include "conf/log.h"
#include "conf/slice.h"
#include "conf/spool.h"

struct conf_report {
	struct conf_log log;
	struct conf_spool spool;
	char *hostname;
	char *postmaster;		/* From of notifications */
	uint64_t returned_octets;	/* content larger than this is returned as headers only */
	char *ledger_directory;		/* a folder of its own below the spool's */
	uint64_t ledger_keep_s;		/* days of the ledger are kept so long; 0 = there is none */
};

extern const struct conf_slice conf_report_slice;

#endif
