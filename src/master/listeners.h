/*
 * The sockets we listen on: those of intake, of web, and master's own: the control socket, and that of facts. A new configuration is
 * prepared first, so that a socket that cannot be had leaves everything as it was; an address that stays keeps its
 * descriptor, and no connection in its backlog is lost.
 */
#ifndef MASTER_LISTENERS_H
#define MASTER_LISTENERS_H

#include <stdbool.h>

#include "conf/complaint.h"
#include "conf/settings.h"
#include "ipc/master_rooms.h"

/* What a room is told: a listener, with a descriptor that becomes the callee's. */
typedef void listener_new_fn(void *arg, const struct listener *listener, int fd);
typedef void listener_gone_fn(void *arg, uint32_t id);

/* Open what the settings want and is not open. Returns false, with complaints, when something cannot be had. */
bool listeners_prepare(const struct settings *settings, struct complaints *complaints);

/*
 * What was prepared counts from now on: on_gone for every listener that is no more, on_new for every one
 * that was not before. Either may be NULL.
 */
void listeners_commit(listener_new_fn *on_new, listener_gone_fn *on_gone, void *arg);

/* All of them, for a room that has just been started. */
void listeners_each(listener_new_fn *on_new, void *arg);

/* The control socket, borrowed until the next commit; -1 when there is none. */
int listeners_control(void);

/* That of facts for the ledger (ledger.socket), likewise. */
int listeners_facts(void);

/* Close all and take the paths of the Unix-domain sockets away. */
void listeners_close(void);

#endif
