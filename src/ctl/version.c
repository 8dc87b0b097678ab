/* sealpost version. */
#include <openssl/crypto.h>
#include <stdio.h>

#include "ctl.h"
#include "print.h"

int
version_run(const struct options *options, int argc, char **argv)
{
	struct row row = { .fields_count = 0 };

	if (argc > 1)
		return ctl_usage("version: \"%s\" has no place here", argv[1]);
	row_text(&row, "version", SPAN(PACKAGE_VERSION));
	row_text(&row, "openssl", span_of(OpenSSL_version(OPENSSL_VERSION_STRING)));
	if (options->json)
		print_json(&row);
	else
		printf("sealpost %s (OpenSSL %s)\n", PACKAGE_VERSION, OpenSSL_version(OPENSSL_VERSION_STRING));
	return 0;
}
