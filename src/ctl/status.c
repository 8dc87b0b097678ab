/* sealpost status: every room, and how it is. */
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "ctl.h"
#include "print.h"

/* What stands in columns; the rest follows as name=value. */
static const char *const columns[] = { "room", "index", "pid", "up_s", "ready", "state", "restarts" };

static bool
is_column(struct span name)
{
	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++)
		if (span_equal(name, span_of(columns[i])))
			return true;
	return false;
}

static void
row_print(void *arg, const struct row *row)
{
	char name[64], up[PRINT_SPAN_TEXT] = "-";
	struct span room = print_field_text(row, "room");

	(void)arg;
	snprintf(name, sizeof(name), "%.*s-%lld", SPAN_ARG(room), (long long)print_field_number(row, "index"));
	if (print_field(row, "up_s") != NULL)
		print_duration(print_field_number(row, "up_s"), up);
	printf("%-10s  %-9.*s  pid %-7lld  up %-5s", name, SPAN_ARG(print_field_text(row, "state")),
	    (long long)print_field_number(row, "pid"), up);
	if (print_field_number(row, "restarts") > 0)
		printf("  restarts=%lld", (long long)print_field_number(row, "restarts"));
	for (uint32_t i = 0; i < row->fields_count; i++) {
		const struct row_field *field = &row->fields[i];

		if (is_column(field->name))
			continue;
		printf("  ");
		print_text(field->name);
		printf("=");
		if (field->kind == ROW_TEXT)
			print_text(field->text);
		else if (field->kind == ROW_FLAG)
			printf("%s", field->number ? "yes" : "no");
		else
			printf("%lld", (long long)field->number);
	}
	printf("\n");
}

int
status_run(const struct options *options, int argc, char **argv)
{
	const struct request request = { SPAN("status"), NULL, 0 };

	if (argc > 1)
		return ctl_usage("status: \"%s\" has no place here", argv[1]);
	return answer_print(options, &request, row_print, NULL);
}
