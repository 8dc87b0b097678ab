/* sealpost reload: the daemon reads its configuration again, and says what is wrong with it. */
#include <stdio.h>

#include "answer.h"
#include "ctl.h"
#include "print.h"

static void
row_print(void *arg, const struct row *row)
{
	struct span file = print_field_text(row, "file");
	int64_t line = print_field_number(row, "line");

	(void)arg;
	print_text(file);
	if (line > 0)
		printf(":%lld", (long long)line);
	printf("%s%s", file.length > 0 ? ": " : "", span_equal(print_field_text(row, "level"), SPAN("warning")) ? "warning: " : "");
	print_text(print_field_text(row, "text"));
	printf("\n");
}

int
reload_run(const struct options *options, int argc, char **argv)
{
	const struct request request = { SPAN("reload"), NULL, 0 };

	if (argc > 1)
		return ctl_usage("reload: \"%s\" has no place here", argv[1]);
	return answer_print(options, &request, row_print, NULL);
}
