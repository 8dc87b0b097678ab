/*
 * One generation of one segment file, open for appending: frames gather in memory, are written at the end
 * of the loop's turn, and made durable in groups. While one fdatasync runs, the next group gathers.
 *
 *        append            turn ends           on_synced
 *   gathered ------> written ------> syncing ------> durable: waiters are told
 *
 * The first write or sync that fails ends the segment: what was not durable then is taken for lost, its
 * waiters get the errno, nothing is asked of the file again.
 */
#ifndef LIB_SPOOL_SEGMENT_H
#define LIB_SPOOL_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "layout.h"
#include "spool/seal.h"

struct segment;
struct waiter;
struct writer_figures;

/*
 * Begin a new generation in file `number` of the directory (borrowed). The file is made when it is not there;
 * one that is there must be free. Returns NULL with errno (EBUSY: not free).
 */
struct segment *segment_begin(int directory, uint32_t number, enum segment_kind kind, const struct seal_pair *pair);

/* From now on tell there what commits take (spool/writer.h); borrowed for the segment's life. */
void segment_measure(struct segment *segment, struct writer_figures *figures);

/* No waiters may be left. Tolerates NULL, leaves NULL. */
void segment_end(struct segment **segment);

uint32_t segment_number(const struct segment *segment);
uint64_t segment_generation(const struct segment *segment);
uint64_t segment_length(const struct segment *segment);	/* where the next frame will go */
uint64_t segment_durable(const struct segment *segment);
int64_t segment_age_ms(const struct segment *segment);	/* since segment_begin() */
int segment_error(const struct segment *segment);	/* 0, or why it ended */
bool segment_is_idle(const struct segment *segment);	/* nobody waits, nothing is under way */

/*
 * Have space for this many octets; where the disk is too full for that, for a half of them, a quarter and so on, but no
 * fewer than least. Returns 0, or an errno: then nothing is reserved.
 */
int segment_reserve(struct segment *segment, uint64_t octets, uint64_t least);

/* Give back what is reserved behind the end of an open file. */
void segment_trim(int fd);

/*
 * Seal and append a frame; returns its offset.
 *   record  offset of the record's first frame; UINT64_MAX = this is it
 *   seal    with the record's key for FRAME_BODY; NULL = the segment's key
 */
uint64_t segment_append(struct segment *segment, enum frame_type type, uint32_t part, bool last, uint64_t record,
    struct seal *seal, struct span plain);

/* Hand to the kernel what has gathered, without waiting for the turn's end. Returns 0 or an errno. */
int segment_write(struct segment *segment);

/*
 * Call back when all that is appended now is durable, or with the errno that ended the segment. Always
 * later, in the order of asking.
 */
struct waiter *segment_wait(struct segment *segment, void (*on_durable)(void *arg, int error), void *arg);
void waiter_cancel(struct waiter *waiter);	/* silent from here on; the waiter is gone when its time comes */

#endif
