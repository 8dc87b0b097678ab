/* Dates in the one language that header fields know, and in digits alone. */
#include "mail/date.h"

#include <assert.h>
#include <stdio.h>
#include <time.h>

#define DAY_S 86400

char *
date_format(int64_t when, char out[DATE_TEXT])
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char *const months[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
	};
	time_t seconds = (time_t)when;
	struct tm tm;

	if (gmtime_r(&seconds, &tm) == NULL)
		assert(!"a clock beyond every calendar");
	snprintf(out, DATE_TEXT, "%s, %d %s %04d %02d:%02d:%02d +0000", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
	    tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
	return out;
}

/* Digits where the form has "9", its other octets as they are. Numbers of the groups of digits go to numbers. */
static bool
form_read(struct span text, const char *form, int *numbers)
{
	bool was_digit = false;

	if (text.length != span_of(form).length)
		return false;
	numbers--;
	for (size_t i = 0; i < text.length; i++) {
		bool is_digit = text.data[i] >= '0' && text.data[i] <= '9';

		if (form[i] == '9' ? !is_digit : text.data[i] != form[i])
			return false;
		if (is_digit && !was_digit)
			*++numbers = 0;
		if (is_digit)
			*numbers = *numbers * 10 + text.data[i] - '0';
		was_digit = is_digit;
	}
	return true;
}

bool
date_parse_end(struct span text, int64_t *when)
{
	int numbers[5] = { 0 };
	bool is_day = form_read(text, "9999-99-99", numbers);
	struct tm tm = { .tm_year = 0 }, settled;

	if (!is_day && !form_read(text, "9999-99-99T99:99Z", numbers))
		return false;
	tm.tm_year = numbers[0] - 1900;
	tm.tm_mon = numbers[1] - 1;
	tm.tm_mday = numbers[2];
	tm.tm_hour = is_day ? 0 : numbers[3];
	tm.tm_min = is_day ? 0 : numbers[4];
	settled = tm;
	/* What is beyond a month, a day or an hour comes back as something else. */
	if (numbers[0] < 1970 || timegm(&settled) < 0 || settled.tm_mon != tm.tm_mon || settled.tm_mday != tm.tm_mday ||
	    settled.tm_hour != tm.tm_hour || settled.tm_min != tm.tm_min)
		return false;
	*when = (int64_t)timegm(&settled) + (is_day ? DAY_S : 0);
	return true;
}

char *
date_format_end(int64_t when, char out[DATE_TEXT])
{
	bool is_day = when % DAY_S == 0;
	time_t seconds = (time_t)(is_day ? when - DAY_S : when);
	struct tm tm;

	if (gmtime_r(&seconds, &tm) == NULL)
		assert(!"a clock beyond every calendar");
	if (is_day)
		snprintf(out, DATE_TEXT, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
	else
		snprintf(out, DATE_TEXT, "%04d-%02d-%02dT%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		    tm.tm_min);
	return out;
}
