/* Names of domains: U-labels to A-labels, labels counted and cut. */
#include "auth_name.h"

#include <idn2.h>
#include <string.h>

#define LABEL_OCTETS 63

static bool
is_of_names(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static bool
is_label(struct span label)
{
	if (label.length == 0 || label.length > LABEL_OCTETS || label.data[0] == '-' || label.data[label.length - 1] == '-')
		return false;
	for (size_t i = 0; i < label.length; i++)
		if (!is_of_names(label.data[i]))
			return false;
	return true;
}

static bool
ascii_copy(struct span name, char out[AUTH_NAME_TEXT])
{
	struct span rest = name, label;

	if (name.length == 0 || name.length > AUTH_NAME_OCTETS)
		return false;
	while (span_cut(&rest, '.', &label))
		if (!is_label(label))
			return false;
	for (size_t i = 0; i < name.length; i++)
		out[i] = (char)(name.data[i] >= 'A' && name.data[i] <= 'Z' ? name.data[i] + ('a' - 'A') : name.data[i]);
	out[name.length] = '\0';
	return true;
}

/* By the rules of look-up (RFC 5891 5). */
static bool
punycode_copy(struct span name, char out[AUTH_NAME_TEXT])
{
	uint8_t text[AUTH_NAME_TEXT], *ascii = NULL;
	bool is_good;

	if (name.length > AUTH_NAME_OCTETS || memchr(name.data, '\0', name.length) != NULL)
		return false;
	memcpy(text, name.data, name.length);
	text[name.length] = '\0';
	if (idn2_lookup_u8(text, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
		return false;
	is_good = ascii_copy(span_of((char *)ascii), out);
	idn2_free(ascii);
	return is_good;
}

bool
auth_name_to_ascii(struct span name, char out[AUTH_NAME_TEXT])
{
	return span_is_ascii(name) ? ascii_copy(name, out) : punycode_copy(name, out);
}

bool
auth_name_is_within(struct span name, struct span above)
{
	if (name.length <= above.length)
		return span_equal(name, above);
	return name.data[name.length - above.length - 1] == '.' && span_equal(span_skip(name, name.length - above.length), above);
}

size_t
auth_name_labels(struct span name)
{
	size_t labels = name.length > 0;

	for (size_t i = 0; i < name.length; i++)
		labels += name.data[i] == '.';
	return labels;
}

struct span
auth_name_last(struct span name, size_t labels)
{
	for (size_t excess = auth_name_labels(name); excess > labels; excess--) {
		size_t dot = span_find(name, '.');

		name = span_skip(name, dot + 1);
	}
	return name;
}
