/* Tests of src/lib-conf/describe.c: the described file is a configuration, with and without its "#". */
#include "conf/describe.h"

#include <stdio.h>

#include "complaints.h"
#include "conf/settings.h"
#include "src/lib-conf/key.h"

static struct buf file;

static void
describe(void)
{
	buf_init(&file, 1 << 20);
	describe_yaml(&file);
}

START_TEST(as_it_is_it_changes_nothing)
{
	struct complaints complaints;
	struct settings settings;

	describe();
	complaints_init(&complaints);
	settings_parse(&settings, "f", buf_span(&file), &complaints);
	ck_assert_str_eq(complaints_text(&complaints), "");
	for (const struct key *key = keys; key->name != NULL; key++)
		ck_assert_msg((settings.lines[key_index(key)] != 0) == (key->form == KEY_SECTION), "%s", key->name);
	settings_clear(&settings);
	buf_clear(&file);
}
END_TEST

/* "  #key: value" -> "  key: value"; comments have a space behind their "#". */
static void
uncomment(struct buf *out)
{
	struct span rest = buf_span(&file), line;

	while (span_cut(&rest, '\n', &line)) {
		size_t at = span_find(line, '#');

		if (at + 1 < line.length && line.data[at + 1] != ' ')
			ck_assert(buf_printf(out, "%.*s%.*s\n", (int)at, line.data, SPAN_ARG(span_skip(line, at + 1))));
		else
			ck_assert(buf_printf(out, "%.*s\n", SPAN_ARG(line)));
	}
}

/* Every default it shows is the default, and every example is good. */
START_TEST(uncommented_it_has_every_key_and_the_same_defaults)
{
	struct complaints complaints;
	struct settings written, initial;
	struct buf all;

	describe();
	buf_init(&all, 1 << 20);
	uncomment(&all);
	complaints_init(&complaints);
	settings_parse(&written, "f", buf_span(&all), &complaints);
	settings_parse(&initial, "f", SPAN(""), &complaints);
	ck_assert_str_eq(complaints_text(&complaints), "");
	for (const struct key *key = keys; key->name != NULL; key++) {
		const char *a = (const char *)&written + key->offset, *b = (const char *)&initial + key->offset;

		ck_assert_msg(written.lines[key_index(key)] != 0, "%s", key->name);
		if (key->initial != NULL && key->form >= KEY_COUNT && key->form <= KEY_MODE)
			ck_assert_msg(*(const uint64_t *)a == *(const uint64_t *)b, "%s", key->name);
		if (key->initial != NULL && key->form == KEY_TEXT)
			ck_assert_str_eq(*(char *const *)a, *(char *const *)b);
	}
	ck_assert_uint_eq(written.listen.count, initial.listen.count);
	settings_clear(&written);
	settings_clear(&initial);
	buf_clear(&all);
	buf_clear(&file);
}
END_TEST

START_TEST(lines_are_not_wider_than_a_screen)
{
	struct span rest, line;

	describe();
	rest = buf_span(&file);
	while (span_cut(&rest, '\n', &line))
		ck_assert_msg(line.length <= 100, "%.*s", SPAN_ARG(line));
	buf_clear(&file);
}
END_TEST

START_TEST(the_manual_page_has_every_key)
{
	struct buf page;

	buf_init(&page, 1 << 20);
	describe_mdoc(&page);
	ck_assert(buf_add(&page, span_make("", 1)));
	for (const struct key *key = keys; key->name != NULL; key++) {
		char item[100];

		snprintf(item, sizeof(item), ".It Cm %s\n", key->name);
		ck_assert_ptr_nonnull(strstr(page.data, item));
	}
	ck_assert_ptr_null(strchr(page.data, '"'));
	buf_clear(&page);
}
END_TEST

UNIT_MAIN("describe", as_it_is_it_changes_nothing, uncommented_it_has_every_key_and_the_same_defaults,
    lines_are_not_wider_than_a_screen, the_manual_page_has_every_key)
