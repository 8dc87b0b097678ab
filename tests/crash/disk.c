/* What happens to the spool's files, recorded. wreck.c has what a crash leaves of it. */
#include "disk.h"

#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/file.h"
#include "recording.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_file.h"

static enum disk_folder
slot_of(const struct disk *disk, int folder)
{
	for (int slot = 0; slot < DISK_FOLDERS; slot++)
		if (disk->folders[slot] == folder)
			return slot;
	fake_fail("something happens in a folder that is none of the spool's");
}

static struct disk_event *
event_new(struct disk *disk)
{
	if (disk->count == disk->capacity) {
		disk->capacity = disk->capacity == 0 ? 256 : disk->capacity * 2;
		disk->events = must_realloc(disk->events, disk->capacity * sizeof(*disk->events));
	}
	return &disk->events[disk->count++];
}

static void
on_event(void *arg, const struct fake_file_event *event)
{
	struct disk *disk = arg;

	*event_new(disk) = (struct disk_event){ .call = event->call, .number = event->number, .folder = slot_of(disk, event->folder),
		.file = event->file, .name = must_copy(event->name, strlen(event->name)),
		.octets = must_copy(event->octets.data, event->octets.length), .length = event->octets.length,
		.offset = event->offset, .covers = event->covers };
	if (event->call == FAKE_FILE_FOLDER) {
		if (strcmp(event->name, "journal") != 0 || disk->folders[DISK_JOURNAL] >= 0)
			fake_fail("a folder %s is made", event->name);
		disk->folders[DISK_JOURNAL] = event->inner;
	}
}

/* What lies in a folder when the recording begins: made, written and synced before its first event. */
struct listing {
	struct disk *disk;
	enum disk_folder slot;
	int fd;
};

static void
on_name(void *arg, const char *name)
{
	struct listing *listing = arg;
	struct span content = fake_file_content(listing->fd, name);

	*event_new(listing->disk) = (struct disk_event){ .call = FAKE_FILE_OPEN, .folder = listing->slot,
		.file = fake_file_number(listing->fd, name), .name = must_copy(name, strlen(name)),
		.octets = must_copy(content.data, content.length), .length = content.length };
}

struct disk *
disk_record(const int folders[DISK_FOLDERS])
{
	struct disk *disk = must_alloc(sizeof(*disk));

	for (int slot = 0; slot < DISK_FOLDERS; slot++) {
		struct listing listing = { disk, slot, folders[slot] };

		disk->folders[slot] = folders[slot] < 0 ? -1 : fake_file_folder_of(folders[slot]);
		if (folders[slot] >= 0 && file_list(folders[slot], on_name, &listing) < 0)
			fake_fail("a folder cannot be listed");
	}
	disk->base = disk->count;
	disk->has_journal = folders[DISK_JOURNAL] >= 0;
	fake_file_observe(on_event, disk);
	return disk;
}

void
disk_free(struct disk **handle)
{
	struct disk *disk = *handle;

	if (disk == NULL)
		return;
	for (size_t i = 0; i < disk->count; i++) {
		free(disk->events[i].name);
		free(disk->events[i].octets);
	}
	free(disk->events);
	free(disk);
	*handle = NULL;
}

size_t
disk_events(const struct disk *disk)
{
	return disk->count - disk->base;
}
