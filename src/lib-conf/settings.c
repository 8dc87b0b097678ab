/*
 * A configuration file as settings: every node of the YAML tree finds its row in the table of keys, which says
 * how it is read, checked and kept. Everything wrong is complained of before anything is decided.
 */
#include "conf/settings.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agree.h"
#include "base/fatal.h"
#include "base/file.h"
#include "base/near.h"
#include "check.h"
#include "conf/yaml.h"
#include "exceptions.h"
#include "key.h"
#include "listens.h"
#include "value.h"

#define FILE_OCTETS_MAX (8u * 1024 * 1024)

struct reading {
	struct settings *settings;
	struct complaints *complaints;
	struct arena *arena;
};

static const enum conf_kind kinds[KEY_FORMS] = {
	[KEY_TEXT] = CONF_TEXT, [KEY_LIST] = CONF_LIST, [KEY_MAP] = CONF_MAP, [KEY_COUNT] = CONF_NUMBER,
	[KEY_OCTETS] = CONF_NUMBER, [KEY_SECONDS] = CONF_NUMBER, [KEY_MILLISECONDS] = CONF_NUMBER,
	[KEY_MODE] = CONF_NUMBER, [KEY_FLAG] = CONF_FLAG, [KEY_CHOICE] = CONF_NUMBER
};

/* Give back what a key holds. */
static void
value_clear(struct settings *settings, const struct key *key)
{
	const struct conf_field fields[] = { { key->name, kinds[key->form], key->offset }, { NULL } };
	const struct conf_slice table = { "settings", sizeof(*settings), fields };

	if (key->form == KEY_LISTEN)
		listens_clear(&settings->listen);
	else if (key->form == KEY_EXCEPTIONS)
		exceptions_clear(&settings->exceptions);
	else if (key->form != KEY_SECTION)
		conf_clear(&table, settings);
}

static void *
value_at(struct reading *reading, const struct key *key)
{
	return (char *)reading->settings + key->offset;
}

/* `limits.size: "50": not a size: ...`; always false, for `return complain(...)`. */
static bool
complain(struct reading *reading, const struct key *key, unsigned line, struct span text, const char *why)
{
	if (text.length == 0)
		complaints_add(reading->complaints, reading->settings->file, line, "%s: %s", key->name, why);
	else
		complaints_add(reading->complaints, reading->settings->file, line, "%s: \"%.*s\": %s", key->name,
		    (int)(text.length > 200 ? 200 : text.length), text.data, why);
	return false;
}

/* The nearest of a key's words, as ", did you mean X?", or "". */
static struct span
choice_hint(struct reading *reading, const struct key *key, struct span written)
{
	const struct key_choice *nearest = NULL;
	unsigned distance = 0;
	struct buf hint;
	struct span kept;

	buf_init(&hint, 1024);
	for (const struct key_choice *choice = key->choices; choice->word != NULL; choice++) {
		unsigned d = near_distance(written, span_of(choice->word));

		if (!buf_printf(&hint, "%s%s", choice == key->choices ? "not one of " : ", ", choice->word))
			break;
		if (nearest == NULL || d < distance) {
			nearest = choice;
			distance = d;
		}
	}
	if (nearest != NULL && near_enough(written, distance))
		(void)!buf_printf(&hint, "; did you mean %s?", nearest->word);
	kept = span_make(arena_copy(reading->arena, buf_span(&hint)), buf_length(&hint));
	buf_clear(&hint);
	return kept;
}

static bool
choice_read(struct reading *reading, const struct key *key, const struct node *node, uint64_t *out)
{
	for (const struct key_choice *choice = key->choices; choice->word != NULL; choice++)
		if (span_equal_nocase(node->text, span_of(choice->word))) {
			*out = choice->value;
			return true;
		}
	return complain(reading, key, node->line, node->text, choice_hint(reading, key, node->text).data);
}

static bool
is_scalar(struct reading *reading, const struct key *key, const struct node *node)
{
	if (node->kind != NODE_SCALAR)
		return complain(reading, key, node->line, SPAN(""), "one value is expected here");
	if (node->is_empty || node->text.length == 0)
		return complain(reading, key, node->line, SPAN(""), "has no value: leave the key out instead");
	return true;
}

static bool
is_checked(struct reading *reading, const struct key *key, const struct node *node, struct span text, key_check *check)
{
	const char *why = check == NULL ? NULL : check(text);

	return why == NULL || complain(reading, key, node->line, text, why);
}

static bool
is_zero_word(const struct key *key, struct span text)
{
	return key->zero != NULL && span_equal_nocase(text, span_of(key->zero));
}

