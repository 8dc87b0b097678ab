/* Rows as text, or as JSON lines. */
#include "print.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/fatal.h"

/* Octets of UTF-8 that begin here, 0 when they are none. jansson takes nothing else. */
static size_t
utf8_length(struct span text)
{
	json_t *string;
	size_t length = 1;
	unsigned char first = text.length == 0 ? 0 : (unsigned char)text.data[0];

	if (first >= 0xf0)
		length = 4;
	else if (first >= 0xe0)
		length = 3;
	else if (first >= 0x80)
		length = 2;
	if (text.length < length)
		return 0;
	if (length == 1)
		return 1;
	string = json_stringn(text.data, length);
	if (string == NULL)
		return 0;
	json_decref(string);
	return length;
}

/* A JSON string; what is not UTF-8 becomes U+FFFD. */
static json_t *
string_make(struct span text)
{
	json_t *string = json_stringn(text.length == 0 ? "" : text.data, text.length);
	struct buf tame;

	if (string != NULL)
		return string;
	buf_init(&tame, 3 * text.length + 1);
	while (text.length > 0) {
		size_t length = utf8_length(text);

		if (!buf_add(&tame, length == 0 ? SPAN("\xef\xbf\xbd") : span_first(text, length)))
			fatal("a text that does not fit");
		text = span_skip(text, length == 0 ? 1 : length);
	}
	string = json_stringn(buf_span(&tame).data, buf_length(&tame));
	buf_clear(&tame);
	return string;
}

void
print_json(const struct row *row)
{
	json_t *object = json_object();
	char *line;

	for (uint32_t i = 0; i < row->fields_count; i++) {
		const struct row_field *field = &row->fields[i];
		char *name = must_copy(field->name.data, field->name.length);
		json_t *value = field->kind == ROW_TEXT ? string_make(field->text) :
		    field->kind == ROW_FLAG ? json_boolean(field->number != 0) : json_integer(field->number);

		/* A name that is not UTF-8 cannot be said. */
		(void)json_object_set_new(object, name, value);
		free(name);
	}
	line = json_dumps(object, JSON_COMPACT);
	if (line == NULL)
		fatal("out of memory");
	puts(line);
	free(line);
	json_decref(object);
}

/* Controls of ASCII, and of ISO 6429: 0x80 to 0x9f, alone or behind 0xc2, where UTF-8 has them. */
static size_t
control_length(struct span text)
{
	unsigned char c = (unsigned char)text.data[0];

	if (c < 0x20 || c == 0x7f)
		return 1;
	if (c >= 0x80 && c < 0xa0)
		return 1;
	return c == 0xc2 && text.length > 1 && (unsigned char)text.data[1] < 0xa0 ? 2 : 0;
}

void
print_text(struct span text)
{
	while (text.length > 0) {
		size_t octets = utf8_length(text), controls = control_length(text);

		for (size_t i = 0; i < controls; i++)
			printf("\\x%02x", (unsigned char)text.data[i]);
		if (controls == 0)
			fwrite(text.data, 1, octets == 0 ? 1 : octets, stdout);
		text = span_skip(text, controls > 0 ? controls : octets == 0 ? 1 : octets);
	}
}

const struct row_field *
print_field(const struct row *row, const char *name)
{
	for (uint32_t i = 0; i < row->fields_count; i++)
		if (span_equal(row->fields[i].name, span_of(name)))
			return &row->fields[i];
	return NULL;
}

struct span
print_field_text(const struct row *row, const char *name)
{
	const struct row_field *field = print_field(row, name);

	return field == NULL ? SPAN("") : field->text;
}

int64_t
print_field_number(const struct row *row, const char *name)
{
	const struct row_field *field = print_field(row, name);

	return field == NULL ? 0 : field->number;
}

