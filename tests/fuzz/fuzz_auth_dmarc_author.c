/* The value of a From field: whatever it is, it names one domain that is a name, or there is a reason. */
#include "auth/dmarc.h"

#include <string.h>

#include "base/buf.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char author[DMARC_DOMAIN_TEXT];
	struct buf header;
	const char *why;

	buf_init(&header, size + 10);
	fuzz_holds(buf_printf(&header, "From:") && buf_add(&header, span_make(data, size)) && buf_printf(&header, "\r\n"));
	why = dmarc_author(buf_span(&header), author);
	fuzz_holds((why == NULL) == (author[0] != '\0') && strlen(author) < sizeof(author));
	fuzz_holds(strspn(author, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == strlen(author));
	fuzz_holds(why != NULL || memchr(data, '@', size) != NULL);
	buf_clear(&header);
	return 0;
}