static bool
text_apply(struct reading *reading, const struct key *key, const struct node *node)
{
	struct span text = node->text;

	if (!is_scalar(reading, key, node))
		return false;
	if (is_zero_word(key, text))
		text = SPAN("");
	else if (!is_checked(reading, key, node, text, key->check))
		return false;
	value_clear(reading->settings, key);
	*(char **)value_at(reading, key) = must_copy(text.data, text.length);
	return true;
}

static size_t
children_count(const struct node *node)
{
	size_t count = 0;

	for (const struct node *child = node->first; child != NULL; child = child->next)
		count++;
	return count;
}

/* A list as it is; a scalar as a list of one; nothing as an empty list. The node lives in the arena. */
static const struct node *
as_list(struct reading *reading, const struct node *node)
{
	struct node *list;

	if (node->kind == NODE_LIST)
		return node;
	list = arena_alloc(reading->arena, sizeof(*list));
	*list = (struct node){ .kind = NODE_LIST, .line = node->line };
	if (node->kind == NODE_SCALAR && node->is_empty)
		return list;
	list->first = arena_alloc(reading->arena, sizeof(*list->first));
	*list->first = *node;
	list->first->next = NULL;
	return list;
}

static bool
list_apply(struct reading *reading, const struct key *key, const struct node *node)
{
	struct conf_list *list = value_at(reading, key);
	const struct node *items = as_list(reading, node);
	bool good = true;

	for (const struct node *item = items->first; item != NULL; item = item->next)
		good &= is_scalar(reading, key, item) && is_checked(reading, key, item, item->text, key->check);
	if (!good)
		return false;
	value_clear(reading->settings, key);
	list->items = must_alloc(children_count(items) * sizeof(*list->items));
	for (const struct node *item = items->first; item != NULL; item = item->next)
		list->items[list->count++] = must_copy(item->text.data, item->text.length);
	return true;
}

static bool
pair_check(struct reading *reading, const struct key *key, const struct node *pair)
{
	uint64_t unused;

	return is_checked(reading, key, pair, pair->key, key->check) && is_scalar(reading, key, pair) &&
	    is_checked(reading, key, pair, pair->text, key->check_value) &&
	    (key->choices == NULL || choice_read(reading, key, pair, &unused));
}

