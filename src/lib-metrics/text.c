/* The text: families in the order of the table, samples in the order of the rooms. */
#include "metrics/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "ipc/master_rooms.h"
#include "metrics/sample.h"

#define ROOMS_MOST 256
#define OF_EVERY_ROOM 5		/* samples that are made here for each */

/* A room with its samples in order. */
struct told {
	struct census_room room;
	struct sample *samples;
	size_t count, next;	/* next: the first that is not written yet */
};

struct page {
	struct buf *out;
	struct told rooms[ROOMS_MOST];
	size_t rooms_count;
	bool fits;		/* so far */
};

/* --- reading --- */

static void
told_add(struct told *told, enum metric metric, uint64_t value)
{
	told->samples[told->count++] = (struct sample){ .metric = metric, .value = value };
}

static int
in_order(const void *a, const void *b)
{
	return sample_compare(a, b);
}

/* Each sample is there once, and a histogram with all its parts. */
static bool
is_whole(const struct told *told)
{
	for (size_t i = 0; i < told->count; i++) {
		const struct sample *sample = &told->samples[i];
		const struct metrics_row *row = metrics_row(sample->metric);
		uint16_t last = row->type == METRIC_HISTOGRAM ? (uint16_t)histogram_cells(row->histogram) : 0;
		struct sample next = *sample;

		if (i + 1 < told->count && sample_compare(sample, &told->samples[i + 1]) == 0)
			return false;
		if (sample->part != 0 && (i == 0 || told->samples[i - 1].part != sample->part - 1))
			return false;
		next.part++;
		if (sample->part < last && (i + 1 == told->count || sample_compare(&next, &told->samples[i + 1]) != 0))
			return false;
	}
	return true;
}

/* The samples of a room; those of every room are not for a room to tell. */
static bool
samples_read(struct told *told)
{
	struct codec in = codec_read(told->room.counted.samples);
	struct sample sample;

	while (sample_get(&in, &sample)) {
		if (sample.metric >= METRIC_ROOM_UP && sample.metric <= METRIC_ROOM_MEMORY)
			return false;
		told->samples[told->count++] = sample;
	}
	qsort(told->samples, told->count, sizeof(*told->samples), in_order);
	return codec_done(&in) && is_whole(told);
}

static void
told_read(struct told *told)
{
	const struct room_counted *counted = &told->room.counted;

	told->samples = must_alloc((counted->samples.length / SAMPLE_OCTETS + OF_EVERY_ROOM) * sizeof(*told->samples));
	if (told->room.is_up && !samples_read(told)) {
		told->room.is_up = false;
		told->count = 0;
	}
	told_add(told, METRIC_ROOM_UP, told->room.is_up);
	told_add(told, METRIC_ROOM_RESTARTS, told->room.restarts);
	if (told->room.is_up) {
		told_add(told, METRIC_ROOM_START, (uint64_t)counted->started_ms);
		told_add(told, METRIC_ROOM_CPU, counted->cpu_us);
		told_add(told, METRIC_ROOM_MEMORY, counted->memory_octets);
	}
	qsort(told->samples, told->count, sizeof(*told->samples), in_order);
}

static bool
page_read(struct page *page, struct span census)
{
	struct codec in = codec_read(census);
	struct census_room room;

	while (page->rooms_count < ROOMS_MOST && census_room_get(&in, &room)) {
		struct told *told = &page->rooms[page->rooms_count++];

		told->room = room;
		told_read(told);
	}
	return codec_done(&in);
}

/* --- writing --- */

char *
text_number(uint64_t value, uint32_t parts, char out[TEXT_NUMBER])
{
	uint64_t rest;
	int length;

	if (parts <= 1) {
		snprintf(out, TEXT_NUMBER, "%llu", (unsigned long long)value);
		return out;
	}
	length = snprintf(out, TEXT_NUMBER, "%llu", (unsigned long long)(value / parts));
	rest = value % parts;
	if (rest > 0)
		out[length++] = '.';
	for (uint32_t digit = parts / 10; digit > 0 && rest > 0; digit /= 10) {
		out[length++] = (char)('0' + rest / digit);
		rest %= digit;
	}
	out[length] = '\0';
	return out;
}

bool
text_escape(struct buf *out, struct span text, bool is_quoted)
{
	bool fits = true;

	for (size_t i = 0; i < text.length; i++) {
		char c = text.data[i];

		if (c == '\n')
			fits = buf_add(out, SPAN("\\n")) && fits;
		else if (c == '\\' || (c == '"' && is_quoted))
			fits = buf_printf(out, "\\%c", c) && fits;
		else
			fits = buf_add(out, span_make(&c, 1)) && fits;
	}
	return fits;
}

