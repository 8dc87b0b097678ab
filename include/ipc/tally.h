/*
 * A room's side of the ledger: facts that are equal are counted together and told to the report room in batches. Noting one is no
 * more than a look into a table in memory.
 *
 * What is told is kept until report has it on disk, and said again to a report room that was started anew: its end loses nothing
 * and counts nothing twice. The end of the room that counts loses what it has counted since its last batch: one interval
 * at most, and the batch that was under way. Memory is bounded: when TALLY_FACTS different facts wait, further ones are
 * counted without saying whom they are about (FACT_OTHERS), and the log says so.
 */
#ifndef IPC_TALLY_H
#define IPC_TALLY_H

#include "ipc/report_asks.h"

#define TALLY_FACTS 1000	/* told apart at the same time */

struct tally;

struct tally *tally_new(void);
void tally_free(struct tally **tally);		/* what is counted and not told is forgotten; tolerates NULL, leaves NULL */

/* A batch is told so many seconds after its first fact, from now on; 0 = nothing is counted, and what was is forgotten. */
void tally_configure(struct tally *tally, uint64_t flush_s);

/* Report is (back) there: fd is the channel's. When it ends master hears of it (ipc/room.h). */
void tally_attach(struct tally *tally, int fd);

/*
 * What report asks for on the same channel (ipc/report_asks.h): hear() gets the type, of enum asks_of_report, and the payload, and
 * returns false for what is malformed; gone() says that report has ended, and what it asked or was asked with it. Either may be NULL.
 */
void tally_listen(struct tally *tally, bool (*hear)(void *arg, unsigned type, struct span payload), void (*gone)(void *arg), void *arg);

/* Say one of enum asks_to_report. False: report is away. */
bool tally_say(struct tally *tally, enum asks_to_report type, struct span payload);

/* Count a fact; nothing of it is kept by reference. */
void tally_note(struct tally *tally, const struct tls_fact *fact);

/* Tell what is counted now, as a last word: the room ends. Tolerates NULL. */
void tally_finish(struct tally *tally);

#endif