static char *
lower_copy(struct span text)
{
	char *copy = must_copy(text.data, text.length);

	for (char *c = copy; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return copy;
}

static int
by_key(const void *a, const void *b)
{
	const struct node *const *x = a, *const *y = b;
	int order = span_compare((*x)->key, (*y)->key);

	return order != 0 ? order : ((*x)->key_line > (*y)->key_line) - ((*x)->key_line < (*y)->key_line);
}

/* Letters of names in lower case, and no name twice: sorted, so that a million domains do not take all day. */
static bool
names_are_single(struct reading *reading, const struct key *key, struct node *map)
{
	size_t count = children_count(map), i = 0;
	struct node **pairs = must_alloc(count * sizeof(*pairs));
	bool good = true;

	for (struct node *pair = map->first; pair != NULL; pair = pair->next) {
		char *lower = lower_copy(pair->key);

		pair->key = span_make(arena_copy(reading->arena, span_of(lower)), pair->key.length);
		free(lower);
		pairs[i++] = pair;
	}
	qsort(pairs, count, sizeof(struct node *), by_key);
	for (i = 1; i < count; i++)
		if (span_equal(pairs[i]->key, pairs[i - 1]->key)) {
			complaints_add(reading->complaints, reading->settings->file, pairs[i]->key_line,
			    "%s: \"%.*s\" is here twice, first on line %u", key->name, SPAN_ARG(pairs[i]->key),
			    pairs[i - 1]->key_line);
			good = false;
		}
	free(pairs);
	return good;
}

static bool
map_apply(struct reading *reading, const struct key *key, struct node *node)
{
	struct conf_map *map = value_at(reading, key);
	bool good = true;

	if (node->kind != NODE_MAP && !node->is_empty)
		return complain(reading, key, node->line, SPAN(""), "a map is expected here: a name, a colon and a value each");
	for (const struct node *pair = node->first; pair != NULL; pair = pair->next)
		good &= pair_check(reading, key, pair);
	if (!good || !names_are_single(reading, key, node))
		return false;
	value_clear(reading->settings, key);
	map->pairs = must_alloc(children_count(node) * sizeof(*map->pairs));
	for (const struct node *pair = node->first; pair != NULL; pair = pair->next)
		map->pairs[map->count++] = (struct conf_pair){
			must_copy(pair->key.data, pair->key.length),
			key->choices != NULL ? lower_copy(pair->text) : must_copy(pair->text.data, pair->text.length)
		};
	return true;
}

static bool
number_apply(struct reading *reading, const struct key *key, const struct node *node)
{
	char least[VALUE_TEXT], most[VALUE_TEXT];
	const char *why;
	uint64_t value;

	if (!is_scalar(reading, key, node))
		return false;
	if (is_zero_word(key, node->text)) {
		*(uint64_t *)value_at(reading, key) = 0;
		return true;
	}
	why = value_read(key->form, node->text, &value);
	if (why != NULL)
		return complain(reading, key, node->line, node->text, why);
	if (value < key->least || value > key->most) {
		complaints_add(reading->complaints, reading->settings->file, node->line, "%s: \"%.*s\": not between %s and %s",
		    key->name, SPAN_ARG(node->text), value_format(key->form, key->least, least),
		    value_format(key->form, key->most, most));
		return false;
	}
	*(uint64_t *)value_at(reading, key) = value;
	return true;
}

static bool
flag_apply(struct reading *reading, const struct key *key, const struct node *node)
{
	uint64_t value;
	const char *why;

	if (!is_scalar(reading, key, node))
		return false;
	why = value_read(KEY_FLAG, node->text, &value);
	if (why != NULL)
		return complain(reading, key, node->line, node->text, why);
	*(bool *)value_at(reading, key) = value != 0;
	return true;
}

static bool
choice_apply(struct reading *reading, const struct key *key, const struct node *node)
{
	uint64_t value;

	if (!is_scalar(reading, key, node) || !choice_read(reading, key, node, &value))
		return false;
	*(uint64_t *)value_at(reading, key) = value;
	return true;
}

static bool
listen_apply(struct reading *reading, const struct key *key, const struct node *node)
{
	struct settings_listens listens = { NULL, 0 };

	if (!listens_read(as_list(reading, node), key->name, reading->settings->file, reading->complaints, &listens)) {
		listens_clear(&listens);
		return false;
	}
	listens_clear(&reading->settings->listen);
	reading->settings->listen = listens;
	return true;
}

static bool
exceptions_apply(struct reading *reading, const struct key *key, const struct node *node)
{
	struct settings_exceptions exceptions = { NULL, 0 };

	if (!exceptions_read(as_list(reading, node), key, reading->settings->file, reading->complaints, &exceptions)) {
		exceptions_clear(&exceptions);
		return false;
	}
	exceptions_clear(&reading->settings->exceptions);
	reading->settings->exceptions = exceptions;
	return true;
}

static bool
key_apply(struct reading *reading, const struct key *key, struct node *node)
{
	switch (key->form) {
	case KEY_TEXT:
		return text_apply(reading, key, node);
	case KEY_LIST:
		return list_apply(reading, key, node);
	case KEY_MAP:
		return map_apply(reading, key, node);
	case KEY_FLAG:
		return flag_apply(reading, key, node);
	case KEY_CHOICE:
		return choice_apply(reading, key, node);
	case KEY_LISTEN:
		return listen_apply(reading, key, node);
	case KEY_EXCEPTIONS:
		return exceptions_apply(reading, key, node);
	default:
		return number_apply(reading, key, node);
	}
}

/* The key that was meant: the nearest of this section, or one of the same name elsewhere. */
static const struct key *
key_meant(const struct key *section, struct span written)
{
	const struct key *nearest = NULL;
	unsigned distance = 0;

	for (const struct key *key = keys; key->name != NULL; key++) {
		unsigned d = near_distance(written, key_leaf(key));

		if (key_is_in(key, section) && near_enough(written, d) && (nearest == NULL || d < distance)) {
			nearest = key;
			distance = d;
		}
	}
	for (const struct key *key = keys; nearest == NULL && key->name != NULL; key++)
		if (span_equal_nocase(key_leaf(key), written))
			nearest = key;
	return nearest;
}

static void
unknown_key(struct reading *reading, const struct key *section, const struct node *node)
{
	const struct key *meant = key_meant(section, node->key);

	complaints_add(reading->complaints, reading->settings->file, node->key_line, "unknown key \"%.*s\"%s%s%s%s%s",
	    (int)(node->key.length > 80 ? 80 : node->key.length), node->key.data, section == NULL ? "" : " in ",
	    section == NULL ? "" : section->name, meant == NULL ? "" : "; did you mean ", meant == NULL ? "" : meant->name,
	    meant == NULL ? "" : "?");
}

static void map_of_keys_apply(struct reading *reading, const struct key *section, const struct node *map);

/* One key of the file, with its value. */
static void
pair_apply(struct reading *reading, const struct key *section, struct node *node)
{
	const struct key *key = keys;
	unsigned *line;

	while (key->name != NULL && !(key_is_in(key, section) && span_equal(key_leaf(key), node->key)))
		key++;
	if (key->name == NULL) {
		unknown_key(reading, section, node);
		return;
	}
	line = &reading->settings->lines[key_index(key)];
	if (*line != 0) {
		complaints_add(reading->complaints, reading->settings->file, node->key_line,
		    "%s is here twice, first on line %u", key->name, *line);
		return;
	}
	*line = node->key_line;
	if (key->form != KEY_SECTION)
		key_apply(reading, key, node);
	else if (node->kind == NODE_MAP)
		map_of_keys_apply(reading, key, node);
	else if (!node->is_empty)
		complain(reading, key, node->line, SPAN(""), "is a section: keys are expected below it");
}

static void
map_of_keys_apply(struct reading *reading, const struct key *section, const struct node *map)
{
	for (struct node *node = map->first; node != NULL; node = node->next)
		pair_apply(reading, section, node);
}

/* A default, as if it had been written. */
static void
initial_apply(struct reading *reading, const struct key *key)
{
	struct node node = { .kind = NODE_SCALAR, .text = span_of(key->initial) };
	struct node items[4] = { { .kind = NODE_SCALAR } };
	struct span rest = node.text, item;
	size_t count = 0;
	bool good;

	if (key->form == KEY_LISTEN) {
		while (count < 4 && span_cut(&rest, ',', &item)) {
			items[count] = (struct node){ .kind = NODE_SCALAR, .text = span_trim(item) };
			if (count > 0)
				items[count - 1].next = &items[count];
			count++;
		}
		node = (struct node){ .kind = NODE_LIST, .first = items };
	}
	good = key_apply(reading, key, &node);
	assert(good);
	(void)good;
}

/* What is not given is the default; texts are never NULL. */
static void
initials_apply(struct reading *reading)
{
	for (const struct key *key = keys; key->name != NULL; key++) {
		if (key->initial != NULL)
			initial_apply(reading, key);
		else if (key->form == KEY_TEXT)
			*(char **)value_at(reading, key) = must_copy("", 0);
	}
}

void
settings_parse(struct settings *settings, const char *file, struct span octets, struct complaints *complaints)
{
	struct reading reading = { settings, complaints, arena_new() };
	struct node *document;

	memset(settings, 0, sizeof(*settings));
	settings->file = must_copy(file, strlen(file));
	initials_apply(&reading);
	document = yaml_read(reading.arena, file, octets, complaints);
	if (document != NULL && document->kind == NODE_MAP)
		map_of_keys_apply(&reading, NULL, document);
	else if (document != NULL && !document->is_empty)
		complaints_add(complaints, file, document->line, "keys are expected here: a name, a colon and a value each");
	agree_check(settings, complaints);
	arena_free(&reading.arena);
}

/* The octets of a file, in memory of the caller's. Returns false with errno. */
static bool
file_read(const char *file, struct buf *out)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t length;
	char *room;
	int error;

	if (fd < 0)
		return false;
	room = buf_reserve(out, FILE_OCTETS_MAX + 1);
	length = file_read_at(fd, room, FILE_OCTETS_MAX + 1, 0);
	error = errno;
	file_close(&fd);
	errno = length > FILE_OCTETS_MAX ? EFBIG : error;
	if (length < 0 || length > FILE_OCTETS_MAX)
		return false;
	buf_commit(out, (size_t)length);
	return true;
}

