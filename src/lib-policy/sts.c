/* MTA-STS texts, strictly (RFC 8461 3.1, 3.2): what is not understood as a whole is no policy, and never a part of one. */
#include "policy/sts.h"

#include <string.h>

#define RECORD_BEGIN "v=STSv1;"	/* what is not meant does not begin so (3.1) */
#define NAME_MOST 32		/* octets of an extension's name (3.1, 3.2) */
#define AGE_DIGITS 10

static const char *const mode_names[STS_MODES] = { [STS_NONE] = "none", [STS_TESTING] = "testing", [STS_ENFORCE] = "enforce" };

const char *
sts_mode_name(enum sts_mode mode)
{
	return mode_names[mode];
}

bool
sts_mode_parse(struct span word, enum sts_mode *mode)
{
	for (int i = 0; i < STS_MODES; i++) {
		if (!span_equal(word, span_of(mode_names[i])))
			continue;
		*mode = (enum sts_mode)i;
		return true;
	}
	return false;
}

static bool
is_alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* --- the record --- */

static bool
id_is_valid(struct span id)
{
	for (size_t i = 0; i < id.length; i++)
		if (!is_alphanumeric(id.data[i]))
			return false;
	return id.length > 0 && id.length < STS_ID;
}

/* Letters, digits, and behind the first also "_", "-" and "." (3.1, 3.2). */
static bool
name_is_valid(struct span name)
{
	for (size_t i = 0; i < name.length; i++)
		if (!is_alphanumeric(name.data[i]) && (i == 0 || memchr("_-.", name.data[i], 3) == NULL))
			return false;
	return name.length > 0 && name.length <= NAME_MOST;
}

/* Printable, without "=", ";" and space. */
static bool
extension_is_valid(struct span value)
{
	for (size_t i = 0; i < value.length; i++)
		if (value.data[i] <= ' ' || value.data[i] > '~' || value.data[i] == '=' || value.data[i] == ';')
			return false;
	return value.length > 0;
}

/*
 * The fields behind the version: id once at least, the first counts; others are passed over if they are well-formed. Of the
 * delimiters one may stand at the end, as the grammar says. White space at the end it does not know; it is let pass, because
 * to refuse it would take from the domain what it meant to have.
 */
static bool
record_parse(struct span record, char id[STS_ID])
{
	struct span rest = span_skip(record, strlen(RECORD_BEGIN)), field;

	id[0] = '\0';
	while (span_cut(&rest, ';', &field)) {
		struct span name, value = span_trim(field);

		if (value.length == 0) {
			/* The delimiter at the end; nothing else may be empty. */
			if (rest.data != NULL)
				return false;
			break;
		}
		if (!span_cut(&value, '=', &name) || !name_is_valid(name))
			return false;
		if (span_equal(name, SPAN("id")) ? !id_is_valid(value) : !extension_is_valid(value))
			return false;
		if (span_equal(name, SPAN("id")) && id[0] == '\0') {
			memcpy(id, value.data, value.length);
			id[value.length] = '\0';
		}
	}
	return id[0] != '\0';
}

bool
sts_record_find(const struct span *texts, uint32_t count, char id[STS_ID])
{
	const struct span *found = NULL;

	id[0] = '\0';
	for (uint32_t i = 0; i < count; i++) {
		if (!span_starts(texts[i], SPAN(RECORD_BEGIN)))
			continue;
		if (found != NULL)
			return false;
		found = &texts[i];
	}
	if (found != NULL && record_parse(*found, id))
		return true;
	id[0] = '\0';
	return false;
}

/* --- the policy --- */

/*
 * A-labels: letters, digits, hyphens within. "192.0.2.1", which people do write, is one by this grammar (RFC 5321 4.1.2): it matches no host
 * and takes nothing from the lines beside it, where to refuse the file would leave the domain without a policy.
 */
static bool
host_is_valid(struct span host)
{
	struct span rest = host, label = SPAN("");

	if (host.length == 0 || host.length > 253)
		return false;
	while (span_cut(&rest, '.', &label)) {
		if (label.length == 0 || label.length > 63 || label.data[0] == '-' || label.data[label.length - 1] == '-')
			return false;
		for (size_t i = 0; i < label.length; i++)
			if (!is_alphanumeric(label.data[i]) && label.data[i] != '-')
				return false;
	}
	return host.data[host.length - 1] != '.';
}

bool
sts_pattern_is_valid(struct span pattern)
{
	return host_is_valid(span_starts(pattern, SPAN("*.")) ? span_skip(pattern, 2) : pattern);
}

/* What was read so far. */
struct reading {
	struct sts_policy *policy;
	struct arena *arena;
	bool has_version, has_mode, has_age;
};

/* Each returns NULL, or what is wrong. Of the keys that stand once the first counts (3.2). */

static const char *
version_take(struct reading *reading, struct span value)
{
	if (reading->has_version)
		return NULL;
	reading->has_version = true;
	return span_equal(value, SPAN("STSv1")) ? NULL : "the version is not STSv1 (RFC 8461 3.2)";
}

static const char *
mode_take(struct reading *reading, struct span value)
{
	if (reading->has_mode)
		return NULL;
	reading->has_mode = true;
	return sts_mode_parse(value, &reading->policy->mode) ? NULL : "the mode is none of none, testing and enforce (RFC 8461 3.2)";
}

static const char *
age_take(struct reading *reading, struct span value)
{
	uint64_t age_s = 0;

	if (reading->has_age)
		return NULL;
	reading->has_age = true;
	if (value.length > AGE_DIGITS || !span_to_u64(value, UINT64_MAX, &age_s))
		return "max_age is not a number of seconds (RFC 8461 3.2)";
	reading->policy->max_age_s = age_s > STS_AGE_MOST_S ? STS_AGE_MOST_S : age_s;
	return NULL;
}

