/*
 * Channels between two rooms that ended although both rooms live: without one, mail that was taken is not sent before
 * one of them is restarted. They get another, after a pause, so that two who do not understand each other cost little.
 */
#ifndef MASTER_MEND_H
#define MASTER_MEND_H

#include "child.h"

/* A room, and which life of it. */
struct mend_side {
	enum room_kind kind;
	unsigned index;
	pid_t pid;
};

/* Whom to tell a second after mend_later(), once for each pair, whoever of the two complained and how often. */
void mend_open(void (*on_mend)(const struct mend_side *a, const struct mend_side *b));

void mend_later(const struct child *a, const struct child *b);

#endif
