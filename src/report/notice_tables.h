/* What the files of notices.db share: the database, the secret, and the rows of cases, which notice_scan.c keeps up to date. */
#ifndef REPORT_NOTICE_TABLES_H
#define REPORT_NOTICE_TABLES_H

#include "report/notice_secret.h"
#include "report/notice_store.h"
#include "store/query.h"

struct notices {
	struct store *store;
	int folder;			/* descriptor of it */
	unsigned char secret[NOTICE_SECRET];
};

#define NOTICE_MAC 32				/* octets of an HMAC-SHA-256 */
#define NOTICE_MAIL_KEPT_S (30 * 86400)		/* so long bounces are counted */
#define NOTICE_MAIL_LOST_S (7 * 86400)		/* a mail whose end nobody tells is waited for so long: it is of use for a day */

/* HMAC of a label and a text: no label is the beginning of another with its NUL, so what has one never equals what has another. */
void notices_mac(const struct notices *notices, const char *label, struct span text, unsigned char mac[NOTICE_MAC]);

/*
 * notices.stopped: who wants none is a line there before it is a row here. Bring the table up to date with the file, and the file with
 * the table: whichever of them is new, nothing is forgotten. False when one could not be read or written.
 */
bool notices_stops_restore(struct notices *notices);

/* One that was sent before then, and is waited for. False: there is none. */
bool notices_mail_waits(struct notices *notices, int64_t before_s, struct mid *mid, char party_key[NOTICE_KEY]);

/* --- cases as the last scan left them --- */

struct notice_row {
	uint32_t since_day;		/* the first day that the sums are of */
	uint64_t failed, good;
	int64_t first_s, last_s;	/* first_s 0 = it has ended, and begins anew when more have failed */
	char party[NOTICE_KEY];
};

/* *is_known false: there is no such row. Returns false when the database cannot be read. */
bool notices_row_get(struct notices *notices, const char *key, struct notice_row *row, bool *is_known);
bool notices_row_put(struct notices *notices, const char *key, const struct notice_row *row);
bool notices_rows_forget(struct notices *notices, int64_t before_s);	/* those with nothing new since then */

/* The first day that the last scan has looked at; 0 = there was none. */
uint32_t notices_scanned_get(struct notices *notices);
bool notices_scanned_put(struct notices *notices, uint32_t since_day);

#endif
