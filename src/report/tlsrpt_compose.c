/* One report, octet for octet, into a record. */
#include "report/tlsrpt_compose.h"

#include "report/signed.h"

const char *
tlsrpt_compose(struct record *record, struct tlsrpt_mail *mail, const struct conf_report *conf)
{
	struct buf header, body;
	const char *why = NULL;

	buf_init(&header, TLSRPT_HEADER_OCTETS);
	buf_init(&body, TLSRPT_BODY_OCTETS);
	mail->mid = record_mid(record);
	tlsrpt_mail_begin(mail);
	if (!tlsrpt_mail_write_header(&header, mail) || !tlsrpt_mail_write_body(&body, mail))
		why = "it is larger than reports may be";
	if (why == NULL)
		why = signed_write(record, conf, buf_span(&header), buf_span(&body), mail->now_s);
	buf_clear(&header);
	buf_clear(&body);
	return why;
}

void
tlsrpt_compose_envelope(struct span to, int64_t now_ms, struct recipient *recipient, struct envelope *envelope)
{
	*recipient = (struct recipient){ .address = to, .notify = NOTIFY_NEVER };
	*envelope = (struct envelope){ .arrival_ms = now_ms, .client_uid = UINT32_MAX, .recipients = recipient, .recipients_count = 1,
		.flags = ENVELOPE_OWN | ENVELOPE_TLS_OPTIONAL | ENVELOPE_BRIEF };
}
