/* Tests of src/lib-conf/slice.c and of the tables in slices.c. */
#include "conf/slice.h"

#include <stdio.h>

#include "base/codec.h"
#include "base/fatal.h"
#include "conf/intake.h"
#include "conf/policy.h"
#include "conf/queue.h"
#include "conf/relay.h"
#include "conf/report.h"
#include "tests/unit/unit.h"

static const struct conf_slice *const tables[] = {
	&conf_intake_slice, &conf_queue_slice, &conf_relay_slice, &conf_policy_slice, &conf_report_slice
};
#define TABLES (sizeof(tables) / sizeof(*tables))

static const size_t kind_octets[] = {
	[CONF_NUMBER] = sizeof(uint64_t), [CONF_FLAG] = sizeof(bool), [CONF_TEXT] = sizeof(char *),
	[CONF_LIST] = sizeof(struct conf_list), [CONF_MAP] = sizeof(struct conf_map)
};

static char *
some_text(const char *name, int n)
{
	char text[80];

	snprintf(text, sizeof(text), "%s/%d", name, n);
	return must_copy(text, strlen(text));
}

/* A value that no other field has. */
static void
field_fill(const struct conf_field *field, int n, void *at)
{
	struct conf_list *list = at;
	struct conf_map *map = at;

	switch (field->kind) {
	case CONF_NUMBER:
		*(uint64_t *)at = UINT64_C(0x0102030405060700) + (uint64_t)n;
		break;
	case CONF_FLAG:
		*(bool *)at = true;
		break;
	case CONF_TEXT:
		*(char **)at = some_text(field->name, n);
		break;
	case CONF_LIST:
		list->count = 2;
		list->items = must_alloc(2 * sizeof(*list->items));
		list->items[0] = some_text(field->name, n);
		list->items[1] = some_text("", n);
		break;
	case CONF_MAP:
		map->count = 1;
		map->pairs = must_alloc(sizeof(*map->pairs));
		map->pairs[0] = (struct conf_pair){ some_text(field->name, n), some_text("to", n) };
		break;
	}
}

static void *
slice_filled(const struct conf_slice *table)
{
	char *slice = must_alloc(table->size);
	int n = 0;

	for (const struct conf_field *field = table->fields; field->name != NULL; field++)
		field_fill(field, n++, slice + field->offset);
	return slice;
}

static bool
field_equal(const struct conf_field *field, const void *a, const void *b)
{
	const struct conf_list *list = a, *other = b;
	const struct conf_map *map = a, *other_map = b;

	switch (field->kind) {
	case CONF_NUMBER:
	case CONF_FLAG:
		return memcmp(a, b, kind_octets[field->kind]) == 0;
	case CONF_TEXT:
		return strcmp(*(char *const *)a, *(char *const *)b) == 0;
	case CONF_LIST:
		return list->count == 2 && other->count == 2 && strcmp(list->items[0], other->items[0]) == 0 &&
		    strcmp(list->items[1], other->items[1]) == 0;
	case CONF_MAP:
		return map->count == 1 && other_map->count == 1 &&
		    strcmp(map->pairs[0].key, other_map->pairs[0].key) == 0 &&
		    strcmp(map->pairs[0].value, other_map->pairs[0].value) == 0;
	}
	return false;
}

START_TEST(what_is_encoded_is_decoded)
{
	for (size_t i = 0; i < TABLES; i++) {
		const struct conf_slice *table = tables[i];
		char *slice = slice_filled(table), *copy = must_alloc(table->size);
		struct buf out;

		buf_init(&out, 1 << 20);
		conf_encode(&out, table, slice);
		memset(copy, 0xa5, table->size);
		ck_assert(conf_decode(buf_span(&out), table, copy));
		for (const struct conf_field *field = table->fields; field->name != NULL; field++)
			ck_assert_msg(field_equal(field, slice + field->offset, copy + field->offset), "%s %s",
			    table->name, field->name);
		conf_clear(table, slice);
		conf_clear(table, copy);
		free(slice);
		free(copy);
		buf_clear(&out);
	}
}
END_TEST

