/* The files of a folder: which of them are segments, and of which nobody has told yet. */
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/file.h"
#include "base/log.h"

static void
unheard_drop(struct folder *folder, struct unheard *unheard)
{
	SLIST_REMOVE(&folder->unheard, unheard, unheard, entry);
	free(unheard);
}

static struct unheard *
unheard_find(struct folder *folder, uint32_t number, uint64_t generation)
{
	struct unheard *unheard;

	SLIST_FOREACH(unheard, &folder->unheard, entry)
		if (unheard->segment.number == number && unheard->segment.generation == generation)
			return unheard;
	return NULL;
}

void
folder_unheard(struct folder *folder, const struct writer_segment *segment)
{
	struct unheard *unheard = unheard_find(folder, segment->number, segment->generation);

	if (unheard == NULL) {
		unheard = must_alloc(sizeof(*unheard));
		unheard->segment = *segment;
		SLIST_INSERT_HEAD(&folder->unheard, unheard, entry);
	}
	if (segment->committed > unheard->segment.committed)
		unheard->segment.committed = segment->committed;
}

struct folder *
folder_find(const struct store *store, struct span name)
{
	struct folder *folder;

	SLIST_FOREACH(folder, &store->folders, entry)
		if (span_equal(span_of(folder->name), name))
			return folder;
	return NULL;
}

bool
folder_header(struct store *store, struct folder *folder, uint32_t number, int fd, struct header *header, bool *is_unused)
{
	static const char zeros[HEADER_OCTETS];
	char sector[HEADER_OCTETS];
	ssize_t n = file_read_at(fd, sector, sizeof(sector), 0);

	*is_unused = n == 0 || (n == (ssize_t)sizeof(sector) && memcmp(sector, zeros, sizeof(sector)) == 0);
	if (*is_unused)
		return false;
	if (n == (ssize_t)sizeof(sector) && header_decode(span_make(sector, sizeof(sector)), header))
		return true;
	/* One that is being begun just now is told of by its writer. */
	*is_unused = n >= 0 && file_is_locked(fd);
	if (n < 0) {
		store_find(store, FINDING_READ, folder, number, 0, strerror(errno));
		folder->is_due = true;
		store_try_again(store);
	} else if (!*is_unused) {
		store_find(store, FINDING_HEADER, folder, number, 0, "no readable header: the file is left alone");
	}
	return false;
}

void
folder_forget_unheard(struct folder *folder)
{
	while (!SLIST_EMPTY(&folder->unheard))
		unheard_drop(folder, SLIST_FIRST(&folder->unheard));
}

bool
folder_heard(struct folder *folder, struct stored *stored)
{
	struct unheard *unheard = unheard_find(folder, stored->number, stored->generation);

	if (unheard == NULL)
		return false;
	stored->durable = unheard->segment.committed;
	unheard_drop(folder, unheard);
	return true;
}

struct naming {
	struct store *store;
	struct folder *folder;
	bool is_first;		/* time that the folder is looked through */
};

/* The file could not be opened; one that is gone meanwhile does not matter. */
static void
name_failed(struct naming *naming, uint32_t number)
{
	if (errno == ENOENT)
		return;
	store_find(naming->store, FINDING_READ, naming->folder, number, 0, strerror(errno));
	naming->folder->is_due = true;
	store_try_again(naming->store);
}

/* Returns whether the descriptor was kept. */
static bool
name_take(struct naming *naming, int fd, const struct header *header)
{
	struct folder *folder = naming->folder;
	struct stored *stored;

	if (stored_find(naming->store, folder, header->number, header->generation) != NULL ||
	    (stored = stored_new(naming->store, folder, fd, header)) == NULL)
		return false;
	(void)folder_heard(folder, stored);
	if (!naming->is_first && folder->free_files > 0)
		folder->free_files--;
	return true;
}

/*
 * An earlier life of queue has erased it, and may have been killed before that was durable. It has to be before the
 * journal's page is erased that says what is done of the contents: after a crash they might be there again.
 */
static void
name_given_up(struct naming *naming, int fd, const char *name, enum segment_state state)
{
	if (file_sync(fd) < 0)
		log_error("spool", LOG_TEXT("what", "an erased segment could not be synced"),
		    LOG_TEXT("directory", naming->folder->name), LOG_TEXT("file", name), LOG_TEXT("reason", strerror(errno)));
	else if (state == SEGMENT_FREE)
		naming->folder->free_files++;
	else
		(void)file_unlink(naming->folder->directory, name);
}

static void
on_name(void *arg, const char *name)
{
	struct naming *naming = arg;
	struct header header;
	uint32_t number;
	bool is_unused;
	int fd;

	if (!layout_number(name, &number))
		return;
	fd = file_open(naming->folder->directory, name, O_RDONLY);
	if (fd < 0) {
		name_failed(naming, number);
		return;
	}
	if (!folder_header(naming->store, naming->folder, number, fd, &header, &is_unused)) {
		file_close(&fd);
		return;
	}
	header.number = number;
	/* Later, what is freed is counted, and what is dead unlinked, when that is durable. */
	if (naming->is_first && header.state != SEGMENT_IN_USE)
		name_given_up(naming, fd, name, header.state);
	if (header.state != SEGMENT_IN_USE || header.kind != SEGMENT_MAIL || !name_take(naming, fd, &header))
		file_close(&fd);
}

void
folder_look(struct store *store, struct folder *folder)
{
	struct naming naming = { store, folder, false };

	folder->is_due = false;
	if (file_list(folder->directory, on_name, &naming) < 0) {
		log_error("spool", LOG_TEXT("what", "a folder cannot be looked through"), LOG_TEXT("directory", folder->name),
		    LOG_TEXT("reason", strerror(errno)));
		folder->is_due = true;
		store_try_again(store);
	}
}

struct folder *
folder_new(struct store *store, struct span name, int directory)
{
	struct folder *folder = must_alloc(sizeof(*folder));
	struct naming naming = { store, folder, true };

	folder->name = must_copy(name.data, name.length);
	folder->directory = directory;
	SLIST_INIT(&folder->unheard);
	if (file_list(directory, on_name, &naming) < 0)
		fatal_errno("cannot read the folder %s of the spool", folder->name);
	return folder;
}

void
folder_free(struct folder **folder)
{
	folder_forget_unheard(*folder);
	file_close(&(*folder)->directory);
	free((*folder)->name);
	free(*folder);
	*folder = NULL;
}
