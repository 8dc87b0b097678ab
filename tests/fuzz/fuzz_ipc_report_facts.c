/* Octets that claim to be messages of ipc/report_facts.h. */
#include "ipc/report_facts.h"

#include "messages.h"

AGAIN_IN_ARENA(facts_batch)
AGAIN(facts_kept)

MESSAGES_TARGET(facts_batch_again, facts_kept_again)
