/*
 * master and every room: set-up, configuration, peers, stopping, and is it alive.
 *
 * A room is started with one channel, descriptor 3. Master says SETUP first; a later SETUP is a new,
 * valid configuration. Then come, as far as the room needs them and in this order, DIRECTORY, KEY, LISTENER
 * and PEER; START ends the first round. The room answers READY when it does its work. Later, DIRECTORY, LISTENER,
 * LISTENER_GONE and PEER tell of what has changed.
 */
#ifndef IPC_MASTER_ROOMS_H
#define IPC_MASTER_ROOMS_H

#include "base/span.h"
#include "base/codec.h"

#define ROOM_CHANNEL_FD 3

enum room_kind { ROOM_MASTER, ROOM_INTAKE, ROOM_QUEUE, ROOM_RELAY, ROOM_REPORT, ROOM_POLICY, ROOM_WEB, ROOM_KINDS };

/* "intake", as logs, users and directories have it. */
const char *room_name(enum room_kind kind);

enum master_to_room {
	MASTER_SETUP = 1,	/* struct setup */
	MASTER_DIRECTORY,	/* struct directory; with a descriptor */
	MASTER_LISTENER,	/* struct listener; with a descriptor */
	MASTER_LISTENER_GONE,	/* struct listener_gone */
	MASTER_PEER,		/* struct peer; with a descriptor: one end of a fresh channel */
	MASTER_KEY,		/* struct spool_key */
	MASTER_START,		/* no payload */
	MASTER_STOP,		/* struct stop */
	MASTER_PING,		/* no payload */
	MASTER_REQUEST,		/* struct request of ctl_rooms.h; with a descriptor: the operator's connection */
	MASTER_STATUS,		/* no payload: answer ROOM_STATUS */
	MASTER_COUNT,		/* no payload: answer ROOM_COUNTED */
	MASTER_CENSUS,		/* struct census_room, as many as there are rooms: to who sent ROOM_WANTS_CENSUS */
	MASTER_MESSAGES
};

enum room_to_master {
	ROOM_READY = 1,		/* no payload */
	ROOM_PONG,		/* no payload */
	ROOM_STATUS,		/* a row of ctl_rooms.h */
	ROOM_PEER_GONE,		/* struct peer: the channel to it has ended; when both live, they are given another */
	ROOM_COUNTED,		/* struct room_counted */
	ROOM_WANTS_CENSUS,	/* no payload, from web alone: answer MASTER_CENSUS */
	ROOM_MESSAGES
};

struct setup {
	enum room_kind kind;
	uint16_t index;		/* of this room among its kind, from 0 */
	uint16_t count;		/* rooms of this kind */
	struct span slice;	/* the room's configuration, for conf_decode() */
};

/*
 * A folder of the spool. A writer gets its own; queue gets one per writer, its own among them.
 */
struct directory {
	struct span name;	/* "intake-0", "report-0", "queue" */
	bool is_own;		/* this room writes there */
};

/* The first three are intake's, for mail; the last is web's. */
enum listener_kind { LISTENER_STARTTLS, LISTENER_IMPLICIT, LISTENER_LOCAL, LISTENER_METRICS, LISTENER_KINDS };

struct listener {
	uint32_t id;		/* names it in LISTENER_GONE */
	enum listener_kind kind;
	struct span name;	/* "0.0.0.0:25", for logs */
	bool tickets;		/* TLS session tickets may be issued */
	bool request_certificate; /* ask clients for a certificate */
};

struct listener_gone {
	uint32_t id;
};

struct peer {
	enum room_kind kind;
	uint16_t index;
};

/* PEM. private_key is empty for everyone but queue, and while the spool is locked. */
struct spool_key {
	struct span public_key;
	struct span private_key;
};

struct stop {
	uint32_t grace_ms;	/* for what is under way */
};

#define ROOM_SAMPLES_MAX 65536	/* octets of them that one room may tell */

/* What a room has counted in this life of it. */
struct room_counted {
	int64_t started_ms;	/* since the epoch */
	uint64_t cpu_us;
	uint64_t memory_octets;	/* 0 = not known */
	struct span samples;	/* of metrics/sample.h: master hands them on as they are */
};

/* One room among all of them, master too. */
struct census_room {
	enum room_kind kind;
	uint16_t index;
	bool is_up;		/* it has answered in time; else `counted` says nothing */
	uint32_t restarts;	/* so often master had to start it again */
	struct room_counted counted;
};

void setup_encode(struct buf *out, const struct setup *setup);
bool setup_decode(struct span payload, struct setup *setup);
void directory_encode(struct buf *out, const struct directory *directory);
bool directory_decode(struct span payload, struct directory *directory);
void listener_encode(struct buf *out, const struct listener *listener);
bool listener_decode(struct span payload, struct listener *listener);
void listener_gone_encode(struct buf *out, const struct listener_gone *gone);
bool listener_gone_decode(struct span payload, struct listener_gone *gone);
void peer_encode(struct buf *out, const struct peer *peer);
bool peer_decode(struct span payload, struct peer *peer);
void spool_key_encode(struct buf *out, const struct spool_key *key);
bool spool_key_decode(struct span payload, struct spool_key *key);
void stop_encode(struct buf *out, const struct stop *stop);
bool stop_decode(struct span payload, struct stop *stop);
void room_counted_encode(struct buf *out, const struct room_counted *counted);
bool room_counted_decode(struct span payload, struct room_counted *counted);
void census_room_encode(struct buf *out, const struct census_room *room);
bool census_room_get(struct codec *in, struct census_room *room);	/* false = there is none left, or it is bad */

#endif
