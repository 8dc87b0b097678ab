/* A recorded disk, put back as a crash leaves it. */
#include "disk.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/fatal.h"
#include "tests/fake/fake_file.h"

#define SECTOR 512u

struct event {
	enum fake_file_call call;
	int folder;
	char *name;
	char *octets;
	size_t length;
	uint64_t offset;
};

static struct event *events;
static size_t count, capacity;
static int folders[16];
static int folders_count;

int
disk_folder(int folder)
{
	for (int i = 0; i < folders_count; i++)
		if (folders[i] == folder)
			return i;
	return -1;
}

static void
on_event(void *arg, const struct fake_file_event *event)
{
	struct event *kept;

	(void)arg;
	if (count == capacity) {
		capacity = capacity == 0 ? 1024 : capacity * 2;
		events = must_realloc(events, capacity * sizeof(*events));
	}
	kept = &events[count++];
	*kept = (struct event){ .call = event->call, .name = must_copy(event->name, strlen(event->name)),
		.octets = must_copy(event->octets.data, event->octets.length), .length = event->octets.length,
		.offset = event->offset };
	if (disk_folder(event->folder) < 0)
		folders[folders_count++] = event->folder;
	kept->folder = disk_folder(event->folder);
}

void
disk_record(void)
{
	fake_file_observe(on_event, NULL);
}

size_t
disk_events(void)
{
	return count;
}

/* A file on its way through the events. */
struct file {
	SLIST_ENTRY(file) entry;
	const char *name;
	char *durable;			/* content as synced */
	size_t durable_length;
	size_t *pending;		/* indices of writes not synced */
	size_t pending_count;
	bool is_named;			/* now */
	bool was_named;			/* as the folder was synced last */
};

SLIST_HEAD(files, file);

static struct file *
file_get(struct files *files, const char *name)
{
	struct file *file;

	SLIST_FOREACH(file, files, entry)
		if (strcmp(file->name, name) == 0)
			return file;
	file = must_alloc(sizeof(*file));
	file->name = name;
	SLIST_INSERT_HEAD(files, file, entry);
	return file;
}

static void
octets_put(char **content, size_t *length, uint64_t offset, const char *octets, size_t octets_length)
{
	size_t end = offset + octets_length;

	if (end > *length) {
		*content = must_realloc(*content, end);
		memset(*content + *length, 0, end - *length);
		*length = end;
	}
	memcpy(*content + offset, octets, octets_length);
}

static void
file_sync_now(struct file *file)
{
	for (size_t i = 0; i < file->pending_count; i++) {
		const struct event *event = &events[file->pending[i]];

		octets_put(&file->durable, &file->durable_length, event->offset, event->octets, event->length);
	}
	file->pending_count = 0;
}

static void
folder_sync(struct files *files)
{
	struct file *file;

	SLIST_FOREACH(file, files, entry)
		file->was_named = file->is_named;
}

/* Octets of the file, synced or not. */
static uint64_t
file_length(const struct file *file)
{
	uint64_t length = file->durable_length;

	for (size_t i = 0; i < file->pending_count; i++) {
		const struct event *event = &events[file->pending[i]];

		if (event->offset + event->length > length)
			length = event->offset + event->length;
	}
	return length;
}

static void
apply(struct files *files, size_t index)
{
	const struct event *event = &events[index];
	struct file *file;

	if (event->call == FAKE_FILE_SYNC_DIRECTORY) {
		folder_sync(files);
		return;
	}
	if (event->name[0] == '\0')
		return;		/* to a file without a name: no crash brings it back */
	file = file_get(files, event->name);
	switch (event->call) {
	case FAKE_FILE_OPEN:
		file->is_named = true;
		break;
	case FAKE_FILE_WRITE:
		file->pending = must_realloc(file->pending, (file->pending_count + 1) * sizeof(size_t));
		file->pending[file->pending_count++] = index;
		break;
	case FAKE_FILE_SYNC:
		file_sync_now(file);
		break;
	case FAKE_FILE_UNLINK:
		file->is_named = false;
		break;
	case FAKE_FILE_TRUNCATE:
		/* Only what is reserved behind the end is given back. */
		if (event->offset != file_length(file))
			abort();
		break;
	default:
		abort();	/* the spool does nothing else */
	}
}

/* A number that looks random, the same for the same arguments on every machine. */
static unsigned
mixed(unsigned seed, size_t a, size_t b)
{
	uint64_t x = seed * UINT64_C(0x9e3779b97f4a7c15) + a * UINT64_C(0xbf58476d1ce4e5b9) + b * UINT64_C(0x94d049bb133111eb);

	x ^= x >> 31;
	x *= UINT64_C(0xd6e8feb86659fd93);
	return (unsigned)(x >> 32);
}

/* Is this sector of this write on the disk? */
static bool
sector_is_kept(enum disk_kept kept, unsigned seed, const struct file *file, size_t pending, size_t sector)
{
	size_t index = file->pending[pending];

	switch (kept) {
	case DISK_NOTHING:
		return false;
	case DISK_EVERYTHING:
		return true;
	case DISK_SOME:
		return mixed(seed, index, sector) & 1;
	case DISK_TORN:
		/* All before the last write; of that, the first so many sectors. */
		return pending + 1 < file->pending_count || sector < mixed(seed, index, 0) % (events[index].length / SECTOR + 2);
	case DISK_KEPT:
		break;
	}
	return false;
}

/* Sectors are of the file, not of the write. */
static void
write_put(const struct file *file, size_t pending, enum disk_kept kept, unsigned seed, char **content, size_t *length)
{
	const struct event *event = &events[file->pending[pending]];
	size_t done = 0;

	for (size_t sector = 0; done < event->length; sector++) {
		uint64_t at = event->offset + done;
		size_t some = SECTOR - at % SECTOR;

		if (some > event->length - done)
			some = event->length - done;
		if (sector_is_kept(kept, seed, file, pending, sector))
			octets_put(content, length, at, event->octets + done, some);
		done += some;
	}
}

static void
file_put(const struct file *file, enum disk_kept kept, unsigned seed, int into)
{
	bool is_named = kept == DISK_NOTHING ? file->was_named : kept == DISK_EVERYTHING ? file->is_named :
	    file->is_named == file->was_named ? file->is_named : mixed(seed, 7, file->name[strlen(file->name) - 1]) & 1;
	char *content = NULL;
	size_t length = 0;

	if (!is_named)
		return;
	if (file->durable_length > 0)
		octets_put(&content, &length, 0, file->durable, file->durable_length);
	for (size_t i = 0; i < file->pending_count; i++)
		write_put(file, i, kept, seed, &content, &length);
	fake_file_put(into, file->name, span_make(content, length));
	free(content);
}

void
disk_put(size_t until, enum disk_kept kept, unsigned seed, int folder, int into)
{
	struct files files = SLIST_HEAD_INITIALIZER(files);
	struct file *file;

	for (size_t i = 0; i < until; i++)
		if (events[i].folder == folder)
			apply(&files, i);
	while ((file = SLIST_FIRST(&files)) != NULL) {
		SLIST_REMOVE_HEAD(&files, entry);
		file_put(file, kept, seed, into);
		free(file->durable);
		free(file->pending);
		free(file);
	}
}
