/* Domain names: letters, digits, hyphens; and what IDNA makes of other scripts. */
#include "smtp/domain.h"

#include <idn2.h>
#include <string.h>

#define LABEL_OCTETS 63

static bool
is_let_dig(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* sub-domain = Let-dig [Ldh-str] */
static bool
label_is_valid(struct span label)
{
	if (label.length == 0 || label.length > LABEL_OCTETS)
		return false;
	for (size_t i = 0; i < label.length; i++)
		if (!is_let_dig(label.data[i]) && label.data[i] != '-')
			return false;
	return label.data[0] != '-' && label.data[label.length - 1] != '-';
}

bool
domain_is_valid(struct span domain)
{
	struct span rest = domain, label;

	if (domain.length == 0 || domain.length > DOMAIN_OCTETS)
		return false;
	while (span_cut(&rest, '.', &label))
		if (!label_is_valid(label))
			return false;
	return true;
}

bool
domain_is_qualified(struct span domain)
{
	return span_find(domain, '.') < domain.length;
}

static void
lower_copy(struct span text, char *out)
{
	for (size_t i = 0; i < text.length; i++)
		out[i] = (char)(text.data[i] >= 'A' && text.data[i] <= 'Z' ? text.data[i] + ('a' - 'A') : text.data[i]);
	out[text.length] = '\0';
}

/* U-labels to A-labels, by the rules of look-up (RFC 5891 5). */
static bool
punycode_copy(struct span domain, char out[DOMAIN_TEXT])
{
	uint8_t text[DOMAIN_TEXT], *ascii = NULL;
	bool good;

	if (domain.length > DOMAIN_OCTETS || memchr(domain.data, '\0', domain.length) != NULL)
		return false;
	memcpy(text, domain.data, domain.length);
	text[domain.length] = '\0';
	if (idn2_lookup_u8(text, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
		return false;
	good = domain_is_valid(span_of((char *)ascii));
	if (good)
		lower_copy(span_of((char *)ascii), out);
	idn2_free(ascii);
	return good;
}

bool
domain_to_ascii(struct span domain, char out[DOMAIN_TEXT])
{
	if (!span_is_ascii(domain))
		return punycode_copy(domain, out);
	if (!domain_is_valid(domain))
		return false;
	lower_copy(domain, out);
	return true;
}

bool
domain_equal(struct span a, struct span b)
{
	char ascii_a[DOMAIN_TEXT], ascii_b[DOMAIN_TEXT];

	return domain_to_ascii(a, ascii_a) && domain_to_ascii(b, ascii_b) && strcmp(ascii_a, ascii_b) == 0;
}
