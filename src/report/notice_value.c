/* THE table of values, each with its rule. */
#include "report/notice_value.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "report/field.h"

#define NAME_MOST 120		/* octets of a name that are shown */
#define WORDS_MOST 200
#define SCRATCH 4096

void
notice_value_name(struct buf *out, struct span text, size_t most)
{
	text = span_first(text, most);
	for (size_t i = 0; i < text.length; i++) {
		unsigned char c = (unsigned char)text.data[i];
		/* A name that begins with "-" would be an option of the command that it is put into. */
		bool is_good = c < 0x80 && (isalnum(c) || c == '.' || c == '_' || c == ':' || (c == '-' && i > 0));

		put_u8(out, is_good ? c : '?');
	}
}

void
notice_value_words(struct buf *out, struct span text, size_t most)
{
	struct buf words;
	struct span rest, word;
	bool is_first = true;

	buf_init(&words, SCRATCH);
	field_text(&words, text, most < SCRATCH ? most : SCRATCH);
	rest = span_trim(buf_span(&words));
	while (rest.length > 0 && span_cut(&rest, ' ', &word)) {
		bool is_address = span_find(word, '@') < word.length;

		if (!is_first)
			put_u8(out, ' ');
		if (is_address)
			put_raw(out, "[address]", 9);
		else
			put_raw(out, word.data, word.length);
		is_first = false;
	}
	buf_clear(&words);
}

bool
notice_value_stop(const struct notice_letter *letter, const struct conf_report *conf, char out[NOTICE_STOP_OCTETS])
{
	struct span stop = span_of(conf->notices_stop), local = span_first(stop, span_find(stop, '@'));
	int length;

	out[0] = '\0';
	if (stop.length == 0 || letter->token == NULL || *letter->token == '\0')
		return false;
	length = snprintf(out, NOTICE_STOP_OCTETS, "%.*s+%s%s", SPAN_ARG(local), letter->token, conf->notices_stop + local.length);
	if (length > 0 && length < NOTICE_STOP_OCTETS)
		return true;
	out[0] = '\0';
	return false;
}

struct span
notice_value_fault(const struct notice_letter *letter, size_t index)
{
	if (index == 0 && letter->looked != NULL && letter->looked->reason.length > 0)
		return letter->looked->reason;
	return span_of(letter->cases[index]->fault);
}

/* --- the table --- */

void
notice_values_set(struct notice_values *values, const char *name, struct span text)
{
	size_t at = 0;

	while (at < values->count && strcmp(values->items[at].name, name) != 0)
		at++;
	if (at == NOTICE_VALUES)
		return;
	values->count += at == values->count;
	values->items[at].name = name;
	text = span_first(text, NOTICE_VALUE_OCTETS - 1);
	if (text.length > 0)
		memcpy(values->items[at].text, text.data, text.length);
	values->items[at].text[text.length] = '\0';
}

static void
set_by_rule(struct notice_values *values, const char *name, struct span text, void (*rule)(struct buf *out, struct span text, size_t most),
    size_t most)
{
	struct buf safe;

	buf_init(&safe, SCRATCH);
	rule(&safe, text, most);
	notice_values_set(values, name, buf_length(&safe) == 0 ? SPAN("?") : buf_span(&safe));
	buf_clear(&safe);
}

static void
set_name(struct notice_values *values, const char *name, struct span text)
{
	set_by_rule(values, name, text, notice_value_name, NAME_MOST);
}

static void
set_words(struct notice_values *values, const char *name, struct span text)
{
	set_by_rule(values, name, text, notice_value_words, WORDS_MOST);
}

static void
set_number(struct notice_values *values, const char *name, uint64_t number)
{
	char text[24];

	notice_values_set(values, name, span_make(text, (size_t)snprintf(text, sizeof(text), "%llu", (unsigned long long)number)));
}

