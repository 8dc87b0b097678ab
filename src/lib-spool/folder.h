/* A folder of the spool, as the store sees it. */
#ifndef SPOOL_FOLDER_H
#define SPOOL_FOLDER_H

#include "stored.h"

/* Look through a folder for the first time: its segments are in the store then. `directory` becomes the folder's. */
struct folder *folder_new(struct store *store, struct span name, int directory);
void folder_free(struct folder **folder);	/* leaves NULL */

struct folder *folder_find(const struct store *store, struct span name);

/* Look through it again, for segments that nobody has told of. */
void folder_look(struct store *store, struct folder *folder);

/*
 * Read a file's header. Returns false, with a finding told, when there is none; all zeros, or locked before there is one =
 * never used.
 */
bool folder_header(struct store *store, struct folder *folder, uint32_t number, int fd, struct header *header,
    bool *is_unused);

/* A writer spoke of a segment that could not be opened: remember how far it is durable. */
void folder_unheard(struct folder *folder, const struct writer_segment *segment);

/* The segment is open at last. Returns whether it was spoken of before; its `durable` is what was said then. */
bool folder_heard(struct folder *folder, struct stored *stored);

void folder_forget_unheard(struct folder *folder);

#endif
