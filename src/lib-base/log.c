/* Event lines to stderr or syslog, gathered per turn of the loop. */
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define LINE_OCTETS 4096	/* of one line: PIPE_BUF, so that the lines of several rooms do not mix in a pipe */

static struct {
	const char *room;
	enum log_target target;
	enum log_level level;
	enum log_addresses addresses;
	bool stamp;			/* nobody behind stderr adds the time */
	char gathered[LINE_OCTETS];
	size_t length;
} state = { "sealpost", LOG_TO_STDERR, LOG_LEVEL_INFO, LOG_ADDRESSES_FULL, true, "", 0 };

void
log_open(const char *room, enum log_target target, enum log_level level, enum log_addresses addresses)
{
	log_flush();
	state.room = room;
	state.target = target;
	state.level = level;
	state.addresses = addresses;
	state.stamp = getenv("JOURNAL_STREAM") == NULL;
	if (target == LOG_TO_SYSLOG)
		openlog(room, LOG_PID | LOG_NDELAY, LOG_MAIL);
}

bool
log_wants(enum log_level level)
{
	return level <= state.level;
}

void
log_flush(void)
{
	size_t done = 0;

	while (done < state.length) {
		ssize_t n = write(STDERR_FILENO, state.gathered + done, state.length - done);

		if (n <= 0)
			break;		/* nowhere to say it */
		done += (size_t)n;
	}
	state.length = 0;
}

/* "2026-11-22T08:15:30.123Z ", made anew only when the millisecond changed. */
static size_t
stamp_write(char *out, size_t size)
{
	static time_t second = -1;
	static char text[32];
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec != second) {
		struct tm tm;

		second = now.tv_sec;
		gmtime_r(&second, &tm);
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	}
	return (size_t)snprintf(out, size, "%s.%03ldZ ", text, now.tv_nsec / 1000000);
}

void
log_write(enum log_level level, const char *event, const struct log_field *fields)
{
	static const int priorities[] = { LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG };
	char line[LINE_OCTETS];
	size_t length = 0;

	if (!log_wants(level))
		return;
	if (state.target == LOG_TO_STDERR && state.stamp)
		length = stamp_write(line, sizeof(line));
	if (state.target == LOG_TO_STDERR)
		length += (size_t)snprintf(line + length, sizeof(line) - length, "%s: ", state.room);
	length += (size_t)snprintf(line + length, sizeof(line) - length, "event=%s", event);
	if (level <= LOG_LEVEL_WARN)
		length += (size_t)snprintf(line + length, sizeof(line) - length, " level=%s",
		    level == LOG_LEVEL_WARN ? "warn" : "error");
	length += log_render(fields, state.addresses, line + length, sizeof(line) - length - 1);
	if (state.target == LOG_TO_SYSLOG) {
		syslog(priorities[level], "%.*s", (int)length, line);
		return;
	}
	line[length++] = '\n';
	if (length > sizeof(state.gathered) - state.length)
		log_flush();
	memcpy(state.gathered + state.length, line, length);
	state.length += length;
	if (level <= LOG_LEVEL_WARN)
		log_flush();
}
