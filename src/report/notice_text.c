/* A notice in words: sections of the template, in lines of 72 columns, and never as many as NOTICE_LINES_MOST. */
#include "report/notice_text.h"

#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "mail/notice_template.h"
#include "report/field.h"
#include "report/notice_value.h"
#include "report/quoted.h"

#define TRANSCRIPT_LINES 16	/* a whole reply to EHLO, where there is room */
#define TRANSCRIPT_LEAST 4	/* lines that count for more than the names of other hosts */
#define TRANSCRIPT_LINE 68	/* octets of a line that are shown */
#define EXPANDED (1024u * 1024)	/* more than all sections of a good template come to, whatever the values */
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* THE table of kinds of faults. Those that it does not have are looked into by the simplest command. */
static const struct { struct span fault, group; } groups[] = {
	{ SPAN("starttls-not-supported"), SPAN("tls-missing") }, { SPAN("starttls-refused"), SPAN("tls-missing") },
	{ SPAN("protocol-old"), SPAN("tls-old") }, { SPAN("no-shared-cipher"), SPAN("tls-old") }, { SPAN("cipher-weak"), SPAN("tls-old") },
	{ SPAN("renegotiation-insecure"), SPAN("tls-old") }, { SPAN("key-weak"), SPAN("certificate") },
	{ SPAN("signature-weak"), SPAN("certificate") }, { SPAN("certificate-expired"), SPAN("certificate") },
	{ SPAN("certificate-not-yet-valid"), SPAN("certificate") }, { SPAN("certificate-name-mismatch"), SPAN("certificate") },
	{ SPAN("certificate-self-signed"), SPAN("certificate") }, { SPAN("certificate-unknown-issuer"), SPAN("certificate") },
	{ SPAN("certificate-wrong-purpose"), SPAN("certificate") }, { SPAN("certificate-invalid"), SPAN("certificate") },
	{ SPAN("dane-mismatch"), SPAN("dane") }, { SPAN("dane-unusable"), SPAN("dane") },
	{ SPAN("sts-policy-fetch-error"), SPAN("mta-sts") }, { SPAN("sts-policy-invalid"), SPAN("mta-sts") },
	{ SPAN("sts-webpki-invalid"), SPAN("mta-sts") }, { SPAN("sts-mx-mismatch"), SPAN("mta-sts") },
	{ SPAN("plaintext-inbound"), SPAN("outgoing") }, { SPAN("plaintext-taken-inbound"), SPAN("outgoing") },
	{ SPAN("protocol-old-inbound"), SPAN("outgoing") }, { SPAN("protocol-old-taken-inbound"), SPAN("outgoing") },
	{ SPAN("no-shared-cipher-inbound"), SPAN("outgoing") },
};

/* A text under way. What is cut first when it is too long stands first. */
struct text {
	const struct notice_letter *letter;
	const struct conf_report *conf;
	struct notice_values values;	/* of the first case */
	struct span fault, group;
	bool is_paste;
	size_t transcript_most, cases_most;	/* lines of the session; cases beside the first */
	bool has_settings, has_test;
};

struct span
notice_text_group(struct span fault)
{
	for (size_t i = 0; i < COUNT(groups); i++)
		if (span_equal(groups[i].fault, fault))
			return groups[i].group;
	return SPAN("tls-missing");
}

/* "KIND", "KIND first", or "KIND first second"; "" when there is none. */
static struct span
section_get(const struct conf_report *conf, const char *kind, struct span first, const char *second)
{
	struct span section;
	char name[160];

	snprintf(name, sizeof(name), "%s%s%.*s%s%s", kind, first.length > 0 ? " " : "", SPAN_ARG(span_first(first, NOTICE_FAULT)),
	    *second == '\0' ? "" : " ", second);
	return notice_template_section(span_of(conf->notices_template), span_of(name), &section) ? section : SPAN("");
}

static struct span
section_named(const struct conf_report *conf, const char *name)
{
	return section_get(conf, name, SPAN(""), "");
}

