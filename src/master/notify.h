/* Telling the service manager how we are: the protocol of sd_notify(3), by its documentation. */
#ifndef MASTER_NOTIFY_H
#define MASTER_NOTIFY_H

#include <stdint.h>

/*
 * Nothing here waits for the service manager: what it has no room for is said a little later, in the same order, by a
 * timer of the loop.
 */

/* Take over what the environment says; rooms must not inherit it. Without a service manager all else does nothing. */
void notify_open(void);

void notify_ready(const char *status);
void notify_reloading(void);
void notify_stopping(void);
void notify_status(const char *status);
void notify_watchdog(void);

/* The longest time between two calls of notify_watchdog() that the service manager puts up with; 0 = any. */
int64_t notify_watchdog_ms(void);

#endif
