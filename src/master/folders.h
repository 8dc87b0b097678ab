/*
 * The folders of the spool: one for each writer, one for what policy knows, and one for master's keys. A writer's folder is locked for as long
 * as any process has the descriptor that the writer was given, so that no writer of a new master meets one
 * of an old master that is still ending.
 */
#ifndef MASTER_FOLDERS_H
#define MASTER_FOLDERS_H

#include <stdbool.h>

#include "conf/complaint.h"
#include "conf/settings.h"
#include "rooms.h"

#define FOLDER_NAME 32	/* octets of a name, NUL included */

/* Open the spool, making it if need be, and lock it against every other master. Returns false with a complaint. */
bool folders_open(const struct settings *settings, struct complaints *complaints);
void folders_close(void);

/* The name of a writer's folder: "queue", "intake-0". Returns out. */
char *folder_name(const struct room_row *row, unsigned index, char out[FOLDER_NAME]);

/*
 * A descriptor of the writer's own folder for it, which becomes the caller's. The folder is made and locked when it
 * is asked for first; *is_new tells that it was made just now. -1 after an error line in the log.
 */
int folder_take(const struct room_row *row, unsigned index, bool *is_new);

/*
 * Make the folder in which a room keeps what it knows, its own and nobody else's. The room opens it itself, by its path.
 * What is wrong is an error line in the log.
 */
void folder_keep(const struct room_row *row);

/*
 * Every writer's folder there is, writers of earlier configurations among them, with a descriptor that becomes the
 * callee's: what queue reads.
 */
void folders_each(void (*on_folder)(void *arg, const char *name, int fd), void *arg);

/* Another descriptor of one folder, for queue; -1 with errno. */
int folder_open_other(const char *name);

#endif
