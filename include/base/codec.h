/*
 * Typed values in and out of octets: what rooms say to each other, and what the spool
 * keeps sealed. Integers are little-endian and fixed in width; text is its length (4 octets)
 * and its octets.
 *
 * Reading never fails in the middle: a short or bad field gives zeros and marks the reader;
 * decode everything, then ask codec_done() once, then act.
 */
#ifndef BASE_CODEC_H
#define BASE_CODEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/ident.h"
#include "base/ip.h"
#include "base/span.h"

/* Append to out, whose ceiling is the caller's promise that the message fits: passing it ends the process. */
void put_u8(struct buf *out, uint8_t value);
void put_u16(struct buf *out, uint16_t value);
void put_u32(struct buf *out, uint32_t value);
void put_u64(struct buf *out, uint64_t value);
void put_bool(struct buf *out, bool value);
void put_span(struct buf *out, struct span octets);
void put_text(struct buf *out, const char *text);	/* NULL as "" */
void put_mid(struct buf *out, struct mid mid);
void put_ip(struct buf *out, struct ip ip);
void put_raw(struct buf *out, const void *octets, size_t length);	/* no length in front */

struct codec {
	struct span rest;	/* not yet read */
	bool bad;		/* something was short or out of range */
};

struct codec codec_read(struct span octets);

uint8_t get_u8(struct codec *in);
uint16_t get_u16(struct codec *in);
uint32_t get_u32(struct codec *in);
uint64_t get_u64(struct codec *in);
bool get_bool(struct codec *in);			/* 0 or 1, else bad */
uint8_t get_enum(struct codec *in, unsigned below);	/* < below, else bad and 0 */
struct span get_span(struct codec *in);			/* borrowed from the message */
struct mid get_mid(struct codec *in);
struct ip get_ip(struct codec *in);
void get_raw(struct codec *in, void *octets, size_t length);

/* A count of things of at least `least` octets each: larger than what is left could hold is bad and 0. */
uint32_t get_count(struct codec *in, size_t least);

/* Everything was there and nothing is left. */
bool codec_done(const struct codec *in);

#endif
