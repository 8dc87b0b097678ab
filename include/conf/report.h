/* What report is configured with. */
#ifndef CONF_REPORT_H
#define CONF_REPORT_H

#include "conf/log.h"
#include "conf/slice.h"
#include "conf/spool.h"

/* Notices to peers whose TLS is at fault: composed, recorded and shown in a dry run; sent when they are on. */
enum conf_notices { CONF_NOTICES_OFF, CONF_NOTICES_DRY_RUN, CONF_NOTICES_ON };

struct conf_report {
	struct conf_log log;
	struct conf_spool spool;
	char *hostname;
	char *postmaster;		/* From of notifications */
	uint64_t returned_octets;	/* content larger than this is returned as headers only */
	uint64_t strangers;		/* notifications to one address within an hour, of mail that came from strangers; 0 = all */
	bool forged;			/* senders hear of mail that their domain says they did not send, too */
	char *ledger_directory;		/* a folder of its own below the spool's */
	uint64_t ledger_keep_s;		/* days of the ledger are kept so long; 0 = there is none */
	bool tlsrpt_send;		/* reports on TLS are sent */
	char *tlsrpt_contact;		/* whom they are from */
	char *tlsrpt_organization;
	uint64_t tlsrpt_delay_s;	/* spread over so long after the day's end, */
	uint64_t tlsrpt_settle_s;	/* and none sooner than that: the day's last connections have ended, and were told of */
	uint64_t tlsrpt_expire_s;	/* tried for so long */
	uint64_t tlsrpt_most;		/* to one host within a day */
	bool tlsrpt_verify;		/* an HTTPS host has to prove its name */
	char *dkim_domain;		/* that signs them; "" = none does, and none is mailed */
	struct conf_list dkim_selectors;
	struct conf_list dkim_keys;	/* PEM texts, one for each selector; secret */
	uint64_t notices_mode;		/* enum conf_notices */
	char *notices_from;		/* whom they are from; "" = they are not sent */
	char *notices_stop;		/* mail to this address, with "+" and a token before its "@", stops them for ever */
	char *notices_template;		/* the text of the template (mail/notice_template.h) */
	uint64_t notices_after_s;	/* a fault has lasted at least so long, */
	uint64_t notices_sessions;	/* in at least so many sessions */
	uint64_t notices_remind_s;	/* once more after so long; 0 = never */
	uint64_t notices_silence_s;	/* nothing for so long after the last */
	uint64_t notices_most;		/* within a day */
	uint64_t notices_bounces;	/* percent: no more are sent while more than that bounce */
	uint64_t notices_lookups;	/* of contacts, within a day */
	char *notices_abuse_zone;	/* contacts by address; "" = none */
	bool notices_senders;		/* the person whose mail was refused is a contact, too */
};

extern const struct conf_slice conf_report_slice;

#endif