void
settings_read(struct settings *settings, const char *file, struct complaints *complaints)
{
	struct buf octets;

	buf_init(&octets, FILE_OCTETS_MAX + 1);
	if (!file_read(file, &octets))
		complaints_add(complaints, file, 0, "%s", strerror(errno));
	settings_parse(settings, file, buf_span(&octets), complaints);
	buf_clear(&octets);
}

bool
settings_load(struct settings *settings, const char *file, struct complaints *complaints)
{
	settings_read(settings, file, complaints);
	if (complaints->errors == 0)
		settings_complete(settings, complaints);
	complaints_sort(complaints);
	return complaints->errors == 0;
}

void
settings_clear(struct settings *settings)
{
	static const struct conf_field own[] = {
		{ "own_addresses", CONF_LIST, offsetof(struct settings, own_addresses) },
		{ "file", CONF_TEXT, offsetof(struct settings, file) }, { NULL }
	};
	static const struct conf_slice table = { "settings", sizeof(struct settings), own };

	for (const struct key *key = keys; key->name != NULL; key++)
		value_clear(settings, key);
	conf_clear(&table, settings);
	memset(settings, 0, sizeof(*settings));
}

unsigned
settings_line(const struct settings *settings, const char *name)
{
	const struct key *key = key_find(span_of(name));

	return key == NULL ? 0 : settings->lines[key_index(key)];
}

bool
settings_address(struct span text, struct ip *ip, uint16_t *port)
{
	return check_address_port(text, ip, port) == NULL;
}
