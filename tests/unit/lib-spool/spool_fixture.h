/* A folder, a key pair and a real loop for the tests of lib-spool. */
#ifndef TESTS_UNIT_SPOOL_FIXTURE_H
#define TESTS_UNIT_SPOOL_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "conf/spool.h"
#include "mail/envelope.h"
#include "spool/writer.h"

struct fixture {
	char path[64];
	int directory;
	struct span public_key, private_key;	/* PEM */
	struct conf_spool conf;
};

/* A fresh folder below /tmp and a fresh RSA-2048 pair (made once per process). */
void fixture_begin(struct fixture *fixture);
void fixture_end(struct fixture *fixture);	/* removes the folder */

struct writer *fixture_writer(struct fixture *fixture);

/* A private key that nothing of the fixture was sealed to; PEM, valid until the process ends. */
struct span fixture_other_key(void);

/* Run the loop until *flag is true, at most ten seconds. */
void fixture_run_until(const bool *flag);

/* Run the loop for ms milliseconds. */
void fixture_run_for(int64_t ms);

/* Commit a message of `octets` octets of content made from seed; returns the error it was called back with. */
int fixture_commit(struct writer *writer, const char *sender, size_t octets, unsigned seed, struct mid *mid);

/* Does content equal what fixture_commit() made from seed? */
bool fixture_is_content(struct span content, size_t at, unsigned seed);

/* The octets of a file of the folder, from offset; overwrite them. */
void fixture_overwrite(struct fixture *fixture, const char *name, uint64_t offset, struct span octets);
uint64_t fixture_file_size(struct fixture *fixture, const char *name);

#endif
