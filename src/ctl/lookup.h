/* The DNS asked from a tool: the resolver of the relay, on a loop that runs until all that was asked is answered. */
#ifndef CTL_LOOKUP_H
#define CTL_LOOKUP_H

#include "auth/question.h"
#include "dns/answer.h"

/*
 * Prepare to ask this server ("192.0.2.1:53", "[2001:db8::1]:53"; "" = those of resolv.conf(5)). Returns NULL; or why not, and
 * there is nothing to close: valid until the next call.
 */
const char *lookup_open(const char *dns_server);
void lookup_close(void);

/* Ask. on_answer comes within lookup_run(), and may ask more; the answer is borrowed for the call. */
void lookup_ask(const char *name, enum dns_type type, void (*on_answer)(void *arg, const struct dns_answer *answer), void *arg);

/* Until nothing is under way. */
void lookup_run(void);

/* An answer of TXT records as lib-auth is told of it; borrowed. */
struct auth_answer lookup_texts(const struct dns_answer *answer);

#endif
