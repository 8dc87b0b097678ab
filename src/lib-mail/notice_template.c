/*
 * The template of notices. Sections are found by going through the text each time: it is small, and whoever asks keeps nothing.
 * The one who wrote it is the operator of this relay: it is checked when the configuration is read, with sentences that help.
 */
#include "mail/notice_template.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/near.h"

#define TEMPLATE_MOST (64u * 1024)
#define SECTION_MOST 1200	/* octets: a notice has fewer than 60 lines */
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* THE list of values. What is behind them is made safe by who puts them in (report/notice_text.c). */
static const char *const values[] = {
	"relay",	/* our name */
	"contact",	/* whom the notice is from */
	"stop",		/* address that stops notices */
	"operator",	/* domain of who runs the peer */
	"name",		/* what has the fault: host, domain, or address of a client */
	"host", "ip",	/* that was looked at */
	"address",	/* the same for a command: "192.0.2.1", "[2001:db8::1]"; without an address the host */
	"domain",	/* that mail was for; of a client's mail, that it was from */
	"helo",		/* what a client calls itself */
	"problem",	/* the section [problem ...] */
	"detail",	/* of the fault */
	"version", "cipher", "certificate", "expires",
	"failed", "good", "first", "last",	/* sessions, and when */
	"domains",	/* so many are behind a host */
	"more",		/* cases that are not named */
	"software",	/* as its maker calls it */
};

/* Faults as sections name them: words of policy/reason.h; those of clients, where the same word can be of a host, with "-inbound". */
static const char *const faults[] = { "starttls-not-supported", "starttls-refused", "protocol-old", "no-shared-cipher", "cipher-weak",
	"renegotiation-insecure", "key-weak", "signature-weak", "certificate-expired", "certificate-not-yet-valid",
	"certificate-name-mismatch", "certificate-self-signed", "certificate-unknown-issuer", "certificate-wrong-purpose",
	"certificate-invalid", "dane-mismatch", "dane-unusable", "sts-policy-fetch-error", "sts-policy-invalid", "sts-webpki-invalid",
	"sts-mx-mismatch", "plaintext-inbound", "plaintext-taken-inbound", "protocol-old-inbound", "protocol-old-taken-inbound",
	"no-shared-cipher-inbound", "unknown" };

/* What faults of a kind share. */
static const char *const groups[] = { "tls-missing", "tls-old", "certificate", "dane", "mta-sts", "outgoing" };

static const char *const softwares[] = { "postfix", "exim", "sendmail", "exchange", "opensmtpd", "qmail", "haraka", "courier", "unknown" };

/* A word behind a section's name. */
enum word_of { WORD_NONE, WORD_FAULT, WORD_GROUP, WORD_SOFTWARE, WORDS_OF };

static const struct { const char *const *words; size_t count; const char *what; } word_lists[WORDS_OF] = {
	[WORD_FAULT] = { faults, COUNT(faults), "fault" },
	[WORD_GROUP] = { groups, COUNT(groups), "kind of fault" },
	[WORD_SOFTWARE] = { softwares, COUNT(softwares), "software" },
};

/* THE table of sections. */
static const struct kind {
	const char *name;
	enum word_of first, second;	/* words behind it; the second may be left out when it is optional */
	bool is_second_optional;
	bool is_needed;			/* without words: it has to be there; with them: for each first word */
	bool is_line;			/* one line */
} kinds[] = {
	{ "language", WORD_NONE, WORD_NONE, false, true, true },
	{ "subject", WORD_NONE, WORD_NONE, false, true, true },
	{ "subject-reminder", WORD_NONE, WORD_NONE, false, true, true },
	{ "opening", WORD_NONE, WORD_NONE, false, true, false },
	{ "opening-inbound", WORD_NONE, WORD_NONE, false, true, false },
	{ "opening-taken", WORD_NONE, WORD_NONE, false, true, false },
	{ "opening-paste", WORD_NONE, WORD_NONE, false, true, false },
	{ "reminder", WORD_NONE, WORD_NONE, false, true, false },
	{ "seen", WORD_NONE, WORD_NONE, false, true, false },
	{ "seen-inbound", WORD_NONE, WORD_NONE, false, true, false },
	{ "seen-taken", WORD_NONE, WORD_NONE, false, true, false },
	{ "behind", WORD_NONE, WORD_NONE, false, true, false },
	{ "cases", WORD_NONE, WORD_NONE, false, true, false },
	{ "more", WORD_NONE, WORD_NONE, false, true, true },
	{ "transcript", WORD_NONE, WORD_NONE, false, true, false },
	{ "settings-heading", WORD_NONE, WORD_NONE, false, true, false },
	{ "stop", WORD_NONE, WORD_NONE, false, true, false },
	{ "stop-by-reply", WORD_NONE, WORD_NONE, false, true, false },
	{ "problem", WORD_FAULT, WORD_NONE, false, true, true },
	{ "fault", WORD_FAULT, WORD_NONE, false, true, false },
	{ "change", WORD_FAULT, WORD_SOFTWARE, true, true, false },
	{ "test", WORD_GROUP, WORD_NONE, false, true, false },
	{ "settings", WORD_GROUP, WORD_SOFTWARE, false, false, false },
};

