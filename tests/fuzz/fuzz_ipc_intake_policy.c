/* Octets that claim to be messages of ipc/intake_policy.h. */
#include "ipc/intake_policy.h"

#include "messages.h"

AGAIN(record_question)
AGAIN_IN_ARENA(record_answer)

MESSAGES_TARGET(record_question_again, record_answer_again)
