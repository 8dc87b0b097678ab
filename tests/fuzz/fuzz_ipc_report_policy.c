/* Octets that claim to be messages of ipc/report_policy.h. */
#include "ipc/report_policy.h"

#include "messages.h"

AGAIN(tlsrpt_question)
AGAIN_IN_ARENA(tlsrpt_answer)
AGAIN(tlsrpt_post)
AGAIN(tlsrpt_posted)
AGAIN(contact_question)
AGAIN_IN_ARENA(contacts_answer)

MESSAGES_TARGET(tlsrpt_question_again, tlsrpt_answer_again, tlsrpt_post_again, tlsrpt_posted_again, contact_question_again,
    contacts_answer_again)
