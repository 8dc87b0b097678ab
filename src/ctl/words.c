/* Options are told from words here, so that a slip of the finger is a usage error and nothing was asked. */
#include "words.h"

#include <string.h>

#include "ctl.h"

/* The option that the word is, alone or in front of "=VALUE"; NULL = none. */
static const struct words_option *
option_find(const char *word, const struct words_option *options)
{
	for (; options->name != NULL; options++) {
		size_t length = strlen(options->name);

		if (strncmp(word, options->name, length) == 0 && (word[length] == '\0' || (options->has_value && word[length] == '=')))
			return options;
	}
	return NULL;
}

/* Always false, for `return refuse(...)`. */
static bool
refuse(const char *command, const char *option, const char *why)
{
	(void)ctl_usage("%s: %s: %s", command, option, why);
	return false;
}

/* Take the option at argv[*i], and its value. */
static bool
option_read(const char *command, int argc, char **argv, int *i, const struct words_option *options, struct words *words)
{
	const struct words_option *option = option_find(argv[*i], options);
	const char *equals = strchr(argv[*i], '=');

	if (option == NULL)
		return refuse(command, argv[*i], "there is no such option");
	if (words->is_given[option - options])
		return refuse(command, option->name, "is here twice");
	words->is_given[option - options] = true;
	if (!option->has_value)
		return true;
	if (equals == NULL && *i + 1 == argc)
		return refuse(command, option->name, "a value is expected behind it");
	words->value[option - options] = span_of(equals != NULL ? equals + 1 : argv[++*i]);
	return true;
}

bool
words_read(struct arena *arena, const char *command, int argc, char **argv, const struct words_option *options, struct words *words)
{
	*words = (struct words){ .plain = arena_alloc(arena, (size_t)argc * sizeof(*words->plain)) };
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] != '-' || argv[i][1] == '\0')
			words->plain[words->plain_count++] = span_of(argv[i]);
		else if (!option_read(command, argc, argv, &i, options, words))
			return false;
	}
	return true;
}

uint32_t
words_join(struct arena *arena, const struct words *words, const struct words_option *options, struct span **out)
{
	struct span *all = arena_alloc(arena, (words->plain_count + 2 * WORDS_OPTIONS_MAX) * sizeof(*all));
	uint32_t count = words->plain_count;

	memcpy(all, words->plain, count * sizeof(*all));
	for (size_t i = 0; options[i].name != NULL; i++) {
		if (!words->is_given[i])
			continue;
		all[count++] = span_of(options[i].name);
		if (options[i].has_value)
			all[count++] = words->value[i];
	}
	*out = all;
	return count;
}
