/* Numbers with units. */
#include "value.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

struct unit {
	const char *name;	/* NULL ends the list */
	uint64_t factor;
};

/* Largest first. */
static const struct unit octet_units[] = { { "G", UINT64_C(1) << 30 }, { "M", 1 << 20 }, { "K", 1 << 10 }, { NULL } };
static const struct unit second_units[] = { { "d", 86400 }, { "h", 3600 }, { "m", 60 }, { "s", 1 }, { NULL } };
static const struct unit millisecond_units[] = {
	{ "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 }, { NULL }
};

static const struct {
	const struct unit *units;	/* NULL = a number has none */
	const char *complaint;
} forms[KEY_FORMS] = {
	[KEY_COUNT] = { NULL, "not a number" },
	[KEY_OCTETS] = { octet_units, "not a size: a number and K, M or G" },
	[KEY_SECONDS] = { second_units, "not a duration: a number and s, m, h or d" },
	[KEY_MILLISECONDS] = { millisecond_units, "not a duration: a number and ms, s, m, h or d" },
};

static const char *
number_read(enum key_form form, struct span text, uint64_t *out)
{
	size_t digits = 0;
	struct span name;
	uint64_t number;

	while (digits < text.length && isdigit((unsigned char)text.data[digits]))
		digits++;
	name = span_skip(text, digits);
	if (!span_to_u64(span_first(text, digits), UINT64_MAX, &number))
		return forms[form].complaint;
	/* Nothing is nothing in every unit. */
	if (name.length == 0 && (forms[form].units == NULL || number == 0)) {
		*out = number;
		return NULL;
	}
	if (forms[form].units == NULL)
		return forms[form].complaint;
	for (const struct unit *unit = forms[form].units; unit->name != NULL; unit++) {
		if (!span_equal_nocase(name, span_of(unit->name)))
			continue;
		if (number > UINT64_MAX / unit->factor)
			return "too large";
		*out = number * unit->factor;
		return NULL;
	}
	return forms[form].complaint;
}

static const char *
flag_read(struct span text, uint64_t *out)
{
	static const char *const words[][2] = { { "no", "yes" }, { "false", "true" }, { "off", "on" } };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		for (uint64_t value = 0; value < 2; value++)
			if (span_equal_nocase(text, span_of(words[i][value]))) {
				*out = value;
				return NULL;
			}
	return "neither yes nor no";
}

static const char *
mode_read(struct span text, uint64_t *out)
{
	uint64_t value = 0;

	if (text.length < 3 || text.length > 4)
		return "not permissions: three or four octal digits";
	for (size_t i = 0; i < text.length; i++) {
		if (text.data[i] < '0' || text.data[i] > '7')
			return "not permissions: three or four octal digits";
		value = value * 8 + (uint64_t)(text.data[i] - '0');
	}
	*out = value;
	return NULL;
}

const char *
value_read(enum key_form form, struct span text, uint64_t *out)
{
	if (form == KEY_FLAG)
		return flag_read(text, out);
	if (form == KEY_MODE)
		return mode_read(text, out);
	return number_read(form, text, out);
}

char *
value_format(enum key_form form, uint64_t value, char out[VALUE_TEXT])
{
	const struct unit *unit = forms[form].units;

	if (form == KEY_FLAG) {
		snprintf(out, VALUE_TEXT, "%s", value ? "yes" : "no");
	} else if (form == KEY_MODE) {
		snprintf(out, VALUE_TEXT, "%04" PRIo64, value);
	} else if (unit == NULL || value == 0) {
		snprintf(out, VALUE_TEXT, "%" PRIu64, value);
	} else {
		while (unit->name != NULL && value % unit->factor != 0)
			unit++;
		snprintf(out, VALUE_TEXT, "%" PRIu64 "%s", unit->name == NULL ? value : value / unit->factor,
		    unit->name == NULL ? "" : unit->name);
	}
	return out;
}
