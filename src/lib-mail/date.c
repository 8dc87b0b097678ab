/* Dates in the one language that header fields know, and in digits alone. */
#include "mail/date.h"

#include <assert.h>
#include <stdio.h>
#include <time.h>

#define DAY_S 86400

static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

char *
date_format(int64_t when, char out[DATE_TEXT])
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
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

/* Year, month, day, hour, minute and second as a moment in UTC. */
static bool
moment_make(const int numbers[6], int64_t *when)
{
	const struct tm tm = {
		.tm_year = numbers[0] - 1900, .tm_mon = numbers[1] - 1, .tm_mday = numbers[2], .tm_hour = numbers[3],
		.tm_min = numbers[4], .tm_sec = numbers[5]
	};
	struct tm settled = tm;
	time_t moment = timegm(&settled);

	/* What is beyond a month, a day or an hour comes back as something else. */
	if (numbers[0] < 1970 || settled.tm_mon != tm.tm_mon || settled.tm_mday != tm.tm_mday ||
	    settled.tm_hour != tm.tm_hour || settled.tm_min != tm.tm_min || settled.tm_sec != tm.tm_sec)
		return false;
	*when = (int64_t)moment;
	return true;
}

bool
date_parse_end(struct span text, int64_t *when)
{
	int numbers[6] = { 0 };
	bool is_day = form_read(text, "9999-99-99", numbers);

	if ((!is_day && !form_read(text, "9999-99-99T99:99Z", numbers)) || !moment_make(numbers, when))
		return false;
	*when += is_day ? DAY_S : 0;
	return true;
}

/* "Z", "+02:00": how far the clock is ahead of UTC. */
static bool
zone_read(struct span text, int64_t *ahead_s)
{
	int numbers[2] = { 0 };

	*ahead_s = 0;
	if (span_equal(text, SPAN("Z")))
		return true;
	if (text.length == 0 || (text.data[0] != '+' && text.data[0] != '-') ||
	    !form_read(span_skip(text, 1), "99:99", numbers) || numbers[0] > 23 || numbers[1] > 59)
		return false;
	*ahead_s = (numbers[0] * 60 + numbers[1]) * (text.data[0] == '-' ? -60 : 60);
	return true;
}

bool
date_parse_moment(struct span text, int64_t *when)
{
	struct span rest = span_skip(text, 19);
	int numbers[6] = { 0 };
	size_t digits = 0;
	int64_t ahead_s, moment;

	if (rest.length > 0 && rest.data[0] == '.') {
		rest = span_skip(rest, 1);
		while (digits < rest.length && rest.data[digits] >= '0' && rest.data[digits] <= '9')
			digits++;
		if (digits == 0)
			return false;
		rest = span_skip(rest, digits);
	}
	if (!form_read(span_first(text, 19), "9999-99-99T99:99:99", numbers) || !zone_read(rest, &ahead_s) ||
	    !moment_make(numbers, &moment))
		return false;
	*when = moment - ahead_s;
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

/* --- dates of header fields --- */

/* The next word, white space in front of it left out; "" at the end. */
static struct span
word_take(struct span *rest)
{
	struct span trimmed = span_trim(*rest), word = span_first(trimmed, span_find(trimmed, ' '));

	*rest = span_skip(trimmed, word.length);
	return word;
}

static bool
month_read(struct span word, int *month)
{
	for (int i = 0; i < 12; i++)
		if (span_equal_nocase(word, span_of(months[i]))) {
			*month = i + 1;
			return true;
		}
	return false;
}

/* Two digits are of this century or the last one (RFC 5322 4.3). */
static bool
year_read(struct span word, int *year)
{
	uint64_t number;

	if ((word.length != 2 && word.length != 4) || !span_to_u64(word, 9999, &number))
		return false;
	*year = (int)number + (word.length == 4 ? 0 : number < 50 ? 2000 : 1900);
	return true;
}

/* "+0100", "EST"; a name that is not known says nothing of the clock, as "-0000" (RFC 5322 4.3). */
static int64_t
field_zone_read(struct span word)
{
	static const struct {
		const char *name;
		int hours;
	} zones[] = { { "EST", -5 }, { "EDT", -4 }, { "CST", -6 }, { "CDT", -5 }, { "MST", -7 }, { "MDT", -6 }, { "PST", -8 }, { "PDT", -7 } };
	int numbers[1] = { 0 };

	if (word.length == 5 && (word.data[0] == '+' || word.data[0] == '-') && form_read(span_skip(word, 1), "9999", numbers))
		return (numbers[0] / 100 * 60 + numbers[0] % 100) * (word.data[0] == '-' ? -60 : 60);
	for (size_t i = 0; i < sizeof(zones) / sizeof(*zones); i++)
		if (span_equal_nocase(word, span_of(zones[i].name)))
			return zones[i].hours * 3600;
	return 0;
}

bool
date_parse_field(struct span text, int64_t *when)
{
	struct span rest = text, word = word_take(&rest);
	int numbers[6] = { 0 };
	uint64_t day;
	int64_t moment;

	if (word.length > 0 && word.data[word.length - 1] == ',')
		word = word_take(&rest);
	if (word.length > 2 || !span_to_u64(word, 31, &day) || !month_read(word_take(&rest), &numbers[1]) ||
	    !year_read(word_take(&rest), &numbers[0]))
		return false;
	numbers[2] = (int)day;
	word = word_take(&rest);
	if ((!form_read(word, "99:99:99", numbers + 3) && !form_read(word, "99:99", numbers + 3)) || !moment_make(numbers, &moment))
		return false;
	*when = moment - field_zone_read(word_take(&rest));
	return true;
}
