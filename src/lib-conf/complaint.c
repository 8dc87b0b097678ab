/* Complaints, gathered until everything was looked at. */
#include "conf/complaint.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"

void
complaints_init(struct complaints *complaints)
{
	complaints->count = complaints->errors = 0;
}

void
complaints_clear(struct complaints *complaints)
{
	for (size_t i = 0; i < complaints->count; i++) {
		free(complaints->at[i].file);
		free(complaints->at[i].text);
	}
	complaints_init(complaints);
}

/* What the file says goes to terminals: no control character of it does. */
static void
tame(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

__attribute__((format(printf, 5, 0))) static void
add(struct complaints *complaints, bool is_warning, const char *file, unsigned line, const char *format,
    va_list arguments)
{
	char text[1024];

	if (!is_warning)
		complaints->errors++;
	if (complaints->count == COMPLAINTS_MAX)
		return;
	vsnprintf(text, sizeof(text), format, arguments);
	tame(text);
	complaints->at[complaints->count++] = (struct complaint){
		must_copy(file, strlen(file)), line, is_warning, must_copy(text, strlen(text))
	};
}

void
complaints_add(struct complaints *complaints, const char *file, unsigned line, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(complaints, false, file, line, format, arguments);
	va_end(arguments);
}

void
complaints_warn(struct complaints *complaints, const char *file, unsigned line, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(complaints, true, file, line, format, arguments);
	va_end(arguments);
}

/* Whether b's place is before a's: of one file, and an earlier line. */
static bool
is_behind(const struct complaint *a, const struct complaint *b)
{
	return strcmp(a->file, b->file) == 0 && a->line > b->line;
}

void
complaints_sort(struct complaints *complaints)
{
	/* Insertion: there are few, and equal lines keep their order. */
	for (size_t i = 1; i < complaints->count; i++) {
		struct complaint moving = complaints->at[i];
		size_t j = i;

		for (; j > 0 && is_behind(&complaints->at[j - 1], &moving); j--)
			complaints->at[j] = complaints->at[j - 1];
		complaints->at[j] = moving;
	}
}

void
complaint_format(const struct complaint *complaint, struct buf *out)
{
	bool fits = true;

	if (complaint->file[0] != '\0')
		fits = buf_printf(out, "%s:", complaint->file);
	if (fits && complaint->line > 0)
		fits = buf_printf(out, "%u:", complaint->line);
	if (fits && complaint->file[0] != '\0')
		fits = buf_add(out, SPAN(" "));
	if (fits)
		(void)!buf_printf(out, "%s%s", complaint->is_warning ? "warning: " : "", complaint->text);
}
