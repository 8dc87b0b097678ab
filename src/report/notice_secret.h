/* The secret by which notices.db names things. */
#ifndef REPORT_NOTICE_SECRET_H
#define REPORT_NOTICE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#define NOTICE_SECRET_FILE "notices.secret"
#define NOTICE_SECRET 32	/* octets */

/*
 * Read the secret of the folder; without one, and without anything that was named by one, it is made: whole and on disk, or not at all.
 * False with a sentence in why (size octets): it is not as it was written, or is gone. A new one would forget who wants no notices.
 */
bool notice_secret_read(const char *folder, unsigned char secret[NOTICE_SECRET], char *why, size_t size);

#endif
