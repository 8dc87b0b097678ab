/* Names of reverse zones, the way up to the apex of a zone, and addresses out of records (RFC 1035 3.3.13, 3.5; RFC 2142). */
#include "policy/contact_names.h"

#include <stdio.h>
#include <string.h>

#include "policy/mailbox.h"
#include "policy/tlsrpt.h"

#define LOCAL_MOST 64		/* octets of a local part (RFC 5321 4.5.3.1.1) */
#define REVERSE_OCTETS 65	/* of the labels of an IPv6 address, and a NUL */

/* --- names --- */

static void
reverse_labels(struct ip ip, char out[REVERSE_OCTETS])
{
	size_t length = 0;

	*out = '\0';
	for (int i = ip.family == 4 ? 3 : 15; i >= 0; i--)
		length += (size_t)(ip.family == 4 ? snprintf(out + length, REVERSE_OCTETS - length, "%u.", ip.octets[i]) :
		    snprintf(out + length, REVERSE_OCTETS - length, "%x.%x.", ip.octets[i] & 15u, ip.octets[i] >> 4));
}

bool
contact_reverse_name(struct ip ip, struct span zone, char out[CONTACT_NAME])
{
	char labels[REVERSE_OCTETS];

	if (ip.family != 4 && ip.family != 6)
		return false;
	if (span_is_empty(zone))
		zone = ip.family == 4 ? SPAN("in-addr.arpa") : SPAN("ip6.arpa");
	reverse_labels(ip, labels);
	return tlsrpt_domain_is_valid(zone) && snprintf(out, CONTACT_NAME, "%s%.*s", labels, SPAN_ARG(zone)) < CONTACT_NAME;
}

bool
contact_name_is_within(struct span name, struct span domain)
{
	if (span_is_empty(domain) || !span_ends_nocase(name, domain))
		return false;
	return name.length == domain.length || name.data[name.length - domain.length - 1] == '.';
}

bool
contact_name_is_public(struct span name)
{
	/* RFC 6761, 6762, 7686, 8375, 9476, ICANN. Not example and test: whoever has such a zone tries things out, and means it. */
	static const char *const special[] = { "alt", "arpa", "internal", "invalid", "local", "localhost", "onion" };

	if (!tlsrpt_domain_is_valid(name) || span_find(name, '.') == name.length)
		return false;
	for (size_t i = 0; i < sizeof(special) / sizeof(*special); i++)
		if (contact_name_is_within(name, span_of(special[i])))
			return false;
	return true;
}

/* More than one label is left. */
static const char *
zone_or_none(const char *name)
{
	return strchr(name, '.') == NULL ? NULL : name;
}

const char *
contact_zone_next(const char *zone)
{
	return zone_or_none(strchr(zone, '.') + 1);
}

const char *
contact_zone_first(const char *name)
{
	unsigned labels = 1;

	for (const char *c = name; *c != '\0'; c++)
		labels += *c == '.';
	for (; labels > CONTACT_ZONE_LABELS; labels--)
		name = strchr(name, '.') + 1;
	return zone_or_none(name);
}

/* --- addresses --- */

bool
contact_address_make(struct span local, struct span domain, char out[CONTACT_ADDRESS])
{
	int length = snprintf(out, CONTACT_ADDRESS, "%.*s@%.*s", SPAN_ARG(span_first(local, LOCAL_MOST + 1)),
	    SPAN_ARG(span_first(domain, CONTACT_NAME)));

	/* An octet of NUL ends what is written, not what was meant. */
	if (length >= CONTACT_ADDRESS || strlen(out) != local.length + 1 + domain.length)
		return false;
	for (char *c = strchr(out, '@'); c != NULL && *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return tlsrpt_address_is_valid(span_of(out)) && contact_name_is_public(domain) && !mailbox_is_of_nobody(local);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "\046" or "\." at *text as the octet that it stands for. Returns false when there is half of one. */
static bool
escape_read(const char **text, char *octet)
{
	const char *at = *text + 1;
	int value;

	if (!is_digit(*at)) {
		*octet = *at;
		*text = at + 1;
		return *at != '\0';
	}
	if (!is_digit(at[1]) || !is_digit(at[2]))
		return false;
	value = (at[0] - '0') * 100 + (at[1] - '0') * 10 + (at[2] - '0');
	*octet = (char)value;
	*text = at + 3;
	return value <= 255;
}

bool
contact_address_of_rname(const char *rname, char out[CONTACT_ADDRESS])
{
	char local[LOCAL_MOST];
	size_t length = 0;

	while (*rname != '.') {
		char octet = *rname;

		if (octet == '\0' || length == LOCAL_MOST)
			return false;
		if (octet != '\\')
			rname++;
		else if (!escape_read(&rname, &octet))
			return false;
		local[length++] = octet;
	}
	return contact_address_make(span_make(local, length), span_of(rname + 1), out);
}

/* As it stands: nothing is cut off what has more in it, as header fields behind a question mark. */
static bool
text_address(struct span text, char out[CONTACT_ADDRESS])
{
	size_t at = span_find(text, '@');

	return at < text.length && contact_address_make(span_first(text, at), span_skip(text, at + 1), out);
}

bool
contact_address_of_texts(const struct span *texts, size_t count, char out[CONTACT_ADDRESS])
{
	for (size_t i = 0; i < count; i++) {
		struct span rest = texts[i], part;

		while (span_cut(&rest, ',', &part))
			if (text_address(span_trim(part), out))
				return true;
	}
	return false;
}
