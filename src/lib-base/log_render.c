/* The text of log fields: logfmt with everything from outside escaped. */
#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct out {
	char *at;
	size_t left;		/* octets free, the NUL's included */
};

static void
out_octet(struct out *out, char c)
{
	if (out->left <= 1)
		return;
	*out->at++ = c;
	out->left--;
}

static void
out_text(struct out *out, const char *text)
{
	for (; *text != '\0'; text++)
		out_octet(out, *text);
}

/* Octets that need no quotes: what names, addresses and numbers are made of. */
static bool
is_plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    (c != '\0' && strchr("-._:@<>/+[],*;", c) != NULL);
}

static void
out_escaped(struct out *out, struct span s)
{
	for (size_t i = 0; i < s.length; i++) {
		unsigned char c = (unsigned char)s.data[i];
		char hex[8];

		if (c == '"' || c == '\\') {
			out_octet(out, '\\');
			out_octet(out, (char)c);
		} else if (c == '\n') {
			out_text(out, "\\n");
		} else if (c == '\r') {
			out_text(out, "\\r");
		} else if (c == '\t') {
			out_text(out, "\\t");
		} else if (c < 0x20 || c >= 0x7f) {
			snprintf(hex, sizeof(hex), "\\x%02x", c);
			out_text(out, hex);
		} else {
			out_octet(out, (char)c);
		}
	}
}

static void
out_span(struct out *out, struct span s)
{
	bool plain = s.length > 0;

	for (size_t i = 0; i < s.length && plain; i++)
		plain = is_plain((unsigned char)s.data[i]);
	if (s.length == 0) {
		out_octet(out, '-');
	} else if (plain) {
		for (size_t i = 0; i < s.length; i++)
			out_octet(out, s.data[i]);
	} else {
		out_octet(out, '"');
		out_escaped(out, s);
		out_octet(out, '"');
	}
}

/* <address>, <*@domain> or <*>; the null reverse path is always <>. Cut when no mailbox is that long. */
static void
out_address(struct out *out, struct span s, enum log_addresses addresses)
{
	char text[600] = "<";
	const char *at = s.length == 0 ? NULL : memrchr(s.data, '@', s.length);
	size_t length = 1;

	if (s.length > 0 && addresses != LOG_ADDRESSES_FULL) {
		text[length++] = '*';
		s = at != NULL && addresses == LOG_ADDRESSES_DOMAIN ? span_skip(s, (size_t)(at - s.data)) : SPAN("");
	}
	s = span_first(s, sizeof(text) - length - 1);
	if (s.length > 0)
		memcpy(text + length, s.data, s.length);
	length += s.length;
	text[length++] = '>';
	out_span(out, span_make(text, length));
}

static void
out_value(struct out *out, const struct log_field *field, enum log_addresses addresses)
{
	char text[48];

	switch (field->kind) {
	case LOG_KIND_SPAN:
		out_span(out, field->span);
		return;
	case LOG_KIND_ADDRESS:
		out_address(out, field->span, addresses);
		return;
	case LOG_KIND_NUMBER:
		snprintf(text, sizeof(text), "%" PRId64, field->number);
		break;
	case LOG_KIND_SECONDS:
		snprintf(text, sizeof(text), "%s%" PRId64 ".%02d", field->number < 0 ? "-" : "",
		    (int64_t)llabs(field->number / 1000), abs((int)(field->number % 1000)) / 10);
		break;
	case LOG_KIND_IDENT:
		ident_format((uint64_t)field->number, text);
		break;
	case LOG_KIND_MID:
		mid_format(field->mid, text);
		break;
	}
	out_text(out, text);
}

size_t
log_render(const struct log_field *fields, enum log_addresses addresses, char *out, size_t size)
{
	struct out to = { out, size };

	if (size == 0)
		return 0;
	for (; fields->key != NULL; fields++) {
		out_octet(&to, ' ');
		out_text(&to, fields->key);
		out_octet(&to, '=');
		out_value(&to, fields, addresses);
	}
	*to.at = '\0';
	return (size_t)(to.at - out);
}
