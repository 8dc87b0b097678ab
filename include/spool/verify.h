/* Checking every seal of a folder of the spool, offline or beside the running daemon. */
#ifndef SPOOL_VERIFY_H
#define SPOOL_VERIFY_H

#include "base/span.h"
#include "spool/scan.h"

struct verify_figures {
	uint64_t segments, free_files, messages, journals;
};

/*
 * Look at every segment in the directory (borrowed): headers, frames, every envelope, every chunk of every body.
 *   name         of the folder, for findings
 *   private_key  PEM; empty = structure only, no seal is checked
 * Findings go to on_finding as they are met; a torn tail is reported like everything else.
 * Returns 0 with the figures added to, or -1 with a sentence in why: the directory or the key cannot be used.
 */
int spool_verify(int directory, const char *name, struct span private_key,
    void (*on_finding)(void *arg, const struct spool_finding *finding), void *arg, struct verify_figures *figures,
    char *why, size_t size);

#endif
