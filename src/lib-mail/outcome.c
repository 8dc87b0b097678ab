/* Outcomes between rooms and in the journal. */
#include "mail/outcome.h"

/* Of is_policy and is_provisional, which the first implies: one octet. */
enum policy_octet { NOT_OF_POLICY, OF_POLICY, OF_POLICY_PROVISIONAL, POLICY_OCTETS };

/* Of is_remote, and whether because, verdict and evidence follow: journals that were written before these were known have 0 and 1. */
enum remote_octet { OURS, OF_PEER, OURS_JUDGED, OF_PEER_JUDGED, REMOTE_OCTETS };

static bool
is_judged(const struct outcome *outcome)
{
	return outcome->because.length > 0 || outcome->verdict.length > 0 || outcome->evidence.length > 0;
}

void
outcome_encode(struct buf *out, const struct outcome *outcome)
{
	put_u8(out, outcome->kind);
	put_u8(out, outcome->scope);
	put_u8(out, !outcome->is_policy ? NOT_OF_POLICY : outcome->is_provisional ? OF_POLICY_PROVISIONAL : OF_POLICY);
	put_u8(out, is_judged(outcome) ? outcome->is_remote ? OF_PEER_JUDGED : OURS_JUDGED : outcome->is_remote ? OF_PEER : OURS);
	put_bool(out, outcome->relayed);
	put_u16(out, outcome->code);
	put_span(out, outcome->status);
	put_span(out, outcome->reason);
	put_span(out, outcome->text);
	put_span(out, outcome->mx);
	put_span(out, outcome->address);
	put_span(out, outcome->tls);
	if (!is_judged(outcome))
		return;
	put_span(out, outcome->because);
	put_span(out, outcome->verdict);
	put_span(out, outcome->evidence);
}

void
outcome_decode(struct codec *in, struct outcome *outcome)
{
	enum policy_octet policy;
	enum remote_octet remote;
	bool judged;

	outcome->kind = get_enum(in, OUTCOME_KINDS);
	outcome->scope = get_enum(in, OUTCOME_SCOPES);
	policy = get_enum(in, POLICY_OCTETS);
	outcome->is_policy = policy != NOT_OF_POLICY;
	outcome->is_provisional = policy == OF_POLICY_PROVISIONAL;
	remote = get_enum(in, REMOTE_OCTETS);
	outcome->is_remote = remote == OF_PEER || remote == OF_PEER_JUDGED;
	judged = remote == OURS_JUDGED || remote == OF_PEER_JUDGED;
	outcome->relayed = get_bool(in);
	outcome->code = get_u16(in);
	outcome->status = get_span(in);
	outcome->reason = get_span(in);
	outcome->text = get_span(in);
	outcome->mx = get_span(in);
	outcome->address = get_span(in);
	outcome->tls = get_span(in);
	outcome->because = judged ? get_span(in) : SPAN("");
	outcome->verdict = judged ? get_span(in) : SPAN("");
	outcome->evidence = judged ? get_span(in) : SPAN("");
	in->bad |= judged && !is_judged(outcome);	/* there is one way to write an outcome */
}
