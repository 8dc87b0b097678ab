/* Sectors destroyed one by one. */
#include "decay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/file.h"
#include "lib-spool/layout.h"
#include "night.h"
#include "queue/message.h"
#include "spool/verify.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_file.h"
#include "tests/fake/fake_log.h"

#define SECTOR 512u
#define FILES_MAX 64

/* A file of mail or of the journal that is in use: where it is, and how much of it means something. */
struct file {
	enum disk_folder folder;
	char name[LAYOUT_NAME];
	size_t length;
	uint64_t durable;		/* as the frames in it say, each of what was before it */
};

/* Where a message lies. */
struct lying {
	enum disk_folder folder;
	uint32_t segment;
	uint64_t from, to;
};

struct decay {
	const struct day *day;
	struct wreck *wreck;		/* as it was at noon */
	struct file files[FILES_MAX];
	size_t files_count;
	struct lying lying[MESSAGES_MAX];	/* as the world has them; to = 0: not there */
};

/* What is to be destroyed. */
struct spot {
	const struct file *file;
	size_t sector;
};

static void
folders_of(struct house *house, int journal, int folders[DISK_FOLDERS])
{
	folders[DISK_INTAKE] = house->intake_folder;
	folders[DISK_QUEUE] = house->queue_folder;
	folders[DISK_JOURNAL] = journal;
}

/* --- what lies where --- */

struct listing {
	struct decay *decay;
	enum disk_folder folder;
	int fd;
};

/* Octets behind the last frame are of an earlier use of the file, and mean nothing. */
static void
frames_walk(struct span content, uint64_t generation, struct file *file)
{
	struct frame frame;

	file->length = HEADER_ROOM;
	file->durable = HEADER_OCTETS;
	while (file->length < content.length &&
	    frame_decode(span_skip(content, file->length), generation, file->length, &frame)) {
		file->length += frame_span(frame.length);
		if (frame.synced > file->durable)
			file->durable = frame.synced;
	}
}

static void
on_name(void *arg, const char *name)
{
	struct listing *listing = arg;
	struct decay *decay = listing->decay;
	struct span content = fake_file_content(listing->fd, name);
	struct header header;

	if (!header_decode(content, &header) || header.state != SEGMENT_IN_USE)
		return;
	if (decay->files_count == FILES_MAX)
		fake_fail("more files than a spool should have");
	struct file *file = &decay->files[decay->files_count++];

	file->folder = listing->folder;
	snprintf(file->name, sizeof(file->name), "%s", name);
	frames_walk(content, header.generation, file);
}

static void
lying_find(struct decay *decay, struct house *house)
{
	const struct world *world = &decay->day->world;

	for (unsigned i = 0; i < world->count; i++) {
		const struct message *message = message_find(&house->queue, world->messages[i].mid);
		struct arena *arena = arena_new();
		struct envelope envelope;

		if (message != NULL && store_read(house->queue.store, message->place, arena, &envelope))
			decay->lying[i] = (struct lying){
				strcmp(stored_directory(message->place.segment), "queue") == 0 ? DISK_QUEUE : DISK_INTAKE,
				stored_number(message->place.segment), envelope.body.offset, message->place.offset + message->octets
			};
		arena_free(&arena);
	}
}

/* Undamaged, to know what is where. */
static void
decay_look(struct decay *decay)
{
	struct house house;
	int folders[DISK_FOLDERS];

	day_house(&house, LIFE_THIRD);
	folders_of(&house, wreck_put(decay->wreck, (struct choice){ DISK_NOTHING, 0 }, house.intake_folder, house.queue_folder), folders);
	for (int folder = 0; folder < DISK_FOLDERS; folder++) {
		struct listing listing = { decay, folder, folders[folder] };

		if (file_list(folders[folder], on_name, &listing) < 0)
			fake_fail("a folder cannot be listed");
	}
	house_start(&house);
	lying_find(decay, &house);
	house_kill_queue(&house);
	house_end(&house);
}

/* --- destroying --- */