static void
is_all_zero(const struct conf_slice *table, const char *slice)
{
	for (size_t i = 0; i < table->size; i++)
		ck_assert_msg(slice[i] == 0, "%s at %zu", table->name, i);
}

START_TEST(octets_cut_short_or_too_long_are_refused)
{
	for (size_t i = 0; i < TABLES; i++) {
		const struct conf_slice *table = tables[i];
		char *slice = slice_filled(table), *copy = must_alloc(table->size);
		struct buf out;

		buf_init(&out, 1 << 20);
		conf_encode(&out, table, slice);
		for (size_t length = 0; length < buf_length(&out); length++) {
			/* A copy of its own: reading beyond it is seen by the sanitizer. */
			char *octets = must_alloc(length);

			memcpy(octets, out.data, length);
			memset(copy, 0xa5, table->size);
			ck_assert_msg(!conf_decode(span_make(octets, length), table, copy), "%s %zu", table->name, length);
			is_all_zero(table, copy);
			free(octets);
		}
		ck_assert(buf_add(&out, SPAN("x")));
		ck_assert(!conf_decode(buf_span(&out), table, copy));
		conf_clear(table, slice);
		free(slice);
		free(copy);
		buf_clear(&out);
	}
}
END_TEST

/* Every member is in the table once: what no row covers is padding behind a bool, or none. */
START_TEST(every_member_has_one_row)
{
	for (size_t i = 0; i < TABLES; i++) {
		const struct conf_slice *table = tables[i];
		unsigned char *covered = must_alloc(table->size);
		size_t uncovered = 0, flags = 0;

		for (const struct conf_field *field = table->fields; field->name != NULL; field++) {
			flags += field->kind == CONF_FLAG;
			for (size_t at = 0; at < kind_octets[field->kind]; at++)
				ck_assert_msg(covered[field->offset + at]++ == 0, "%s %s", table->name, field->name);
		}
		for (size_t at = 0; at < table->size; at++)
			uncovered += covered[at] == 0;
		ck_assert_msg(uncovered <= 7 * flags, "%s lacks rows for %zu octets", table->name, uncovered);
		free(covered);
	}
}
END_TEST

START_TEST(a_slice_of_another_room_or_version_is_refused)
{
	struct conf_report report = { .hostname = NULL };
	struct conf_queue queue;
	struct buf out;

	buf_init(&out, 1 << 20);
	conf_encode(&out, &conf_report_slice, &report);
	ck_assert(!conf_decode(buf_span(&out), &conf_queue_slice, &queue));
	/* One letter of a name: a version that calls a field otherwise. */
	for (size_t at = 0; at + 8 < buf_length(&out); at++)
		if (memcmp(out.data + at, "hostname", 8) == 0)
			out.data[at] = 'H';
	ck_assert(!conf_decode(buf_span(&out), &conf_report_slice, &report));
	buf_clear(&out);
}
END_TEST

START_TEST(text_is_never_null_and_has_no_nul_within)
{
	struct conf_report report = { .hostname = NULL, .postmaster = NULL };
	struct conf_report copy;
	struct buf out;

	buf_init(&out, 1 << 20);
	conf_encode(&out, &conf_report_slice, &report);
	ck_assert(conf_decode(buf_span(&out), &conf_report_slice, &copy));
	ck_assert_str_eq(copy.hostname, "");
	conf_clear(&conf_report_slice, &copy);
	buf_empty(&out);
	report.hostname = some_text("a.example", 1);
	conf_encode(&out, &conf_report_slice, &report);
	for (size_t at = 0; at + 9 < buf_length(&out); at++)
		if (memcmp(out.data + at, "a.example", 9) == 0)
			out.data[at + 1] = '\0';
	ck_assert(!conf_decode(buf_span(&out), &conf_report_slice, &copy));
	conf_clear(&conf_report_slice, &report);
	buf_clear(&out);
}
END_TEST

UNIT_MAIN("slice", what_is_encoded_is_decoded, octets_cut_short_or_too_long_are_refused, every_member_has_one_row,
    a_slice_of_another_room_or_version_is_refused, text_is_never_null_and_has_no_nul_within)