/* --- lines --- */

static struct span
line_cut(struct span *rest)
{
	size_t length = span_find(*rest, '\n');
	struct span line = span_first(*rest, length);

	*rest = span_skip(*rest, length + 1);
	return line.length > 0 && line.data[line.length - 1] == '\r' ? span_first(line, line.length - 1) : line;
}

static bool
is_heading(struct span line)
{
	return line.length > 0 && line.data[0] == '[';
}

/* "[fault x]" to "fault x"; "" when it is not closed. */
static struct span
heading_name(struct span line)
{
	line = span_trim_end(line);
	return line.length > 2 && line.data[line.length - 1] == ']' ? span_first(span_skip(line, 1), line.length - 2) : SPAN("");
}

/* Up to the next heading, without empty lines at both ends. */
static struct span
section_body(struct span rest)
{
	struct span whole = rest, body = { rest.data, 0 };

	while (rest.length > 0) {
		struct span line = line_cut(&rest);

		if (is_heading(line))
			break;
		if (span_trim(line).length > 0 && line.data[0] != '#')
			body.length = (size_t)(line.data + line.length - whole.data);
	}
	while (body.length > 0 && (body.data[0] == '\n' || body.data[0] == '\r'))
		body = span_skip(body, 1);
	return body;
}

bool
notice_template_section(struct span text, struct span name, struct span *section)
{
	while (text.length > 0) {
		struct span line = line_cut(&text);

		if (!is_heading(line) || !span_equal(heading_name(line), name))
			continue;
		*section = section_body(text);
		return true;
	}
	return false;
}

/* --- is it good? --- */

struct check {
	struct span text;
	unsigned line;
	char *why;
	size_t size;
};

static bool __attribute__((format(printf, 2, 3)))
refuse(struct check *check, const char *format, ...)
{
	char words[300];
	va_list args;

	va_start(args, format);
	vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	if (check->line > 0)
		snprintf(check->why, check->size, "line %u: %s", check->line, words);
	else
		snprintf(check->why, check->size, "%s", words);
	return false;
}

/* "there is no value \"hots\"; is \"host\" meant?" */
static bool
refuse_word(struct check *check, const char *what, struct span word, const char *const *words, size_t count)
{
	const char *meant;

	if (near_find(word, words, count, &meant) < count)
		return true;
	word = span_first(word, 40);
	if (meant != NULL)
		return refuse(check, "there is no %s \"%.*s\"; is \"%s\" meant?", what, SPAN_ARG(word), meant);
	return refuse(check, "there is no %s \"%.*s\"", what, SPAN_ARG(word));
}

static bool
values_are_good(struct check *check, struct span line)
{
	for (size_t at = span_find(line, '{'); at < line.length; at = span_find(line, '{')) {
		size_t length;

		line = span_skip(line, at + 1);
		if (line.length > 0 && line.data[0] == '{') {
			line = span_skip(line, 1);
			continue;
		}
		length = span_find(line, '}');
		if (length == line.length)
			return refuse(check, "a \"{\" is not closed; one that is meant is written \"{{\"");
		if (!refuse_word(check, "value", span_first(line, length), values, COUNT(values)))
			return false;
		line = span_skip(line, length + 1);
	}
	return true;
}

/* Names of sections, as near_find() wants them. */
static bool
kind_find(struct check *check, struct span name, const struct kind **kind)
{
	const char *names[COUNT(kinds)];

	for (size_t i = 0; i < COUNT(kinds); i++)
		names[i] = kinds[i].name;
	if (!refuse_word(check, "section", name, names, COUNT(names)))
		return false;
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (span_equal(name, span_of(kinds[i].name)))
			*kind = &kinds[i];
	return true;
}

