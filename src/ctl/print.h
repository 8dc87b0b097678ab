/* Answers for people and for programs: rows as text, or as JSON lines. */
#ifndef CTL_PRINT_H
#define CTL_PRINT_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/ctl_rooms.h"

/* Everything of the row as one line of JSON. */
void print_json(const struct row *row);

/* Text from outside, on a terminal: control characters as \xNN. */
void print_text(struct span text);

/* The field of that name, or NULL. */
const struct row_field *print_field(const struct row *row, const char *name);

/* Its text, "" when it is not there; its number, 0 when it is not there. */
struct span print_field_text(const struct row *row, const char *name);
int64_t print_field_number(const struct row *row, const char *name);

/*
 * Every field on a line of its own. Fields whose names are in times (NULL behind the last) are times, 0 = "-". Without
 * empties, fields that say nothing ("", 0 of a time) are left out.
 */
void print_row(const struct row *row, const char *const *times, bool empties);

/* A field that stands in a column of this width; the last column is as wide as it is. */
struct print_column {
	const char *field, *title;
	int width;
	bool is_time;
};

void print_titles(const struct print_column *columns, size_t count);
void print_columns(const struct row *row, const struct print_column *columns, size_t count);

/* "3h", "2d", "45s": how long, roughly. Returns out. */
#define PRINT_SPAN_TEXT 24
char *print_duration(int64_t seconds, char out[PRINT_SPAN_TEXT]);
char *print_size(int64_t octets, char out[PRINT_SPAN_TEXT]);

/* "2026-11-22 08:15:30", here. Returns out. */
#define PRINT_TIME_TEXT 32
char *print_time(int64_t seconds, char out[PRINT_TIME_TEXT]);

#endif
