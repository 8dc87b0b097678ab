/* Content: the same octets give the same content, faults and end, however they are cut; no lone CR or LF comes out. */
#include "smtp/data.h"

#include <string.h>

#include "mail/header.h"
#include "tests/fuzz/fuzz.h"

struct result {
	struct data data;
	struct header header;
	char *content;
	size_t length, used;
};

static struct result
receive(struct span octets, size_t step, bool is_dotted, bool normalise)
{
	struct result result = { .content = malloc(octets.length * 2 + 1) };

	if (result.content == NULL)
		abort();
	data_init(&result.data, is_dotted, normalise);
	while (result.used < octets.length && !result.data.is_ended) {
		struct span segment = span_first(span_skip(octets, result.used), step), content, all = segment;

		while (data_next(&result.data, &segment, &content)) {
			fuzz_holds(content.length > 0 && result.length + content.length <= octets.length * 2);
			memcpy(result.content + result.length, content.data, content.length);
			result.length += content.length;
			header_look(&result.header, content);
		}
		result.used += all.length - segment.length;
	}
	if (!is_dotted)
		data_end(&result.data);
	return result;
}

static void
check_lines(const struct result *result)
{
	for (size_t i = 0; i < result->length; i++) {
		if (result->content[i] == '\n')
			fuzz_holds(i > 0 && result->content[i - 1] == '\r');
		if (result->content[i] == '\r' && i + 1 < result->length)
			fuzz_holds(result->content[i + 1] == '\n');
		fuzz_holds(result->content[i] != '\0');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span octets = span_make(data, size);

	for (int mode = 0; mode < 4; mode++) {
		struct result whole = receive(octets, size + 1, mode & 1, mode & 2);

		for (size_t step = 1; step < 8; step += 3) {
			struct result cut = receive(octets, step, mode & 1, mode & 2);

			fuzz_holds(cut.used == whole.used && cut.data.is_ended == whole.data.is_ended);
			fuzz_holds(cut.data.faults == whole.data.faults && cut.data.longest == whole.data.longest);
			if (whole.data.faults == 0) {
				fuzz_holds(cut.length == whole.length && memcmp(cut.content, whole.content, cut.length) == 0);
				fuzz_holds(cut.data.length == whole.length && cut.data.has_8bit == whole.data.has_8bit);
				fuzz_holds(cut.header.length == whole.header.length && header_waives_tls(&cut.header) == header_waives_tls(&whole.header));
				fuzz_holds(memcmp(cut.header.count, whole.header.count, sizeof(cut.header.count)) == 0);
			}
			free(cut.content);
		}
		if (whole.data.faults == 0)
			check_lines(&whole);
		free(whole.content);
	}
	return 0;
}
