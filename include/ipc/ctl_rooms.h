/*
 * The operator's tool and the rooms that answer it. It connects to master's control socket and
 * sends one REQUEST; master checks who asks (peer credentials) and answers, or hands the
 * connection to the room that knows. Any number of ROWs, then one END.
 */
#ifndef IPC_CTL_ROOMS_H
#define IPC_CTL_ROOMS_H

#include "base/arena.h"
#include "base/span.h"
#include "base/codec.h"

enum ctl_to_room { CTL_REQUEST = 1, CTL_MESSAGES };
enum room_to_ctl { CTL_ROW = 1, CTL_END, CTL_ANSWERS };

struct request {
	struct span verb;		/* "queue list" */
	struct span *arguments;		/* as typed behind the verb */
	uint32_t arguments_count;
};

/* One record of an answer: what --json prints as one line. */
struct row_field {
	struct span name;
	enum { ROW_TEXT, ROW_NUMBER, ROW_FLAG, ROW_KINDS } kind;
	struct span text;
	int64_t number;			/* also for ROW_FLAG */
};

#define ROW_FIELDS_MAX 64

struct row {
	struct row_field fields[ROW_FIELDS_MAX];
	uint32_t fields_count;
};

struct end {
	uint8_t code;		/* exit code of the tool: 0 ok, 1 no, 2 undetermined, 64+ sysexits */
	struct span text;	/* a sentence for people, or "" */
};

/* Append a field to a row being made; the row has room for ROW_FIELDS_MAX. */
void row_text(struct row *row, const char *name, struct span text);
void row_number(struct row *row, const char *name, int64_t number);
void row_flag(struct row *row, const char *name, bool flag);

void request_encode(struct buf *out, const struct request *request);
bool request_decode(struct span payload, struct arena *arena, struct request *request);
void row_encode(struct buf *out, const struct row *row);
bool row_decode(struct span payload, struct row *row);
void end_encode(struct buf *out, const struct end *end);
bool end_decode(struct span payload, struct end *end);

#endif
