/*
 * The whole spool as queue sees it: every segment of every writer, which of them are whole, how many
 * messages in each are still needed, and the erasing of those that are not.
 */
#ifndef SPOOL_STORE_H
#define SPOOL_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"
#include "ipc/writer_queue.h"
#include "mail/envelope.h"
#include "spool/scan.h"
#include "spool/seal.h"

struct store;
struct stored;	/* one generation of one segment */

/* Where a message lies. */
struct place {
	struct stored *segment;
	uint64_t offset;	/* of its envelope frame */
};

struct store_handler {
	/* A message that queue has not been told of. It is held: store_release() when it is finished. */
	void (*on_message)(void *arg, struct place place, uint32_t octets, const struct envelope *envelope);
	void (*on_finding)(void *arg, const struct spool_finding *finding);
	/* The contents of a segment are erased; its writer may be told that the file is free. */
	void (*on_freed)(void *arg, const char *directory, const struct writer_segment *segment);
	/* Everything has been looked into that store_scan() could not look into before. NULL = of no interest. */
	void (*on_whole)(void *arg);
};

/* The pair (private half in it) becomes the store's. handler and arg are kept. keep_free: files kept per folder for reuse. */
struct store *store_new(struct seal_pair *pair, unsigned keep_free, const struct store_handler *handler, void *arg);

/* Nothing is erased any more; what was being erased must be over. Tolerates NULL, leaves NULL. */
void store_free(struct store **store);

/* A writer's folder; the descriptor becomes the store's. Finds its segments, without looking into them. */
void store_add_directory(struct store *store, struct span name, int directory);

/* The writer of a folder has begun to speak (or speaks again): which segments it may still append to. */
void store_hello(struct store *store, struct span directory, struct writer_hello *hello);

/*
 * The writer of a folder does not speak any more. What it had open is closed, and looked into, as soon as nobody has it
 * locked: whether another writer ever comes or not.
 */
void store_gone(struct store *store, struct span directory);

/*
 * Look into every segment not looked into yet, in the order of their making: on_message for what is there.
 * Of segments still open only what is durable is looked at.
 */
void store_scan(struct store *store);

/* Nothing is left that could not be looked into. */
bool store_is_whole(const struct store *store);

/* A record is durable: on_message, unless the scan has found it already. */
void store_committed(struct store *store, struct span directory, const struct writer_committed *committed);

/* Nothing will be appended any more. */
void store_closed(struct store *store, struct span directory, const struct writer_segment *segment);

/* Read an envelope again, into the arena. Returns false, with a finding told, when it does not open. */
bool store_read(struct store *store, struct place place, struct arena *arena, struct envelope *envelope);

/* A descriptor for reading the segment's file, the caller's; -1 with errno. */
int store_body_fd(const struct stored *segment);

/* A message is finished, or has moved: when it was the last one of a closed segment, that is erased. octets as on_message had it. */
void store_release(struct store *store, struct place place, uint32_t octets);

/*
 * A closed segment of which at most a tenth is still needed, older than age_ms: to be evacuated. NULL = none.
 */
struct stored *store_sparse(struct store *store, int64_t age_ms);

/* Every segment in turn, in a fixed order; NULL begins and ends. */
struct stored *store_next(const struct store *store, const struct stored *after);

/* A place for queue to hang what it knows of the segment; NULL at first, and it must be again when the last message is released. */
void **stored_user(struct stored *segment);

/* Records before this offset have been told of. */
uint64_t stored_scanned(const struct stored *segment);

uint64_t stored_generation(const struct stored *segment);
uint32_t stored_number(const struct stored *segment);
const char *stored_directory(const struct stored *segment);

/* For `sealpost status`: files, octets in them, octets still needed. */
struct store_figures {
	uint64_t segments, free_files, octets, needed;
};
void store_count(const struct store *store, struct store_figures *figures);

#endif
