/* Log lines in a list. */
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "tests/fake/fake.h"
#include "tests/fake/fake_log.h"

#define LINE_OCTETS 4096

struct line {
	TAILQ_ENTRY(line) entry;
	enum log_level level;
	char text[];
};

static TAILQ_HEAD(, line) lines = TAILQ_HEAD_INITIALIZER(lines);

static void
line_drop(struct line *line)
{
	TAILQ_REMOVE(&lines, line, entry);
	free(line);
}

static void
log_reset(void)
{
	struct line *line;

	while ((line = TAILQ_FIRST(&lines)) != NULL)
		line_drop(line);
}

void
log_open(const char *room, enum log_target target, enum log_level level, enum log_addresses addresses)
{
	(void)room;
	(void)target;
	(void)level;
	(void)addresses;
}

bool
log_wants(enum log_level level)
{
	(void)level;
	return true;
}

void
log_write(enum log_level level, const char *event, const struct log_field *fields)
{
	char text[LINE_OCTETS];
	size_t length = (size_t)snprintf(text, sizeof(text), "event=%s", event);
	struct line *line;

	fake_on_reset(log_reset);
	length += log_render(fields, LOG_ADDRESSES_FULL, text + length, sizeof(text) - length);
	line = malloc(sizeof(*line) + length + 1);
	if (line == NULL)
		abort();
	line->level = level;
	memcpy(line->text, text, length + 1);
	TAILQ_INSERT_TAIL(&lines, line, entry);
}

void
log_flush(void)
{
}

static struct line *
line_find(const char *pattern)
{
	struct line *line;

	TAILQ_FOREACH(line, &lines, entry)
		if (fake_matches(pattern, line->text))
			return line;
	return NULL;
}

bool
fake_log_take(const char *pattern)
{
	struct line *line = line_find(pattern);

	if (line == NULL)
		return false;
	line_drop(line);
	return true;
}

void
fake_log_expect(const char *pattern)
{
	if (!fake_log_take(pattern))
		fake_fail("no line in the log is like: %s", pattern);
}

void
fake_log_expect_none(const char *pattern)
{
	struct line *line = line_find(pattern);

	if (line != NULL)
		fake_fail("the log has a line like %s: %s", pattern, line->text);
}

void
fake_log_clear(void)
{
	struct line *line, *next;

	for (line = TAILQ_FIRST(&lines); line != NULL; line = next) {
		next = TAILQ_NEXT(line, entry);
		if (line->level > LOG_LEVEL_WARN)
			line_drop(line);
	}
}

void
fake_log_check(void)
{
	struct line *line;

	TAILQ_FOREACH(line, &lines, entry)
		if (line->level <= LOG_LEVEL_WARN)
			fake_fail("nobody expected: %s", line->text);
}

void
fake_log_print(void)
{
	struct line *line;

	TAILQ_FOREACH(line, &lines, entry)
		fprintf(stderr, "  log: %s\n", line->text);
}
