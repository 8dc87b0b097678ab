/* One request of the operator, being answered. */
#ifndef POLICY_ROOM_TASK_H
#define POLICY_ROOM_TASK_H

#include "ipc/ctl_rooms.h"
#include "policy/seek.h"

#define TASK_NAMES 500		/* domains looked at in one turn */

struct verb {
	struct span name;
	void (*begin)(struct task *task);	/* ends the task, now or later */
	void (*gone)(struct task *task);	/* the tool has hung up: what `begin` started is taken back; NULL = nothing */
};

struct task {
	LIST_ENTRY(task) entry;
	struct policy *policy;
	struct channel *channel;
	struct arena *arena;		/* of the request */
	struct request request;
	const struct verb *verb;
	void (*step)(struct task *task); /* of a walk, when the tool has read what it was sent */
	/* list: where it is */
	struct span after;
	unsigned source;
	struct span mode;		/* "" = all */
	uint64_t rows;
	/* refresh, warm */
	struct warm *warm;
};

void task_send_row(struct task *task, const struct row *row);
void task_end(struct task *task, uint8_t code, const char *text);	/* frees it */

/* Call step later, when the tool has read what it was sent. */
void task_walk(struct task *task, void (*step)(struct task *task));

/* An argument as a domain in lower case. False, and the task is ended, when it is missing or none. */
bool task_domain(struct task *task, uint32_t index, struct span *domain);

/* Take an option out of the arguments, `--mode` with the argument behind it when value is not NULL. Was it there? */
bool task_option(struct task *task, const char *name, struct span *value);

/* Begin; frees the task when there is nothing to wait for. */
void task_begin(struct policy *policy, const struct request *request, int fd, const struct verb *verbs, size_t count);
void task_free(struct task *task);

#endif
