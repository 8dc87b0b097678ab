/* The message of standard input with its signatures checked, for the commands that want to know of them. */
#ifndef CTL_VERIFY_H
#define CTL_VERIFY_H

#include "auth/dkim_verify.h"

/* Read it to its end, every line end as mail has it. Returns NULL, with *verify done and the caller's to free; or why not. */
const char *verify_message(enum dkim_service service, struct dkim_verify **verify);

#endif
