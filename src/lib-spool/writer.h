/* What writer.c and record.c share. */
#ifndef LIB_SPOOL_WRITER_H
#define LIB_SPOOL_WRITER_H

#include <sys/queue.h>

#include "loop/timer.h"
#include "segment.h"
#include "spool/writer.h"

enum slot_use {
	SLOT_SHARED,		/* staged messages go here */
	SLOT_STREAM_IDLE,	/* the next large message goes here */
	SLOT_STREAM_BUSY,	/* a large message is streaming in */
	SLOT_RETIRING		/* takes nothing new; closed when its last commit is over */
};

/* An open segment and what it is for. */
struct slot {
	TAILQ_ENTRY(slot) entry;	/* on writer->slots */
	struct segment *segment;
	enum slot_use use;
	unsigned commits;		/* not called back yet */
};

struct writer {
	int directory;			/* borrowed */
	char *name;
	struct seal_pair *pair;		/* public half */
	struct conf_spool conf;
	uint64_t origin, messages;	/* the identity of the next message: origin, messages + 1 */
	uint32_t next_number;		/* of a file that is not there yet */
	uint32_t *pool;			/* numbers of files that may be used again */
	size_t pool_count;
	size_t staged;			/* octets of content in memory */
	struct writer_figures figures;	/* all its segments add to it */
	struct seal *body_seal;		/* takes each record's key in turn */
	TAILQ_HEAD(, slot) slots;
	struct timer *age_timer;
	bool is_resting;		/* writer_rest_later() was called */
	struct channel *queue;		/* borrowed; NULL = away */
	void (*on_record)(void *arg, const struct writer_committed *committed);
	void (*on_closed)(void *arg, const struct writer_segment *segment);
	void *local_arg;
};

void writer_pool_add(struct writer *writer, uint32_t number);

/* An open segment for this use with room left; NULL with errno. */
struct slot *writer_slot(struct writer *writer, enum slot_use use);

/* Something of the slot is over: close it when nothing more is to come. May free it. */
void writer_slot_rest(struct writer *writer, struct slot *slot);

/* As writer_slot_rest() for all slots, when whoever is calling now has returned. */
void writer_rest_later(struct writer *writer);

void writer_say_committed(struct writer *writer, const struct slot *slot, uint64_t offset);

#endif
