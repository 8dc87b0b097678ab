/*
 * Writing messages: a room's own open segments, sealed to the spool's public key, made durable in
 * groups. The writer never reads what it wrote and cannot unseal it.
 *
 * A message is received into a record. Up to `staged_octets` it is kept in memory and appended, sealed, when
 * it is committed; a larger one streams into a segment that it has for itself until then. Either way nothing
 * is a message before record_commit() has called back with 0.
 */
#ifndef SPOOL_WRITER_H
#define SPOOL_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/histogram.h"
#include "base/ident.h"
#include "base/span.h"
#include "conf/spool.h"
#include "ipc/channel.h"
#include "ipc/writer_queue.h"
#include "mail/envelope.h"

struct writer;
struct record;
struct commit;

/*
 *   directory   descriptor of the writer's own folder, borrowed for the writer's life
 *   name        of that folder, as queue knows it
 *   public_key  PEM
 * Scans the folder for files that may be reused. Returns NULL and a sentence in why when the key is
 * unusable or the folder cannot be read.
 */
struct writer *writer_open(int directory, struct span name, struct span public_key, const struct conf_spool *conf,
    char *why, size_t size);

/* Nothing may be waiting for a commit any more. Tolerates NULL, leaves NULL. */
void writer_close(struct writer **writer);

void writer_configure(struct writer *writer, const struct conf_spool *conf);

/* The channel to queue (borrowed; NULL = queue is away): says HELLO, and from there on what is committed. */
void writer_attach(struct writer *writer, struct channel *queue);

/* For queue's own writer, which is in the same process: told instead of a channel. */
void writer_attach_local(struct writer *writer, void (*on_record)(void *arg, const struct writer_committed *committed),
    void (*on_closed)(void *arg, const struct writer_segment *segment), void *arg);

/* queue says that a file may be reused. */
void writer_freed(struct writer *writer, const struct writer_segment *segment);

/* Octets of content staged in memory by all records. */
size_t writer_staged(const struct writer *writer);

/* What commits have taken, since the writer was opened. */
struct writer_figures {
	struct histogram commit_us;	/* of each message: from record_commit() until it is durable */
	struct histogram sync_octets;	/* of each group: what one sync made durable */
	uint64_t errors;		/* writes and syncs that failed */
};

const struct writer_figures *writer_figures(const struct writer *writer);

/* A new message, with an identity of its own. Costs no disk access yet. */
struct record *record_new(struct writer *writer);
/* A record that takes over the identity of one that is to be moved here. */
struct record *record_copy(struct writer *writer, struct mid mid);

struct mid record_mid(const struct record *record);
uint64_t record_length(const struct record *record);	/* octets of content so far */

/*
 * Append content. Returns 0, or an errno (ENOSPC, EIO, ...): nothing more can be added then, and the record
 * is to be aborted.
 */
int record_add(struct record *record, struct span content);

/*
 * Seal envelope and content and make them durable. The record is gone when this returns; envelope is
 * borrowed for the call, its mid and body are filled in here. on_committed comes later, once, with 0 when
 * the message is on stable storage and queue has been told, else with an errno: the message does not exist then.
 */
struct commit *record_commit(struct record **record, struct envelope *envelope,
    void (*on_committed)(void *arg, int error), void *arg);

/* Whoever waited is gone: call nobody. What was to be committed is committed all the same. */
void commit_cancel(struct commit **commit);	/* tolerates NULL, leaves NULL */

/* Forget the message. Tolerates NULL, leaves NULL. */
void record_abort(struct record **record);

#endif
