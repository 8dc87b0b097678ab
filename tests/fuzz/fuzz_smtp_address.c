/* Paths: what is good stays the same when it is parsed again, and has no octet that could break a line. */
#include "smtp/address.h"

#include "smtp/domain.h"
#include "tests/fuzz/fuzz.h"

static void
check(const struct path *path)
{
	struct span mailbox = path_mailbox(path);
	char text[ADDRESS_OCTETS + 3];
	struct span rest;
	struct path again;

	fuzz_holds(mailbox.length <= ADDRESS_OCTETS && path->at <= path->length);
	for (size_t i = 0; i < mailbox.length; i++)
		fuzz_holds((unsigned char)mailbox.data[i] >= 0x20 && mailbox.data[i] != 0x7f);
	snprintf(text, sizeof(text), "<%.*s>", SPAN_ARG(mailbox));
	rest = span_of(text);
	fuzz_holds(path_parse(&rest, &again) == PATH_GOOD);
	fuzz_holds(span_is_empty(rest) && span_equal(path_mailbox(&again), mailbox) && again.at == path->at);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span_make(data, size);
	char ascii[DOMAIN_TEXT], twice[DOMAIN_TEXT];
	struct path path;
	struct ip ip;

	(void)address_literal_parse(rest, &ip);
	if (domain_to_ascii(rest, ascii))
		fuzz_holds(domain_to_ascii(span_of(ascii), twice) && span_equal(span_of(ascii), span_of(twice)));
	if (path_parse(&rest, &path) == PATH_GOOD)
		check(&path);
	return 0;
}
