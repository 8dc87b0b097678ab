/*
 * The names that log lines, Received fields and the spool give to sessions and messages.
 *
 * A message's identity is (origin, number): origin is drawn at random when a process that
 * writes messages starts, number counts its messages. It needs no clock and no shared
 * counter, and it stays with the message when its record moves.
 */
#ifndef BASE_IDENT_H
#define BASE_IDENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

#define IDENT_TEXT 14	/* octets of an ident in text, NUL included */
#define MID_TEXT 28	/* octets of a message identity in text, NUL included */

struct mid {
	uint64_t origin;	/* random, 50 bits */
	uint64_t number;	/* counts from 1; 0 = no message */
};

/* 50 random bits: ten letters and digits in text. */
uint64_t ident_random(void);

/* Base 32 (RFC 4648 7 alphabet, lower case), at least ten digits. Returns out. */
char *ident_format(uint64_t ident, char out[IDENT_TEXT]);

/* "mfzwizltoq-2a": origin, hyphen, number in base 32 without leading zeros. Returns out. */
char *mid_format(struct mid mid, char out[MID_TEXT]);

/* Returns false, *out untouched, when the text is not what mid_format() writes. */
bool mid_parse(struct span text, struct mid *out);

/* Order by origin, then number: <0, 0, >0. */
int mid_compare(struct mid a, struct mid b);

#endif
