/* One report, octet for octet, into a record. */
#include "report/tlsrpt_compose.h"

#include "auth/dkim.h"

/* Each key signs the same fields, and none another's signature (RFC 6376 5.4). */
static const char *
sign(struct buf *out, const struct conf_report *conf, size_t i, struct span header, struct span body, int64_t now_s)
{
	struct dkim_key *key = NULL;
	struct dkim_signer *signer;
	const char *why = dkim_key_read(span_of(conf->dkim_keys.items[i]), &key);

	if (why != NULL)
		return why;
	signer = dkim_signer_new(key, conf->dkim_domain, conf->dkim_selectors.items[i]);
	dkim_signer_body(signer, body);
	why = dkim_signer_end(signer, header, now_s, out);
	dkim_signer_free(&signer);
	dkim_key_free(&key);
	return why;
}

static const char *
write_all(struct record *record, struct span signatures, struct span header, struct span body)
{
	const struct span parts[] = { signatures, header, SPAN("\r\n"), body };

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (record_add(record, parts[i]) != 0)
			return "it cannot be written";
	return NULL;
}

const char *
tlsrpt_compose(struct record *record, struct tlsrpt_mail *mail, const struct conf_report *conf)
{
	struct buf signatures, header, body;
	const char *why = NULL;

	buf_init(&signatures, TLSRPT_HEADER_OCTETS);
	buf_init(&header, TLSRPT_HEADER_OCTETS);
	buf_init(&body, TLSRPT_BODY_OCTETS);
	mail->mid = record_mid(record);
	tlsrpt_mail_begin(mail);
	if (!tlsrpt_mail_write_header(&header, mail) || !tlsrpt_mail_write_body(&body, mail))
		why = "it is larger than reports may be";
	for (size_t i = 0; why == NULL && i < conf->dkim_keys.count; i++)
		why = sign(&signatures, conf, i, buf_span(&header), buf_span(&body), mail->now_s);
	if (why == NULL)
		why = write_all(record, buf_span(&signatures), buf_span(&header), buf_span(&body));
	buf_clear(&signatures);
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
