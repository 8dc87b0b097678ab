/* DNS messages for tests, octet by octet, with whatever faults. */
#ifndef TESTS_UNIT_LIB_DNS_WIRE_H
#define TESTS_UNIT_LIB_DNS_WIRE_H

#include <stdint.h>

#include "base/span.h"

enum { WIRE_QR = 0x8000, WIRE_AA = 0x0400, WIRE_TC = 0x0200, WIRE_RD = 0x0100, WIRE_RA = 0x0080, WIRE_AD = 0x0020,
	WIRE_CD = 0x0010, WIRE_OK = WIRE_QR | WIRE_RD | WIRE_RA };
enum wire_section { WIRE_ANSWER = 3, WIRE_AUTHORITY, WIRE_ADDITIONAL };	/* where the header counts them, in 16-bit words */

struct wire {
	unsigned char octets[65535];
	size_t length;
};

/* A response with these flags (and rcode) to the question. */
void wire_begin(struct wire *wire, unsigned id, unsigned flags, const char *name, unsigned type);

void wire_raw(struct wire *wire, const void *octets, size_t length);
void wire_number(struct wire *wire, uint64_t value, size_t octets);
void wire_name(struct wire *wire, const char *name);
void wire_add_count(struct wire *wire, enum wire_section section, int more);

/*
 * A record of class IN. data by type: "192.0.2.1", "2001:db8::1", a name for CNAME and NS, "10 mx.example" for MX, a string for
 * TXT ('|' between strings), "3 1 1 hex" for TLSA, "ttl minimum" numbers for SOA's last field; NULL = no data at all.
 */
void wire_record(struct wire *wire, enum wire_section section, const char *owner, unsigned type, unsigned ttl_s, const char *data);

struct span wire_span(const struct wire *wire);

#endif
