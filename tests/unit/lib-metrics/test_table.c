/* Tests of src/lib-metrics/table.c: names and units by the conventions, labels by their tables. */
#include "metrics/table.h"

#include <ctype.h>
#include <stdio.h>

#include "policy/because.h"
#include "policy/reason.h"
#include "smtp/status.h"
#include "tests/unit/unit.h"

static bool
ends(const char *text, const char *with)
{
	return strlen(text) > strlen(with) && strcmp(text + strlen(text) - strlen(with), with) == 0;
}

START_TEST(names_and_units_are_as_others_write_them)
{
	static const char *const kept[] = { "_total", "_bucket", "_count", "_sum", "_info", "_created" };

	for (enum metric metric = 0; metric < METRICS; metric++) {
		const struct metrics_row *row = metrics_row(metric);
		char unit[40];

		ck_assert_ptr_nonnull(row->name);
		ck_assert_msg(strncmp(row->name, "sealpost_", 9) == 0, "%s", row->name);
		for (const char *c = row->name; *c != '\0'; c++)
			ck_assert_msg(islower((unsigned char)*c) || *c == '_', "%s", row->name);
		/* Endings that the format makes itself. */
		for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
			ck_assert_msg(!ends(row->name, kept[i]), "%s", row->name);
		ck_assert_msg(strcmp(row->unit, "") == 0 || strcmp(row->unit, "seconds") == 0 || strcmp(row->unit, "bytes") == 0, "%s", row->name);
		snprintf(unit, sizeof(unit), "_%s", row->unit);
		ck_assert_msg(*row->unit == '\0' || ends(row->name, unit), "%s", row->name);
		ck_assert_msg(*row->unit != '\0' || (!ends(row->name, "_seconds") && !ends(row->name, "_bytes")), "%s", row->name);
		ck_assert_msg(strlen(row->help) > 10 && ends(row->help, ".") == true, "%s: %s", row->name, row->help);
		for (enum metric other = 0; other < metric; other++)
			ck_assert_str_ne(row->name, metrics_row(other)->name);
	}
}
END_TEST

START_TEST(every_word_of_a_label_is_found_again)
{
	for (enum metrics_label label = METRICS_NO_LABEL + 1; label < METRICS_LABELS; label++) {
		ck_assert_uint_gt(metrics_words(label), 0);
		for (size_t i = 0; i < metrics_words(label); i++) {
			struct span word = metrics_word(label, i);

			ck_assert_msg(word.length > 0 || label == METRICS_REPLY, "%s %zu", metrics_label_name(label), i);
			if (word.length > 0)
				ck_assert_msg(metrics_find(label, word) == i, "%s %.*s", metrics_label_name(label), SPAN_ARG(word));
		}
	}
}
END_TEST

START_TEST(labels_are_the_tables_of_the_program)
{
	size_t reasons = 0, mechanisms = 0;

	while (reason_at(reasons) != NULL)
		reasons++;
	while (because_at(mechanisms).length > 0)
		mechanisms++;
	ck_assert_uint_eq(metrics_words(METRICS_REASON), reasons + 1);
	ck_assert_uint_eq(metrics_words(METRICS_APPLIED), mechanisms + 1);
	ck_assert_uint_eq(metrics_words(METRICS_REPLY), STATUSES);
	ck_span_eq(metrics_word(METRICS_REASON, 0), "none");
	ck_assert_uint_eq(metrics_find(METRICS_REASON, SPAN("")), 0);
	ck_assert_uint_eq(metrics_find(METRICS_REASON, SPAN("nobody has such a word")), reasons);
	ck_span_eq(metrics_word(METRICS_REASON, reasons), "unknown");
	ck_span_eq(metrics_word(METRICS_APPLIED, mechanisms), "other");
	ck_assert_uint_eq(metrics_find(METRICS_VERSION, SPAN("")), 0);
	ck_span_eq(metrics_word(METRICS_VERSION, metrics_find(METRICS_VERSION, SPAN("TLSv1.4"))), "other");
}
END_TEST

/* What is told must stay within what one room may tell, whatever happens to it. */
START_TEST(there_is_an_end_to_what_can_be_told)
{
	for (enum metric metric = 0; metric < METRICS; metric++)
		ck_assert_uint_le(metrics_cells(metric), 1000);
}
END_TEST

UNIT_MAIN("table", names_and_units_are_as_others_write_them, every_word_of_a_label_is_found_again, labels_are_the_tables_of_the_program,
    there_is_an_end_to_what_can_be_told)
