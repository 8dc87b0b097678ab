/* What tests of master share: a folder of their own, and settings that lie in it. */
#ifndef TESTS_UNIT_MASTER_FOLDER_H
#define TESTS_UNIT_MASTER_FOLDER_H

#include <limits.h>
#include <stdio.h>

#include "conf/settings.h"
#include "tests/unit/unit.h"

static char folder[] = "/tmp/sealpost-test-master-XXXXXX";
static struct complaints complaints;
static struct settings settings;

__attribute__((unused)) static const char *
path_of(const char *name)
{
	static char paths[8][PATH_MAX];
	static unsigned turn;
	char *path = paths[turn++ % 8];

	snprintf(path, PATH_MAX, "%s/%s", folder, name);
	return path;
}

/* Settings as from a file that says this, the spool in the folder; the host's name is mx.example.org. */
__attribute__((unused)) static void
settings_begin(const char *more)
{
	char octets[2048];

	snprintf(octets, sizeof(octets), "hostname: mx.example.org\nspool: {directory: %s/spool}\ncontrol: %s/control\n%s",
	    folder, folder, more);
	complaints_init(&complaints);
	settings_parse(&settings, "f", span_of(octets), &complaints);
	settings_complete(&settings, &complaints);
	ck_assert_uint_eq(complaints.errors, 0);
	complaints_clear(&complaints);
}

__attribute__((unused)) static void
folder_make(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

__attribute__((unused)) static void
folder_remove(void)
{
	char command[PATH_MAX];

	complaints_clear(&complaints);
	settings_clear(&settings);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

/* All complaints, as text. */
__attribute__((unused)) static const char *
said(void)
{
	static char text[8192];
	struct buf out;

	buf_init(&out, sizeof(text) - 1);
	for (size_t i = 0; i < complaints.count; i++) {
		complaint_format(&complaints.at[i], &out);
		ck_assert(buf_add(&out, SPAN("\n")));
	}
	snprintf(text, sizeof(text), "%.*s", SPAN_ARG(buf_span(&out)));
	buf_clear(&out);
	complaints_clear(&complaints);
	return text;
}

#endif
