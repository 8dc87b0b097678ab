/* Messages between the operator's tool and the rooms. */
#include "ipc/ctl_rooms.h"

#include <assert.h>

static struct row_field *
row_add(struct row *row, const char *name)
{
	assert(row->fields_count < ROW_FIELDS_MAX);
	struct row_field *field = &row->fields[row->fields_count++];

	*field = (struct row_field){ .name = span_of(name) };
	return field;
}

void
row_text(struct row *row, const char *name, struct span text)
{
	struct row_field *field = row_add(row, name);

	field->kind = ROW_TEXT;
	field->text = text;
}

void
row_number(struct row *row, const char *name, int64_t number)
{
	struct row_field *field = row_add(row, name);

	field->kind = ROW_NUMBER;
	field->number = number;
}

void
row_flag(struct row *row, const char *name, bool flag)
{
	struct row_field *field = row_add(row, name);

	field->kind = ROW_FLAG;
	field->number = flag;
}

void
request_encode(struct buf *out, const struct request *request)
{
	put_span(out, request->verb);
	put_u32(out, request->arguments_count);
	for (uint32_t i = 0; i < request->arguments_count; i++)
		put_span(out, request->arguments[i]);
}

bool
request_decode(struct span payload, struct arena *arena, struct request *request)
{
	struct codec in = codec_read(arena_span(arena, payload));

	request->verb = get_span(&in);
	request->arguments_count = get_count(&in, 4);
	request->arguments = arena_alloc(arena, request->arguments_count * sizeof(*request->arguments));
	for (uint32_t i = 0; i < request->arguments_count; i++)
		request->arguments[i] = get_span(&in);
	return codec_done(&in);
}

void
row_encode(struct buf *out, const struct row *row)
{
	put_u8(out, (uint8_t)row->fields_count);
	for (uint32_t i = 0; i < row->fields_count; i++) {
		const struct row_field *field = &row->fields[i];

		put_span(out, field->name);
		put_u8(out, (uint8_t)field->kind);
		put_span(out, field->text);
		put_u64(out, (uint64_t)field->number);
	}
}

bool
row_decode(struct span payload, struct row *row)
{
	struct codec in = codec_read(payload);

	row->fields_count = get_enum(&in, ROW_FIELDS_MAX + 1);
	for (uint32_t i = 0; i < row->fields_count; i++) {
		struct row_field *field = &row->fields[i];

		field->name = get_span(&in);
		field->kind = get_enum(&in, ROW_KINDS);
		field->text = get_span(&in);
		field->number = (int64_t)get_u64(&in);
	}
	return codec_done(&in);
}

void
end_encode(struct buf *out, const struct end *end)
{
	put_u8(out, end->code);
	put_span(out, end->text);
}

bool
end_decode(struct span payload, struct end *end)
{
	struct codec in = codec_read(payload);

	end->code = get_u8(&in);
	end->text = get_span(&in);
	return codec_done(&in);
}
