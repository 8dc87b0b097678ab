/* The octets of segment headers and frame heads. */
#include "layout.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "base/fatal.h"
#include "base/hex.h"

static const char header_magic[8] = "sealpost";
static const uint32_t frame_magic = 0x6d726673;	/* "sfrm" */

#define CHECK_OCTETS 8	/* of the SHA-256 over what is before it, at the very end of headers and heads */
#define DIGEST_OCTETS 32

/* Every frame is checked: looking up an algorithm costs more than using it on a head. */
static void
check_make(const char *octets, size_t length, unsigned char out[CHECK_OCTETS])
{
	static EVP_MD_CTX *context;
	static EVP_MD *sha256;
	unsigned char digest[DIGEST_OCTETS];

	if (context == NULL) {
		context = EVP_MD_CTX_new();
		sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	}
	if (EVP_DigestInit_ex2(context, sha256, NULL) != 1 || EVP_DigestUpdate(context, octets, length - CHECK_OCTETS) != 1 ||
	    EVP_DigestFinal_ex(context, digest, NULL) != 1)
		fatal("OpenSSL has no SHA-256");
	memcpy(out, digest, CHECK_OCTETS);
}

static bool
check_is_right(const char *octets, size_t length)
{
	unsigned char check[CHECK_OCTETS];

	check_make(octets, length, check);
	return memcmp(check, octets + length - CHECK_OCTETS, CHECK_OCTETS) == 0;
}

void
header_encode(const struct header *header, char out[HEADER_OCTETS])
{
	struct buf buf;

	buf_init(&buf, HEADER_OCTETS - CHECK_OCTETS);
	put_raw(&buf, header_magic, sizeof(header_magic));
	put_u16(&buf, LAYOUT_VERSION);
	put_u8(&buf, (uint8_t)header->state);
	put_u8(&buf, (uint8_t)header->kind);
	put_u32(&buf, header->number);
	put_u64(&buf, header->generation);
	put_u64(&buf, (uint64_t)header->created_ms);
	put_raw(&buf, header->key_id, sizeof(header->key_id));
	put_span(&buf, span_make(header->wrapped, header->wrapped_length));
	memset(out, 0, HEADER_OCTETS);
	memcpy(out, buf_span(&buf).data, buf_length(&buf));
	check_make(out, HEADER_OCTETS, (unsigned char *)out + HEADER_OCTETS - CHECK_OCTETS);
	buf_clear(&buf);
}

void
header_erased(uint32_t number, enum segment_state state, char out[HEADER_OCTETS])
{
	struct header header = { .state = state, .kind = SEGMENT_MAIL, .number = number };

	header_encode(&header, out);
}

bool
header_decode(struct span octets, struct header *header)
{
	char magic[sizeof(header_magic)];
	struct codec in = codec_read(octets);
	struct span wrapped;

	if (octets.length < HEADER_OCTETS || !check_is_right(octets.data, HEADER_OCTETS))
		return false;
	get_raw(&in, magic, sizeof(magic));
	if (memcmp(magic, header_magic, sizeof(magic)) != 0 || get_u16(&in) != LAYOUT_VERSION)
		return false;
	header->state = get_enum(&in, SEGMENT_DEAD + 1);
	header->kind = get_enum(&in, SEGMENT_JOURNAL + 1);
	header->number = get_u32(&in);
	header->generation = get_u64(&in);
	header->created_ms = (int64_t)get_u64(&in);
	get_raw(&in, header->key_id, sizeof(header->key_id));
	wrapped = get_span(&in);
	if (in.bad || header->state == 0 || header->kind == 0 || wrapped.length > sizeof(header->wrapped))
		return false;
	header->wrapped_length = (uint16_t)wrapped.length;
	if (wrapped.length > 0)
		memcpy(header->wrapped, wrapped.data, wrapped.length);
	return true;
}

/* Heads are written and read once per frame: by hand, without a buffer. */
static void
little_put(char *out, uint64_t value, size_t octets)
{
	for (size_t i = 0; i < octets; i++)
		out[i] = (char)(unsigned char)(value >> (8 * i));
}

static uint64_t
little_get(const char *in, size_t octets)
{
	uint64_t value = 0;

	for (size_t i = 0; i < octets; i++)
		value |= (uint64_t)(unsigned char)in[i] << (8 * i);
	return value;
}

void
frame_encode(const struct frame *frame, char out[FRAME_HEAD_OCTETS])
{
	little_put(out, frame_magic, 4);
	little_put(out + 4, frame->type, 1);
	little_put(out + 5, frame->last, 1);
	little_put(out + 6, 0, 2);
	little_put(out + 8, frame->part, 4);
	little_put(out + 12, frame->length, 4);
	little_put(out + 16, frame->generation, 8);
	little_put(out + 24, frame->offset, 8);
	little_put(out + 32, frame->record, 8);
	little_put(out + 40, frame->synced, 8);
	check_make(out, FRAME_HEAD_OCTETS, (unsigned char *)out + FRAME_HEAD_OCTETS - CHECK_OCTETS);
}

bool
frame_decode(struct span octets, uint64_t generation, uint64_t offset, struct frame *frame)
{
	const char *in = octets.data;
	uint64_t type;

	if (octets.length < FRAME_HEAD_OCTETS || little_get(in, 4) != frame_magic || little_get(in + 6, 2) != 0)
		return false;
	type = little_get(in + 4, 1);
	frame->type = (enum frame_type)type;
	frame->last = little_get(in + 5, 1) != 0;
	frame->part = (uint32_t)little_get(in + 8, 4);
	frame->length = (uint32_t)little_get(in + 12, 4);
	frame->generation = little_get(in + 16, 8);
	frame->offset = little_get(in + 24, 8);
	frame->record = little_get(in + 32, 8);
	frame->synced = little_get(in + 40, 8);
	return type >= FRAME_BODY && type <= FRAME_JOURNAL && frame->generation == generation && frame->offset == offset &&
	    check_is_right(in, FRAME_HEAD_OCTETS) &&
	    frame->length >= SEAL_TAG_OCTETS && frame->length <= FRAME_PAYLOAD_MAX && frame->record <= offset &&
	    frame->synced <= offset;
}

uint64_t
frame_span(uint32_t sealed_length)
{
	return ((uint64_t)FRAME_HEAD_OCTETS + sealed_length + FRAME_ALIGN - 1) & ~(uint64_t)(FRAME_ALIGN - 1);
}

void
frame_nonce(const struct frame *frame, unsigned char nonce[SEAL_NONCE_OCTETS])
{
	/* A body's key is its record's own: the chunk number is enough. The segment's key seals each offset once. */
	memset(nonce, 0, SEAL_NONCE_OCTETS);
	nonce[0] = (unsigned char)frame->type;
	nonce[1] = frame->last;
	little_put((char *)nonce + 4, frame->type == FRAME_BODY ? frame->part : frame->offset, 8);
}

char *
layout_name(uint32_t number, char out[LAYOUT_NAME])
{
	snprintf(out, LAYOUT_NAME, "segment-%08x", number);
	return out;
}

bool
layout_number(const char *name, uint32_t *number)
{
	unsigned char big[4];
	char again[LAYOUT_NAME];

	if (!span_starts(span_of(name), SPAN("segment-")) || !hex_parse(span_skip(span_of(name), 8), big, sizeof(big)))
		return false;
	*number = (uint32_t)big[0] << 24 | (uint32_t)big[1] << 16 | (uint32_t)big[2] << 8 | big[3];
	return strcmp(layout_name(*number, again), name) == 0;
}
