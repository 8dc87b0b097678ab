/* sealpost config: the configuration as it could be, and as it is. */
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "base/fatal.h"
#include "complain.h"
#include "conf/describe.h"
#include "ctl.h"
#include "print.h"

#define DESCRIPTION_OCTETS_MAX (1024 * 1024)

static void
key_print(void *arg, const struct described *key)
{
	struct row row = { .fields_count = 0 };

	(void)arg;
	row_text(&row, "key", span_of(key->name));
	row_text(&row, "form", span_of(key->form));
	row_text(&row, "default", span_of(key->initial));
	row_text(&row, "example", span_of(key->example));
	row_text(&row, "about", span_of(key->about));
	print_json(&row);
}

int
config_describe(const struct options *options, int argc, char **argv)
{
	struct buf file;

	if (argc > 1)
		return ctl_usage("config describe: \"%s\" has no place here", argv[1]);
	if (options->json) {
		describe_keys(key_print, NULL);
		return EX_OK;
	}
	buf_init(&file, DESCRIPTION_OCTETS_MAX);
	describe_yaml(&file);
	fwrite(buf_span(&file).data, 1, buf_length(&file), stdout);
	buf_clear(&file);
	return EX_OK;
}

static void
value_print(void *arg, const char *name, struct span value, unsigned line)
{
	const struct options *options = arg;
	struct row row = { .fields_count = 0 };

	if (!options->json) {
		printf("%s: ", name);
		print_text(value);
		printf(line > 0 ? "  # line %u\n" : "\n", line);
		return;
	}
	row_text(&row, "key", span_of(name));
	row_text(&row, "value", value);
	row_number(&row, "line", line);
	print_json(&row);
}

int
config_show(const struct options *options, int argc, char **argv)
{
	struct complaints *complaints = must_alloc(sizeof(*complaints));
	struct settings settings;
	bool good;

	if (argc > 2) {
		free(complaints);
		return ctl_usage("config show: \"%s\" has no place here", argv[2]);
	}
	complaints_init(complaints);
	good = settings_load(&settings, argc == 2 ? argv[1] : options->file, complaints);
	if (good)
		describe_settings(&settings, value_print, (void *)(uintptr_t)options);
	else
		complain(options, complaints);
	settings_clear(&settings);
	complaints_clear(complaints);
	free(complaints);
	return good ? EX_OK : 1;
}
