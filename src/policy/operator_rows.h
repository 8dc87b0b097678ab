/*
 * Rows of `policy list`, `policy show` and `exception list`: one for each thing that is known of a domain. All have the same
 * fields, in this order:
 *
 *   domain     the domain; of exceptions also ".example.org"
 *   source     "record", "sts", "preload", "ratchet", "exception"
 *   mode       record: found, absent, failed, unknown; sts and preload: enforce, testing, none; else a level
 *   state      "in-force", "ended", "learning"; "" of records
 *   id         of the record, or of the record when the policy was fetched; "" of others
 *   since      UTC; when it was fetched, looked up, or last seen; 0 = not known
 *   until      UTC; when it ends; 0 = for ever, or nobody knows
 *   due        UTC; when it is fetched again; 0 of others
 *   failures   fetches that failed since
 *   successes  deliveries of a ratchet
 *   days       on which those were
 *   mx         patterns, or hosts, with spaces between
 *   why        of an exception; where it comes from: "(configuration) ..."
 */
#ifndef POLICY_ROOM_OPERATOR_ROWS_H
#define POLICY_ROOM_OPERATOR_ROWS_H

#include "policy/exceptions.h"
#include "policy/task.h"

void operator_row_record(struct task *task, const struct domain *domain);
void operator_row_sts(struct task *task, const struct domain *domain);
void operator_row_preload(struct task *task, struct span domain);
void operator_rows_ratchet(struct task *task, struct span domain);	/* one for each level that was seen */
void operator_row_exception(struct task *task, const struct exception *exception);

#endif
