/* sealpost tlsrpt preview: the report on TLS that a domain would get for a day (RFC 8460). */
#include <stdio.h>
#include <sysexits.h>

#include "answer.h"
#include "ctl.h"
#include "print.h"
#include "words.h"

static const struct words_option tlsrpt_options[] = { { "--day", true }, { NULL } };

/* For people, and what a program of the domain's would read. */
static void
report_print(void *arg, const struct row *row)
{
	struct span words = print_field_text(row, "words"), report = print_field_text(row, "report"), line;

	(void)arg;
	while (span_cut(&words, '\n', &line)) {
		print_text(span_trim_end(line));
		printf("\n");
	}
	printf("%.*s\n", SPAN_ARG(report));
}

int
tlsrpt_run(const struct options *options, int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct span arguments[4] = { SPAN("--domain"), SPAN(""), SPAN("--day"), SPAN("") };
	struct request request = { SPAN("tlsrpt preview"), arguments, 2 };
	struct words words;
	int code = EX_USAGE;

	if (words_read(arena, "tlsrpt preview", argc, argv, tlsrpt_options, &words) && words.plain_count == 1) {
		arguments[1] = words.plain[0];
		if (words.is_given[0]) {
			arguments[3] = words.value[0];
			request.arguments_count = 4;
		}
		code = answer_print(options, &request, report_print, NULL);
	} else if (words.plain_count != 1) {
		code = ctl_usage("tlsrpt preview: takes one domain");
	}
	arena_free(&arena);
	return code;
}
