/* The whole intake room between fakes: its configuration, its master and queue, and clients who speak to it. */
#ifndef TESTS_SCENARIO_INTAKE_WORLD_H
#define TESTS_SCENARIO_INTAKE_WORLD_H

#include "base/span.h"
#include "conf/intake.h"
#include "intake/room.h"
#include "ipc/master_rooms.h"
#include "tests/fake/fake_writer.h"

#define WORLD_CERT "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"	/* may send anywhere */

/* A client on the other side of a stream. */
struct client {
	struct stream *stream;
	enum listener_kind kind;	/* of the listener it came to */
};

/*
 * Play in a world of its own: a room is run, `play` is called with the room started (or not: world_start()), and at the
 * end the room is stopped and must have left nothing behind.
 */
void world_play(void (*play)(void));

/* The configuration: to be changed before world_start(), or before world_setup() says it to the running room. */
struct conf_intake *world_conf(void);

/* SETUP, DIRECTORY, KEY, LISTENERs, PEER, START; the room answers READY. Called once. */
void world_start(void);
void world_setup(void);
bool world_is_started(void);
struct room *world_room(void);

void world_queue_comes(void);
void world_report_comes(void);	/* what it is told is in told.h */
void world_report_goes(void);
/* What report is asked or told, besides facts, since the last call: "stop TOKEN", "refused IP SENDER", "" = nothing. */
const char *world_asked(void);
void world_stopped(enum stop_end end);	/* report answers the last "stop" */
void world_policy_comes(void);
void world_policy_goes(void);
void world_publish(const char *name, const char *text);	/* a TXT record; there are no others */
unsigned world_answer(bool fails);	/* all that policy is asked, and was asked: by what is published, or that nothing is known. How many */
void world_queue_goes(void);
void world_congestion(bool congested);
void world_stop(uint32_t grace_ms);

/* The room's row for `sealpost status`: "name=value name=value"; valid until the next call. */
const char *world_status(void);

/* Somebody connects. `ip` NULL for a local one. */
struct client world_connect(enum listener_kind kind, const char *ip, uint32_t uid);

/* The client says octets, all at once. */
void client_say(struct client *client, struct span octets);

/* The next whole line of what the room said, without CRLF; NULL when there is none. Valid until the next call. */
const char *client_hear(struct client *client);

/* The room has closed the connection. */
bool client_is_closed(const struct client *client);

/* The handshake that is under way ends well. */
void client_secure(struct client *client);

/* STARTTLS where it is due, TLS, EHLO: until the session is READY. */
void client_greet(struct client *client);

/* What stands behind the Received field in the content of a message. */
struct span message_body(const struct fake_message *message);

#endif
