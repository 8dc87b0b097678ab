/* Signatures above mail of ours. */
#include "report/signed.h"

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

const char *
signed_make(struct buf *out, const struct conf_report *conf, struct span header, struct span body, int64_t now_s)
{
	const char *why = NULL;

	for (size_t i = 0; why == NULL && i < conf->dkim_keys.count; i++)
		why = sign(out, conf, i, header, body, now_s);
	return why;
}

const char *
signed_write(struct record *record, const struct conf_report *conf, struct span header, struct span body, int64_t now_s)
{
	struct buf signatures;
	const char *why;

	buf_init(&signatures, SIGNED_OCTETS);
	why = signed_make(&signatures, conf, header, body, now_s);
	if (why == NULL) {
		const struct span parts[] = { buf_span(&signatures), header, SPAN("\r\n"), body };

		for (size_t i = 0; why == NULL && i < sizeof(parts) / sizeof(*parts); i++)
			if (record_add(record, parts[i]) != 0)
				why = "it cannot be written";
	}
	buf_clear(&signatures);
	return why;
}
