/* Octets that claim to be what master and its rooms have counted: whatever they are, the text is one, or there is none. */
#include "metrics/text.h"

#include <string.h>

#include "fuzz.h"

/* Every line is a comment or a sample, and the last says that it is the end. */
static void
look(struct span text)
{
	struct span line;

	fuzz_holds(text.length > 6 && memcmp(text.data + text.length - 6, "# EOF\n", 6) == 0);
	text.length--;
	while (span_cut(&text, '\n', &line))
		fuzz_holds(span_starts(line, SPAN("# ")) || span_starts(line, SPAN("sealpost_")));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text;

	buf_init(&text, TEXT_OCTETS_MAX);
	if (text_write(&text, span_make(data, size)))
		look(buf_span(&text));
	buf_clear(&text);
	return 0;
}
