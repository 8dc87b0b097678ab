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
	bool tlsrpt_send;		/* reports on TLS are sent */
	char *tlsrpt_contact;		/* whom they are from */
	char *tlsrpt_organization;
	uint64_t tlsrpt_delay_s;	/* spread over so long after the day's end */
	uint64_t tlsrpt_expire_s;	/* tried for so long */
	uint64_t tlsrpt_most;		/* to one host within a day */
	bool tlsrpt_verify;		/* an HTTPS host has to prove its name */
	char *dkim_domain;		/* that signs them; "" = none does, and none is mailed */
	struct conf_list dkim_selectors;
	struct conf_list dkim_keys;	/* PEM texts, one for each selector; secret */
};

extern const struct conf_slice conf_report_slice;

#endif
