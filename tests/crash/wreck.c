/* A recorded disk, put back as a crash leaves it. */
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/fatal.h"
#include "base/file.h"
#include "disk.h"
#include "recording.h"
#include "tests/fake/fake.h"

#define SECTOR 512u
#define CELLS_MAX 8		/* things with a choice, when all choices are to be tried */
#define JOURNAL_FOLDER UINT32_MAX	/* the "file" of the folder's name */

/* What a file holds, whatever its name is. */
struct inode {
	SLIST_ENTRY(inode) entry;
	unsigned number;
	char *durable;			/* as synced */
	size_t durable_length;
	const struct disk_event **pending;	/* writes that were not */
	size_t pending_count;
};

/* A name in a folder: whose it was since the folder was synced, the last one now. */
struct name {
	SLIST_ENTRY(name) entry;
	enum disk_folder folder;
	const char *text;
	struct { unsigned file; uint64_t since; } *states;	/* file 0 = nobody's; the first one is certain */
	size_t states_count;
};

struct wreck {
	const struct disk *disk;
	size_t next;
	SLIST_HEAD(, inode) inodes;
	SLIST_HEAD(, name) names;
};

/* Something of which the disk kept one of several states. */
struct cell {
	const struct inode *inode;	/* NULL: a name */
	size_t sector;
	const struct name *name;
	unsigned states;
};

struct cells {
	struct cell cells[CELLS_MAX];
	size_t count;
	unsigned product, most;		/* product > most: there are more than fit */
};

static struct inode *
inode_get(struct wreck *wreck, unsigned number)
{
	struct inode *inode;

	SLIST_FOREACH(inode, &wreck->inodes, entry)
		if (inode->number == number)
			return inode;
	inode = must_alloc(sizeof(*inode));
	inode->number = number;
	SLIST_INSERT_HEAD(&wreck->inodes, inode, entry);
	return inode;
}

static struct name *
name_get(struct wreck *wreck, enum disk_folder folder, const char *text)
{
	struct name *name;

	SLIST_FOREACH(name, &wreck->names, entry)
		if (name->folder == folder && strcmp(name->text, text) == 0)
			return name;
	name = must_alloc(sizeof(*name));
	name->folder = folder;
	name->text = text;
	name->states = must_alloc(sizeof(*name->states));
	name->states_count = 1;		/* nobody's */
	SLIST_INSERT_HEAD(&wreck->names, name, entry);
	return name;
}

