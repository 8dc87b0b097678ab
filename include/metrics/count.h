/*
 * Counters with labels, of this process: an addition each, in an array that is made by the tables. What is counted is told when
 * master asks, and gone with the process.
 *
 *	count(METRIC_TLS_SESSIONS, FACT_OUT, metrics_find(METRICS_VERSION, version), metrics_find(METRICS_REASON, word));
 */
#ifndef METRICS_COUNT_H
#define METRICS_COUNT_H

#include "base/buf.h"
#include "metrics/table.h"

/* One more; behind the metric, for each of its labels, which word of it. */
#define count(...) count_by(1, __VA_ARGS__)
#define count_by(by, ...) count_add((by), (const size_t[1 + METRICS_LABELS_MAX]){ __VA_ARGS__ })

/* So many more: the metric, and its labels' words. */
void count_add(uint64_t by, const size_t which[1 + METRICS_LABELS_MAX]);

/* What was counted so far; for tests. */
uint64_t count_read(const size_t which[1 + METRICS_LABELS_MAX]);

/* All that was counted, as samples (metrics/sample.h); what was never counted is not told. */
void count_tell(struct buf *samples);

/* As if nothing had been counted; for tests. */
void count_forget(void);

#endif
