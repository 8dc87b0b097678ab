/* Whom a request believes to speak to: what a browser was led here by is refused. */
#ifndef WEB_HOST_H
#define WEB_HOST_H

#include <stdbool.h>

#include "base/span.h"

/*
 * Is this a name of a loopback address, with a port or without: "localhost:9925", "127.0.0.1", "[::1]"? Whoever has a name of his own lead
 * to a loopback address (DNS rebinding) has a browser say that name here (RFC 9110 7.4).
 */
bool host_is_loopback(struct span host);

#endif
