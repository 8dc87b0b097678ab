/* Outcomes between rooms and in the journal. */
#include "mail/outcome.h"

/* Of is_policy and is_provisional, which the first implies: one octet. */
enum policy_octet { NOT_OF_POLICY, OF_POLICY, OF_POLICY_PROVISIONAL, POLICY_OCTETS };

void
outcome_encode(struct buf *out, const struct outcome *outcome)
{
	put_u8(out, outcome->kind);
	put_u8(out, outcome->scope);
	put_u8(out, !outcome->is_policy ? NOT_OF_POLICY : outcome->is_provisional ? OF_POLICY_PROVISIONAL : OF_POLICY);
	put_bool(out, outcome->is_remote);
	put_bool(out, outcome->relayed);
	put_u16(out, outcome->code);
	put_span(out, outcome->status);
	put_span(out, outcome->reason);
	put_span(out, outcome->text);
	put_span(out, outcome->mx);
	put_span(out, outcome->address);
	put_span(out, outcome->tls);
}

void
outcome_decode(struct codec *in, struct outcome *outcome)
{
	enum policy_octet policy;

	outcome->kind = get_enum(in, OUTCOME_KINDS);
	outcome->scope = get_enum(in, OUTCOME_SCOPES);
	policy = get_enum(in, POLICY_OCTETS);
	outcome->is_policy = policy != NOT_OF_POLICY;
	outcome->is_provisional = policy == OF_POLICY_PROVISIONAL;
	outcome->is_remote = get_bool(in);
	outcome->relayed = get_bool(in);
	outcome->code = get_u16(in);
	outcome->status = get_span(in);
	outcome->reason = get_span(in);
	outcome->text = get_span(in);
	outcome->mx = get_span(in);
	outcome->address = get_span(in);
	outcome->tls = get_span(in);
}
