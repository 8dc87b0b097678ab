/* Failures: reason, status, text. */
#include "relay/failure.h"

#include <stdio.h>

void
failure_make(struct failure *failure, const char *word, const char *seen)
{
	*failure = (struct failure){ .reason = reason_find(span_of(word)), .kind = OUTCOME_LATER, .scope = OUTCOME_OF_SITE };
	reason_status(failure->reason, OUTCOME_LATER, failure->status);
	snprintf(failure->text, sizeof(failure->text), "%s%s%s", failure->reason->text, seen == NULL ? "" : ": ",
	    seen == NULL ? "" : seen);
}

void
failure_make_final(struct failure *failure, const char *word, const char *seen, enum outcome_scope scope)
{
	failure_make(failure, word, seen);
	failure->kind = OUTCOME_FAILED;
	failure->scope = scope;
	reason_status(failure->reason, OUTCOME_FAILED, failure->status);
}

void
failure_of_reply(struct failure *failure, const char *word, const struct reply *reply, enum outcome_scope scope)
{
	failure_make(failure, reply->code >= 400 ? word : "reply-unexpected", NULL);
	failure->kind = reply->code >= 500 ? OUTCOME_FAILED : OUTCOME_LATER;
	failure->scope = scope;
	failure->is_remote = true;
	failure->code = (uint16_t)reply->code;
	if (reply->code >= 400 && reply->status.length > 0 && reply->status.length < sizeof(failure->status))
		snprintf(failure->status, sizeof(failure->status), "%.*s", SPAN_ARG(reply->status));
	else
		reason_status(failure->reason, failure->kind, failure->status);
	reply_join(reply, failure->text, sizeof(failure->text));
}

void
failure_of_stranger(struct failure *failure, const char *word, const struct reply *reply)
{
	failure_of_reply(failure, word, reply, OUTCOME_OF_SITE);
	failure->reason = reason_find(span_of(word));
	failure->kind = OUTCOME_LATER;
	reason_status(failure->reason, OUTCOME_LATER, failure->status);
}

void
failure_make_later(struct failure *failure)
{
	if (failure->kind != OUTCOME_FAILED)
		return;
	failure->kind = OUTCOME_LATER;
	reason_status(failure->reason, OUTCOME_LATER, failure->status);
}

void
failure_keep(struct failure *kept, const struct failure *fresh)
{
	bool may_change = kept->reason != NULL && (kept->kind == OUTCOME_LATER || fresh->kind == OUTCOME_LATER);

	if (kept->reason == NULL || (fresh->reason->is_policy && !kept->reason->is_policy))
		*kept = *fresh;
	if (may_change)
		failure_make_later(kept);
}

void
failure_at(struct failure *failure, const char *host, const char *address)
{
	snprintf(failure->host, sizeof(failure->host), "%s", host);
	snprintf(failure->address, sizeof(failure->address), "%s", address);
}

void
failure_outcome(const struct failure *failure, struct outcome *outcome)
{
	*outcome = (struct outcome){
		.kind = failure->kind, .scope = failure->scope, .is_policy = failure->reason->is_policy,
		.is_provisional = failure->is_provisional && failure->reason->is_policy, .is_remote = failure->is_remote,
		.code = failure->code, .status = span_of(failure->status),
		.reason = failure->reason->word, .text = span_of(failure->text),
		.mx = span_of(failure->host), .address = span_of(failure->address), .tls = SPAN(""),
		.because = span_of(failure->because), .evidence = span_of(failure->evidence),
		.verdict = failure->verdict == NULL || *failure->evidence == '\0' ? SPAN("") : failure->verdict->word
	};
}
