/* Records of the DNS, of policy's resolver (ipc/intake_policy.h): intake has none. While policy is away nothing is known. */
#ifndef INTAKE_NAMES_H
#define INTAKE_NAMES_H

#include "auth/question.h"

#define NAMES_UNDER_WAY 2000	/* questions of this intake at a time */

struct names;
struct name_ask;

struct names *names_new(void);
void names_free(struct names **names);	/* tolerates NULL, leaves NULL; whoever still asks is told nothing */

/* A fresh channel to policy. What was asked on a former one has failed. */
void names_attach(struct names *names, int fd);

/*
 * Ask. on_answer comes later, once; the answer is borrowed for the call. Returns NULL when nobody can be asked now, as there is no policy or too
 * much under way: that is AUTH_FAILED, and on_answer does not come.
 */
struct name_ask *names_ask(struct names *names, const char *name, enum auth_type type,
    void (*on_answer)(void *arg, const struct auth_answer *answer), void *arg);
void names_cancel(struct name_ask **ask);	/* silent; tolerates NULL, leaves NULL */

#endif
