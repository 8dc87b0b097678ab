/* Replies: the same octets give the same replies, however they are cut; what EHLO's reply offers is then read. */
#include "smtp/reply.h"

#include <string.h>

#include "smtp/capability.h"
#include "tests/fuzz/fuzz.h"

struct result {
	enum parse_result end;
	unsigned replies;
	int code;		/* of the last */
	char text[256];
	struct capability capability;
};

static struct result
hear(struct span octets, size_t step)
{
	struct result result;
	struct reply_parser parser;

	memset(&result, 0, sizeof(result));
	reply_parser_init(&parser);
	result.end = PARSE_MORE;
	while (octets.length > 0 && result.end != PARSE_BAD) {
		struct span part = span_first(octets, step);
		struct reply reply;

		octets = span_skip(octets, step);
		while ((result.end = reply_next(&parser, &part, &reply)) == PARSE_DONE) {
			result.replies++;
			result.code = reply.code;
			fuzz_holds(reply.code >= 200 && reply.code <= 599 && reply.count > 0 && reply.count <= REPLY_LINES);
			fuzz_holds(reply.lines.length <= REPLY_OCTETS && span_find(reply.lines, '\r') == reply.lines.length);
			memset(result.text, 0, sizeof(result.text));
			fuzz_holds(reply_join(&reply, result.text, sizeof(result.text)) < sizeof(result.text));
			capability_read(&reply, &result.capability);
		}
		fuzz_holds(result.end == PARSE_BAD || part.length == 0);
	}
	fuzz_holds((result.end == PARSE_BAD) == (parser.why != NULL));
	reply_parser_clear(&parser);
	return result;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct result whole = hear(span_make(data, size), size + 1), cut = hear(span_make(data, size), 1);

	fuzz_holds(whole.end == cut.end && whole.replies == cut.replies && whole.code == cut.code);
	fuzz_holds(strcmp(whole.text, cut.text) == 0);
	fuzz_holds(memcmp(&whole.capability, &cut.capability, sizeof(whole.capability)) == 0);
	return 0;
}
