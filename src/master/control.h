/* The operator's door: requests over the control socket, from those who may ask. */
#ifndef MASTER_CONTROL_H
#define MASTER_CONTROL_H

#include "conf/complaint.h"
#include "ipc/ctl_rooms.h"

struct control_handler {
	void (*on_reload)(struct complaints *complaints);	/* do it, and say what was wrong */
	void (*on_unlocked)(void);
	void (*on_status)(struct row *row);			/* master's own fields; texts must stay */
};

/* Take requests on listeners_control(). The handler is kept. */
void control_open(const struct control_handler *handler);

/* After a listeners_commit(): it may be another socket. */
void control_again(void);

void control_close(void);

#endif
