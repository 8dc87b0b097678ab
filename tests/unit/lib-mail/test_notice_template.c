/* Tests of src/lib-mail/notice_template.c. */
#include "mail/notice_template.h"

#include <stdio.h>

#include "tests/unit/unit.h"

START_TEST(sections_are_found)
{
	static const char text[] = "# a comment\n[language]\nen\n\n[fault a]\r\n\r\nfirst\r\n# no\n\n  second\n\n# behind\n[fault b]\n[subject]\nlast";
	static const struct { const char *name; bool is_there; const char *body; } rows[] = {
		{ "language", true, "en" }, { "fault a", true, "first\r\n# no\n\n  second" }, { "fault b", true, "" }, { "subject", true, "last" },
		{ "fault", false, "" }, { "fault c", false, "" }, { "", false, "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct span section = SPAN("");

		ck_assert(notice_template_section(span_of(text), span_of(rows[i].name), &section) == rows[i].is_there);
		ck_span_eq(section, rows[i].body);
	}
}
END_TEST

/* The sentence has the line, and what was meant. */
START_TEST(what_is_wrong_is_said)
{
	static const struct { const char *text, *why; } rows[] = {
		{ "", "the section \"language\" is missing" },
		{ "words", "line 1: there is text before the first section" },
		{ "# x\n[language]\nen\n[openning]\nx\n", "line 4: there is no section \"openning\"; is \"opening\" meant?" },
		{ "[xyzzyplugh]\nx\n", "line 1: there is no section \"xyzzyplugh\"" },
		{ "[opening]\n{relya}\n", "line 2: there is no value \"relya\"; is \"relay\" meant?" },
		{ "[opening]\n{{relya} {relay\n", "line 2: a \"{\" is not closed; one that is meant is written \"{{\"" },
		{ "[opening\nx\n", "line 1: the name of a section stands in brackets, alone on its line: \"[opening]\"" },
		{ "[fault]\nx\n", "line 1: a fault is missing behind the name of the section" },
		{ "[fault cipher-week]\nx\n", "line 1: there is no fault \"cipher-week\"; is \"cipher-weak\" meant?" },
		{ "[settings tls-old]\nx\n", "line 1: a software is missing behind the name of the section" },
		{ "[settings tls-old postfx]\nx\n", "line 1: there is no software \"postfx\"; is \"postfix\" meant?" },
		{ "[test dane dane]\nx\n", "line 1: there are words too many in the name of the section" },
		{ "[opening]\nx\n[opening]\ny\n", "line 3: the section \"opening\" is there already" },
		{ "[opening]\n\n[reminder]\n", "line 1: the section \"opening\" is empty" },
		{ "[subject]\nx\ny\n", "line 1: the section \"subject\" has more than one line" },
		{ "[opening]\n\tx\n", "line 2: there is a control character; indents are spaces" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char why[300] = "";

		ck_assert(!notice_template_is_good(span_of(rows[i].text), why, sizeof(why)));
		ck_assert_str_eq(why, rows[i].why);
	}
}
END_TEST

/* What a notice could not hold, or what its values would make too large. */
START_TEST(sections_are_short)
{
	char text[1300], why[300] = "";

	memset(text, 'x', sizeof(text));
	memcpy(text, "[opening]\n", 10);
	ck_assert(!notice_template_is_good(span_make(text, sizeof(text)), why, sizeof(why)));
	ck_assert_str_eq(why, "line 1: the section \"opening\" is longer than 1200 octets");
}
END_TEST

static char *
shipped(const char *language, size_t *length)
{
	const char *folder = getenv("srcdir");
	char path[500], *text = calloc(1, 65537);
	FILE *file;

	snprintf(path, sizeof(path), "%s/etc/notices/%s.txt", folder == NULL ? "." : folder, language);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	*length = fread(text, 1, 65536, file);
	fclose(file);
	return text;
}

/* Issue 6, 4: English and German are shipped. Cut anywhere before its last section, a template is none. */
START_TEST(those_that_are_shipped_are_good)
{
	static const char *const languages[] = { "en", "de" };

	for (size_t i = 0; i < 2; i++) {
		size_t length;
		char why[300] = "", *text = shipped(languages[i], &length);

		ck_assert_msg(notice_template_is_good(span_make(text, length), why, sizeof(why)), "%s: %s", languages[i], why);
		ck_assert(!notice_template_is_good(span_make(text, length / 2), why, sizeof(why)));
		free(text);
	}
}
END_TEST

UNIT_MAIN("notice_template", sections_are_found, what_is_wrong_is_said, sections_are_short, those_that_are_shipped_are_good)