char *
print_duration(int64_t seconds, char out[PRINT_SPAN_TEXT])
{
	static const struct {
		int64_t most;
		int64_t factor;
		char unit;
	} units[] = { { 120, 1, 's' }, { 120 * 60, 60, 'm' }, { 48 * 3600, 3600, 'h' }, { INT64_MAX, 86400, 'd' } };
	size_t i = 0;

	if (seconds < 0)
		seconds = 0;
	while (seconds > units[i].most)
		i++;
	snprintf(out, PRINT_SPAN_TEXT, "%" PRId64 "%c", seconds / units[i].factor, units[i].unit);
	return out;
}

char *
print_size(int64_t octets, char out[PRINT_SPAN_TEXT])
{
	static const char units[] = "KMGT";
	double size = (double)octets;
	size_t i = 0;

	if (octets < 1024) {
		snprintf(out, PRINT_SPAN_TEXT, "%" PRId64, octets);
		return out;
	}
	for (size /= 1024; size >= 1024 && units[i + 1] != '\0'; i++)
		size /= 1024;
	snprintf(out, PRINT_SPAN_TEXT, size < 10 ? "%.1f%c" : "%.0f%c", size, units[i]);
	return out;
}

char *
print_time(int64_t seconds, char out[PRINT_TIME_TEXT])
{
	time_t when = (time_t)seconds;
	struct tm tm;

	if (localtime_r(&when, &tm) == NULL || strftime(out, PRINT_TIME_TEXT, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		snprintf(out, PRINT_TIME_TEXT, "%" PRId64, seconds);
	return out;
}

static bool
is_in(struct span name, const char *const *names)
{
	while (*names != NULL && !span_equal(name, span_of(*names)))
		names++;
	return *names != NULL;
}

static void
value_print(const struct row_field *field, bool is_time)
{
	char when[PRINT_TIME_TEXT];

	if (field->kind == ROW_TEXT)
		print_text(field->text);
	else if (field->kind == ROW_FLAG)
		printf("%s", field->number ? "yes" : "no");
	else if (is_time)
		printf("%s", field->number == 0 ? "-" : print_time(field->number, when));
	else
		printf("%" PRId64, field->number);
}

void
print_row(const struct row *row, const char *const *times, bool empties)
{
	for (uint32_t i = 0; i < row->fields_count; i++) {
		const struct row_field *field = &row->fields[i];
		bool is_time = is_in(field->name, times);

		if (!empties && (field->kind == ROW_TEXT ? field->text.length == 0 : is_time && field->number == 0))
			continue;
		printf("%-16.*s ", SPAN_ARG(field->name));
		value_print(field, is_time);
		printf("\n");
	}
}

void
print_titles(const struct print_column *columns, size_t count)
{
	for (size_t i = 0; i < count; i++)
		printf("%-*s%s", i + 1 < count ? columns[i].width : 0, columns[i].title, i + 1 < count ? "  " : "\n");
}

/* The columns that a value takes: what print_text() escapes makes it wider, which is rare and no harm. */
static int
value_width(const struct row_field *field, bool is_time)
{
	char text[PRINT_SPAN_TEXT];

	if (field->kind == ROW_TEXT)
		return (int)field->text.length;
	if (field->kind == ROW_FLAG)
		return field->number ? 3 : 2;
	if (is_time)
		return field->number == 0 ? 1 : (int)(sizeof("2026-11-22 08:15:30") - 1);
	return snprintf(text, sizeof(text), "%" PRId64, field->number);
}

void
print_columns(const struct row *row, const struct print_column *columns, size_t count)
{
	static const struct row_field nothing = { .kind = ROW_TEXT, .text = { "-", 1 } };

	for (size_t i = 0; i < count; i++) {
		const struct row_field *field = print_field(row, columns[i].field);
		int width;

		if (field == NULL || (field->kind == ROW_TEXT && field->text.length == 0))
			field = &nothing;
		width = value_width(field, columns[i].is_time);
		value_print(field, columns[i].is_time);
		if (i + 1 < count)
			printf("%*s", columns[i].width > width ? columns[i].width - width + 2 : 2, "");
	}
	printf("\n");
}
