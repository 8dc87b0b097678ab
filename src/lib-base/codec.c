/* Typed values in and out of octets. */
#include "base/codec.h"

#include <string.h>

#include "base/fatal.h"

void
put_raw(struct buf *out, const void *octets, size_t length)
{
	if (!buf_add(out, span_make(octets, length)))
		fatal("a message of more than %zu octets", out->ceiling);
}

static void
put_integer(struct buf *out, uint64_t value, size_t octets)
{
	unsigned char little[8];

	for (size_t i = 0; i < octets; i++)
		little[i] = (unsigned char)(value >> (8 * i));
	put_raw(out, little, octets);
}

void
put_u8(struct buf *out, uint8_t value)
{
	put_integer(out, value, 1);
}

void
put_u16(struct buf *out, uint16_t value)
{
	put_integer(out, value, 2);
}

void
put_u32(struct buf *out, uint32_t value)
{
	put_integer(out, value, 4);
}

void
put_u64(struct buf *out, uint64_t value)
{
	put_integer(out, value, 8);
}

void
put_bool(struct buf *out, bool value)
{
	put_integer(out, value, 1);
}

void
put_span(struct buf *out, struct span octets)
{
	if (octets.length > UINT32_MAX)
		fatal("a text of %zu octets", octets.length);
	put_u32(out, (uint32_t)octets.length);
	put_raw(out, octets.data, octets.length);
}

void
put_text(struct buf *out, const char *text)
{
	put_span(out, span_of(text));
}

void
put_mid(struct buf *out, struct mid mid)
{
	put_u64(out, mid.origin);
	put_u64(out, mid.number);
}

void
put_ip(struct buf *out, struct ip ip)
{
	put_u8(out, ip.family);
	put_raw(out, ip.octets, sizeof(ip.octets));
}

struct codec
codec_read(struct span octets)
{
	return (struct codec){ .rest = octets };
}

void
get_raw(struct codec *in, void *octets, size_t length)
{
	if (in->bad || in->rest.length < length) {
		in->bad = true;
		memset(octets, 0, length);
		return;
	}
	if (length > 0)
		memcpy(octets, in->rest.data, length);
	in->rest = span_skip(in->rest, length);
}

static uint64_t
get_integer(struct codec *in, size_t octets)
{
	unsigned char little[8];
	uint64_t value = 0;

	get_raw(in, little, octets);
	for (size_t i = 0; i < octets; i++)
		value |= (uint64_t)little[i] << (8 * i);
	return value;
}

uint8_t
get_u8(struct codec *in)
{
	return (uint8_t)get_integer(in, 1);
}

uint16_t
get_u16(struct codec *in)
{
	return (uint16_t)get_integer(in, 2);
}

uint32_t
get_u32(struct codec *in)
{
	return (uint32_t)get_integer(in, 4);
}

uint64_t
get_u64(struct codec *in)
{
	return get_integer(in, 8);
}

uint8_t
get_enum(struct codec *in, unsigned below)
{
	uint8_t value = get_u8(in);

	if (value >= below) {
		in->bad = true;
		return 0;
	}
	return value;
}

bool
get_bool(struct codec *in)
{
	return get_enum(in, 2) != 0;
}

struct span
get_span(struct codec *in)
{
	uint32_t length = get_u32(in);
	struct span octets;

	if (in->bad || in->rest.length < length) {
		in->bad = true;
		return SPAN("");
	}
	octets = span_first(in->rest, length);
	in->rest = span_skip(in->rest, length);
	return octets;
}

struct mid
get_mid(struct codec *in)
{
	struct mid mid;

	mid.origin = get_u64(in);
	mid.number = get_u64(in);
	return mid;
}

struct ip
get_ip(struct codec *in)
{
	struct ip ip;

	ip.family = get_u8(in);
	get_raw(in, ip.octets, sizeof(ip.octets));
	if (ip.family != 0 && ip.family != 4 && ip.family != 6)
		in->bad = true;
	return in->bad ? (struct ip){ .family = 0 } : ip;
}

uint32_t
get_count(struct codec *in, size_t least)
{
	uint32_t count = get_u32(in);

	if (in->bad || (least > 0 && count > in->rest.length / least)) {
		in->bad = true;
		return 0;
	}
	return count;
}

bool
codec_done(const struct codec *in)
{
	return !in->bad && in->rest.length == 0;
}
