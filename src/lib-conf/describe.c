/* The table of keys as a commented file, and as a part of a manual page. */
#include "conf/describe.h"

#include <string.h>

#include "base/fatal.h"
#include "key.h"
#include "mail/date.h"
#include "value.h"

#define WIDTH 96	/* columns of the commented file */

static const char *const indents[] = { "", "  ", "    " };	/* of a key, by the sections it is in */

static void
add(struct buf *out, struct span text)
{
	if (!buf_add(out, text))
		fatal("a description of more than %zu octets", out->ceiling);
}

static void
add_text(struct buf *out, const char *text)
{
	add(out, span_of(text));
}

/* Words as comment lines. */
static void
comment(struct buf *out, const char *indent, struct span words)
{
	size_t column = 0;
	struct span word;

	while (span_cut(&words, ' ', &word)) {
		if (column > 0 && column + 1 + word.length > WIDTH) {
			add_text(out, "\n");
			column = 0;
		}
		if (column == 0) {
			add_text(out, indent);
			add_text(out, "#");
			column = strlen(indent) + 1;
		}
		add_text(out, " ");
		add(out, word);
		column += 1 + word.length;
	}
	add_text(out, "\n");
}

/* What a value looks like, for keys whose default does not say it. */
static void
value_add(struct buf *out, const struct key *key)
{
	bool is_list = key->form == KEY_LIST || key->form == KEY_LISTEN;

	if (key->initial == NULL) {
		add_text(out, key->example);
		return;
	}
	if (is_list)
		add_text(out, "[");
	/* Octal digits would be a number to other readers of YAML. */
	if (key->form == KEY_MODE)
		add_text(out, "\"");
	add_text(out, key->initial);
	if (key->form == KEY_MODE)
		add_text(out, "\"");
	if (is_list)
		add_text(out, "]");
}

/* Sections that the key is in. */
static size_t
key_depth(const struct key *key)
{
	size_t depth = 0;

	for (const char *c = key->name; *c != '\0'; c++)
		depth += *c == '.';
	return depth;
}

static void
key_describe_yaml(struct buf *out, const struct key *key)
{
	const char *indent = indents[key_depth(key)];

	if (key_depth(key) == 0)
		add_text(out, "\n");
	comment(out, indent, span_of(key->about));
	add_text(out, indent);
	if (key->form == KEY_SECTION) {
		add(out, key_leaf(key));
		add_text(out, ":\n");
		return;
	}
	add_text(out, "#");
	add(out, key_leaf(key));
	add_text(out, ": ");
	value_add(out, key);
	add_text(out, "\n");
}

void
describe_yaml(struct buf *out)
{
	comment(out, "", SPAN("The configuration of sealpost: every key, with its default or an example behind \"#\". "
	    "A file may be as short as the keys that differ; one that says nothing works. "
	    "Durations have a unit (s, m, h, d), and so have sizes (K, M, G). Where a list is taken, one value is too. "
	    "See sealpost.yaml(5); \"sealpost check\" checks it, \"sealpost reload\" applies it."));
	for (const struct key *key = keys; key->name != NULL; key++)
		key_describe_yaml(out, key);
}

/* Text that mdoc takes as it is: no escapes, no control lines. */
static void
mdoc_text(struct buf *out, struct span text, bool is_line_start)
{
	if (is_line_start && text.length > 0 && (text.data[0] == '.' || text.data[0] == '\''))
		add_text(out, "\\&");
	for (size_t i = 0; i < text.length; i++) {
		if (text.data[i] == '\\')
			add_text(out, "\\e");
		else if (text.data[i] == '"')
			add_text(out, "\\(dq");
		else
			add(out, span_first(span_skip(text, i), 1));
	}
}

/* One sentence to a line, as manual pages want it. */
static void
mdoc_paragraph(struct buf *out, struct span text)
{
	while (text.length > 0) {
		size_t end = 0;

		while (end < text.length && !(text.data[end] == '.' && end + 1 < text.length && text.data[end + 1] == ' ' &&
		    end > 0 && text.data[end - 1] != '.'))
			end++;
		if (end < text.length)
			end++;
		mdoc_text(out, span_first(text, end), true);
		add_text(out, "\n");
		text = span_trim(span_skip(text, end));
	}
}

static const char *
form_name(const struct key *key)
{
	static const char *const names[KEY_FORMS] = {
		[KEY_LIST] = "one or a list", [KEY_MAP] = "map", [KEY_COUNT] = "number", [KEY_OCTETS] = "size",
		[KEY_SECONDS] = "duration", [KEY_MILLISECONDS] = "duration", [KEY_MODE] = "permissions",
		[KEY_FLAG] = "yes or no", [KEY_LISTEN] = "one or a list",
		[KEY_EXCEPTIONS] = "list of maps"
	};

	return names[key->form];
}

/* "A duration between 1s and 1h; default 5m." */
static void
mdoc_facts(struct buf *out, const struct key *key)
{
	char least[VALUE_TEXT], most[VALUE_TEXT];

	add_text(out, ".Pq ");
	if (key->form == KEY_CHOICE)
		for (const struct key_choice *choice = key->choices; choice->word != NULL; choice++) {
			add_text(out, choice == key->choices ? "" : choice[1].word == NULL ? " or " : ", ");
			add_text(out, choice->word);
		}
	else
		add_text(out, form_name(key) == NULL ? "text" : form_name(key));
	if (key->most > 0 && key->form != KEY_MODE) {
		add_text(out, ", ");
		add_text(out, value_format(key->form, key->least, least));
		add_text(out, " to ");
		add_text(out, value_format(key->form, key->most, most));
	}
	if (key->zero != NULL) {
		add_text(out, ", or ");
		add_text(out, key->zero);
	}
	if (key->initial != NULL) {
		add_text(out, "; default ");
		mdoc_text(out, span_of(key->initial), false);
	}
	add_text(out, "\n");
}

