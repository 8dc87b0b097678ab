/* Complaints as text or JSON. */
#include "complain.h"

#include <stdio.h>

#include "print.h"

static void
as_json(const struct complaint *complaint)
{
	struct row row = { .fields_count = 0 };

	row_text(&row, "file", span_of(complaint->file));
	row_number(&row, "line", complaint->line);
	row_text(&row, "level", complaint->is_warning ? SPAN("warning") : SPAN("error"));
	row_text(&row, "text", span_of(complaint->text));
	print_json(&row);
}

void
complain(const struct options *options, const struct complaints *complaints)
{
	for (size_t i = 0; i < complaints->count; i++) {
		struct buf line;

		if (options->json) {
			as_json(&complaints->at[i]);
			continue;
		}
		buf_init(&line, 8192);
		complaint_format(&complaints->at[i], &line);
		fprintf(stderr, "%.*s\n", SPAN_ARG(buf_span(&line)));
		buf_clear(&line);
	}
	if (!options->json && complaints->errors > complaints->count)
		fprintf(stderr, "... and more: %zu errors in all\n", complaints->errors);
}
