/* Samples in and out of octets, and their order. */
#include "metrics/sample.h"

void
sample_encode(struct buf *out, const struct sample *sample)
{
	put_u16(out, (uint16_t)sample->metric);
	for (size_t i = 0; i < METRICS_LABELS_MAX; i++)
		put_u16(out, sample->labels[i]);
	put_u16(out, sample->part);
	put_u64(out, sample->value);
}

static bool
is_of_table(const struct sample *sample)
{
	const struct metrics_row *row = metrics_row(sample->metric);
	size_t parts = row->type == METRIC_HISTOGRAM ? histogram_cells(row->histogram) + 1 : 1;

	for (size_t i = 0; i < METRICS_LABELS_MAX; i++) {
		size_t words = row->labels[i] == METRICS_NO_LABEL ? 1 : metrics_words(row->labels[i]);

		if (sample->labels[i] >= words)
			return false;
	}
	return sample->part < parts;
}

bool
sample_get(struct codec *in, struct sample *sample)
{
	uint16_t metric;

	if (in->bad || span_is_empty(in->rest))
		return false;
	metric = get_u16(in);
	for (size_t i = 0; i < METRICS_LABELS_MAX; i++)
		sample->labels[i] = get_u16(in);
	sample->part = get_u16(in);
	sample->value = get_u64(in);
	if (in->bad || metric >= METRICS) {
		in->bad = true;
		return false;
	}
	sample->metric = (enum metric)metric;
	in->bad = !is_of_table(sample);
	return !in->bad;
}

void
sample_put(struct buf *out, enum metric metric, uint64_t value)
{
	sample_encode(out, &(struct sample){ .metric = metric, .value = value });
}

void
sample_put_of(struct buf *out, enum metric metric, size_t word, uint64_t value)
{
	sample_encode(out, &(struct sample){ .metric = metric, .labels = { (uint16_t)word }, .value = value });
}

void
sample_put_histogram(struct buf *out, enum metric metric, const struct histogram *histogram)
{
	size_t cells = histogram_cells(metrics_row(metric)->histogram);

	for (size_t i = 0; i < cells; i++)
		sample_encode(out, &(struct sample){ .metric = metric, .part = (uint16_t)i, .value = histogram->cells[i] });
	sample_encode(out, &(struct sample){ .metric = metric, .part = (uint16_t)cells, .value = histogram->sum });
}

int
sample_compare(const struct sample *a, const struct sample *b)
{
	if (a->metric != b->metric)
		return a->metric < b->metric ? -1 : 1;
	for (size_t i = 0; i < METRICS_LABELS_MAX; i++)
		if (a->labels[i] != b->labels[i])
			return a->labels[i] < b->labels[i] ? -1 : 1;
	return a->part < b->part ? -1 : a->part > b->part;
}
