/*
 * A day in the life of a spool, recorded, and what the world knows of every message: what it may expect to find after a
 * crash. Messages small and large come in alone, in groups of one sync, streaming side by side; some are given up half-way.
 * They are delivered, deferred, fail, are notified of, held, removed; segments fill, are erased, used again, evacuated;
 * queue is killed, everything is killed while commits are under way.
 */
#ifndef TESTS_CRASH_DAY_H
#define TESTS_CRASH_DAY_H

#include <stdbool.h>
#include <stddef.h>

#include "disk.h"
#include "tests/unit/queue/house.h"

#define MESSAGES_MAX 160
#define RECIPIENTS 2	/* of every message: one that is easy to deliver, one that is not */
#define NEVER SIZE_MAX

/* A message, and since which event of the recording what is true of it; 0 = since before it, or NEVER. */
struct known {
	struct mid mid;
	size_t octets;
	size_t given;			/* handed to record_commit(), at the latest */
	size_t acked;			/* 250 */
	size_t ended[RECIPIENTS];	/* an end was reported to queue */
	size_t durable[RECIPIENTS];	/* and is certainly synced */
	size_t released;		/* the operator was told so, having held it */
	size_t removed;			/* the operator was told so, while a relay had it */
};

struct world {
	struct known messages[MESSAGES_MAX];
	unsigned count;
};

struct day {
	struct house house;
	struct disk *disk;		/* the recording */
	struct world world;
	size_t noon;			/* the event at which the spool was full of mail, and all of it synced */
};

/*
 * The house over an empty spool, not started, as every day and night has it. What is random in one life of the processes
 * is not what it was in another: identities and generations are never given twice.
 */
enum life { LIFE_FIRST = 101, LIFE_SECOND, LIFE_THIRD };
void day_house(struct house *house, enum life life);

/* A whole one, from an empty spool on. The fakes are reset when it is over; the recording stays. */
void day_live(struct day *day);

/* What begins after a recovery, over what there is: the house is started and recorded, the world is what is known of that. */
void day_go_on(struct day *day);

/* What is known after so many events, when all of that is history. */
void world_at(const struct world *world, size_t events, struct world *out);

const struct known *world_find(const struct world *world, struct mid mid);

#endif
