/* The report room: notifications asked for by queue, written into its own segments. */
#ifndef REPORT_ROOM_H
#define REPORT_ROOM_H

#include "conf/report.h"
#include "ipc/channel.h"
#include "ipc/room.h"
#include "spool/writer.h"

struct report {
	const struct conf_report *conf;	/* the room helper's */
	int directory;			/* -1 before DIRECTORY */
	char name[32];			/* of that folder */
	struct writer *writer;		/* NULL before KEY */
	struct channel *queue;		/* NULL = it is away */
	uint64_t life;			/* of queue: counts its channels */
	unsigned committing;		/* notifications waiting for their sync */
	bool is_stopping;
	uint64_t notifications;		/* made since the start */
};

extern const struct room_handler report_room_handler;

void room_init(struct report *report);

#endif
