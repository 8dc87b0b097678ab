/*
 * Lists of tags and base64 of strangers: the first octet says which. What was read is in the list, once; base64 has one text, which comes
 * out when it is made anew.
 */
#include "src/lib-auth/dkim_tags.h"

#include <openssl/evp.h>
#include <string.h>

#include "fuzz.h"

static void
tags(struct span text)
{
	struct dkim_tags tags;
	const char *why = dkim_tags_read(text, &tags);

	fuzz_holds(why == NULL || why[0] != '\0');
	for (size_t i = 0; why == NULL && i < tags.count; i++) {
		const struct dkim_tag *tag = &tags.at[i];
		struct span rest = tag->value, part;

		fuzz_holds(tag->name.length > 0 && tag->raw.data >= tag->name.data + tag->name.length + 1);
		fuzz_holds(tag->raw.data + tag->raw.length <= text.data + text.length && span_find(tag->raw, ';') == tag->raw.length);
		fuzz_holds(span_equal(dkim_tags_trim(tag->raw), tag->value));
		for (size_t j = 0; j < i; j++)
			fuzz_holds(!span_equal(tags.at[j].name, tag->name));
		while (dkim_tags_cut(&rest, &part))
			fuzz_holds(part.length == 0 || !dkim_tags_is_space(part.data[0]));
	}
}

static void
base64(struct span text)
{
	unsigned char octets[3000], again[4100];
	size_t length, made, at = 0;

	if (!dkim_tags_base64(text, octets, sizeof(octets), &length))
		return;
	made = (size_t)EVP_EncodeBlock(again, octets, (int)length);
	for (size_t i = 0; i < text.length; i++)
		if (!dkim_tags_is_space(text.data[i]))
			fuzz_holds(at < made && (unsigned char)text.data[i] == again[at++]);
	fuzz_holds(made - at <= 2 && strspn((char *)again + at, "=") == made - at);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 0)
		(data[0] == 'b' ? base64 : tags)(span_make(data + 1, size - 1));
	return 0;
}
