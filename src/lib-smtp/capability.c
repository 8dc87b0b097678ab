/* Keywords of EHLO replies. */
#include "smtp/capability.h"

#include <stdio.h>

#define LIMIT_MOST 999999	/* RFC 9422 3.3 */

static void
size_read(struct capability *capability, struct span value)
{
	uint64_t size;

	/* A number too large for us is too large for any message of ours (RFC 1870 3). */
	capability->size = span_to_u64(value, UINT64_MAX, &size) ? size : 0;
}

static bool
is_limit_name(struct span name)
{
	for (size_t i = 0; i < name.length; i++) {
		char c = name.data[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '-' && c != '_')
			return false;
	}
	return name.length > 0;
}

static bool
is_limit_value(struct span value)
{
	for (size_t i = 0; i < value.length; i++)
		if (value.data[i] <= ' ' || value.data[i] > '~' || value.data[i] == ';')
			return false;
	return value.length > 0;
}

/* A value out of range is passed over, the others count (RFC 9422 3.6). */
static void
limit_apply(struct capability *capability, struct span name, struct span value)
{
	const struct {
		struct span name;
		uint32_t *limit;
	} rows[] = {
		{ SPAN("MAILMAX"), &capability->mail_max },
		{ SPAN("RCPTMAX"), &capability->rcpt_max },
		{ SPAN("RCPTDOMAINMAX"), &capability->rcpt_domain_max },
	};
	uint64_t number;

	if (value.length == 0 || value.data[0] == '0' || !span_to_u64(value, LIMIT_MOST, &number))
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (span_equal_nocase(name, rows[i].name))
			*rows[i].limit = (uint32_t)number;
}

/* A syntax error anywhere voids the whole list (RFC 9422 3.6): look through it before applying any. */
static void
limits_read(struct capability *capability, struct span value)
{
	for (int pass = 0; pass < 2; pass++) {
		struct span rest = value, item;

		while (span_cut(&rest, ' ', &item)) {
			size_t at = span_find(item, '=');
			struct span name = span_first(item, at), number = span_skip(item, at + 1);

			if (!is_limit_name(name) || (at < item.length && !is_limit_value(number)))
				return;
			if (pass == 1 && at < item.length)
				limit_apply(capability, name, number);
		}
	}
}

static const struct {
	struct span keyword;
	unsigned flag;
	void (*read)(struct capability *capability, struct span value);	/* NULL: values mean nothing */
} keywords[] = {
	{ { "STARTTLS", 8 }, CAPABILITY_STARTTLS, NULL },
	{ { "PIPELINING", 10 }, CAPABILITY_PIPELINING, NULL },
	{ { "SIZE", 4 }, CAPABILITY_SIZE, size_read },
	{ { "8BITMIME", 8 }, CAPABILITY_8BITMIME, NULL },
	{ { "SMTPUTF8", 8 }, CAPABILITY_SMTPUTF8, NULL },
	{ { "DSN", 3 }, CAPABILITY_DSN, NULL },
	{ { "CHUNKING", 8 }, CAPABILITY_CHUNKING, NULL },
	{ { "ENHANCEDSTATUSCODES", 19 }, CAPABILITY_STATUSCODES, NULL },
	{ { "REQUIRETLS", 10 }, CAPABILITY_REQUIRETLS, NULL },
	{ { "LIMITS", 6 }, 0, limits_read },
};

/* "XXXXXXXX", "XXXXXXXA": what some firewalls make of STARTTLS, which has eight letters too. */
static bool
line_is_mangled(struct span keyword)
{
	size_t blots = 0;

	for (size_t i = 0; i < keyword.length; i++)
		blots += keyword.data[i] == 'X' || keyword.data[i] == 'x' || keyword.data[i] == '*';
	return keyword.length == 8 && blots >= 6;
}

void
capability_read(const struct reply *ehlo, struct capability *capability)
{
	struct span rest = ehlo->lines.length == 0 ? SPAN("") : ehlo->lines, line;

	*capability = (struct capability){ .flags = 0 };
	(void)span_cut(&rest, '\n', &line);	/* the server's name and greeting */
	while (span_cut(&rest, '\n', &line)) {
		struct span keyword = span_first(line, span_find(line, ' ')), value = span_trim(span_skip(line, keyword.length));

		if (line_is_mangled(keyword))
			capability->is_mangled = true;
		for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++) {
			if (!span_equal_nocase(keyword, keywords[i].keyword))
				continue;
			capability->flags |= keywords[i].flag;
			if (keywords[i].read != NULL)
				keywords[i].read(capability, value);
		}
	}
}

const char *
capability_words(unsigned flags, char out[CAPABILITY_WORDS])
{
	size_t length = 0;

	out[0] = '\0';
	for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++)
		if (flags & keywords[i].flag)
			length += (size_t)snprintf(out + length, CAPABILITY_WORDS - length, "%s%.*s", length == 0 ? "" : " ",
			    SPAN_ARG(keywords[i].keyword));
	return out;
}

unsigned
capability_flags(struct span words)
{
	unsigned flags = 0;
	struct span word;

	while (span_cut(&words, ' ', &word))
		for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++)
			if (span_equal(word, keywords[i].keyword))
				flags |= keywords[i].flag;
	return flags;
}
