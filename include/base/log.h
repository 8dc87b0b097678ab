/*
 * One line per event, logfmt: `room: event=name key=value ...`.
 *
 *   log_info("delivery", LOG_TEXT("id", id), LOG_NUMBER("code", 250));
 *
 * Text is written as it is when it has only letters, digits and -._:@<>/+=[],*;, and
 * otherwise between double quotes with \" \\ \n \r \t and \xNN for every control
 * and 8-bit octet: whatever a peer says stays on its line (standards.md E6).
 * Lines are gathered during a turn of the loop and written together by log_flush();
 * warnings and errors are written at once.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ident.h"
#include "base/span.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_target { LOG_TO_STDERR, LOG_TO_SYSLOG };
enum log_addresses { LOG_ADDRESSES_FULL, LOG_ADDRESSES_DOMAIN, LOG_ADDRESSES_NONE };

struct log_field {
	const char *key;	/* NULL ends the list */
	enum { LOG_KIND_SPAN, LOG_KIND_NUMBER, LOG_KIND_SECONDS, LOG_KIND_ADDRESS, LOG_KIND_IDENT, LOG_KIND_MID } kind;
	union {
		struct span span;
		int64_t number;
		struct mid mid;
	};
};

#define LOG_SPAN(k, s) { .key = (k), .kind = LOG_KIND_SPAN, .span = (s) }
#define LOG_TEXT(k, string) { .key = (k), .kind = LOG_KIND_SPAN, .span = span_of(string) }
#define LOG_NUMBER(k, n) { .key = (k), .kind = LOG_KIND_NUMBER, .number = (int64_t)(n) }
/* Milliseconds in, seconds with two decimals out. */
#define LOG_SECONDS(k, ms) { .key = (k), .kind = LOG_KIND_SECONDS, .number = (int64_t)(ms) }
/* <address>, <*@domain> or <*>, as `log: addresses:` has it. */
#define LOG_ADDRESS(k, s) { .key = (k), .kind = LOG_KIND_ADDRESS, .span = (s) }
#define LOG_IDENT(k, n) { .key = (k), .kind = LOG_KIND_IDENT, .number = (int64_t)(n) }
#define LOG_MID(k, m) { .key = (k), .kind = LOG_KIND_MID, .mid = (m) }

#define LOG_FIELDS(...) ((const struct log_field[]){ __VA_ARGS__ __VA_OPT__(,) { .key = NULL } })
#define log_error(event, ...) log_write(LOG_LEVEL_ERROR, (event), LOG_FIELDS(__VA_ARGS__))
#define log_warn(event, ...) log_write(LOG_LEVEL_WARN, (event), LOG_FIELDS(__VA_ARGS__))
#define log_info(event, ...) log_write(LOG_LEVEL_INFO, (event), LOG_FIELDS(__VA_ARGS__))
#define log_debug(event, ...) \
	do { \
		if (log_wants(LOG_LEVEL_DEBUG)) \
			log_write(LOG_LEVEL_DEBUG, (event), LOG_FIELDS(__VA_ARGS__)); \
	} while (0)

/*
 * Name the room (kept, not copied) and choose where lines go and which. May be called again.
 * Until then: "sealpost", stderr, info, full addresses.
 */
void log_open(const char *room, enum log_target target, enum log_level level, enum log_addresses addresses);

bool log_wants(enum log_level level);
void log_write(enum log_level level, const char *event, const struct log_field *fields);

/* Write what was gathered. The loop calls it at the end of every turn. */
void log_flush(void);

/* Render fields as ` key=value ...` into at most `size` octets, NUL included; returns the length. */
size_t log_render(const struct log_field *fields, enum log_addresses addresses, char *out, size_t size);

#endif
