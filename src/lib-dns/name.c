/* Domain names from the wire (RFC 1035 4.1.4). */
#include "name.h"

#include <stdio.h>
#include <string.h>

#define LABEL_OCTETS 63
#define SPACE "\\032"

static bool
octet_is_plain(unsigned char octet)
{
	return octet > ' ' && octet < 0x7f && octet != '.' && octet != '\\';
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Append a label, and a dot before it when it is not the first. Never more than NAME_TEXT for a name of legal length. */
static size_t
label_write(struct span label, char *text, size_t length)
{
	if (length > 0)
		text[length++] = '.';
	for (size_t i = 0; i < label.length; i++) {
		unsigned char octet = (unsigned char)label.data[i];

		if (octet_is_plain(octet))
			text[length++] = lower((char)octet);
		else
			length += (size_t)snprintf(text + length, 5, "\\%03u", octet);
	}
	return length;
}

bool
name_read(struct span message, size_t *at, char text[NAME_TEXT])
{
	size_t here = *at, before = *at, wire = 1, length = 0;
	bool has_jumped = false;

	for (;;) {
		size_t octets;

		if (here >= message.length)
			return false;
		octets = (unsigned char)message.data[here];
		if ((octets & 0xc0) == 0xc0) {
			if (message.length - here < 2)
				return false;
			if (!has_jumped)
				*at = here + 2;
			has_jumped = true;
			here = (octets & 0x3f) << 8 | (unsigned char)message.data[here + 1];
			/* Each jump leads to before the last one: no loop is possible. */
			if (here >= before)
				return false;
			before = here;
			continue;
		}
		if (octets > LABEL_OCTETS || message.length - here - 1 < octets)
			return false;
		here += 1 + octets;
		if (octets == 0)
			break;
		wire += 1 + octets;
		if (wire > NAME_OCTETS)
			return false;
		length = label_write(span_make(message.data + here - octets, octets), text, length);
	}
	if (!has_jumped)
		*at = here;
	text[length] = '\0';
	return true;
}

/* A space, as it is or as name_read() writes it: octets of text; 0 = something else. */
static size_t
space_length(const char *name)
{
	if (*name == ' ')
		return 1;
	return strncmp(name, SPACE, strlen(SPACE)) == 0 ? strlen(SPACE) : 0;
}

bool
name_normalise(const char *name, char text[NAME_TEXT])
{
	const char *end = name + strlen(name);
	size_t octets = 0, length = 0;

	if (end > name && end[-1] == '.')
		end--;
	while (name < end) {
		size_t space = space_length(name);

		if (++octets >= NAME_OCTETS || (space == 0 && !octet_is_plain((unsigned char)*name) && *name != '.'))
			return false;
		if (space > 0)
			memcpy(text + length, SPACE, strlen(SPACE));
		else
			text[length] = lower(*name);
		length += space > 0 ? strlen(SPACE) : 1;
		name += space > 0 ? space : 1;
	}
	text[length] = '\0';
	return true;
}

void
name_plain(const char *text, char name[NAME_TEXT])
{
	size_t length = 0;

	for (; *text != '\0'; length++) {
		size_t space = space_length(text);

		name[length] = space > 0 ? ' ' : *text;
		text += space > 0 ? space : 1;
	}
	name[length] = '\0';
}
