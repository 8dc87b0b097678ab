/* One notification, octet for octet, into a record. */
#include "report/compose.h"

#include <openssl/evp.h>

#include "base/log.h"
#include "mail/header.h"
#include "report/dsn.h"
#include "spool/reader.h"

#define HEADER_MOST (64u * 1024)	/* octets of a header that are returned */
#define HELD_MOST (1024u * 1024)	/* octets of a line, and of the chunk that goes on with it */
#define LINE_IN 57			/* octets that make a base64 line of 76 */

/* Where returned content goes: as it is, or in lines of base64. */
struct returning {
	struct record *record;
	bool is_encoded;
	unsigned char gathered[LINE_IN];	/* of the line under way */
	size_t gathered_octets;
	bool ends_line;				/* what was written so far ends with CRLF */
	int error;
};

static void
returning_write(struct returning *returning, struct span octets)
{
	if (returning->error != 0 || octets.length == 0)
		return;
	returning->error = record_add(returning->record, octets);
	returning->ends_line = octets.data[octets.length - 1] == '\n';
}

static void
returning_line(struct returning *returning)
{
	unsigned char line[4 * ((LINE_IN + 2) / 3) + 1];
	int length;

	if (returning->gathered_octets == 0)
		return;
	length = EVP_EncodeBlock(line, returning->gathered, (int)returning->gathered_octets);
	returning->gathered_octets = 0;
	returning_write(returning, span_make(line, (size_t)length));
	returning_write(returning, SPAN("\r\n"));
}

static void
returning_add(struct returning *returning, struct span octets)
{
	if (!returning->is_encoded) {
		returning_write(returning, octets);
		return;
	}
	for (size_t i = 0; i < octets.length; i++) {
		returning->gathered[returning->gathered_octets++] = (unsigned char)octets.data[i];
		if (returning->gathered_octets == LINE_IN)
			returning_line(returning);
	}
}

/* Of a message, the header only. A line that may turn out to be the first of the body is held back until it is known. */
struct beheading {
	struct header header;
	struct buf held;	/* octets that were looked at and are not certain yet */
	uint64_t returned;	/* octets before those */
};

/* Take a chunk; false when the header was at its end. */
static bool
header_return(struct returning *returning, struct beheading *beheading, struct span chunk)
{
	struct header *header = &beheading->header;
	uint64_t certain;

	header_look(header, chunk);
	if (!buf_add(&beheading->held, chunk))
		return false;
	certain = header_certain(header);
	returning_add(returning, span_first(buf_span(&beheading->held), (size_t)(certain - beheading->returned)));
	buf_consume(&beheading->held, (size_t)(certain - beheading->returned));
	beheading->returned = certain;
	return !header_is_over(header) && header->length < HEADER_MOST;
}

static void
return_message(struct returning *returning, const struct dsn *dsn, int fd)
{
	struct body_reader *reader = body_reader_new(fd, &dsn->notification->envelope.body);
	struct beheading beheading = { .returned = 0 };
	struct span chunk;
	bool more = true;
	int result = 1;

	buf_init(&beheading.held, HELD_MOST);
	while (more && returning->error == 0 && (result = body_reader_next(reader, &chunk)) > 0) {
		if (dsn->returns_content)
			returning_add(returning, chunk);
		else
			more = header_return(returning, &beheading, chunk);
	}
	buf_clear(&beheading.held);
	if (result < 0)
		log_error("damaged", LOG_MID("id", dsn->notification->envelope.mid),
		    LOG_TEXT("what", "the content of a message cannot be returned: it does not open"));
	if (returning->is_encoded)
		returning_line(returning);
	else if (!returning->ends_line)
		returning_write(returning, SPAN("\r\n"));
	body_reader_free(&reader);
}

int
compose(struct record *record, const struct notification *notification, const struct conf_report *conf, int fd, int64_t now_ms,
    struct span paste)
{
	struct returning returning = { .record = record };
	struct buf text;
	struct dsn dsn;

	dsn_begin(&dsn, notification, conf->hostname, conf->postmaster, record_mid(record), now_ms, conf->returned_octets);
	dsn.paste = paste;
	returning.is_encoded = dsn_is_encoded(&dsn);
	buf_init(&text, DSN_CEILING);
	dsn_write_head(&text, &dsn);
	returning_write(&returning, buf_span(&text));
	return_message(&returning, &dsn, fd);
	buf_empty(&text);
	dsn_write_tail(&text, &dsn);
	returning_write(&returning, buf_span(&text));
	buf_clear(&text);
	return returning.error;
}

void
compose_envelope(const struct notification *notification, int64_t now_ms, struct recipient *recipient,
    struct envelope *envelope)
{
	*recipient = (struct recipient){ .address = notification->envelope.sender, .notify = NOTIFY_NEVER };
	/* A notification is protected as its message was, or as little (RFC 8689 5, 6). */
	*envelope = (struct envelope){ .arrival_ms = now_ms, .client_uid = UINT32_MAX, .recipients = recipient, .recipients_count = 1,
		.flags = ENVELOPE_OWN | (notification->envelope.flags & (ENVELOPE_REQUIRETLS | ENVELOPE_TLS_OPTIONAL)) };
	if (dsn_is_utf8(notification))
		envelope->flags |= ENVELOPE_SMTPUTF8 | ENVELOPE_8BIT | ENVELOPE_8BITMIME;
}