/* "2026-03-01 09:15 UTC"; the same in every language (ISO 8601). */
static void
set_time(struct notice_values *values, const char *name, int64_t when_s)
{
	time_t when = (time_t)when_s;
	char text[40];
	struct tm tm;
	bool is_known = when_s > 0 && gmtime_r(&when, &tm) != NULL;

	notice_values_set(values, name, is_known ? span_make(text, strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &tm)) : SPAN("?"));
}

/* The fresh look's, where it saw one. */
static struct span
fresh(struct span seen, const char *known)
{
	return seen.length > 0 ? seen : span_of(known);
}

/* Of a host with several addresses the one that has the fault; without one it is the name that is tried. */
static void
set_address(struct notice_values *values, struct ip ip, struct span host)
{
	char text[IP_TEXT], bracketed[IP_TEXT + 2];

	snprintf(bracketed, sizeof(bracketed), "[%s]", ip_format(ip, text));
	notice_values_set(values, "ip", ip.family == 0 ? SPAN("?") : span_of(text));
	if (ip.family == 0)
		set_name(values, "address", host);
	else
		notice_values_set(values, "address", span_of(ip.family == 6 ? bracketed : text));
}

static void
make_of_case(struct notice_values *values, const struct notice_case *item)
{
	set_name(values, "name", span_of(item->name));
	set_name(values, "domain", span_of(item->about == NOTICE_DOMAIN || item->domain[0] == '\0' ? item->name : item->domain));
	set_name(values, "helo", span_of(item->helo));
	set_number(values, "failed", item->failed);
	set_number(values, "good", item->good);
	set_number(values, "domains", item->domains);
	set_time(values, "first", item->first_s);
	set_time(values, "last", item->last_s);
}

void
notice_values_make(struct notice_values *values, const struct notice_letter *letter, size_t index, const struct conf_report *conf)
{
	static const struct looked nothing = { .end = LOOK_UNKNOWN };
	const struct looked *looked = index == 0 && letter->looked != NULL ? letter->looked : &nothing;
	const struct notice_case *item = letter->cases[index];
	struct span host = fresh(looked->host, item->name);
	char stop[NOTICE_STOP_OCTETS];

	values->count = 0;
	make_of_case(values, item);
	notice_values_set(values, "relay", span_of(conf->hostname));
	notice_values_set(values, "contact", span_of(conf->notices_from));
	notice_value_stop(letter, conf, stop);
	notice_values_set(values, "stop", span_of(stop));
	set_name(values, "operator", letter->operator.length > 0 ? letter->operator : span_of(item->name));
	set_name(values, "host", host);
	set_address(values, looked->ip.family != 0 ? looked->ip : item->ip, host);
	set_words(values, "detail", fresh(looked->detail, item->detail));
	set_words(values, "version", fresh(looked->version, item->version));
	set_words(values, "cipher", fresh(looked->cipher, item->cipher));
	set_words(values, "certificate", looked->certificate);
	set_time(values, "expires", looked->expires_s != 0 ? looked->expires_s : item->expires_s);
	notice_values_set(values, "software", span_of(notice_software_find(looked->banner, looked->transcript)->name));
	set_number(values, "more", letter->more);
}

struct span
notice_values_get(const struct notice_values *values, struct span name)
{
	for (size_t i = 0; i < values->count; i++)
		if (span_equal(name, span_of(values->items[i].name)))
			return span_of(values->items[i].text);
	return SPAN("");
}

void
notice_values_expand(struct buf *out, const struct notice_values *values, struct span text)
{
	while (text.length > 0) {
		struct span plain = span_first(text, span_find(text, '{'));
		struct span value;

		put_raw(out, plain.data, plain.length);
		text = span_skip(text, plain.length + 1);
		if (text.length > 0 && text.data[0] == '{') {
			put_u8(out, '{');
			text = span_skip(text, 1);
		} else if (plain.data + plain.length != text.data) {
			value = notice_values_get(values, span_first(text, span_find(text, '}')));
			put_raw(out, value.data, value.length);
			text = span_skip(text, span_find(text, '}') + 1);
		}
	}
}
