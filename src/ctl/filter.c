/* Filters are checked here, so that a slip of the finger is a usage error and nothing was asked. */
#include "filter.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/ident.h"
#include "base/ip.h"

enum form { NOTHING, TEXT, DOMAIN, STATE, DURATION, DRY };

static const struct {
	const char *name;
	enum form form;
} filter_options[] = {
	{ "--all", NOTHING }, { "--from", TEXT }, { "--from-domain", DOMAIN }, { "--to", TEXT }, { "--to-domain", DOMAIN },
	{ "--hop", TEXT }, { "--reason", TEXT }, { "--state", STATE }, { "--older", DURATION }, { "--newer", DURATION },
	{ "--dry-run", DRY },
};

static bool
refuse(char *why, size_t size, const char *argument, const char *what)
{
	snprintf(why, size, "%s: %s", argument, what);
	return false;
}

/* Returns NULL, or what is wrong. "2h" becomes seconds, in the arena. */
static const char *
duration_settle(struct arena *arena, struct span *value)
{
	static const struct {
		char unit;
		uint64_t factor;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	uint64_t number;
	char text[32];

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (value->length < 2 || value->data[value->length - 1] != units[i].unit ||
		    !span_to_u64(span_first(*value, value->length - 1), INT32_MAX / units[i].factor, &number))
			continue;
		snprintf(text, sizeof(text), "%" PRIu64, number * units[i].factor);
		*value = arena_span(arena, span_of(text));
		return NULL;
	}
	return "a duration is a number and s, m, h or d";
}

static const char *
value_settle(struct arena *arena, enum form form, struct span *value)
{
	static const char *const states[] = { "ready", "deferred", "active", "held" };

	if (form == DURATION)
		return duration_settle(arena, value);
	if (form == STATE) {
		for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
			if (span_equal(*value, span_of(states[i])))
				return NULL;
		return "a state is ready, deferred, active or held";
	}
	if (form == DOMAIN && span_find(*value, '@') < value->length)
		return "a domain has no @ (there are --from and --to for addresses)";
	return value->length == 0 ? "lacks its value (the empty reverse path is \"<>\")" : NULL;
}

static void
add(struct filter *filter, struct span argument)
{
	filter->arguments[filter->arguments_count++] = argument;
}

/* One argument, and its value if it has one. */
static bool
option_read(struct arena *arena, int argc, char **argv, int *i, bool may_dry, struct filter *filter, char *why, size_t size)
{
	struct span argument = span_of(argv[*i]), value = SPAN("");
	size_t equals = span_find(argument, '=');
	struct span name = span_first(argument, equals);
	const char *what;

	for (size_t o = 0; o < sizeof(filter_options) / sizeof(*filter_options); o++) {
		enum form form = filter_options[o].form;

		if (!span_equal(name, span_of(filter_options[o].name)) || (form == DRY && !may_dry))
			continue;
		add(filter, name);
		filter->is_stated |= form != DRY;
		if (form == NOTHING || form == DRY)
			return equals == argument.length || refuse(why, size, argv[*i], "takes no value");
		if (equals < argument.length)
			value = span_skip(argument, equals + 1);
		else if (*i + 1 < argc)
			value = span_of(argv[++*i]);
		what = value_settle(arena, form, &value);
		add(filter, value);
		return what == NULL || refuse(why, size, filter_options[o].name, what);
	}
	return refuse(why, size, argv[*i], "there is no such option");
}

bool
filter_read(struct arena *arena, int argc, char **argv, bool may_dry, struct filter *filter, char *why, size_t size)
{
	struct mid mid;

	*filter = (struct filter){ .arguments = arena_alloc(arena, 2 * (size_t)argc * sizeof(struct span)) };
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] == '-') {
			if (!option_read(arena, argc, argv, &i, may_dry, filter, why, size))
				return false;
			continue;
		}
		if (!mid_parse(span_of(argv[i]), &mid))
			return refuse(why, size, argv[i], "not the identity of a message");
		add(filter, span_of(argv[i]));
		filter->is_stated = true;
	}
	return true;
}
