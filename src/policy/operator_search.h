/* The verbs that search: for one domain, or for a list of them. */
#ifndef POLICY_ROOM_OPERATOR_SEARCH_H
#define POLICY_ROOM_OPERATOR_SEARCH_H

#include "policy/task.h"

/*
 * policy refresh DOMAIN: its record is looked up and its policy fetched, whatever is known. Answers when that is over with the rows of
 * `policy show`; code 0 when it was fetched, 1 when there is none, 2 when it could not be.
 */
void operator_refresh(struct task *task);

/*
 * policy warm [--no-wait] DOMAIN...: policies of these domains are fetched in the background. When all searches are over one row:
 * domains, policies (in force), enforce, none (no policy published), failed, took_ms, per_second (domains).
 */
void operator_warm(struct task *task);

void operator_search_gone(struct task *task);

/* Searches that nobody waits for are given up. */
void operator_search_free(struct policy *policy);

#endif
