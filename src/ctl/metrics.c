/* sealpost metrics: what is to be had over HTTP, without it. */
#include <stdio.h>
#include <sysexits.h>

#include "answer.h"
#include "ctl.h"
#include "metrics/text.h"
#include "print.h"

struct written {
	struct buf text;
	bool is_good;
};

static void
on_row(void *arg, const struct row *row)
{
	struct written *written = arg;

	written->is_good = text_write(&written->text, print_field_text(row, "census"));
}

int
metrics_run(const struct options *options, int argc, char **argv)
{
	const struct request request = { SPAN("metrics"), NULL, 0 };
	struct written written = { .is_good = false };
	struct buf text;
	int code;

	if (argc > 1)
		return ctl_usage("metrics: \"%s\" has no place here", argv[1]);
	buf_init(&written.text, TEXT_OCTETS_MAX);
	code = answer_ask(options, &request, on_row, &written, &text);
	if (code == EX_OK && written.is_good)
		printf("%.*s", SPAN_ARG(buf_span(&written.text)));
	else
		fprintf(stderr, "sealpost: %.*s\n", SPAN_ARG(code == EX_OK ? SPAN("the answer makes no sense") : buf_span(&text)));
	buf_clear(&text);
	buf_clear(&written.text);
	return code == EX_OK && !written.is_good ? EX_PROTOCOL : code;
}