static const char *
mx_take(struct reading *reading, struct span value)
{
	struct sts_policy *policy = reading->policy;

	if (!sts_pattern_is_valid(value))
		return "an mx is neither a host's name nor \"*.\" and a domain (RFC 8461 3.2)";
	if (policy->mx_count == STS_PATTERNS)
		return "there are more mx lines than are read";
	policy->mx[policy->mx_count++] = arena_lower(reading->arena, value);
	return NULL;
}

static const struct {
	const char *name;
	const char *(*take)(struct reading *reading, struct span value);
} fields[] = { { "version", version_take }, { "mode", mode_take }, { "max_age", age_take }, { "mx", mx_take } };

/* Octets of the character of UTF-8 at the beginning, in its shortest form and no surrogate (RFC 3629 4); 0 = there is none. */
static size_t
character_length(struct span text)
{
	static const struct {
		unsigned char first, last;		/* the first octet */
		unsigned char second, second_last;	/* the next; others are 80 to BF */
		size_t length;
	} rows[] = {
		{ 0x20, 0x7e, 0, 0, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	const unsigned char *octets = (const unsigned char *)text.data;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (octets[0] < rows[i].first || octets[0] > rows[i].last)
			continue;
		if (rows[i].length > text.length || (rows[i].length > 1 && (octets[1] < rows[i].second || octets[1] > rows[i].second_last)))
			return 0;
		for (size_t k = 2; k < rows[i].length; k++)
			if ((octets[k] & 0xc0) != 0x80)
				return 0;
		return rows[i].length;
	}
	return 0;
}

/*
 * What any value may be, known or not (sts-policy-ext-value): not empty, and no control characters. These end no line either: a
 * CR alone would hide what others read as a line (MX6).
 */
static bool
value_is_valid(struct span value)
{
	struct span rest = value;

	while (rest.length > 0) {
		size_t length = character_length(rest);

		if (length == 0)
			return false;
		rest = span_skip(rest, length);
	}
	return value.length > 0;
}

static const char *
line_take(struct reading *reading, struct span line)
{
	struct span name, value = line;

	if (span_find(line, ':') == line.length || !span_cut(&value, ':', &name) || !name_is_valid(name))
		return "a line is not a key, a colon and a value (RFC 8461 3.2)";
	value = span_trim(value);
	if (!value_is_valid(value))
		return "a value is empty, or has control characters or broken UTF-8 (RFC 8461 3.2)";
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (span_equal(name, span_of(fields[i].name)))
			return fields[i].take(reading, value);
	return NULL;	/* an extension */
}

static const char *
reading_judge(const struct reading *reading)
{
	if (!reading->has_version)
		return "there is no version (RFC 8461 3.2)";
	if (!reading->has_mode)
		return "there is no mode (RFC 8461 3.2)";
	if (!reading->has_age)
		return "there is no max_age (RFC 8461 3.2)";
	if (reading->policy->mx_count == 0 && reading->policy->mode != STS_NONE)
		return "there is no mx (RFC 8461 3.2)";
	return NULL;
}

const char *
sts_policy_parse(struct span body, struct arena *arena, struct sts_policy *policy)
{
	struct reading reading = { .policy = policy, .arena = arena };
	struct span rest = body, line;
	const char *why = NULL;
	unsigned number = 0;

	*policy = (struct sts_policy){ .mx = arena_alloc(arena, STS_PATTERNS * sizeof(*policy->mx)) };
	if (body.length > STS_OCTETS)
		return "it is longer than 64 KiB (RFC 8461 3.3)";
	while (why == NULL && span_cut(&rest, '\n', &line)) {
		number++;
		/* Behind the last LF nothing need be; a CR that no LF follows ends nothing. */
		if (rest.data != NULL && line.length > 0 && line.data[line.length - 1] == '\r')
			line = span_first(line, line.length - 1);
		/* One empty line at the end is many people's habit; elsewhere there are none. */
		if (span_trim(line).length == 0 && span_trim(rest).length == 0)
			continue;
		why = line_take(&reading, line);
		policy->wrong_line = why == NULL ? 0 : number;
	}
	return why == NULL ? reading_judge(&reading) : why;
}

/* A line as others can show it. */
static void
line_copy(char *out, struct span line)
{
	for (size_t i = 0; i < line.length; i++)
		out[i] = line.data[i] >= ' ' && line.data[i] <= '~' ? line.data[i] : '?';
}

struct span
sts_policy_lines(struct span body, struct arena *arena)
{
	char *out = arena_alloc(arena, STS_LINES);
	struct span rest = body, line;
	size_t length = 0;

	while (span_cut(&rest, '\n', &line)) {
		size_t at = length == 0 ? 0 : length + 1;	/* behind a LF */

		if (line.length > 0 && line.data[line.length - 1] == '\r')
			line = span_first(line, line.length - 1);
		if (at + line.length > STS_LINES)
			continue;
		if (at > 0)
			out[length] = '\n';
		line_copy(out + at, line);
		length = at + line.length;
	}
	while (length > 0 && out[length - 1] == '\n')
		length--;
	return span_make(out, length);
}

bool
sts_match(const struct span *patterns, uint32_t count, const char *host)
{
	struct span name = span_of(host);
	struct span below = span_skip(name, span_find(name, '.'));	/* ".example.org" of "mx.example.org" */

	for (uint32_t i = 0; i < count; i++) {
		bool is_wild = span_starts(patterns[i], SPAN("*."));

		if (is_wild ? below.length < name.length && span_equal_nocase(span_skip(patterns[i], 1), below) :
		    span_equal_nocase(patterns[i], name))
			return true;
	}
	return false;
}
