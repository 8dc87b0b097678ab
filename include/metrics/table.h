/*
 * THE table of metrics: what is counted and measured, under which name, in which unit, and by which labels. A label has the words
 * of a table of the program's, so that no peer, no user and no message can add to what is kept and told.
 */
#ifndef METRICS_TABLE_H
#define METRICS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/histogram.h"
#include "base/span.h"

enum metrics_label {
	METRICS_NO_LABEL,
	METRICS_DIRECTION, METRICS_VERSION, METRICS_REASON, METRICS_LEVEL, METRICS_APPLIED, METRICS_OUTCOME, METRICS_END, METRICS_REPLY,
	METRICS_STATE, METRICS_MODE, METRICS_FETCH, METRICS_ACTION, METRICS_REPORT, METRICS_NOTICE, METRICS_RELOAD, METRICS_STATUS, METRICS_NUMBER, METRICS_RELEASE,
	METRICS_LABELS
};

#define METRICS_LABELS_MAX 3	/* of one metric, beside those that name the room */

enum metric {
	/* of every room */
	METRIC_BUILD, METRIC_ROOM_UP, METRIC_ROOM_RESTARTS, METRIC_ROOM_START, METRIC_ROOM_CPU, METRIC_ROOM_MEMORY,
	/* master */
	METRIC_LOCKED, METRIC_RELOADS, METRIC_CERTIFICATE_EXPIRY,
	/* TLS, in both directions */
	METRIC_TLS_SESSIONS, METRIC_OUTBOUND_SESSIONS, METRIC_OUTBOUND_RESUMED,
	/* intake */
	METRIC_INTAKE_SESSIONS, METRIC_INTAKE_ACCEPTED, METRIC_INTAKE_OCTETS, METRIC_INTAKE_REFUSALS, METRIC_INTAKE_MEMORY,
	METRIC_INTAKE_CONGESTED,
	/* relay */
	METRIC_RELAY_OUTCOMES, METRIC_RELAY_CONNECTIONS, METRIC_RELAY_JOBS, METRIC_RELAY_DNSSEC,
	/* queue */
	METRIC_QUEUE_MESSAGES, METRIC_QUEUE_TASKS, METRIC_QUEUE_OLDEST, METRIC_QUEUE_HOPS, METRIC_QUEUE_RESTING, METRIC_QUEUE_ENDS,
	METRIC_QUEUE_DEFERRALS, METRIC_QUEUE_CONGESTED, METRIC_QUEUE_BROKEN, METRIC_SPOOL_SEGMENTS, METRIC_SPOOL_OCTETS,
	METRIC_SPOOL_NEEDED, METRIC_SPOOL_JOURNAL,
	/* whoever writes messages */
	METRIC_COMMIT_TIME, METRIC_SYNC_OCTETS, METRIC_COMMIT_ERRORS,
	/* policy */
	METRIC_POLICY_DOMAINS, METRIC_POLICY_QUESTIONS, METRIC_POLICY_CHANGES, METRIC_POLICY_HELD, METRIC_POLICY_FAILING,
	METRIC_POLICY_RATCHETS, METRIC_POLICY_PRELOADED, METRIC_POLICY_FETCHES, METRIC_POLICY_FETCHING, METRIC_POLICY_WAITING,
	/* report */
	METRIC_NOTIFICATIONS, METRIC_NOTIFICATIONS_WITHHELD, METRIC_TLSRPT_REPORTS, METRIC_NOTICES, METRIC_LEDGER_OPEN, METRIC_LEDGER_FACTS,
	METRIC_LEDGER_BATCHES,
	/* web */
	METRIC_WEB_REQUESTS, METRIC_WEB_CONNECTIONS,
	METRICS
};

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_INFO, METRIC_HISTOGRAM, METRIC_TYPES };

struct metrics_row {
	const char *name;	/* "sealpost_queue_messages": of the family, without "_total" */
	enum metric_type type;
	const char *unit;	/* "seconds", "bytes"; it ends the name; "" = it is a number of things */
	uint32_t parts;		/* a value of so many is 1 of the unit: 1000 = milliseconds; 0 = 1 */
	enum histogram_kind histogram;	/* bounds, of METRIC_HISTOGRAM */
	enum metrics_label labels[METRICS_LABELS_MAX];
	const char *help;	/* a sentence */
};

const struct metrics_row *metrics_row(enum metric metric);

/* How many labels the metric has; how many different ones all of them together can be. */
size_t metrics_labels(enum metric metric);
size_t metrics_cells(enum metric metric);

/* The label's name, how many words it has, and one of them: "" where a table has a row that says nothing. */
const char *metrics_label_name(enum metrics_label label);
size_t metrics_words(enum metrics_label label);
struct span metrics_word(enum metrics_label label, size_t index);

/* Which of its words it is: for "" the word "none"; for one that is not among them the last, which is there for that. */
size_t metrics_find(enum metrics_label label, struct span word);

#endif
