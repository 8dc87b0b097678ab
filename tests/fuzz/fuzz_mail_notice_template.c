/* Templates of notices: any octets are good, or there is a sentence that says why not. */
#include "mail/notice_template.h"

#include <string.h>

#include "fuzz.h"

/* Sections lie in the text, and a good template has what every notice needs. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "language", "subject", "opening", "fault unknown", "change cipher-weak postfix", "settings outgoing unknown", "" };
	struct span text = span_make(data, size);
	char why[100] = "";
	bool is_good = notice_template_is_good(text, why, sizeof(why));

	fuzz_holds(is_good || (why[0] != '\0' && strlen(why) < sizeof(why)));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct span section = SPAN("");
		bool is_there = notice_template_section(text, span_of(names[i]), &section);

		fuzz_holds(!is_good || is_there || i > 3);
		fuzz_holds(section.length == 0 || (section.data >= text.data && section.data + section.length <= text.data + text.length));
	}
	return 0;
}