static void
key_describe_mdoc(struct buf *out, const struct key *key)
{
	add_text(out, ".It Cm ");
	add_text(out, key->name);
	add_text(out, "\n");
	mdoc_paragraph(out, span_of(key->about));
	if (key->form == KEY_SECTION)
		return;
	mdoc_facts(out, key);
	if (key->initial != NULL)
		return;
	add_text(out, ".Dl ");
	add(out, key_leaf(key));
	add_text(out, ": ");
	mdoc_text(out, span_of(key->example), false);
	add_text(out, "\n");
}

void
describe_mdoc(struct buf *out)
{
	add_text(out, ".Bl -tag -width Ds\n");
	for (const struct key *key = keys; key->name != NULL; key++)
		key_describe_mdoc(out, key);
	add_text(out, ".El\n");
}

void
describe_keys(void (*on_key)(void *arg, const struct described *key), void *arg)
{
	for (const struct key *key = keys; key->name != NULL; key++) {
		const char *form = key->form == KEY_SECTION ? "section" : key->form == KEY_CHOICE ? "word" : form_name(key);
		const struct described described = {
			.name = key->name, .form = form == NULL ? "text" : form,
			.initial = key->initial == NULL ? "" : key->initial,
			.example = key->example == NULL ? "" : key->example, .about = key->about
		};

		on_key(arg, &described);
	}
}

/* Between quotes, where plain text would be something else in YAML. */
static void
quoted_add(struct buf *out, const char *text)
{
	bool is_plain = text[0] != '\0' && strpbrk(text, " :#{}[],&*!|>'\"%@`\\") == NULL && text[0] != '-' && text[0] != '?';

	if (is_plain) {
		add_text(out, text);
		return;
	}
	add_text(out, "\"");
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			add_text(out, "\\");
		add(out, span_make(text, 1));
	}
	add_text(out, "\"");
}

static void
list_add(struct buf *out, const struct conf_list *list)
{
	add_text(out, "[");
	for (size_t i = 0; i < list->count; i++) {
		add_text(out, i == 0 ? "" : ", ");
		quoted_add(out, list->items[i]);
	}
	add_text(out, "]");
}

static void
map_add(struct buf *out, const struct conf_map *map)
{
	add_text(out, "{");
	for (size_t i = 0; i < map->count; i++) {
		add_text(out, i == 0 ? "" : ", ");
		quoted_add(out, map->pairs[i].key);
		add_text(out, ": ");
		quoted_add(out, map->pairs[i].value);
	}
	add_text(out, "}");
}

static void
listens_add(struct buf *out, const struct settings_listens *listens)
{
	add_text(out, "[");
	for (size_t i = 0; i < listens->count; i++) {
		const struct settings_listen *listen = &listens->at[i];

		add_text(out, i == 0 ? "{address: " : ", {address: ");
		quoted_add(out, listen->name);
		add_text(out, listen->is_implicit ? ", tls: implicit" : ", tls: starttls");
		add_text(out, listen->tickets ? ", tickets: yes" : ", tickets: no");
		add_text(out, listen->request_certificate ? ", request_certificate: yes}" : ", request_certificate: no}");
	}
	add_text(out, "]");
}

static void
choice_add(struct buf *out, const struct key *key, uint64_t value)
{
	add_text(out, key_word(key, value));
}

static void
exceptions_add(struct buf *out, const struct key *key, const struct settings_exceptions *exceptions)
{
	add_text(out, "[");
	for (size_t i = 0; i < exceptions->count; i++) {
		const struct settings_exception *exception = &exceptions->at[i];
		char until[DATE_TEXT];

		add_text(out, i == 0 ? "{domain: " : ", {domain: ");
		quoted_add(out, exception->domain);
		add_text(out, ", require: ");
		add_text(out, key_word(key, exception->require));
		add_text(out, ", until: ");
		quoted_add(out, date_format_end(exception->until_s, until));
		add_text(out, ", why: ");
		quoted_add(out, exception->why);
		add_text(out, "}");
	}
	add_text(out, "]");
}

static void
number_add(struct buf *out, const struct key *key, uint64_t value)
{
	char text[VALUE_TEXT];

	if (value == 0 && key->zero != NULL)
		add_text(out, key->zero);
	else
		quoted_add(out, value_format(key->form, value, text));
}

static void
setting_add(struct buf *out, const struct key *key, const void *at)
{
	switch (key->form) {
	case KEY_SECTION:
		break;
	case KEY_TEXT:
		quoted_add(out, *(char *const *)at);
		break;
	case KEY_LIST:
		list_add(out, at);
		break;
	case KEY_MAP:
		map_add(out, at);
		break;
	case KEY_LISTEN:
		listens_add(out, at);
		break;
	case KEY_EXCEPTIONS:
		exceptions_add(out, key, at);
		break;
	case KEY_CHOICE:
		choice_add(out, key, *(const uint64_t *)at);
		break;
	case KEY_FLAG:
		number_add(out, key, *(const bool *)at);
		break;
	default:
		number_add(out, key, *(const uint64_t *)at);
	}
}

void
describe_settings(const struct settings *settings,
    void (*on_value)(void *arg, const char *name, struct span value, unsigned line), void *arg)
{
	struct buf value;

	buf_init(&value, 64 * 1024 * 1024);
	for (const struct key *key = keys; key->name != NULL; key++) {
		if (key->form == KEY_SECTION)
			continue;
		buf_empty(&value);
		setting_add(&value, key, (const char *)settings + key->offset);
		on_value(arg, key->name, buf_span(&value), settings->lines[key_index(key)]);
	}
	buf_clear(&value);
}