/* Another mail server took the mail, and told the ledger: nothing was refused. Returns "" of what was not taken. */
static struct span
fault_taken(const struct notice_letter *letter, size_t index)
{
	struct span fault = notice_value_fault(letter, index);

	if (!letter->cases[index]->is_taken)
		return SPAN("");
	return span_equal(fault, SPAN("plaintext-inbound")) ? SPAN("plaintext-taken-inbound") :
	    span_equal(fault, SPAN("protocol-old")) ? SPAN("protocol-old-taken-inbound") : SPAN("");
}

struct span
notice_text_fault(const struct notice_letter *letter, size_t index, const struct conf_report *conf)
{
	struct span fault = notice_value_fault(letter, index);
	bool is_inbound = letter->cases[index]->about == NOTICE_CLIENT;

	if (fault_taken(letter, index).length > 0)
		return fault_taken(letter, index);
	for (size_t i = 0; i < COUNT(groups); i++) {
		struct span word = groups[i].fault;
		bool is_plain = span_equal(word, fault) && (!is_inbound || span_equal(groups[i].group, SPAN("outgoing")));
		bool is_of_client = is_inbound && span_starts(word, fault) && span_equal(span_skip(word, fault.length), SPAN("-inbound"));

		if ((is_plain || is_of_client) && section_get(conf, "problem", word, "").length > 0)
			return word;
	}
	return is_inbound ? SPAN("plaintext-inbound") : SPAN("unknown");
}

/* --- paragraphs --- */

static struct span
line_cut(struct span *rest)
{
	size_t length = span_find(*rest, '\n');
	struct span line = span_first(*rest, length);

	*rest = span_skip(*rest, length + 1);
	return span_trim_end(line.length > 0 && line.data[line.length - 1] == '\r' ? span_first(line, line.length - 1) : line);
}

static void
paragraph_end(struct buf *out, struct buf *paragraph)
{
	if (buf_length(paragraph) > 0)
		field_paragraph(out, "", buf_span(paragraph));
	buf_empty(paragraph);
}

/* Lines are words of a paragraph; those with an indent stay as they are. Comments are left out. */
static void
put_section(struct buf *out, const struct notice_values *values, struct span section)
{
	struct buf paragraph, expanded;

	buf_init(&paragraph, EXPANDED);
	buf_init(&expanded, EXPANDED);
	while (section.length > 0) {
		struct span line = line_cut(&section);

		if (line.length > 0 && line.data[0] == '#')
			continue;
		buf_empty(&expanded);
		notice_values_expand(&expanded, values, line);
		if (line.length > 0 && line.data[0] != ' ') {
			put_u8(&paragraph, ' ');
			put_raw(&paragraph, buf_span(&expanded).data, buf_length(&expanded));
			continue;
		}
		paragraph_end(out, &paragraph);
		put_raw(out, buf_span(&expanded).data, buf_length(&expanded));
		field_line(out, "");
	}
	paragraph_end(out, &paragraph);
	buf_clear(&paragraph);
	buf_clear(&expanded);
}

/* With an empty line above it, unless it is the first. */
static void
put_block(struct buf *out, const struct text *text, struct span section)
{
	if (section.length == 0)
		return;
	if (buf_length(out) > 0)
		field_line(out, "");
	put_section(out, &text->values, section);
}

/* --- the parts of the text --- */

/* "seen", "seen-inbound", "seen-taken" */
static struct span
section_about(const struct text *text, const char *kind)
{
	bool is_inbound = text->letter->cases[0]->about == NOTICE_CLIENT;
	char name[40];

	snprintf(name, sizeof(name), "%s%s", kind, !is_inbound ? "" : fault_taken(text->letter, 0).length > 0 ? "-taken" : "-inbound");
	return section_named(text->conf, name);
}

static void
put_opening(struct buf *out, const struct text *text)
{
	if (text->is_paste) {
		put_block(out, text, section_named(text->conf, "opening-paste"));
		return;
	}
	put_block(out, text, section_about(text, "opening"));
	if (text->letter->is_reminder)
		put_block(out, text, section_named(text->conf, "reminder"));
}

