/* Tests of src/lib-mail/date.c. */
#include "mail/date.h"

#include <locale.h>

#include "tests/unit/unit.h"

START_TEST(dates_have_the_right_weekday)
{
	static const struct { int64_t when; const char *text; } rows[] = {
		{ 0, "Thu, 1 Jan 1970 00:00:00 +0000" },
		{ 951782400, "Tue, 29 Feb 2000 00:00:00 +0000" },
		{ 1772323199, "Sat, 28 Feb 2026 23:59:59 +0000" },
		{ 1772323200, "Sun, 1 Mar 2026 00:00:00 +0000" },
		{ 1795313901, "Sun, 22 Nov 2026 02:18:21 +0000" },
		{ 2147483648, "Tue, 19 Jan 2038 03:14:08 +0000" },
		{ 4102444800, "Fri, 1 Jan 2100 00:00:00 +0000" },
		{ 253402300799, "Fri, 31 Dec 9999 23:59:59 +0000" },
	};
	char text[DATE_TEXT];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_str_eq(date_format(rows[i].when, text), rows[i].text);
}
END_TEST

START_TEST(the_locale_does_not_matter)
{
	static const char *const locales[] = { "de_DE.UTF-8", "tr_TR.UTF-8", "C.UTF-8" };
	char text[DATE_TEXT];

	for (size_t i = 0; i < sizeof(locales) / sizeof(*locales); i++) {
		(void)setlocale(LC_ALL, locales[i]);
		ck_assert_str_eq(date_format(1772323200, text), "Sun, 1 Mar 2026 00:00:00 +0000");
	}
}
END_TEST

START_TEST(an_end_is_a_day_or_a_minute)
{
	static const struct { const char *text; int64_t when; const char *again; } rows[] = {
		{ "1970-01-01", 86400, "1970-01-01" },
		{ "2027-01-31", 1801440000, "2027-01-31" },
		{ "2027-02-01T00:00Z", 1801440000, "2027-01-31" },
		{ "2027-01-31T12:00Z", 1801396800, "2027-01-31T12:00Z" },
		{ "2028-02-29", 1835481600, "2028-02-29" },
		{ "9999-12-31T23:59Z", 253402300740, "9999-12-31T23:59Z" },
	};
	char text[DATE_TEXT];
	int64_t when;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_msg(date_parse_end(span_of(rows[i].text), &when), "%s", rows[i].text);
		ck_assert_int_eq(when, rows[i].when);
		ck_assert_str_eq(date_format_end(when, text), rows[i].again);
	}
}
END_TEST

START_TEST(no_other_end_is_taken)
{
	static const char *const rows[] = {
		"", "2027", "2027-1-31", "2027-02-29", "2027-13-01", "2027-00-10", "2027-01-00", "1969-12-31", "2027-01-31T24:00Z",
		"2027-01-31T12:60Z", "2027-01-31T12:00", "2027-01-31T12:00z", "2027-01-31 12:00Z", "2027-01-31T12:00:00Z",
		"2027/01/31", " 2027-01-31", "2027-01-31 ", "+027-01-31", "tomorrow"
	};
	int64_t when = 5;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_msg(!date_parse_end(span_of(rows[i]), &when) && when == 5, "%s", rows[i]);
}
END_TEST

START_TEST(a_moment_is_one_of_rfc_3339)
{
	static const struct { const char *text; int64_t when; } rows[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2018-07-02T09:41:50.264201364-07:00", 1530549710 },
		{ "2018-07-02T16:41:50+00:00", 1530549710 },
		{ "2018-07-02T18:41:50.9+02:00", 1530549710 },
		{ "2014-06-06T14:30:16+00:00", 1402065016 },
	};
	static const char *const wrong[] = {
		"", "2018-07-02", "2018-07-02T09:41:50", "2018-07-02T09:41:50.Z", "2018-07-02T09:41:50+0000", "2018-07-02T09:41:50+24:00",
		"2018-07-02T09:41:60Z", "2018-07-32T09:41:50Z", "2018-07-02 09:41:50Z", "2018-07-02T09:41:50Zulu"
	};
	int64_t when = 5;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_msg(date_parse_moment(span_of(rows[i].text), &when), "%s", rows[i].text);
		ck_assert_int_eq(when, rows[i].when);
	}
	when = 5;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		ck_assert_msg(!date_parse_moment(span_of(wrong[i]), &when) && when == 5, "%s", wrong[i]);
}
END_TEST

/* RFC 5322 3.3 and 4.3 */
START_TEST(a_field_has_its_date_in_the_form_of_mail)
{
	static const struct { const char *text; int64_t when; } rows[] = {
		{ "Sun, 1 Mar 2026 00:00:00 +0000", 1772323200 }, { "Sun,  1 Mar 2026 00:00:00 +0000 (UTC)", 1772323200 },
		{ "1 Mar 2026 00:00:00 -0000", 1772323200 }, { "01 mar 2026 01:00 +0100", 1772323200 }, { "1 Mar 26 00:00:00 GMT", 1772323200 },
		{ "Sat, 28 Feb 2026 16:00:00 -0800 (PST)", 1772323200 }, { "28 Feb 2026 19:00:00 EST id 1", 1772323200 },
		{ "1 Mar 2026 00:00:00", 1772323200 }, { "1 Jan 70 00:00:00 Z", 0 },
	};
	static const char *const wrong[] = {
		"", "x", "Sun", "Sun, ", "Sun, 1 Mar", "1 Mar 2026", "1 Mar 2026 25:00:00 +0000", "30 Feb 2026 00:00:00 +0000",
		"1 March 2026 00:00:00 +0000", "001 Mar 2026 00:00:00 +0000", "1 Mar 126 00:00:00 +0000", "1 Mar 1969 00:00:00 +0000", "1 Mar 2026 00:00:00+0000"
	};
	int64_t when;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_msg(date_parse_field(span_of(rows[i].text), &when), "%s", rows[i].text);
		ck_assert_msg(when == rows[i].when, "%s", rows[i].text);
	}
	when = 5;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		ck_assert_msg(!date_parse_field(span_of(wrong[i]), &when) && when == 5, "%s", wrong[i]);
}
END_TEST

UNIT_MAIN("date", dates_have_the_right_weekday, the_locale_does_not_matter, an_end_is_a_day_or_a_minute,
    no_other_end_is_taken, a_moment_is_one_of_rfc_3339, a_field_has_its_date_in_the_form_of_mail)
