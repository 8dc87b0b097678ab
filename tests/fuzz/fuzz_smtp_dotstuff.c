/*
 * Content on its way out: no lone CR or LF leaves, however it is cut, and a receiver that knows RFC 5321 gets back
 * what went in, and one message of it.
 */
#include "smtp/dotstuff.h"

#include <string.h>

#include "smtp/data.h"
#include "tests/fuzz/fuzz.h"

struct sent {
	char *octets;
	size_t length;
	bool is_bad;
};

static void
sent_add(struct sent *sent, struct span piece)
{
	memcpy(sent->octets + sent->length, piece.data, piece.length);
	sent->length += piece.length;
}

static struct sent
stuff(struct span content, size_t step, bool is_dotted)
{
	struct sent sent = { .octets = malloc(content.length * 2 + 8) };
	struct dotstuff dotstuff;
	struct span piece;

	dotstuff_init(&dotstuff, is_dotted);
	while (content.length > 0) {
		struct span part = span_first(content, step);

		content = span_skip(content, step);
		while (dotstuff_next(&dotstuff, &part, &piece))
			sent_add(&sent, piece);
	}
	piece = dotstuff_end(&dotstuff);
	if (!dotstuff.is_bad)
		sent_add(&sent, piece);
	sent.is_bad = dotstuff.is_bad;
	return sent;
}

static bool
has_lone(struct span octets)
{
	for (size_t i = 0; i < octets.length; i++) {
		if (octets.data[i] == '\n' && (i == 0 || octets.data[i - 1] != '\r'))
			return true;
		if (octets.data[i] == '\r' && (i + 1 == octets.length || octets.data[i + 1] != '\n'))
			return true;
	}
	return false;
}

static void
receive(struct span content, struct span octets)
{
	struct data data;
	struct span piece;
	size_t at = 0;

	if (span_find(content, '\0') < content.length)
		return;		/* our server would not have it */
	data_init(&data, true, false);
	while (data_next(&data, &octets, &piece)) {
		struct span expected = span_first(span_skip(content, at), piece.length);

		/* A CRLF that was added at the end is the receiver's to keep. */
		fuzz_holds(span_starts(piece, expected) && (piece.length == expected.length || at + piece.length <= content.length + 2));
		at += piece.length;
	}
	fuzz_holds(at >= content.length && data.is_ended && octets.length == 0 && data.faults == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span content = span_make(data, size);

	for (int is_dotted = 0; is_dotted < 2; is_dotted++) {
		struct sent whole = stuff(content, size + 1, is_dotted), cut = stuff(content, 1, is_dotted);

		fuzz_holds(whole.is_bad == cut.is_bad && whole.is_bad == has_lone(content));
		fuzz_holds(!has_lone(span_make(cut.octets, cut.length)) && !has_lone(span_make(whole.octets, whole.length)));
		if (!whole.is_bad) {
			fuzz_holds(span_equal(span_make(whole.octets, whole.length), span_make(cut.octets, cut.length)));
			if (is_dotted)
				receive(content, span_make(whole.octets, whole.length));
			else
				fuzz_holds(span_equal(content, span_make(whole.octets, whole.length)));
		}
		free(whole.octets);
		free(cut.octets);
	}
	return 0;
}