static void
spot_destroy(const struct spot *spot, int folder)
{
	struct span content = fake_file_content(folder, spot->file->name);
	char *changed = must_copy(content.data, content.length);

	for (size_t i = spot->sector * SECTOR; i < content.length && i < (spot->sector + 1) * SECTOR; i++)
		changed[i] = (char)~changed[i];
	fake_file_put(folder, spot->file->name, span_make(changed, content.length));
	free(changed);
}

/* Is any of the message there? A header's sector has the key of all that is in the file. */
static bool
spot_hits(const struct spot *spot, const struct lying *lying)
{
	uint32_t number;

	if (spot->file->folder != lying->folder || !layout_number(spot->file->name, &number) || number != lying->segment)
		return false;
	return spot->sector == 0 || (lying->from < (spot->sector + 1) * SECTOR && lying->to > spot->sector * SECTOR);
}

static void
on_finding(void *arg, const struct spool_finding *finding)
{
	bool *is_found = arg;

	(void)finding;
	*is_found = true;
}

/* Whether the start that was made, or a look at every seal, says that something is wrong. */
static bool
is_reported(const struct spot *spot, int folder)
{
	struct verify_figures figures = { 0 };
	bool is_found = false;
	char why[160];

	while (fake_log_take("event=finding*"))
		is_found = true;
	if (is_found || spot->file->folder == DISK_JOURNAL)
		return is_found;
	if (spool_verify(folder, "folder", house_private_key(), on_finding, &is_found, &figures, why, sizeof(why)) < 0)
		night_complain("no verifying: %s", why);
	return is_found;
}

static void
check_others(struct decay *decay, struct house *house, const struct spot *spot)
{
	const struct world *world = &decay->day->world;

	for (unsigned i = 0; i < world->count; i++) {
		struct message *message = message_find(&house->queue, world->messages[i].mid);
		const struct lying *lying = &decay->lying[i];

		if (message == NULL && lying->to > 0 && !spot_hits(spot, lying))
			night_complain("a message is gone that does not lie there");
		if (message != NULL && !spot_hits(spot, lying) && !night_content_is_whole(house, message, &world->messages[i]))
			night_complain("the content of a message is not whole that does not lie there");
	}
	for (struct message *message = message_from(&house->queue, (struct mid){ 0, 0 }); message != NULL; message = message_next(message))
		if (world_find(world, message->mid) == NULL)
			night_complain("a message is there that nobody sent");
}

/* Returns whether it was reported. */
static bool
spot_try(struct decay *decay, const struct spot *spot)
{
	bool said;
	struct house house;
	int folders[DISK_FOLDERS];

	night_where("sector %zu of file %s in folder %d", spot->sector, spot->file->name, (int)spot->file->folder);
	day_house(&house, LIFE_THIRD);
	folders_of(&house, wreck_put(decay->wreck, (struct choice){ DISK_NOTHING, 0 }, house.intake_folder, house.queue_folder), folders);
	spot_destroy(spot, folders[spot->file->folder]);
	house_start(&house);
	check_others(decay, &house, spot);
	said = is_reported(spot, folders[spot->file->folder]);
	if (!said && spot->sector * SECTOR < spot->file->durable)
		night_complain("nobody says that this is damaged");
	house_kill_queue(&house);
	house_end(&house);
	return said;
}

size_t
decay_try(const struct day *day, size_t step, size_t *silent)
{
	struct decay decay = { .day = day, .wreck = wreck_new(day->disk) };
	size_t tried = 0, at = 0;

	for (size_t i = 0; i < day->noon; i++)
		wreck_step(decay.wreck);
	decay_look(&decay);
	for (size_t i = 0; i < decay.files_count; i++)
		for (size_t sector = 0; sector * SECTOR < decay.files[i].length; sector++) {
			/* Between the header and the first frame nothing is said. */
			if (sector > 0 && sector < HEADER_ROOM / SECTOR)
				continue;
			/* A header is one in many, and the most that one sector can cost: every one of them. */
			if (sector > 0 && at++ % step != 0)
				continue;
			if (!spot_try(&decay, &(struct spot){ &decay.files[i], sector }))
				++*silent;
			tried++;
		}
	wreck_free(&decay.wreck);
	return tried;
}
