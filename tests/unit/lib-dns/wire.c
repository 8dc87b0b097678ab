/* DNS messages for tests. */
#include "tests/unit/lib-dns/wire.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"

void
wire_raw(struct wire *wire, const void *octets, size_t length)
{
	if (sizeof(wire->octets) - wire->length < length)
		abort();
	memcpy(wire->octets + wire->length, octets, length);
	wire->length += length;
}

void
wire_number(struct wire *wire, uint64_t value, size_t octets)
{
	while (octets-- > 0)
		wire_raw(wire, &(unsigned char){ octets >= sizeof(value) ? 0 : (unsigned char)(value >> (8 * octets)) }, 1);
}

void
wire_name(struct wire *wire, const char *name)
{
	struct span rest = span_of(*name == '\0' ? NULL : name), label;

	while (span_cut(&rest, '.', &label)) {
		wire_number(wire, (unsigned)label.length, 1);
		wire_raw(wire, label.data, label.length);
	}
	wire_number(wire, 0, 1);
}

void
wire_add_count(struct wire *wire, enum wire_section section, int more)
{
	unsigned char *at = wire->octets + 2 * (size_t)section;
	unsigned count = (unsigned)((at[0] << 8 | at[1]) + more);

	at[0] = (unsigned char)(count >> 8);
	at[1] = (unsigned char)count;
}

void
wire_begin(struct wire *wire, unsigned id, unsigned flags, const char *name, unsigned type)
{
	wire->length = 0;
	wire_number(wire, id, 2);
	wire_number(wire, flags, 2);
	wire_number(wire, 1, 2);
	wire_number(wire, 0, 6);
	wire_name(wire, name);
	wire_number(wire, type, 2);
	wire_number(wire, 1, 2);
}

static void
text_write(struct wire *wire, const char *data)
{
	struct span rest = span_of(data), part;

	while (span_cut(&rest, '|', &part)) {
		wire_number(wire, (unsigned)part.length, 1);
		wire_raw(wire, part.data, part.length);
	}
}

static void
tlsa_write(struct wire *wire, const char *data)
{
	unsigned usage, selector, matching;
	unsigned char octets[64];
	char digits[129] = "";

	if (sscanf(data, "%u %u %u %128s", &usage, &selector, &matching, digits) < 3)
		abort();
	wire_number(wire, usage << 16 | selector << 8 | matching, 3);
	hex_parse(span_of(digits), octets, strlen(digits) / 2);
	wire_raw(wire, octets, strlen(digits) / 2);
}

static void
data_write(struct wire *wire, unsigned type, const char *data)
{
	unsigned char address[16];
	char *end;

	switch (type) {
	case 1:
		inet_pton(AF_INET, data, address);
		wire_raw(wire, address, 4);
		break;
	case 28:
		inet_pton(AF_INET6, data, address);
		wire_raw(wire, address, 16);
		break;
	case 15:
		wire_number(wire, (unsigned)strtoul(data, &end, 10), 2);
		wire_name(wire, end + 1);
		break;
	case 16:
		text_write(wire, data);
		break;
	case 52:
		tlsa_write(wire, data);
		break;
	case 6:
		wire_name(wire, "ns.example");
		wire_name(wire, "hostmaster.example");
		wire_number(wire, 0, 16);
		wire_number(wire, (unsigned)strtoul(data, NULL, 10), 4);
		break;
	default:
		wire_name(wire, data);
	}
}

void
wire_record(struct wire *wire, enum wire_section section, const char *owner, unsigned type, unsigned ttl_s, const char *data)
{
	size_t length_at;

	wire_add_count(wire, section, 1);
	wire_name(wire, owner);
	wire_number(wire, type, 2);
	wire_number(wire, 1, 2);
	wire_number(wire, ttl_s, 4);
	length_at = wire->length;
	wire_number(wire, 0, 2);
	if (data != NULL)
		data_write(wire, type, data);
	wire->octets[length_at] = (unsigned char)((wire->length - length_at - 2) >> 8);
	wire->octets[length_at + 1] = (unsigned char)(wire->length - length_at - 2);
}

struct span
wire_span(const struct wire *wire)
{
	return span_make(wire->octets, wire->length);
}