static bool
word_is_good(struct check *check, enum word_of of, bool is_optional, struct span *rest)
{
	struct span word;

	if (of == WORD_NONE || (is_optional && rest->data == NULL))
		return true;
	if (!span_cut(rest, ' ', &word))
		return refuse(check, "a %s is missing behind the name of the section", word_lists[of].what);
	return refuse_word(check, word_lists[of].what, word, word_lists[of].words, word_lists[of].count);
}

static bool
heading_is_good(struct check *check, struct span line, struct span *sections, size_t *count)
{
	struct span name = heading_name(line), rest = name, first, section;
	const struct kind *kind = NULL;

	if (name.length == 0)
		return refuse(check, "the name of a section stands in brackets, alone on its line: \"[opening]\"");
	if (!span_cut(&rest, ' ', &first) || !kind_find(check, first, &kind) || !word_is_good(check, kind->first, false, &rest) ||
	    !word_is_good(check, kind->second, kind->is_second_optional, &rest))
		return false;
	if (rest.data != NULL)
		return refuse(check, "there are words too many in the name of the section");
	for (size_t i = 0; i < *count; i++)
		if (span_equal(sections[i], name))
			return refuse(check, "the section \"%.*s\" is there already", SPAN_ARG(name));
	sections[(*count)++] = name;
	section = section_body(span_skip(check->text, (size_t)(line.data + line.length - check->text.data) + 1));
	if (section.length == 0)
		return refuse(check, "the section \"%.*s\" is empty", SPAN_ARG(name));
	if (section.length > SECTION_MOST)
		return refuse(check, "the section \"%.*s\" is longer than %d octets", SPAN_ARG(name), SECTION_MOST);
	if (kind->is_line && span_find(section, '\n') < section.length)
		return refuse(check, "the section \"%.*s\" has more than one line", SPAN_ARG(name));
	return true;
}

static bool
octets_are_good(struct check *check, struct span line)
{
	for (size_t i = 0; i < line.length; i++)
		if ((unsigned char)line.data[i] < 0x20 || line.data[i] == 0x7f)
			return refuse(check, "there is a control character; indents are spaces");
	return true;
}

static bool
lines_are_good(struct check *check)
{
	struct span sections[COUNT(kinds) + 2 * COUNT(faults) + COUNT(groups) + (COUNT(faults) + COUNT(groups)) * COUNT(softwares) + COUNT(faults)];
	struct span rest = check->text;
	size_t count = 0;

	while (rest.length > 0) {
		struct span line = line_cut(&rest);

		check->line++;
		if (!octets_are_good(check, line))
			return false;
		if (line.length == 0 || line.data[0] == '#')
			continue;
		if (is_heading(line) ? !heading_is_good(check, line, sections, &count) : !values_are_good(check, line))
			return false;
		if (count == 0)
			return refuse(check, "there is text before the first section");
	}
	check->line = 0;
	return true;
}

static bool
is_there(struct check *check, const char *kind, const char *word)
{
	char name[80];
	struct span section;

	snprintf(name, sizeof(name), "%s%s%s", kind, *word == '\0' ? "" : " ", word);
	return notice_template_section(check->text, span_of(name), &section) || refuse(check, "the section \"%s\" is missing", name);
}

static bool
all_are_there(struct check *check)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (!kinds[i].is_needed)
			continue;
		if (kinds[i].first == WORD_NONE && !is_there(check, kinds[i].name, ""))
			return false;
		for (size_t k = 0; k < word_lists[kinds[i].first].count; k++)
			if (!is_there(check, kinds[i].name, word_lists[kinds[i].first].words[k]))
				return false;
	}
	return true;
}

bool
notice_template_is_good(struct span text, char *why, size_t size)
{
	struct check check = { .text = text, .why = why, .size = size };
	struct span language;

	if (text.length > TEMPLATE_MOST)
		return refuse(&check, "it is larger than %u octets", TEMPLATE_MOST);
	if (!lines_are_good(&check) || !all_are_there(&check))
		return false;
	if (!notice_template_section(text, SPAN("language"), &language) || language.length != 2 || language.data[0] < 'a' ||
	    language.data[0] > 'z' || language.data[1] < 'a' || language.data[1] > 'z')
		return refuse(&check, "the language is two small letters, as \"en\"");
	return true;
}