static void
name_set(struct name *name, unsigned file, uint64_t since)
{
	name->states = must_realloc(name->states, (name->states_count + 1) * sizeof(*name->states));
	name->states[name->states_count].file = file;
	name->states[name->states_count++].since = since;
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

/* --- events --- */

static void
inode_synced(struct inode *inode, uint64_t covers)
{
	size_t done = 0;

	for (; done < inode->pending_count && inode->pending[done]->number < covers; done++)
		octets_put(&inode->durable, &inode->durable_length, inode->pending[done]->offset, inode->pending[done]->octets,
		    inode->pending[done]->length);
	inode->pending_count -= done;
	if (inode->pending_count > 0)
		memmove(inode->pending, inode->pending + done, inode->pending_count * sizeof(*inode->pending));
}

static void
folder_synced(struct wreck *wreck, enum disk_folder folder, uint64_t covers)
{
	struct name *name;

	SLIST_FOREACH(name, &wreck->names, entry) {
		size_t last = 0;

		if (name->folder != folder)
			continue;
		while (last + 1 < name->states_count && name->states[last + 1].since < covers)
			last++;
		name->states_count -= last;
		memmove(name->states, name->states + last, name->states_count * sizeof(*name->states));
	}
}

/* Octets of the file, synced or not. */
static uint64_t
inode_length(const struct inode *inode)
{
	uint64_t length = inode->durable_length;

	for (size_t i = 0; i < inode->pending_count; i++)
		if (inode->pending[i]->offset + inode->pending[i]->length > length)
			length = inode->pending[i]->offset + inode->pending[i]->length;
	return length;
}

static void
inode_write(struct inode *inode, const struct disk_event *event)
{
	inode->pending = must_realloc(inode->pending, (inode->pending_count + 1) * sizeof(*inode->pending));
	inode->pending[inode->pending_count++] = event;
}

static void
apply(struct wreck *wreck, const struct disk_event *event)
{
	switch (event->call) {
	case FAKE_FILE_OPEN:
		name_set(name_get(wreck, event->folder, event->name), event->file, event->number);
		break;
	case FAKE_FILE_UNLINK:
		name_set(name_get(wreck, event->folder, event->name), 0, event->number);
		break;
	case FAKE_FILE_FOLDER:
		name_set(name_get(wreck, event->folder, event->name), JOURNAL_FOLDER, event->number);
		break;
	case FAKE_FILE_WRITE:
		inode_write(inode_get(wreck, event->file), event);
		break;
	case FAKE_FILE_SYNC:
		inode_synced(inode_get(wreck, event->file), event->covers);
		break;
	case FAKE_FILE_SYNC_DIRECTORY:
		folder_synced(wreck, event->folder, event->covers);
		break;
	case FAKE_FILE_TRUNCATE:
		/* Only what is reserved behind the end is given back. */
		if (event->offset != inode_length(inode_get(wreck, event->file)))
			fake_fail("the spool cuts a file");
		break;
	default:
		fake_fail("the spool does to files what it never did: say here what a crash leaves of it");
	}
}

struct wreck *
wreck_new(const struct disk *disk)
{
	struct wreck *wreck = must_alloc(sizeof(*wreck));

	wreck->disk = disk;
	SLIST_INIT(&wreck->inodes);
	SLIST_INIT(&wreck->names);
	if (disk->has_journal)
		name_set(name_get(wreck, DISK_QUEUE, "journal"), JOURNAL_FOLDER, 0);
	for (; wreck->next < disk->base; wreck->next++) {
		const struct disk_event *event = &disk->events[wreck->next];

		apply(wreck, event);
		inode_write(inode_get(wreck, event->file), event);
		inode_synced(inode_get(wreck, event->file), UINT64_MAX);
	}
	for (int folder = 0; folder < DISK_FOLDERS; folder++)
		folder_synced(wreck, folder, UINT64_MAX);
	return wreck;
}

void
wreck_free(struct wreck **handle)
{
	struct wreck *wreck = *handle;
	struct inode *inode;
	struct name *name;

	while ((inode = SLIST_FIRST(&wreck->inodes)) != NULL) {
		SLIST_REMOVE_HEAD(&wreck->inodes, entry);
		free(inode->durable);
		free(inode->pending);
		free(inode);
	}
	while ((name = SLIST_FIRST(&wreck->names)) != NULL) {
		SLIST_REMOVE_HEAD(&wreck->names, entry);
		free(name->states);
		free(name);
	}
	free(wreck);
	*handle = NULL;
}

void
wreck_step(struct wreck *wreck)
{
	apply(wreck, &wreck->disk->events[wreck->next++]);
}

/* --- choices --- */

/* The part of a write that is in one sector of the file. */
struct piece {
	const struct disk_event *event;
	size_t sector, at, length;	/* at: in the event's octets */
};

/* The next piece of a write, behind those of before; false at the end. */
static bool
piece_next(struct piece *piece)
{
	uint64_t offset;

	piece->at += piece->length;
	if (piece->at >= piece->event->length)
		return false;
	offset = piece->event->offset + piece->at;
	piece->sector = offset / SECTOR;
	piece->length = SECTOR - offset % SECTOR;
	if (piece->length > piece->event->length - piece->at)
		piece->length = piece->event->length - piece->at;
	return true;
}

/* Does it change nothing of what is certain? Whether the disk has it is no choice then. */
static bool
piece_is_idle(const struct inode *inode, const struct piece *piece)
{
	uint64_t offset = piece->event->offset + piece->at;

	for (size_t i = 0; i < piece->length; i++)
		if (piece->event->octets[piece->at + i] != (offset + i < inode->durable_length ? inode->durable[offset + i] : 0))
			return false;
	return true;
}

static bool
inode_has_name(const struct wreck *wreck, const struct inode *inode)
{
	const struct name *name;

	SLIST_FOREACH(name, &wreck->names, entry)
		for (size_t i = 0; i < name->states_count; i++)
			if (name->states[i].file == inode->number)
				return true;
	return false;
}

static struct cell *
cells_have(struct cells *cells, const struct inode *inode, size_t sector)
{
	for (size_t i = 0; i < cells->count; i++)
		if (cells->cells[i].inode == inode && cells->cells[i].sector == sector)
			return &cells->cells[i];
	return NULL;
}

static void
cells_add(struct cells *cells, struct cell cell)
{
	struct cell *other = cell.inode == NULL ? NULL : cells_have(cells, cell.inode, cell.sector);

	if (other != NULL) {
		cells->product = cells->product / other->states * (other->states + 1);
		other->states++;
		return;
	}
	if (cells->count == CELLS_MAX || cells->product * cell.states > cells->most) {
		cells->product = cells->most + 1;
		return;
	}
	cells->cells[cells->count++] = cell;
	cells->product *= cell.states;
}

static void
cells_find(const struct wreck *wreck, struct cells *cells, unsigned most)
{
	const struct inode *inode;
	const struct name *name;

	*cells = (struct cells){ .product = 1, .most = most };
	SLIST_FOREACH(name, &wreck->names, entry)
		if (name->states_count > 1)
			cells_add(cells, (struct cell){ .name = name, .states = (unsigned)name->states_count });
	SLIST_FOREACH(inode, &wreck->inodes, entry)
		for (size_t i = 0; i < inode->pending_count && inode_has_name(wreck, inode); i++)
			for (struct piece piece = { .event = inode->pending[i] }; cells->product <= most && piece_next(&piece); )
				if (cells_have(cells, inode, piece.sector) || !piece_is_idle(inode, &piece))
					cells_add(cells, (struct cell){ inode, piece.sector, NULL, 2 });
}

unsigned
wreck_choices(const struct wreck *wreck, unsigned most)
{
	struct cells cells;

	cells_find(wreck, &cells, most);
	return cells.product > most ? most + 1 : cells.product;
}

/* A number that looks random, the same for the same arguments on every machine. */
static uint64_t
mixed(unsigned seed, size_t a, size_t b)
{
	uint64_t x = seed * UINT64_C(0x9e3779b97f4a7c15) + a * UINT64_C(0xbf58476d1ce4e5b9) + b * UINT64_C(0x94d049bb133111eb);

	x ^= x >> 31;
	x *= UINT64_C(0xd6e8feb86659fd93);
	return x >> 32;
}

/* What was chosen, in a form that answers. */
struct chosen {
	struct choice choice;
	struct cells cells;		/* DISK_NTH */
	uint64_t last;			/* DISK_IN_ORDER: this event is the last of which something was kept */
	size_t last_sectors;
};

static void
chosen_make(const struct wreck *wreck, struct choice choice, struct chosen *chosen)
{
	const struct disk_event *next = &wreck->disk->events[wreck->next];
	uint64_t first = UINT64_MAX, after = wreck->next > wreck->disk->base ? next[-1].number + 1 : 1;
	const struct inode *inode;
	const struct name *name;

	chosen->choice = choice;
	if (choice.kept == DISK_NTH)
		cells_find(wreck, &chosen->cells, 64);
	if (choice.kept != DISK_IN_ORDER)
		return;
	SLIST_FOREACH(inode, &wreck->inodes, entry)
		if (inode->pending_count > 0 && inode->pending[0]->number < first)
			first = inode->pending[0]->number;
	SLIST_FOREACH(name, &wreck->names, entry)
		if (name->states_count > 1 && name->states[1].since < first)
			first = name->states[1].since;
	chosen->last = first >= after ? after : first + mixed(choice.seed, 1, wreck->next) % (after - first);
	chosen->last_sectors = mixed(choice.seed, 2, wreck->next);
}

/* Of DISK_NTH: which state of this cell. 0 when it is none. */
static unsigned
cell_state(const struct chosen *chosen, const struct inode *inode, size_t sector, const struct name *name)
{
	unsigned rest = chosen->choice.seed;

	for (size_t i = 0; i < chosen->cells.count; i++) {
		const struct cell *cell = &chosen->cells.cells[i];

		if (cell->inode == inode && cell->name == name && cell->sector == sector)
			return rest % cell->states;
		rest /= cell->states;
	}
	return 0;
}

/* How many of so many states after the certain one the disk has gone through: half of the time all, or nearly always. */
static unsigned
some(unsigned seed, size_t a, size_t b, unsigned states)
{
	static const unsigned rarities[] = { 2, 8, 64 };
	uint64_t x = mixed(seed, a, b), rarity = rarities[seed % 3];

	return x % rarity != 0 ? states : (unsigned)(x / rarity % (states + 1));
}

/* Of a sector that was written so many times: how many of these writes are on the disk. */
static unsigned
sector_state(const struct chosen *chosen, const struct inode *inode, size_t sector, unsigned writes)
{
	switch (chosen->choice.kept) {
	case DISK_NOTHING:
		return 0;
	case DISK_EVERYTHING:
		return writes;
	case DISK_SOME:
		return some(chosen->choice.seed, inode->number, sector, writes);
	case DISK_NTH:
		return cell_state(chosen, inode, sector, NULL);
	case DISK_IN_ORDER:
		break;		/* goes by the event */
	}
	return writes;
}

static size_t
name_state(const struct chosen *chosen, const struct name *name)
{
	size_t last = name->states_count - 1;

	switch (chosen->choice.kept) {
	case DISK_NOTHING:
		return 0;
	case DISK_EVERYTHING:
		break;
	case DISK_SOME:
		return some(chosen->choice.seed, 0, name->states[last].since, (unsigned)last);
	case DISK_NTH:
		return cell_state(chosen, NULL, 0, name);
	case DISK_IN_ORDER:
		while (last > 0 && name->states[last].since > chosen->last)
			last--;
		break;
	}
	return last;
}

/* --- putting it back --- */

static bool
piece_is_kept(const struct chosen *chosen, const struct piece *piece)
{
	size_t sectors = piece->event->length / SECTOR + 2;

	if (chosen->choice.kept != DISK_IN_ORDER || piece->event->number < chosen->last)
		return true;
	return piece->event->number == chosen->last &&
	    piece->sector - piece->event->offset / SECTOR < chosen->last_sectors % sectors;
}

static void
file_put(const struct chosen *chosen, const struct inode *inode, const char *name, int into)
{
	size_t length = inode->durable_length, sectors = inode_length(inode) / SECTOR + 1;
	unsigned *writes = must_alloc(sectors * sizeof(*writes)), *seen = must_alloc(sectors * sizeof(*seen));
	char *content = must_realloc(NULL, length);

	if (length > 0)
		memcpy(content, inode->durable, length);
	for (size_t i = 0; i < inode->pending_count; i++)
		for (struct piece piece = { .event = inode->pending[i] }; piece_next(&piece); )
			if (chosen->choice.kept != DISK_NTH || writes[piece.sector] > 0 || !piece_is_idle(inode, &piece))
				writes[piece.sector]++;
	for (size_t i = 0; i < inode->pending_count; i++)
		for (struct piece piece = { .event = inode->pending[i] }; piece_next(&piece); ) {
			if (chosen->choice.kept == DISK_NTH && seen[piece.sector] == 0 && piece_is_idle(inode, &piece))
				continue;
			if (seen[piece.sector]++ < sector_state(chosen, inode, piece.sector, writes[piece.sector]) &&
			    piece_is_kept(chosen, &piece))
				octets_put(&content, &length, piece.event->offset + piece.at, piece.event->octets + piece.at,
				    piece.length);
		}
	fake_file_put(into, name, span_make(content, length));
	free(content);
	free(writes);
	free(seen);
}

int
wreck_put(const struct wreck *wreck, struct choice choice, int intake, int queue)
{
	int into[DISK_FOLDERS] = { intake, queue, -1 };
	struct chosen chosen = { 0 };
	const struct name *name;

	chosen_make(wreck, choice, &chosen);
	SLIST_FOREACH(name, &wreck->names, entry)
		if (name->states[name_state(&chosen, name)].file == JOURNAL_FOLDER)
			into[DISK_JOURNAL] = file_folder(queue, name->text);
	SLIST_FOREACH(name, &wreck->names, entry) {
		unsigned number = name->states[name_state(&chosen, name)].file;

		if (number != 0 && number != JOURNAL_FOLDER && into[name->folder] >= 0)
			file_put(&chosen, inode_get((struct wreck *)(uintptr_t)wreck, number), name->text, into[name->folder]);
	}
	return into[DISK_JOURNAL];
}
