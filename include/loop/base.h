/* The loop as libevent has it: for what brings sockets and timers of its own to it (web, with libevent's HTTP server). */
#ifndef LOOP_BASE_H
#define LOOP_BASE_H

struct event_base;

/* The loop's, made when it is not there yet; never freed. */
struct event_base *loop_base(void);

#endif
