/*
 * Look-ups of commands that ask the DNS themselves: one resolver, for as long as the command lasts.
 *
 *   why = lookup_open(options, server, is_verbose);
 *   lookup_ask("example.org", DNS_TXT, on_answer, arg);	any number, in on_answer as well
 *   lookup_run(20000);
 *   lookup_close();
 */
#ifndef CTL_LOOKUP_H
#define CTL_LOOKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/question.h"
#include "base/arena.h"
#include "base/span.h"
#include "ctl.h"
#include "dns/answer.h"

/*
 * Begin. Time-outs are those of the configuration; servers too, or those of resolv.conf(5) without any there.
 *   server      ADDRESS or ADDRESS:PORT, to be asked instead; "" = none is named
 *   is_verbose  print every answer as it comes
 * Returns NULL, or why not: good until it is called again.
 */
const char *lookup_open(const struct options *options, struct span server, bool is_verbose);

/* Ask. on_answer comes later, once, in lookup_run(); the answer is borrowed for the call. */
void lookup_ask(const char *name, enum dns_type type, void (*on_answer)(void *arg, const struct dns_answer *answer), void *arg);

/* Until everything is answered, or lookup_stop() was called in an on_answer, or so much time is over: then what is not never will be. */
void lookup_run(int64_t ms);
void lookup_stop(void);

/* The end. Tolerates that it was not opened. */
void lookup_close(void);

/* What the machines of lib-auth are fed: an answer in their words. It borrows the other, and from the arena. */
struct auth_answer lookup_answer(const struct dns_answer *answer, struct arena *arena);
enum dns_type lookup_type(enum auth_type type);

#endif
