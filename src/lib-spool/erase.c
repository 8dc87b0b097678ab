/* What nothing is needed of any more becomes unreadable: its wrapped key is overwritten, and the file is free. */
#include "erase.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "loop/sync.h"

/*
 * It stays known, as one in which nothing is needed: were it forgotten, the journal's next page would not say that what
 * it holds is done, and all of that would be delivered again.
 */
static void
erase_failed(struct stored *stored, int error)
{
	log_error("spool", LOG_TEXT("what", "a finished segment could not be erased: tried again"),
	    LOG_TEXT("directory", stored->folder->name), LOG_NUMBER("segment", stored->number),
	    LOG_TEXT("reason", strerror(error)));
	file_close(&stored->erase_fd);
	stored->is_erasing = false;
	store_try_again(stored->store);
}

static void
on_erased(void *arg, int error)
{
	struct stored *stored = arg;
	struct store *store = stored->store;
	struct folder *folder = stored->folder;
	struct writer_segment freed = { stored->number, stored->generation, 0 };
	char name[LAYOUT_NAME];

	if (error != 0) {
		erase_failed(stored, error);
		return;
	}
	if (stored->becoming == SEGMENT_DEAD)
		(void)file_unlink(folder->directory, layout_name(stored->number, name));
	else
		folder->free_files++;
	stored_free(stored);
	store->handler->on_freed(store->arg, folder->name, &freed);
}

/*
 * Open for erasing what has the segment's name. Returns 0, or an errno; ENOENT when that is another generation, or
 * nothing: what was never written to has no file any more.
 */
static int
erase_open(struct stored *stored)
{
	char sector[HEADER_OCTETS], name[LAYOUT_NAME];
	struct header header;
	ssize_t n;

	stored->erase_fd = file_open(stored->folder->directory, layout_name(stored->number, name), O_RDWR);
	if (stored->erase_fd < 0)
		return errno;
	n = file_read_at(stored->erase_fd, sector, sizeof(sector), 0);
	if (n < 0)
		return errno;
	/* After an erasing whose sync failed it is free already. */
	return header_decode(span_make(sector, (size_t)n), &header) &&
	    (header.state != SEGMENT_IN_USE || header.generation == stored->generation) ? 0 : ENOENT;
}

/*
 * Overwrite the wrapped key: from then on nobody can open what the segment holds. More files than are kept
 * for reuse are unlinked; those are never marked free, so that no writer can have begun to use them.
 */
static void
erase(struct stored *stored)
{
	struct folder *folder = stored->folder;
	char sector[HEADER_OCTETS];
	int error;

	stored->is_erasing = true;
	stored->becoming = folder->free_files < stored->store->keep_free ? SEGMENT_FREE : SEGMENT_DEAD;
	header_erased(stored->number, stored->becoming, sector);
	error = erase_open(stored);
	if (error == 0 && file_write_at(stored->erase_fd, sector, sizeof(sector), 0) < 0)
		error = errno;
	if (error == ENOENT)
		stored_free(stored);
	else if (error != 0)
		erase_failed(stored, error);
	else
		sync_start(stored->erase_fd, on_erased, stored);
}

void
erase_if_done(struct stored *stored)
{
	if (stored->store->is_scanning || stored->is_open || !stored->is_scanned || stored->messages > 0 ||
	    stored->is_erasing || stored->is_damaged)
		return;
	/* A writer says that a segment is closed when it is; whoever holds one all the same would append to nothing. */
	if (file_is_locked(stored->fd)) {
		log_error("spool", LOG_TEXT("what", "a segment taken for closed is in use: not erased"),
		    LOG_TEXT("directory", stored->folder->name), LOG_NUMBER("segment", stored->number));
		stored->is_open = true;
		return;
	}
	erase(stored);
}
