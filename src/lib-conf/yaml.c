/* libyaml's events as a tree. */
#include "conf/yaml.h"

#include <string.h>
#include <yaml.h>

struct reader {
	yaml_parser_t parser;
	struct arena *arena;
	const char *file;
	struct span octets;
	struct complaints *complaints;
};

static unsigned
line_of(yaml_mark_t mark)
{
	return (unsigned)mark.line + 1;
}

/* What most often makes a line that is not YAML: [::1], which begins a list there. */
static const char *
hint(const struct reader *reader, unsigned number)
{
	struct span rest = reader->octets, line = SPAN("");

	while (number-- > 0 && span_cut(&rest, '\n', &line))
		;
	return line.length > 0 && memmem(line.data, line.length, "::", 2) != NULL ?
	    " (an IPv6 address stands between quotes: \"[::1]:25\")" : "";
}

/* Always false, for `return refuse(...)`. */
static bool
refuse(struct reader *reader, unsigned line, const char *what)
{
	complaints_add(reader->complaints, reader->file, line, "%s%s", what, hint(reader, line));
	return false;
}

static bool
refuse_syntax(struct reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;

	if (parser->error == YAML_READER_ERROR)
		complaints_add(reader->complaints, reader->file, 0, "not text in UTF-8: %s at octet %zu", parser->problem,
		    parser->problem_offset);
	else
		complaints_add(reader->complaints, reader->file, line_of(parser->problem_mark), "not YAML: %s%s%s%s",
		    parser->context == NULL ? "" : parser->context, parser->context == NULL ? "" : ": ",
		    parser->problem == NULL ? "out of memory" : parser->problem, hint(reader, line_of(parser->problem_mark)));
	return false;
}

static bool
event_next(struct reader *reader, yaml_event_t *event)
{
	return yaml_parser_parse(&reader->parser, event) != 0 || refuse_syntax(reader);
}

static bool
scalar_read(struct reader *reader, const yaml_event_t *event, struct node *node)
{
	struct span text = span_make(event->data.scalar.value, event->data.scalar.length);

	if (span_find(text, '\0') < text.length)
		return refuse(reader, node->line, "a NUL octet has no place here");
	node->kind = NODE_SCALAR;
	node->text = span_make(arena_copy(reader->arena, text), text.length);
	node->is_empty = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	    (text.length == 0 || span_equal(text, SPAN("~")) || span_equal(text, SPAN("null")));
	return true;
}

static bool node_read(struct reader *reader, const yaml_event_t *event, unsigned depth, struct node **out);

/* Items up to the end of the list. */
static bool
list_read(struct reader *reader, unsigned depth, struct node *list)
{
	struct node **end = &list->first;
	yaml_event_t event;
	bool good;

	list->kind = NODE_LIST;
	for (;;) {
		if (!event_next(reader, &event))
			return false;
		if (event.type == YAML_SEQUENCE_END_EVENT)
			break;
		good = node_read(reader, &event, depth + 1, end);
		yaml_event_delete(&event);
		if (!good)
			return false;
		end = &(*end)->next;
	}
	yaml_event_delete(&event);
	return true;
}

/* The value of a key; the key's event is the caller's. */
static bool
pair_read(struct reader *reader, const yaml_event_t *key, unsigned depth, struct node **out)
{
	struct node *name, *value;
	yaml_event_t event;
	bool good;

	if (key->type != YAML_SCALAR_EVENT)
		return refuse(reader, line_of(key->start_mark), "a key has to be a word");
	if (!node_read(reader, key, depth + 1, &name) || !event_next(reader, &event))
		return false;
	good = node_read(reader, &event, depth + 1, &value);
	yaml_event_delete(&event);
	if (!good)
		return false;
	value->key = name->text;
	value->key_line = name->line;
	*out = value;
	return true;
}

