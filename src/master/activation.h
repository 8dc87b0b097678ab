/* Listening sockets that the service manager opened for us (sd_listen_fds(3)). */
#ifndef MASTER_ACTIVATION_H
#define MASTER_ACTIVATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"

/* Take them over; rooms inherit neither them nor their announcement. */
void activation_open(void);

/* The socket that listens there, which becomes the caller's, or -1. */
int activation_take_ip(struct ip ip, uint16_t port);
int activation_take_path(const char *path);

/* Whether one that listens on [::] at this port takes IPv4 as well, so that 0.0.0.0 is taken care of. */
bool activation_covers(struct ip ip, uint16_t port);

/* Those that nobody took: the configuration does not know them. They are closed, with a warning each. */
void activation_close(void);

#endif
