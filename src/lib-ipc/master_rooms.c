/* Messages between master and the rooms. */
#include "ipc/master_rooms.h"

const char *
room_name(enum room_kind kind)
{
	static const char *const names[ROOM_KINDS] = { "master", "intake", "queue", "relay", "report", "policy", "web" };

	return names[kind];
}

void
setup_encode(struct buf *out, const struct setup *setup)
{
	put_u8(out, (uint8_t)setup->kind);
	put_u16(out, setup->index);
	put_u16(out, setup->count);
	put_span(out, setup->slice);
}

bool
setup_decode(struct span payload, struct setup *setup)
{
	struct codec in = codec_read(payload);

	setup->kind = get_enum(&in, ROOM_KINDS);
	setup->index = get_u16(&in);
	setup->count = get_u16(&in);
	setup->slice = get_span(&in);
	return codec_done(&in);
}

void
directory_encode(struct buf *out, const struct directory *directory)
{
	put_span(out, directory->name);
	put_bool(out, directory->is_own);
}

bool
directory_decode(struct span payload, struct directory *directory)
{
	struct codec in = codec_read(payload);

	directory->name = get_span(&in);
	directory->is_own = get_bool(&in);
	return codec_done(&in);
}

void
listener_encode(struct buf *out, const struct listener *listener)
{
	put_u32(out, listener->id);
	put_u8(out, (uint8_t)listener->kind);
	put_span(out, listener->name);
	put_bool(out, listener->tickets);
	put_bool(out, listener->request_certificate);
}

bool
listener_decode(struct span payload, struct listener *listener)
{
	struct codec in = codec_read(payload);

	listener->id = get_u32(&in);
	listener->kind = get_enum(&in, LISTENER_KINDS);
	listener->name = get_span(&in);
	listener->tickets = get_bool(&in);
	listener->request_certificate = get_bool(&in);
	return codec_done(&in);
}

void
listener_gone_encode(struct buf *out, const struct listener_gone *gone)
{
	put_u32(out, gone->id);
}

bool
listener_gone_decode(struct span payload, struct listener_gone *gone)
{
	struct codec in = codec_read(payload);

	gone->id = get_u32(&in);
	return codec_done(&in);
}

void
peer_encode(struct buf *out, const struct peer *peer)
{
	put_u8(out, (uint8_t)peer->kind);
	put_u16(out, peer->index);
}

bool
peer_decode(struct span payload, struct peer *peer)
{
	struct codec in = codec_read(payload);

	peer->kind = get_enum(&in, ROOM_KINDS);
	peer->index = get_u16(&in);
	return codec_done(&in);
}

void
spool_key_encode(struct buf *out, const struct spool_key *key)
{
	put_span(out, key->public_key);
	put_span(out, key->private_key);
}

bool
spool_key_decode(struct span payload, struct spool_key *key)
{
	struct codec in = codec_read(payload);

	key->public_key = get_span(&in);
	key->private_key = get_span(&in);
	return codec_done(&in);
}

void
stop_encode(struct buf *out, const struct stop *stop)
{
	put_u32(out, stop->grace_ms);
}

bool
stop_decode(struct span payload, struct stop *stop)
{
	struct codec in = codec_read(payload);

	stop->grace_ms = get_u32(&in);
	return codec_done(&in);
}

static void
counted_put(struct buf *out, const struct room_counted *counted)
{
	put_u64(out, (uint64_t)counted->started_ms);
	put_u64(out, counted->cpu_us);
	put_u64(out, counted->memory_octets);
	put_span(out, counted->samples);
}

static void
counted_get(struct codec *in, struct room_counted *counted)
{
	counted->started_ms = (int64_t)get_u64(in);
	counted->cpu_us = get_u64(in);
	counted->memory_octets = get_u64(in);
	counted->samples = get_span(in);
}

void
room_counted_encode(struct buf *out, const struct room_counted *counted)
{
	counted_put(out, counted);
}

bool
room_counted_decode(struct span payload, struct room_counted *counted)
{
	struct codec in = codec_read(payload);

	counted_get(&in, counted);
	return codec_done(&in);
}

void
census_room_encode(struct buf *out, const struct census_room *room)
{
	put_u8(out, (uint8_t)room->kind);
	put_u16(out, room->index);
	put_bool(out, room->is_up);
	put_u32(out, room->restarts);
	counted_put(out, &room->counted);
}

bool
census_room_get(struct codec *in, struct census_room *room)
{
	if (in->bad || span_is_empty(in->rest))
		return false;
	room->kind = get_enum(in, ROOM_KINDS);
	room->index = get_u16(in);
	room->is_up = get_bool(in);
	room->restarts = get_u32(in);
	counted_get(in, &room->counted);
	return !in->bad;
}
