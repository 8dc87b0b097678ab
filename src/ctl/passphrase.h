/* A passphrase, from the terminal without an echo, or from standard input. */
#ifndef CTL_PASSPHRASE_H
#define CTL_PASSPHRASE_H

#include <stdbool.h>
#include <stddef.h>

#define PASSPHRASE_OCTETS_MAX 1024

/* One line, its end left out, into out; the caller's to wipe. Returns false when there is none, or it is too long. */
bool passphrase_read(const char *prompt, char out[PASSPHRASE_OCTETS_MAX]);

#endif
