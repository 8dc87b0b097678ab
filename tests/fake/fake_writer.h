/* A writer that keeps messages in memory, and the commits that the test decides. */
#ifndef TESTS_FAKE_FAKE_WRITER_H
#define TESTS_FAKE_FAKE_WRITER_H

#include "spool/writer.h"

struct fake_message {
	struct envelope envelope;
	struct span content;
};

/* Messages whose commit was called back with 0, in that order; valid until fake_reset(). */
size_t fake_writer_count(void);
const struct fake_message *fake_writer_message(size_t i);

/* From now on commits end with this errno (0 = well), in the next turn. */
void fake_writer_result(int error);

/* Commits wait until fake_writer_release(). */
void fake_writer_hold(bool hold);
void fake_writer_release(int error);
unsigned fake_writer_waiting(void);

/* record_add() fails with this errno; 0 = no more. */
void fake_writer_refuse_content(int error);

/* Somebody else's octets count as staged, too. */
void fake_writer_stage(size_t octets);

/* writer_open() fails for this reason. */
void fake_writer_refuse_open(const char *why);

bool fake_writer_is_open(void);
struct channel *fake_writer_queue(void);	/* as attached */
unsigned fake_writer_records(void);		/* neither committed nor aborted yet */
unsigned fake_writer_freed(void);		/* calls of writer_freed() */
const struct conf_spool *fake_writer_conf(void);

#endif
