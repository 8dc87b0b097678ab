/*
 * A sealpostd with stand-in rooms in a folder of its own, for tests that look at it from outside: what rooms were
 * told (the file "events"), what it logged, what it told the service manager, what it answers the operator.
 */
#ifndef TESTS_UNIT_MASTER_DAEMON_H
#define TESTS_UNIT_MASTER_DAEMON_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "ipc/ctl_rooms.h"

extern char daemon_folder[];
extern pid_t daemon_pid;
extern uint16_t daemon_ports[3];	/* free ones, to listen on */

/* Make the folder and the rooms' programs; port numbers are free when this returns. */
void daemon_prepare(void);

/* Make the folder alone, for programs that do without a daemon. */
void daemon_prepare_folder(void);

/* Write a configuration of the usual keys, and more behind them (format, and the ports as arguments may be used). */
__attribute__((format(printf, 1, 2))) void daemon_configure(const char *format, ...);

/* Say how a room is to behave ("intake-0", "crash"); "" = well. */
void daemon_room(const char *room, const char *behaviour);

/* Start it. As the superuser it runs as nobody, unless as_root. `before` (or NULL) is called in the child. */
void daemon_start(void (*before)(void), bool as_root);

/* Wait until it has ended, and expect that code. Everything is cleaned up with daemon_clear(). */
void daemon_ends(int code);
void daemon_clear(void);

/* Wait (twenty seconds at most) until the text stands in events or log as often as that. */
void daemon_events_have(const char *text, unsigned times);
void daemon_log_has(const char *text, unsigned times);
unsigned daemon_events_count(const char *text);
unsigned daemon_log_count(const char *text);

/* Where the text begins in events, for comparing the order of two; it must be there. */
long daemon_events_at(const char *text);

const char *daemon_path(const char *name);	/* in the folder; valid for eight calls */
int daemon_connect(const char *name);		/* to a Unix-domain socket in the folder, or -1 */

/*
 * Ask over the control socket. Rows are written to out, one to a line, name=value, and the closing text. Returns the
 * code of the answer, or -1 when the connection ended without.
 */
extern const char *daemon_door;	/* the socket, by its name in the folder */
int daemon_ask(const char *verb, const char *argument, struct buf *out);

/* A socket that receives what is told to the service manager; pass to daemon_notify_has(). */
void daemon_notify_open(void);
void daemon_notify_has(const char *text, unsigned times);
unsigned daemon_notify_count(const char *text);

#endif
