/* A message under way: its memory goes all at once. */
#include "intake/transaction.h"

#include <string.h>

#include "intake/authentication.h"

#define RECIPIENTS_FIRST 4	/* room for so many to begin with */

struct transaction *
transaction_new(struct session *session, struct span sender, const struct mail_params *params)
{
	struct arena *arena = arena_new();
	struct transaction *transaction = arena_alloc(arena, sizeof(*transaction));

	transaction->arena = arena;
	transaction->session = session;
	transaction->sender = arena_span(arena, sender);
	transaction->params = *params;
	transaction->params.envid = arena_span(arena, params->envid);
	return transaction;
}

void
transaction_free(struct transaction **transaction)
{
	struct arena *arena;

	if (*transaction == NULL)
		return;
	authentication_free(&(*transaction)->authentication);
	record_abort(&(*transaction)->record);
	arena = (*transaction)->arena;
	*transaction = NULL;
	arena_free(&arena);
}

/* Twice the room; the old array stays in the arena, so that all of them together are as much again. */
static void
recipients_grow(struct transaction *transaction)
{
	uint32_t capacity = transaction->recipients_capacity == 0 ? RECIPIENTS_FIRST : transaction->recipients_capacity * 2;
	struct recipient *more = arena_alloc(transaction->arena, capacity * sizeof(*more));

	if (transaction->recipients_count > 0)
		memcpy(more, transaction->recipients, transaction->recipients_count * sizeof(*more));
	transaction->recipients = more;
	transaction->recipients_capacity = capacity;
}

void
transaction_add(struct transaction *transaction, struct span address, const struct rcpt_params *params)
{
	if (transaction->recipients_count == transaction->recipients_capacity)
		recipients_grow(transaction);
	transaction->recipients[transaction->recipients_count++] = (struct recipient){
		.address = arena_span(transaction->arena, address),
		.orcpt = arena_span(transaction->arena, params->orcpt),
		.notify = params->notify
	};
}
