/* The message of standard input with its signatures checked, and TXT records, for the commands that want to know of them. */
#ifndef CTL_VERIFY_H
#define CTL_VERIFY_H

#include "auth/dkim_verify.h"

/* As long as the DNS is waited for. */
#define VERIFY_LOOKUP_MS 30000

/* Read it to its end, every line end as mail has it. Returns NULL, with *verify done and the caller's to free; or why not. */
const char *verify_message(enum dkim_service service, struct dkim_verify **verify);

/*
 * Look so many questions up, all at once, and have each answered: when it is, or at the end, with AUTH_FAILED. All are of one machine.
 */
void verify_ask(const struct auth_question *questions, size_t count,
    void (*on_answer)(void *machine, unsigned number, const struct auth_answer *answer), void *machine);

#endif
