/* MAIL and RCPT parameters: what is good has no octet that could break a line, raw or decoded. */
#include "smtp/params.h"

#include "mail/xtext.h"
#include "tests/fuzz/fuzz.h"

static void
check_text(struct span text, size_t most)
{
	fuzz_holds(text.length <= most);
	for (size_t i = 0; i < text.length; i++)
		fuzz_holds((unsigned char)text.data[i] > 0x20 && text.data[i] != 0x7f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make(data, size);
	struct mail_params mail;
	struct rcpt_params rcpt;

	if (mail_params_parse(text, &mail) == STATUS_NONE) {
		check_text(mail.envid, 100);
		fuzz_holds(xtext_is_valid(mail.envid));
	}
	for (int utf8 = 0; utf8 < 2; utf8++)
		if (rcpt_params_parse(text, utf8 != 0, &rcpt) == STATUS_NONE) {
			check_text(rcpt.orcpt, 500);
			fuzz_holds(rcpt.notify < 16);
		}
	return 0;
}
