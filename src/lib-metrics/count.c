/* The cells: one array for each metric that was ever counted. */
#include "metrics/count.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "metrics/sample.h"

static uint64_t *cells[METRICS];	/* NULL = nothing was counted */

/* Labels' words as one number, the last label the quickest. */
static size_t
cell_of(const size_t which[1 + METRICS_LABELS_MAX])
{
	const struct metrics_row *row = metrics_row((enum metric)which[0]);
	size_t cell = 0;

	for (size_t i = 0; i < metrics_labels((enum metric)which[0]); i++) {
		size_t words = metrics_words(row->labels[i]);

		assert(which[1 + i] < words);
		cell = cell * words + which[1 + i];
	}
	return cell;
}

void
count_add(uint64_t by, const size_t which[1 + METRICS_LABELS_MAX])
{
	size_t metric = which[0];

	assert(metric < METRICS && metrics_row((enum metric)metric)->type == METRIC_COUNTER);
	if (cells[metric] == NULL)
		cells[metric] = must_alloc(metrics_cells((enum metric)metric) * sizeof(**cells));
	cells[metric][cell_of(which)] += by;
}

uint64_t
count_read(const size_t which[1 + METRICS_LABELS_MAX])
{
	return cells[which[0]] == NULL ? 0 : cells[which[0]][cell_of(which)];
}

/* The labels' words out of the number again. */
static void
cell_tell(struct buf *samples, enum metric metric, size_t cell)
{
	const struct metrics_row *row = metrics_row(metric);
	struct sample sample = { .metric = metric, .value = cells[metric][cell] };

	for (size_t i = metrics_labels(metric); i > 0; i--) {
		size_t words = metrics_words(row->labels[i - 1]);

		sample.labels[i - 1] = (uint16_t)(cell % words);
		cell /= words;
	}
	sample_encode(samples, &sample);
}

void
count_tell(struct buf *samples)
{
	for (size_t metric = 0; metric < METRICS; metric++)
		for (size_t cell = 0; cells[metric] != NULL && cell < metrics_cells((enum metric)metric); cell++)
			if (cells[metric][cell] > 0)
				cell_tell(samples, (enum metric)metric, cell);
}

void
count_forget(void)
{
	for (size_t metric = 0; metric < METRICS; metric++) {
		free(cells[metric]);
		cells[metric] = NULL;
	}
}
