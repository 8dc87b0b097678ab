/* Asking the running daemon over its control socket. */
#ifndef CTL_ANSWER_H
#define CTL_ANSWER_H

#include "base/buf.h"
#include "ctl.h"
#include "ipc/ctl_rooms.h"

/*
 * Ask, and wait for the whole answer: on_row for every row, then its closing text in *text (made with a ceiling by
 * the callee, the caller's to clear). Returns the code of the answer; when there is none a sysexits code, the text
 * then says why.
 */
int answer_ask(const struct options *options, const struct request *request,
    void (*on_row)(void *arg, const struct row *row), void *arg, struct buf *text);

/* The same, rows printed by on_row or as JSON, and the text said where it belongs. */
int answer_print(const struct options *options, const struct request *request,
    void (*on_row)(void *arg, const struct row *row), void *arg);

#endif
