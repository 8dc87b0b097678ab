/* Picking the recipients of a transaction. */
#include "relay/transaction.h"

#include <stdlib.h>

#include "base/fatal.h"

struct transaction *
transaction_new(struct delivery *delivery, const struct transaction_bounds *bounds)
{
	const struct envelope *envelope = &delivery->job.envelope;
	uint32_t room = delivery->undecided < bounds->recipients ? delivery->undecided : bounds->recipients;
	struct transaction *transaction = must_alloc(sizeof(*transaction));

	transaction->delivery = delivery;
	transaction->recipients = arena_alloc(delivery->arena, room * sizeof(*transaction->recipients));
	transaction->accepted = arena_alloc(delivery->arena, room * sizeof(*transaction->accepted));
	for (uint32_t i = 0; i < envelope->recipients_count && transaction->count < room; i++) {
		if (delivery_is_decided(delivery, i))
			continue;
		if (bounds->may_have == NULL || bounds->may_have(bounds->arg, span_behind_last(envelope->recipients[i].address, '@')))
			transaction->recipients[transaction->count++] = (uint16_t)i;
	}
	if (transaction->count == 0)
		transaction_free(&transaction);
	return transaction;
}

void
transaction_free(struct transaction **transaction)
{
	free(*transaction);
	*transaction = NULL;
}

const struct recipient *
transaction_recipient(const struct transaction *transaction, uint32_t at)
{
	return &transaction->delivery->job.envelope.recipients[transaction->recipients[at]];
}
