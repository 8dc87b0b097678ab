/*
 * A segment file of any octets behind a header: the scan comes to an end, and tells of nothing that it could not open.
 * The input is laid over a segment that holds real messages, so that heads and seals are met, whole and damaged.
 */
#include "fuzz.h"

#include <string.h>

#include "base/file.h"
#include "lib-spool/layout.h"
#include "spool/scan.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_file.h"

#define GENERATION 42

static const unsigned char key[SEAL_KEY_OCTETS] = { 7 };
static char image[65536];
static size_t image_length;

/* A frame whose payload is sealed with the key. */
static void
frame_add(struct seal *seal, enum frame_type type, struct span plain)
{
	struct frame frame = { .type = type, .last = true, .length = (uint32_t)(plain.length + SEAL_TAG_OCTETS),
		.generation = GENERATION, .offset = image_length, .record = image_length, .synced = image_length };
	unsigned char nonce[SEAL_NONCE_OCTETS];

	frame_encode(&frame, image + image_length);
	frame_nonce(&frame, nonce);
	seal_octets(seal, nonce, span_make(image + image_length, FRAME_HEAD_OCTETS), plain,
	    image + image_length + FRAME_HEAD_OCTETS);
	image_length += frame_span(frame.length);
}

static void
image_make(void)
{
	struct recipient recipient = { .address = SPAN("b@example.org") };
	struct seal *seal = seal_new();
	struct buf encoded;

	seal_set_key(seal, key);
	image_length = HEADER_ROOM;
	for (unsigned i = 0; i < 4; i++) {
		struct envelope envelope = { .mid = { 1, i + 1 }, .sender = SPAN("a@example.org"), .recipients = &recipient,
			.recipients_count = 1, .body = { .offset = image_length, .length = 5, .chunks = 1 } };

		memcpy(envelope.body.key, key, sizeof(key));
		frame_add(seal, FRAME_BODY, SPAN("hello"));
		buf_init(&encoded, 4096);
		envelope_encode(&encoded, &envelope);
		frame_add(seal, FRAME_ENVELOPE, buf_span(&encoded));
		buf_clear(&encoded);
	}
	frame_add(seal, FRAME_JOURNAL, SPAN("entries"));
	seal_free(&seal);
}

static void
on_message(void *arg, uint64_t offset, uint64_t end, const struct envelope *envelope)
{
	(void)arg;
	/* The seal lets nothing through that was not sealed: only the four can come out. */
	fuzz_holds(envelope->mid.origin == 1 && envelope->mid.number >= 1 && envelope->mid.number <= 4);
	fuzz_holds(end > offset);
}

static void
on_finding(void *arg, const struct spool_finding *finding)
{
	(void)arg;
	fuzz_holds(finding->text != NULL && finding_name(finding->kind) != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	struct scan scan = { .directory = "fuzz", .generation = GENERATION, .to = UINT64_MAX, .on_message = on_message,
		.on_finding = on_finding };
	static char damaged[sizeof(image)];
	size_t at;
	int folder;

	if (image_length == 0)
		image_make();
	if (length < 2)
		return 0;
	/* The first two octets say where the others lie over the image. */
	memcpy(damaged, image, sizeof(image));
	at = HEADER_ROOM + (octets[0] | (size_t)octets[1] << 8) % (image_length - HEADER_ROOM);
	length = length - 2 < sizeof(damaged) - at ? length - 2 : sizeof(damaged) - at;
	if (length > 0)
		memcpy(damaged + at, octets + 2, length);
	folder = fake_file_folder();
	fake_file_put(folder, "segment-00000001", span_make(damaged, at + length > image_length ? at + length : image_length));
	scan.fd = file_open(folder, "segment-00000001", 0);
	scan.seal = seal_new();
	seal_set_key(scan.seal, key);
	fuzz_holds(scan_segment(&scan) == 0);
	fuzz_holds(scan.messages <= 4);
	seal_free(&scan.seal);
	file_close(&scan.fd);
	fake_finish();
	return 0;
}
