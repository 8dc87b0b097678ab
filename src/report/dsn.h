/*
 * Delivery status notifications: multipart/report in plain words, with the fields that programs read
 * (RFC 3461 6, RFC 3464, RFC 6522, RFC 6533).
 */
#ifndef REPORT_DSN_H
#define REPORT_DSN_H

#include "base/buf.h"
#include "ipc/queue_report.h"

/* What a notification is made from, beside what queue said. */
struct dsn {
	const struct notification *notification;
	const char *hostname;		/* Reporting-MTA */
	const char *postmaster;		/* From */
	struct mid mid;			/* of the notification itself, for its Message-ID */
	int64_t now_ms;			/* since the epoch */
	char boundary[40];		/* random: no content can contain it */
	bool returns_content;		/* the whole message is returned, not its header only */
	struct span paste;		/* what the sender may pass on to who runs the host (notice_paste.h); "" = nothing */
};

/* Choose boundary and whether content is returned; returned_octets is the most that is (RFC 3461 4.3, 6.2). */
void dsn_begin(struct dsn *dsn, const struct notification *notification, const char *hostname, const char *postmaster,
    struct mid mid, int64_t now_ms, uint64_t returned_octets);

/* Header, the part for people, the part for programs, and the head of the third part. */
void dsn_write_head(struct buf *out, const struct dsn *dsn);

/* Is what is returned written in base64? What may have 8-bit octets is: the report itself stays 7-bit (RFC 6533 4). */
bool dsn_is_encoded(const struct dsn *dsn);

/* What follows the returned content: its last line is complete. */
void dsn_write_tail(struct buf *out, const struct dsn *dsn);

/* The whole notification's worst case without the returned content, octets. */
#define DSN_CEILING (64u * 1024 * 1024)

/* Does the return path need SMTPUTF8? */
bool dsn_is_utf8(const struct notification *notification);

#endif
