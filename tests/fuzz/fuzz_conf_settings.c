/* A configuration file: whatever is in it, everything is read or complained of, and given back. */
#include "conf/settings.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	static struct complaints complaints;
	struct settings settings;
	struct buf text;

	complaints_init(&complaints);
	settings_parse(&settings, "f", span_make(octets, length), &complaints);
	buf_init(&text, 1 << 20);
	for (size_t i = 0; i < complaints.count; i++)
		complaint_format(&complaints.at[i], &text);
	/* What goes to a terminal has no control characters. */
	for (size_t i = 0; i < buf_length(&text); i++)
		if ((unsigned char)buf_span(&text).data[i] < 0x20)
			abort();
	complaints_sort(&complaints);
	complaints_clear(&complaints);
	settings_clear(&settings);
	buf_clear(&text);
	return 0;
}
