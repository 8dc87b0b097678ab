/*
 * Slices as octets, by their tables: master writes them, rooms read them. Every value carries its name,
 * so that a room of another version than its master finds out instead of misreading.
 */
#include "conf/slice.h"

#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/fatal.h"

/* What is done with a field of each kind; `at` is where it lies in the slice. */
struct kind_row {
	void (*encode)(struct buf *out, const void *at);
	void (*decode)(struct codec *in, void *at);
	void (*clear)(void *at);
};

static void
number_encode(struct buf *out, const void *at)
{
	put_u64(out, *(const uint64_t *)at);
}

static void
number_decode(struct codec *in, void *at)
{
	*(uint64_t *)at = get_u64(in);
}

static void
number_clear(void *at)
{
	*(uint64_t *)at = 0;
}

static void
flag_encode(struct buf *out, const void *at)
{
	put_bool(out, *(const bool *)at);
}

static void
flag_decode(struct codec *in, void *at)
{
	*(bool *)at = get_bool(in);
}

static void
flag_clear(void *at)
{
	*(bool *)at = false;
}

static void
text_encode(struct buf *out, const void *at)
{
	put_text(out, *(char *const *)at);
}

/* A NUL-terminated copy; a NUL within marks the codec. */
static char *
text_get(struct codec *in)
{
	struct span text = get_span(in);

	if (span_find(text, '\0') < text.length)
		in->bad = true;
	return must_copy(text.data, text.length);
}

static void
text_decode(struct codec *in, void *at)
{
	*(char **)at = text_get(in);
}

static void
text_free(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

static void
text_clear(void *at)
{
	text_free(*(char **)at);
	*(char **)at = NULL;
}

static void
list_encode(struct buf *out, const void *at)
{
	const struct conf_list *list = at;

	put_u32(out, (uint32_t)list->count);
	for (size_t i = 0; i < list->count; i++)
		put_text(out, list->items[i]);
}

static void
list_decode(struct codec *in, void *at)
{
	struct conf_list *list = at;

	list->count = get_count(in, sizeof(uint32_t));
	list->items = must_alloc(list->count * sizeof(*list->items));
	for (size_t i = 0; i < list->count; i++)
		list->items[i] = text_get(in);
}

static void
list_clear(void *at)
{
	struct conf_list *list = at;

	for (size_t i = 0; i < list->count; i++)
		text_free(list->items[i]);
	free(list->items);
	*list = (struct conf_list){ NULL, 0 };
}

static void
map_encode(struct buf *out, const void *at)
{
	const struct conf_map *map = at;

	put_u32(out, (uint32_t)map->count);
	for (size_t i = 0; i < map->count; i++) {
		put_text(out, map->pairs[i].key);
		put_text(out, map->pairs[i].value);
	}
}

static void
map_decode(struct codec *in, void *at)
{
	struct conf_map *map = at;

	map->count = get_count(in, 2 * sizeof(uint32_t));
	map->pairs = must_alloc(map->count * sizeof(*map->pairs));
	for (size_t i = 0; i < map->count; i++) {
		map->pairs[i].key = text_get(in);
		map->pairs[i].value = text_get(in);
	}
}

static void
map_clear(void *at)
{
	struct conf_map *map = at;

	for (size_t i = 0; i < map->count; i++) {
		text_free(map->pairs[i].key);
		text_free(map->pairs[i].value);
	}
	free(map->pairs);
	*map = (struct conf_map){ NULL, 0 };
}

static const struct kind_row kinds[] = {
	[CONF_NUMBER] = { number_encode, number_decode, number_clear },
	[CONF_FLAG] = { flag_encode, flag_decode, flag_clear },
	[CONF_TEXT] = { text_encode, text_decode, text_clear },
	[CONF_LIST] = { list_encode, list_decode, list_clear },
	[CONF_MAP] = { map_encode, map_decode, map_clear },
};

void
conf_encode(struct buf *out, const struct conf_slice *table, const void *slice)
{
	put_text(out, table->name);
	for (const struct conf_field *field = table->fields; field->name != NULL; field++) {
		put_text(out, field->name);
		put_u8(out, (uint8_t)field->kind);
		kinds[field->kind].encode(out, (const char *)slice + field->offset);
	}
}

bool
conf_decode(struct span octets, const struct conf_slice *table, void *slice)
{
	struct codec in = codec_read(octets);

	memset(slice, 0, table->size);
	if (!span_equal(get_span(&in), span_of(table->name)))
		return false;
	for (const struct conf_field *field = table->fields; field->name != NULL; field++) {
		if (!span_equal(get_span(&in), span_of(field->name)) || get_u8(&in) != field->kind)
			in.bad = true;
		kinds[field->kind].decode(&in, (char *)slice + field->offset);
	}
	if (codec_done(&in))
		return true;
	conf_clear(table, slice);
	return false;
}

void
conf_clear(const struct conf_slice *table, void *slice)
{
	for (const struct conf_field *field = table->fields; field->name != NULL; field++)
		kinds[field->kind].clear((char *)slice + field->offset);
}
