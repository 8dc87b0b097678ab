/*
 * At build time only: the table of keys as etc/sealpost.yaml (`manual yaml`), or in the place of the line @KEYS@ of
 * a page (`manual mdoc PAGE`).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "conf/describe.h"

#define OUTPUT_OCTETS_MAX (1024 * 1024)

static void
page_write(FILE *page)
{
	char line[1024];
	struct buf keys;

	buf_init(&keys, OUTPUT_OCTETS_MAX);
	describe_mdoc(&keys);
	while (fgets(line, sizeof(line), page) != NULL) {
		if (strcmp(line, "@KEYS@\n") == 0)
			fwrite(buf_span(&keys).data, 1, buf_length(&keys), stdout);
		else
			fputs(line, stdout);
	}
	buf_clear(&keys);
}

static void
yaml_write(void)
{
	struct buf file;

	buf_init(&file, OUTPUT_OCTETS_MAX);
	describe_yaml(&file);
	fwrite(buf_span(&file).data, 1, buf_length(&file), stdout);
	buf_clear(&file);
}

int
main(int argc, char **argv)
{
	FILE *page = argc == 3 && strcmp(argv[1], "mdoc") == 0 ? fopen(argv[2], "r") : NULL;

	if (page != NULL) {
		page_write(page);
		fclose(page);
	} else if (argc == 2 && strcmp(argv[1], "yaml") == 0) {
		yaml_write();
	} else {
		fprintf(stderr, "usage: manual yaml | manual mdoc PAGE\n");
		return EX_USAGE;
	}
	return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}
