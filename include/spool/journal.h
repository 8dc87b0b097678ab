/*
 * Queue's own log: what became of messages, sealed and made durable like everything else in the spool. It
 * keeps entries of octets in order and does not look into them. The newest says what is true: replaying
 * all of it from the beginning, or from a snapshot, comes to the same.
 *
 *   files in queue's folder, in the order of their numbers:   old ... old | snapshot, entries
 *
 * A new file, a page, begins with everything said again (a snapshot, over as many turns as it takes); when that
 * is durable the older pages are erased. A page begins at every start, when the last has grown to several times its
 * snapshot, and when a write or sync failed. Its space is reserved, so that a full disk does not stop it; on a disk that
 * has not enough for it, as much as there is.
 */
#ifndef SPOOL_JOURNAL_H
#define SPOOL_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "spool/scan.h"
#include "spool/seal.h"

struct journal;

struct journal_handler {
	/* An entry, in the order of writing; borrowed for the call. Only during journal_open(). */
	void (*on_entry)(void *arg, struct span entry);
	void (*on_finding)(void *arg, const struct spool_finding *finding);
	/* A page has begun: say everything again, then call journal_snapshot_end(). May come again before that. */
	void (*on_page)(void *arg);
	/*
	 * No page can be written: entries are dropped until the next on_page(). A crash meanwhile repeats
	 * deliveries (it loses no mail): begin none. Called by journal_open() itself when the disk is full.
	 */
	void (*on_broken)(void *arg, int error);
};

/*
 * Replay what is in the folder (borrowed), then begin a page.
 *   pair     with the private half; borrowed for the journal's life
 *   sync_ms  entries are durable this long after they were added, at the latest
 * Returns NULL and a sentence in why when the folder cannot be read, or no page can be begun for another reason than
 * a full disk: that is waited for.
 */
struct journal *journal_open(int directory, const struct seal_pair *pair, int64_t sync_ms,
    const struct journal_handler *handler, void *arg, char *why, size_t size);

/* What was added is written; who wants it durable waits first. Nothing may wait any more. Tolerates NULL, leaves NULL. */
void journal_close(struct journal **journal);

/* Add an entry: written at the end of the loop's turn, durable within sync_ms. */
void journal_add(struct journal *journal, struct span entry);

/* Call back when everything added so far is durable, or with an errno; always later. */
void journal_wait(struct journal *journal, void (*on_durable)(void *arg, int error), void *arg);

/* Everything that is true has been said since on_page(). */
void journal_snapshot_end(struct journal *journal);

uint64_t journal_octets(const struct journal *journal);	/* of all pages */

#endif
