/*
 * What the journal is told of a message, and what it told. An entry says everything that is true of its
 * message (not what changed), and names it by the place of its envelope: generation and offset.
 */
#ifndef QUEUE_STATE_H
#define QUEUE_STATE_H

#include "queue/queue.h"

/* Something about the message changed that must outlive a crash. */
void state_note(struct queue *queue, struct message *message);

/* It is finished: its place is not to be looked at again. */
void state_note_done(struct queue *queue, const struct message *message);
void state_note_place_done(struct queue *queue, struct place place);

/* It lies elsewhere now: the former place is done, in the same breath. */
void state_note_moved(struct queue *queue, struct message *message, struct place former);

/* Nothing to say: it is as it was when it came. */
bool state_is_fresh(const struct message *message);

/* --- a snapshot: everything said again, some at a time --- */

/* The journal has begun a page. */
void snapshot_begin(struct queue *queue);

/* --- replay: what the journal said before --- */

struct replay;

struct replay *replay_new(void);
void replay_free(struct replay **replay);	/* tolerates NULL, leaves NULL */

/* Take an entry in; the newest for a place counts. Returns false when it makes no sense. */
bool replay_take(struct replay *replay, struct span entry);

enum replayed { REPLAYED_NOTHING, REPLAYED_DONE, REPLAYED_STATE };

/* What the journal said last of the message at this place; *state is an entry for state_apply(). */
enum replayed replay_find(const struct replay *replay, uint64_t generation, uint64_t offset, struct span *state);

/*
 * Make a message, new and with its tasks as the routes have them, what the entry says it was. Returns false when
 * the entry does not fit it; it is then as new.
 */
bool state_apply(struct queue *queue, struct message *message, struct span state);

#endif