__attribute__((format(printf, 2, 3))) static void
say(struct page *page, const char *format, ...)
{
	char text[256];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	page->fits = length >= 0 && (size_t)length < sizeof(text) && buf_add(page->out, span_make(text, (size_t)length)) && page->fits;
}

static void
say_escaped(struct page *page, struct span text, bool is_quoted)
{
	page->fits = text_escape(page->out, text, is_quoted) && page->fits;
}

static void
family_begin(struct page *page, enum metric metric)
{
	static const char *const types[METRIC_TYPES] = { "counter", "gauge", "info", "histogram" };
	const struct metrics_row *row = metrics_row(metric);

	say(page, "# TYPE %s %s\n", row->name, types[row->type]);
	if (*row->unit != '\0')
		say(page, "# UNIT %s %s\n", row->name, row->unit);
	say(page, "# HELP %s ", row->name);
	say_escaped(page, span_of(row->help), true);
	say(page, "\n");
}

/* Name and labels; `bound` is that of a histogram's cell, NULL = there is none. */
static void
series_say(struct page *page, const struct census_room *room, const struct sample *sample, const char *suffix, const char *bound)
{
	const struct metrics_row *row = metrics_row(sample->metric);

	say(page, "%s%s{room=\"%s\",index=\"%u\"", row->name, suffix, room_name(room->kind), room->index);
	for (size_t i = 0; i < metrics_labels(sample->metric); i++) {
		say(page, ",%s=\"", metrics_label_name(row->labels[i]));
		say_escaped(page, metrics_word(row->labels[i], sample->labels[i]), true);
		say(page, "\"");
	}
	if (bound != NULL)
		say(page, ",le=\"%s\"", bound);
	say(page, "} ");
}

/* A bound as floating-point numbers are written: "1.0". */
static char *
bound_text(const struct metrics_row *row, size_t cell, char out[TEXT_NUMBER])
{
	if (cell + 1 == histogram_cells(row->histogram))
		return strcpy(out, "+Inf");
	text_number(histogram_bound(row->histogram, cell), row->parts, out);
	return strchr(out, '.') == NULL ? strcat(out, ".0") : out;
}

/* All samples of one histogram: cells are added up, and the last cell has them all. */
static void
histogram_say(struct page *page, const struct census_room *room, const struct sample *samples)
{
	const struct metrics_row *row = metrics_row(samples->metric);
	size_t cells = histogram_cells(row->histogram);
	char text[TEXT_NUMBER];
	uint64_t all = 0;

	for (size_t i = 0; i < cells; i++) {
		all += samples[i].value;
		series_say(page, room, samples, "_bucket", bound_text(row, i, text));
		say(page, "%llu\n", (unsigned long long)all);
	}
	series_say(page, room, samples, "_count", NULL);
	say(page, "%llu\n", (unsigned long long)all);
	series_say(page, room, samples, "_sum", NULL);
	say(page, "%s\n", text_number(samples[cells].value, row->parts, text));
}

static void
sample_say(struct page *page, const struct census_room *room, const struct sample *sample)
{
	static const char *const suffixes[METRIC_TYPES] = { [METRIC_COUNTER] = "_total", [METRIC_GAUGE] = "", [METRIC_INFO] = "_info" };
	const struct metrics_row *row = metrics_row(sample->metric);
	char text[TEXT_NUMBER];

	series_say(page, room, sample, suffixes[row->type], NULL);
	say(page, "%s\n", text_number(sample->value, row->parts, text));
}

/* What the room tells of this family. */
static void
told_say(struct page *page, struct told *told, enum metric metric)
{
	const struct metrics_row *row = metrics_row(metric);
	size_t step = row->type == METRIC_HISTOGRAM ? histogram_cells(row->histogram) + 1 : 1;

	for (; told->next < told->count && told->samples[told->next].metric == metric; told->next += step)
		if (row->type == METRIC_HISTOGRAM)
			histogram_say(page, &told->room, &told->samples[told->next]);
		else
			sample_say(page, &told->room, &told->samples[told->next]);
}

bool
text_write(struct buf *out, struct span census)
{
	struct page *page = must_alloc(sizeof(*page));
	bool good;

	page->out = out;
	page->fits = true;
	good = page_read(page, census);
	for (enum metric metric = 0; good && metric < METRICS; metric++) {
		family_begin(page, metric);
		for (size_t i = 0; i < page->rooms_count; i++)
			told_say(page, &page->rooms[i], metric);
	}
	say(page, "# EOF\n");
	good = good && page->fits;
	for (size_t i = 0; i < page->rooms_count; i++)
		free(page->rooms[i].samples);
	free(page);
	return good;
}