static bool
map_read(struct reader *reader, unsigned depth, struct node *map)
{
	struct node **end = &map->first;
	yaml_event_t event;
	bool good;

	map->kind = NODE_MAP;
	for (;;) {
		if (!event_next(reader, &event))
			return false;
		if (event.type == YAML_MAPPING_END_EVENT)
			break;
		good = pair_read(reader, &event, depth, end);
		yaml_event_delete(&event);
		if (!good)
			return false;
		end = &(*end)->next;
	}
	yaml_event_delete(&event);
	return true;
}

/* Anchors and tags stand at different places in the events of the three kinds. */
static bool
has_extras(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return event->data.scalar.anchor != NULL || event->data.scalar.tag != NULL;
	case YAML_SEQUENCE_START_EVENT:
		return event->data.sequence_start.anchor != NULL || event->data.sequence_start.tag != NULL;
	case YAML_MAPPING_START_EVENT:
		return event->data.mapping_start.anchor != NULL || event->data.mapping_start.tag != NULL;
	default:
		return event->type == YAML_ALIAS_EVENT;
	}
}

/* The node that begins with this event, which stays the caller's. */
static bool
node_read(struct reader *reader, const yaml_event_t *event, unsigned depth, struct node **out)
{
	struct node *node = arena_alloc(reader->arena, sizeof(*node));

	node->line = line_of(event->start_mark);
	*out = node;
	if (has_extras(event))
		return refuse(reader, node->line, "anchors (&), aliases (*) and tags (!) are not used here; quote the text");
	if (depth > YAML_DEPTH_MAX)
		return refuse(reader, node->line, "nested too deeply");
	if (event->type == YAML_SEQUENCE_START_EVENT)
		return list_read(reader, depth, node);
	if (event->type == YAML_MAPPING_START_EVENT)
		return map_read(reader, depth, node);
	if (event->type != YAML_SCALAR_EVENT)
		return refuse(reader, node->line, "this has no place here");
	return scalar_read(reader, event, node);
}

/* Skip what surrounds the document; its first event is left in *event, the caller's to delete. */
static bool
document_begin(struct reader *reader, yaml_event_t *event)
{
	for (;;) {
		if (!event_next(reader, event))
			return false;
		if (event->type != YAML_STREAM_START_EVENT && event->type != YAML_DOCUMENT_START_EVENT)
			return true;
		yaml_event_delete(event);
	}
}

static bool
document_end(struct reader *reader)
{
	bool is_over = false;

	while (!is_over) {
		yaml_event_t event;
		bool is_another;
		unsigned line;

		if (!event_next(reader, &event))
			return false;
		is_over = event.type == YAML_STREAM_END_EVENT;
		is_another = event.type == YAML_DOCUMENT_START_EVENT;
		line = line_of(event.start_mark);
		yaml_event_delete(&event);
		if (is_another)
			return refuse(reader, line, "a second document: only one has a place here");
	}
	return true;
}

static bool
document_read(struct reader *reader, struct node **out)
{
	yaml_event_t event;
	bool good;

	if (!document_begin(reader, &event))
		return false;
	if (event.type == YAML_STREAM_END_EVENT) {
		yaml_event_delete(&event);
		*out = arena_alloc(reader->arena, sizeof(**out));
		**out = (struct node){ .kind = NODE_MAP, .line = 1 };
		return true;
	}
	good = node_read(reader, &event, 1, out);
	yaml_event_delete(&event);
	return good && document_end(reader);
}

struct node *
yaml_read(struct arena *arena, const char *file, struct span octets, struct complaints *complaints)
{
	struct reader reader = { .arena = arena, .file = file, .octets = octets, .complaints = complaints };
	struct node *document = NULL;
	bool good;

	if (yaml_parser_initialize(&reader.parser) == 0) {
		refuse(&reader, 0, "out of memory");
		return NULL;
	}
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)(octets.length == 0 ? "" : octets.data),
	    octets.length);
	good = document_read(&reader, &document);
	yaml_parser_delete(&reader.parser);
	return good ? document : NULL;
}
