/* sealpost unlock: the passphrase of the spool's key, for the running daemon. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "answer.h"
#include "ctl.h"
#include "passphrase.h"

static void
on_row(void *arg, const struct row *row)
{
	(void)arg;
	(void)row;
}

int
unlock_run(const struct options *options, int argc, char **argv)
{
	char passphrase[PASSPHRASE_OCTETS_MAX];
	struct span argument;
	struct request request = { SPAN("unlock"), &argument, 1 };
	int code;

	if (argc > 1)
		return ctl_usage("unlock: the passphrase is read from the terminal or from standard input, not from \"%s\"", argv[1]);
	if (!passphrase_read("Passphrase of the spool's key", passphrase))
		return ctl_usage("unlock: no passphrase");
	argument = span_of(passphrase);
	code = answer_print(options, &request, on_row, NULL);
	explicit_bzero(passphrase, sizeof(passphrase));
	return code;
}
