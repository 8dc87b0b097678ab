/* Listening sockets: accept, ceilings, and the TLS that their sessions will speak. */
#ifndef INTAKE_LISTENER_H
#define INTAKE_LISTENER_H

#include <sys/queue.h>

#include "base/ip.h"
#include "ipc/master_rooms.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "tls/context.h"

struct room;

struct listener_socket {
	TAILQ_ENTRY(listener_socket) entry;	/* on room->listeners */
	struct room *room;
	uint32_t id;
	enum listener_kind kind;
	char *name;			/* for logs */
	bool tickets, request_certificate;
	int fd;
	struct watch *watch;
	struct timer *rest;		/* runs while descriptors are scarce */
	struct tls_context *tls;	/* NULL for LISTENER_LOCAL, or when no certificate is usable */
};

/* Take over a listening socket. It is watched from listener_open() on. */
struct listener_socket *listener_new(struct room *room, const struct listener *setup, int fd);
void listener_free(struct listener_socket **listener);	/* leaves NULL; its sessions go on */

/* Make the TLS context anew from the room's configuration; a failure keeps the old one (standards.md T16). */
void listener_configure(struct listener_socket *listener);

void listener_open(struct listener_socket *listener);

/*
 * A connection has come: a session, or a refusal.
 *   fd   becomes the session's
 *   ip   the peer's; family 0 for a local one
 *   uid  of a local peer, else UINT32_MAX
 */
void listener_admit(struct listener_socket *listener, int fd, struct ip ip, uint32_t uid);

#endif
