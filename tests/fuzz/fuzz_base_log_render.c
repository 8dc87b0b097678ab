/* Whatever a stranger says, its log line is one line of printable ASCII (standards.md E6). */
#include <stdlib.h>

#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length);

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	struct span text = span_make(octets, length);
	char line[1024];

	for (int addresses = LOG_ADDRESSES_FULL; addresses <= LOG_ADDRESSES_NONE; addresses++) {
		size_t n = log_render(LOG_FIELDS(LOG_SPAN("text", span_first(text, length / 2)),
		    LOG_ADDRESS("to", span_skip(text, length / 2))), (enum log_addresses)addresses, line, sizeof(line));

		if (n >= sizeof(line) || line[n] != '\0')
			abort();
		for (size_t i = 0; i < n; i++)
			if (line[i] < 0x20 || line[i] > 0x7e)
				abort();
	}
	return 0;
}
