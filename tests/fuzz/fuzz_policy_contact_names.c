/* What zones say of whom to write to: the first line as the mailbox of an SOA record, all lines as TXT records of abuse contacts. */
#include "policy/contact_names.h"

#include <string.h>

#include "fuzz.h"
#include "policy/tlsrpt.h"

#define RECORDS 100

/* One plain address, with nothing that could begin another, or a header field. */
static void
address(const char *text)
{
	struct span whole = span_of(text);

	fuzz_holds(whole.length < CONTACT_ADDRESS && tlsrpt_address_is_valid(whole));
	fuzz_holds(contact_name_is_public(span_behind_last(whole, '@')));
	for (size_t i = 0; i < whole.length; i++)
		fuzz_holds(text[i] > ' ' && text[i] < 0x7f && memchr("\"\\<>,;:()[]", text[i], 11) == NULL);
	fuzz_holds(contact_address_of_texts(&whole, 1, (char[CONTACT_ADDRESS]){ "" }));
}

/* The way up ends, and always leads to parents. */
static void
zones(const char *name)
{
	size_t last = strlen(name) + 1;

	for (const char *zone = contact_zone_first(name); zone != NULL; zone = contact_zone_next(zone)) {
		fuzz_holds(strlen(zone) < last && strchr(zone, '.') != NULL);
		last = strlen(zone);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span texts[RECORDS], input = span_make(data, size);
	char rname[1024], out[CONTACT_ADDRESS];
	size_t count = 0, length;

	while (count < RECORDS && span_cut(&input, '\n', &texts[count]))
		count++;
	if (contact_address_of_texts(texts, count, out))
		address(out);
	length = count == 0 ? 0 : texts[0].length < sizeof(rname) ? texts[0].length : sizeof(rname) - 1;
	memcpy(rname, size == 0 ? "" : (const char *)data, length);
	rname[length] = '\0';
	if (contact_address_of_rname(rname, out))
		address(out);
	zones(rname);
	return 0;
}
