/* Values as rooms tell them, in octets: a metric, the words of its labels, and a number. */
#ifndef METRICS_SAMPLE_H
#define METRICS_SAMPLE_H

#include "base/buf.h"
#include "base/codec.h"
#include "base/histogram.h"
#include "metrics/table.h"

struct sample {
	enum metric metric;
	uint16_t labels[METRICS_LABELS_MAX];	/* which word of each; 0 where there is no label */
	uint16_t part;		/* of a histogram: a cell, or behind the last the sum; else 0 */
	uint64_t value;		/* in parts of the unit; a histogram's cells are not added up */
};

#define SAMPLE_OCTETS 18		/* of one, encoded */

void sample_encode(struct buf *out, const struct sample *sample);

/* The next one. False = there is none left; or it is not of the table, and marks the codec. */
bool sample_get(struct codec *in, struct sample *sample);

/* A value without labels; one with a label, and which word of it; a histogram. */
void sample_put(struct buf *out, enum metric metric, uint64_t value);
void sample_put_of(struct buf *out, enum metric metric, size_t word, uint64_t value);
void sample_put_histogram(struct buf *out, enum metric metric, const struct histogram *histogram);

/* The order in which samples are written: by metric, labels, part. */
int sample_compare(const struct sample *a, const struct sample *b);

#endif
