/* What the files of the store share: the store, its folders, the segments in them. */
#ifndef SPOOL_STORED_H
#define SPOOL_STORED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/tree.h"
#include "ipc/writer_queue.h"
#include "layout.h"
#include "loop/timer.h"
#include "spool/seal.h"
#include "spool/store.h"

/* A segment whose writer spoke of it when it could not be opened: so far it is durable, and nobody will say that again. */
struct unheard {
	SLIST_ENTRY(unheard) entry;
	struct writer_segment segment;
};

struct folder {
	SLIST_ENTRY(folder) entry;
	SLIST_HEAD(, unheard) unheard;
	char *name;
	int directory;
	unsigned free_files;
	bool has_hello;			/* its writer has said which segments are open */
	bool is_orphaned;		/* nobody speaks for it: segments close when nobody has them locked any more */
	bool is_due;			/* some file could not be opened: to be looked through again */
};

struct stored {
	RB_ENTRY(stored) entry;
	struct store *store;
	struct folder *folder;
	uint32_t number;
	uint64_t generation;
	int64_t created_ms;
	int fd;				/* for reading */
	struct seal *seal;		/* with the segment's key */
	uint64_t scanned;		/* octets looked into: records before this are known */
	uint64_t durable;		/* octets, as the writer said */
	uint64_t octets;		/* in all, once closed */
	uint64_t needed;		/* octets of messages not finished */
	uint32_t messages;		/* not finished */
	bool is_open;			/* its writer may still append */
	bool is_told_closed;		/* by its writer: nothing behind what is durable was ever promised */
	bool is_damaged;		/* octets of it that were durable are not readable: never erased */
	bool is_scanned;		/* was looked into after it was found */
	bool is_erasing;
	bool is_evacuating;		/* was handed out by store_sparse() */
	enum segment_state becoming;	/* while erasing */
	int erase_fd;
	void *user;			/* queue's */
};

RB_HEAD(stored_tree, stored);

struct store {
	struct seal_pair *pair;
	unsigned keep_free;
	const struct store_handler *handler;
	void *arg;
	SLIST_HEAD(, folder) folders;
	struct stored_tree tree;
	struct stored *last;		/* the one that was named last: records come in runs */
	struct timer *look_timer;
	bool has_scanned, is_scanning;
	bool has_failed;		/* something is to be tried again */
};

/* Tell the store's owner of something that is not as it should be. */
void store_find(struct store *store, enum finding_kind kind, const struct folder *folder, uint32_t number, uint64_t offset,
    const char *text);

/* Look again when what stands in the way may have gone. */
void store_try_again(struct store *store);

/* The segment of that name and generation, NULL when it is not known. */
struct stored *stored_find(struct store *store, struct folder *folder, uint32_t number, uint64_t generation);

/*
 * Take a segment that is in use into the tree; fd becomes its own. Returns NULL, with a finding told and fd still the
 * caller's, when its key does not open.
 */
struct stored *stored_new(struct store *store, struct folder *folder, int fd, const struct header *header);
void stored_free(struct stored *stored);

#endif
