/*
 * The one event loop of a process, on libevent. A turn is: wait, run what is ready,
 * run what was asked for "soon", run the hooks of the turn's end.
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include <stdbool.h>

enum loop_ready { LOOP_READABLE = 1, LOOP_WRITABLE = 2 };

struct watch;

/* Make the loop, if a timer or a watch has not made it already: there is one, whoever comes first. */
void loop_init(void);

/* Run turns until loop_stop(); returns after the turn in which it was called. */
void loop_run(void);
void loop_stop(void);

/* After a fork, before exec: forget the loop without touching the parent's. */
void loop_forget(void);

/*
 * Tell on_ready when the descriptor is ready for any of `what` (LOOP_READABLE | LOOP_WRITABLE).
 * The descriptor stays the caller's; it must outlive the watch.
 */
struct watch *watch_new(int fd, void (*on_ready)(void *arg, unsigned ready), void *arg);
void watch_set(struct watch *watch, unsigned what);	/* 0 pauses */
void watch_free(struct watch **watch);			/* tolerates NULL, leaves NULL */

/* A signal, delivered as an event of the loop; for the life of the process. */
void loop_on_signal(int signal, void (*on_signal)(void *arg), void *arg);

/* Call fn once, later in this turn and never before this returns. */
void loop_soon(void (*fn)(void *arg), void *arg);

/* Call fn at the end of every turn, in the order of registration. */
void loop_on_turn_end(void (*fn)(void *arg), void *arg);

#endif