static void
put_seen(struct buf *out, const struct text *text)
{
	const struct notice_case *first = text->letter->cases[0];

	put_block(out, text, section_get(text->conf, "fault", text->fault, ""));
	put_section(out, &text->values, section_about(text, "seen"));
	if (first->about == NOTICE_HOST && first->domains > 1)
		put_section(out, &text->values, section_named(text->conf, "behind"));
}

/* Indented, so that no line of it can be taken for one of ours, and cut. */
static void
put_transcript(struct buf *out, const struct text *text)
{
	struct span rest = text->letter->looked == NULL ? SPAN("") : text->letter->looked->transcript;
	size_t lines = 0;

	if (span_trim(rest).length == 0 || text->transcript_most == 0)
		return;
	put_block(out, text, section_named(text->conf, "transcript"));
	while (rest.length > 0 && lines < text->transcript_most) {
		struct span line = line_cut(&rest);

		if (line.length == 0)
			continue;
		field_words(out, "  ");
		if (++lines == text->transcript_most && span_trim(rest).length > 0)
			field_words(out, "...");
		else
			notice_value_words(out, line, TRANSCRIPT_LINE);
		field_line(out, "");
	}
}

static void
put_change(struct buf *out, const struct text *text)
{
	const struct looked *looked = text->letter->looked;
	const struct notice_software *software = looked == NULL ? notice_software_find(SPAN(""), SPAN("")) :
	    notice_software_find(looked->banner, looked->transcript);
	struct span special = section_get(text->conf, "change", text->fault, software->word);
	struct span settings = section_get(text->conf, "settings", text->group, software->word);

	put_block(out, text, special.length > 0 ? special : section_get(text->conf, "change", text->fault, ""));
	if (!text->has_settings || settings.length == 0)
		return;
	if (*software->name != '\0')
		put_section(out, &text->values, section_named(text->conf, "settings-heading"));
	put_section(out, &text->values, settings);
}

/* What stands in one line of a template, with its values. */
static void
put_problem(struct buf *out, const struct text *text, size_t index)
{
	struct span fault = notice_text_fault(text->letter, index, text->conf);
	struct notice_values values;

	notice_values_make(&values, text->letter, index, text->conf);
	notice_values_expand(out, &values, section_get(text->conf, "problem", fault, ""));
}

static void
put_cases(struct buf *out, const struct text *text)
{
	size_t others = text->letter->count - 1, shown = others < text->cases_most ? others : text->cases_most;
	size_t more = others - shown + text->letter->more;
	struct notice_values values = text->values;
	char number[24];
	struct buf problem;

	if (others + more == 0)
		return;
	buf_init(&problem, EXPANDED);
	put_block(out, text, section_named(text->conf, "cases"));
	for (size_t i = 1; i <= shown; i++) {
		buf_empty(&problem);
		put_problem(&problem, text, i);
		field_paragraph(out, "  ", buf_span(&problem));
	}
	buf_clear(&problem);
	if (more == 0)
		return;
	snprintf(number, sizeof(number), "%zu", more);
	notice_values_set(&values, "more", span_of(number));
	put_section(out, &values, section_named(text->conf, "more"));
}

static void
put_stop(struct buf *out, const struct text *text)
{
	bool has_address = notice_values_get(&text->values, SPAN("stop")).length > 0;

	if (!text->is_paste)
		put_block(out, text, section_named(text->conf, has_address ? "stop" : "stop-by-reply"));
}

static void
put_all(struct buf *out, const struct text *text)
{
	buf_empty(out);
	put_opening(out, text);
	put_seen(out, text);
	put_transcript(out, text);
	if (text->has_test)
		put_block(out, text, section_get(text->conf, "test", text->group, ""));
	put_change(out, text);
	put_cases(out, text);
	put_stop(out, text);
}

/* --- as long as it may be --- */

static size_t
lines_count(struct span text)
{
	size_t lines = 0;

	for (size_t i = 0; i < text.length; i++)
		lines += text.data[i] == '\n';
	return lines;
}

