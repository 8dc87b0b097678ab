/* What came of it as an Authentication-Results field (RFC 8601 2.7), and as a line in the log. */
#include <string.h>

#include "auth/authres.h"
#include "base/log.h"
#include "intake/authentication_parts.h"
#include "intake/transaction.h"

static void
spf_write(struct authres *field, const struct spf *spf, const char *property, struct span value)
{
	if (spf == NULL)
		return;
	authres_result(field, "spf", spf_result_name(spf_finding(spf)->result));
	authres_property(field, property, value);
}

static void
signature_write(struct authres *field, const struct dkim_result *result)
{
	authres_result(field, "dkim", dkim_verdict_name(result->verdict));
	authres_property(field, "header.d", span_of(result->domain));
	authres_property(field, "header.i", result->identity);
	authres_property(field, "header.s", span_of(result->selector));
	authres_property(field, "header.a", span_of(result->algorithm));
	authres_property(field, "header.b", span_of(result->mark));
}

/* A header that nothing can be read of may well have signatures (RFC 8601 2.7.1). */
static const char *
dkim_without(const struct dkim_verify *dkim)
{
	return *dkim_verify_malformed(dkim) == '\0' ? "none" : "neutral";
}

static void
dkim_write(struct authres *field, const struct dkim_verify *dkim)
{
	if (dkim_verify_count(dkim) == 0)
		authres_result(field, "dkim", dkim_without(dkim));
	for (uint32_t i = 0; i < dkim_verify_count(dkim); i++)
		signature_write(field, dkim_verify_result(dkim, i));
}

/* The policy that is to be applied, of a message that fails; else the one that there is (RFC 9989 4.7, 7489 11.1). */
static void
dmarc_write(struct authres *field, const struct authentication *authentication)
{
	const struct dmarc_finding *finding;

	if (authentication->dmarc == NULL) {
		authres_result(field, "dmarc", dmarc_result_name(DMARC_PERMERROR));
		return;
	}
	finding = dmarc_finding(authentication->dmarc);
	authres_result(field, "dmarc", dmarc_result_name(finding->result));
	authres_property(field, "header.from", span_of(authentication->author));
	if (finding->result == DMARC_PASS)
		authres_property(field, "policy.dmarc", span_of(dmarc_policy_name(finding->policy)));
	else if (finding->result == DMARC_FAIL)
		authres_property(field, "policy.dmarc", span_of(dmarc_policy_name(finding->disposition)));
}

/* Of several signatures the one that says most. */
static const char *
dkim_summary(const struct dkim_verify *dkim)
{
	for (uint32_t i = 0; i < dkim_verify_count(dkim); i++)
		if (dkim_verify_result(dkim, i)->verdict == DKIM_PASS)
			return dkim_verdict_name(DKIM_PASS);
	return dkim_verify_count(dkim) == 0 ? dkim_without(dkim) : dkim_verdict_name(dkim_verify_result(dkim, 0)->verdict);
}

static void
authentication_log(const struct authentication *authentication)
{
	const struct spf *mail_from = authentication->mail_from;
	const struct dmarc *dmarc = authentication->dmarc;

	log_info("authentication", LOG_IDENT("sid", authentication->sid),
	    LOG_TEXT("spf", mail_from == NULL ? "" : spf_result_name(spf_finding(mail_from)->result)),
	    LOG_TEXT("helo", spf_result_name(spf_finding(authentication->helo)->result)),
	    LOG_TEXT("dkim", dkim_summary(authentication->dkim)),
	    LOG_TEXT("dmarc", dmarc_result_name(dmarc == NULL ? DMARC_PERMERROR : dmarc_finding(dmarc)->result)),
	    LOG_TEXT("from", authentication->author), LOG_NUMBER("late", authentication->is_late));
}

struct span
authentication_field(const struct authentication *authentication, struct arena *arena)
{
	struct authres field;
	struct span text;
	struct buf out;

	buf_init(&out, ENVELOPE_PREFIX_MAX);
	authres_begin(&field, &out, authentication->id, authentication->tx->params.is_smtputf8);
	spf_write(&field, authentication->mail_from, "smtp.mailfrom", authentication->sender);
	spf_write(&field, authentication->helo, "smtp.helo", authentication->name);
	dkim_write(&field, authentication->dkim);
	dmarc_write(&field, authentication);
	(void)authres_end(&field);
	text = arena_span(arena, buf_span(&out));
	buf_clear(&out);
	authentication_log(authentication);
	return text;
}
