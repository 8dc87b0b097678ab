/*
 * HTTP (RFC 9112), by libevent: GET and HEAD of /metrics, one request for each connection. Of whoever connects nothing is believed
 * and nothing is logged; headers are small, there are no bodies, connections are few and do not last.
 */
#ifndef WEB_SERVER_H
#define WEB_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

#define SERVER_CONNECTIONS 32		/* at the same time; the oldest that has asked nothing goes for one more */
#define SERVER_VISITORS (4 * SERVER_CONNECTIONS)	/* those that are on their way out, too */
#define SERVER_LIFE_MS 10000		/* of a connection */
#define SERVER_PATIENCE_MS 3000		/* for whoever has the numbers */
#define SERVER_HEADER_OCTETS 8192
#define SERVER_BODY_OCTETS 4096		/* of requests that are refused anyway */

/* on_wanted is called when somebody wants the numbers: server_tell() is then to be called, later or at once. */
void server_open(void (*on_wanted)(void));
void server_close(void);		/* connections end; sockets are closed */

/* Take connections from this socket, which becomes the server's and listens already; no longer. */
void server_add(uint32_t id, int fd);
void server_drop(uint32_t id);

/* The numbers, for all that wait. `text` is borrowed for the call; with data NULL there are none. */
void server_tell(struct span text);

size_t server_connections(void);

#endif
