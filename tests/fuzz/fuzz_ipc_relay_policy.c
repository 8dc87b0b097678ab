/* Octets that claim to be messages of ipc/relay_policy.h. */
#include "ipc/relay_policy.h"

#include "messages.h"

AGAIN(policy_question)
AGAIN_IN_ARENA(policy_answer)
AGAIN(policy_sight)
AGAIN(policy_change)
AGAIN_IN_ARENA(policy_names)
AGAIN_IN_ARENA(policy_hosts)

MESSAGES_TARGET(policy_question_again, policy_answer_again, policy_sight_again, policy_change_again, policy_names_again, policy_hosts_again)