static bool
fits(const struct buf *out)
{
	struct buf sent;
	size_t octets;

	buf_init(&sent, 4 * EXPANDED);
	quoted_printable(&sent, buf_span(out));
	octets = buf_length(&sent);
	buf_clear(&sent);
	return lines_count(buf_span(out)) < NOTICE_LINES_MOST && octets <= NOTICE_TEXT_OCTETS;
}

/* Leave something out. False: there is nothing left that could be. */
static bool
shorten(struct text *text)
{
	if (text->transcript_most > TRANSCRIPT_LEAST)
		text->transcript_most--;
	else if (text->cases_most > 0)
		text->cases_most--;
	else if (text->transcript_most > 0)
		text->transcript_most--;
	else if (text->has_settings)
		text->has_settings = false;
	else if (text->has_test)
		text->has_test = false;
	else
		return false;
	return true;
}

/* For mail that is ASCII alone: German has a way of its own to do without its letters. */
static void
put_ascii(struct buf *out, struct span text)
{
	static const struct { struct span letter, ascii; } letters[] = {
		{ SPAN("\xc3\xa4"), SPAN("ae") }, { SPAN("\xc3\xb6"), SPAN("oe") }, { SPAN("\xc3\xbc"), SPAN("ue") },
		{ SPAN("\xc3\x84"), SPAN("Ae") }, { SPAN("\xc3\x96"), SPAN("Oe") }, { SPAN("\xc3\x9c"), SPAN("Ue") },
		{ SPAN("\xc3\x9f"), SPAN("ss") },
	};

	while (text.length > 0) {
		size_t i = 0;

		while (i < COUNT(letters) && !span_starts(text, letters[i].letter))
			i++;
		if (i < COUNT(letters)) {
			put_raw(out, letters[i].ascii.data, letters[i].ascii.length);
			text = span_skip(text, letters[i].letter.length);
			continue;
		}
		if ((text.data[0] & 0xc0) != 0x80)
			put_u8(out, (unsigned char)text.data[0] < 0x80 ? (uint8_t)text.data[0] : '?');
		text = span_skip(text, 1);
	}
}

static void
text_begin(struct text *text, const struct notice_letter *letter, const struct conf_report *conf, bool is_paste)
{
	*text = (struct text){ .letter = letter, .conf = conf, .is_paste = is_paste, .transcript_most = TRANSCRIPT_LINES,
		.cases_most = NOTICE_CASES_SHOWN, .has_settings = true, .has_test = true };
	notice_values_make(&text->values, letter, 0, conf);
	text->fault = notice_text_fault(letter, 0, conf);
	text->group = notice_text_group(text->fault);
}

const char *
notice_write_text(struct buf *out, const struct notice_letter *letter, const struct conf_report *conf, bool is_paste)
{
	struct text text;
	struct buf all, ascii;
	bool is_good, is_added;

	text_begin(&text, letter, conf, is_paste);
	buf_init(&all, EXPANDED);
	buf_init(&ascii, EXPANDED);
	do
		put_all(&all, &text);
	while (!(is_good = fits(&all)) && shorten(&text));
	if (is_paste)
		put_ascii(&ascii, buf_span(&all));
	is_added = buf_add(out, buf_span(is_paste ? &ascii : &all));
	buf_clear(&all);
	buf_clear(&ascii);
	return !is_good ? "its template makes it longer than notices may be" : is_added ? NULL : "it is longer than there is room for";
}

const char *
notice_write_subject(struct buf *out, const struct notice_letter *letter, const struct conf_report *conf)
{
	struct text text;
	struct buf line;
	bool is_added;

	text_begin(&text, letter, conf, false);
	buf_init(&line, EXPANDED);
	put_problem(&line, &text, 0);
	notice_values_set(&text.values, "problem", buf_span(&line));
	buf_empty(&line);
	notice_values_expand(&line, &text.values, section_named(conf, letter->is_reminder ? "subject-reminder" : "subject"));
	is_added = buf_add(out, buf_span(&line));
	buf_clear(&line);
	return is_added ? NULL : "its subject is longer than there is room for";
}
