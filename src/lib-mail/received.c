/* Composing the Received field. Every text from outside is cleaned of what could end a comment, a clause or a line. */
#include "mail/received.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/fatal.h"
#include "mail/date.h"

struct field {
	char *out;
	size_t length;
};

__attribute__((format(printf, 2, 3))) static void
write_text(struct field *field, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(field->out + field->length, RECEIVED_OCTETS - field->length, format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= RECEIVED_OCTETS - field->length)
		fatal("a Received field beyond its ceiling");
	field->length += (size_t)length;
}

/* Names that were not checked before: whatever is no octet of a domain or a literal becomes a hyphen. */
static struct span
clean(struct span text, char *room, size_t size)
{
	size_t length = text.length < size ? text.length : size;

	for (size_t i = 0; i < length; i++) {
		char c = text.data[i];
		bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    c == '.' || c == '-' || c == '_' || c == ':' || c == '[' || c == ']';

		room[i] = good ? c : '-';
	}
	return span_make(room, length);
}

/* FROM and its TCP-info: the name is what the client said, the address is what we saw. */
static void
write_from(struct field *out, const struct received *received)
{
	char name[255], host[255], literal[IP_LITERAL_TEXT];
	struct span client_name = clean(received->client_name, name, sizeof(name));
	struct span client_host = clean(received->client_host, host, sizeof(host));

	write_text(out, "Received: from %.*s (", SPAN_ARG(client_name));
	if (received->client_ip.family == 0)
		write_text(out, "local, uid %" PRIu32 ")", received->client_uid);
	else
		write_text(out, "%.*s%s%s)", SPAN_ARG(client_host), client_host.length > 0 ? " " : "",
		    ip_format_literal(received->client_ip, literal));
}

const char *
received_protocol(const struct received *received)
{
	/* RFC 3848 and RFC 6531 4.3: by TLS and AUTH */
	static const char *const names[2][2][2] = {
		{ { "ESMTP", "ESMTPA" }, { "ESMTPS", "ESMTPSA" } },
		{ { "UTF8SMTP", "UTF8SMTPA" }, { "UTF8SMTPS", "UTF8SMTPSA" } },
	};

	if (!received->is_esmtp)
		return "SMTP";
	return names[received->is_utf8][received->is_tls][received->is_authenticated];
}

static void
write_tls(struct field *out, const struct received *received)
{
	if (received->tls_cipher.length == 0)
		return;
	write_text(out, "\r\n\ttls %.*s", SPAN_ARG(received->tls_cipher));
	if (received->tls_group.length > 0)
		write_text(out, " group %.*s", SPAN_ARG(received->tls_group));
}

size_t
received_format(const struct received *received, char out[RECEIVED_OCTETS])
{
	char id[MID_TEXT], date[DATE_TEXT];
	struct field field = { .out = out };

	write_from(&field, received);
	write_text(&field, "\r\n\tby %.*s with %s id %s", SPAN_ARG(received->by), received_protocol(received),
	    mid_format(received->mid, id));
	if (received->recipient.length > 0)
		write_text(&field, "\r\n\tfor <%.*s>", SPAN_ARG(received->recipient));
	write_tls(&field, received);
	write_text(&field, ";\r\n\t%s\r\n", date_format(received->when, date));
	return field.length;
}
