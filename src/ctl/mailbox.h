/* Messages of a file, an mbox, a maildir or standard input, one after the other: the Received fields of each, in bounded memory. */
#ifndef CTL_MAILBOX_H
#define CTL_MAILBOX_H

#include <stdint.h>

#include "base/span.h"

#define MAILBOX_HOPS_MAX 256
#define MAILBOX_HEADER_OCTETS (1024u * 1024)

/* One message. All of it is valid during the call only. */
struct mailbox_message {
	const char *file;		/* "-" is standard input */
	uint64_t number;		/* from 1, within the file */
	const char *why;		/* it is passed over, and why; no fields then. NULL: it was read */
	const struct span *received;	/* the values as written, folds and all; the topmost first */
	size_t received_count;
	struct span return_path;	/* the value of a Return-Path above all of them, where final delivery puts it (RFC 5321 4.4); "" without */
};

typedef void mailbox_fn(void *arg, const struct mailbox_message *message);

/*
 * Read what is at path: a folder with new/ and cur/ is a maildir, read in the order of its folders; a file that begins with
 * "From " is an mbox, any other one message. "-" is standard input. In an mbox a message begins at a "From " line with a time
 * of day in it, behind an empty line (RFC 4155); Content-Length is followed where it leads to such a line or to the end
 * (mboxcl, mboxcl2), in files only. Returns NULL, or why it could not be read: what came before has been told.
 */
const char *mailbox_read(const char *path, mailbox_fn *on_message, void *arg);

#endif
