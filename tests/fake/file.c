/* A file system in memory: folders of named files, and descriptors for both. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/fatal.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_file.h"

struct octets {
	char *at;
	size_t length;
};

/* One file; it outlives its name as long as it is open, as in life. */
struct inode {
	TAILQ_ENTRY(inode) entry;
	unsigned number;
	int folder;
	char *name;		/* NULL when it was unlinked */
	struct octets content, durable;
	int locked_by;		/* the descriptor that has it; 0 = none */
};

struct descriptor {
	TAILQ_ENTRY(descriptor) entry;
	int fd;
	struct inode *inode;	/* NULL for a folder */
	int folder;		/* which one; several descriptors may be of one folder */
};

/* A folder within a folder, made once. */
struct inside {
	TAILQ_ENTRY(inside) entry;
	int outer, inner;
	char *name;
};

static TAILQ_HEAD(, inode) inodes = TAILQ_HEAD_INITIALIZER(inodes);
static TAILQ_HEAD(, descriptor) descriptors = TAILQ_HEAD_INITIALIZER(descriptors);
static TAILQ_HEAD(, inside) insides = TAILQ_HEAD_INITIALIZER(insides);
static void (*observer)(void *arg, const struct fake_file_event *event);
static void *observer_arg;
static uint64_t next_event = 1, sync_covers = UINT64_MAX;
static unsigned inodes_made;
static unsigned counts[FAKE_FILE_CALLS], fails_at[FAKE_FILE_CALLS];
static int errors[FAKE_FILE_CALLS];
static size_t limit = SIZE_MAX, written;

static void
files_reset(void)
{
	struct inode *inode;
	struct descriptor *descriptor;
	struct inside *inside;

	while ((inode = TAILQ_FIRST(&inodes)) != NULL) {
		TAILQ_REMOVE(&inodes, inode, entry);
		free(inode->name);
		free(inode->content.at);
		free(inode->durable.at);
		free(inode);
	}
	while ((descriptor = TAILQ_FIRST(&descriptors)) != NULL) {
		TAILQ_REMOVE(&descriptors, descriptor, entry);
		free(descriptor);
	}
	while ((inside = TAILQ_FIRST(&insides)) != NULL) {
		TAILQ_REMOVE(&insides, inside, entry);
		free(inside->name);
		free(inside);
	}
	observer = NULL;
	next_event = 1;
	sync_covers = UINT64_MAX;
	memset(counts, 0, sizeof(counts));
	memset(fails_at, 0, sizeof(fails_at));
	limit = SIZE_MAX;
	written = 0;
}

/* Count a call; true with errno when it is the one that was to fail. */
static bool
call_fails(enum fake_file_call call)
{
	counts[call]++;
	if (counts[call] != fails_at[call])
		return false;
	errno = errors[call];
	return true;
}

static int
descriptor_new(struct inode *inode)
{
	struct descriptor *descriptor = must_alloc(sizeof(*descriptor));

	fake_on_reset(files_reset);
	descriptor->fd = descriptor->folder = fake_fd();
	descriptor->inode = inode;
	TAILQ_INSERT_TAIL(&descriptors, descriptor, entry);
	return descriptor->fd;
}

static struct descriptor *
descriptor_find(int fd)
{
	struct descriptor *descriptor;

	TAILQ_FOREACH(descriptor, &descriptors, entry)
		if (descriptor->fd == fd)
			return descriptor;
	fake_fail("descriptor %d is not open", fd);
}

/* A directory's own number, whichever descriptor names it. */
static int
folder_of(int fd)
{
	struct descriptor *descriptor = descriptor_find(fd);

	if (descriptor->inode != NULL)
		fake_fail("descriptor %d is no folder", fd);
	return descriptor->folder;
}

static void
tell(struct fake_file_event event)
{
	if (event.name == NULL)
		event.name = "";
	event.number = next_event++;
	if (observer != NULL)
		observer(observer_arg, &event);
}

static struct inode *
file_of(int fd)
{
	struct inode *inode = descriptor_find(fd)->inode;

	if (inode == NULL)
		fake_fail("descriptor %d is a folder", fd);
	return inode;
}

static struct inode *
inode_find(int folder, const char *name)
{
	struct inode *inode;

	TAILQ_FOREACH(inode, &inodes, entry)
		if (inode->folder == folder && inode->name != NULL && strcmp(inode->name, name) == 0)
			return inode;
	return NULL;
}

static struct inode *
inode_new(int folder, const char *name)
{
	struct inode *inode = must_alloc(sizeof(*inode));

	inode->number = ++inodes_made;
	inode->folder = folder;
	inode->name = must_copy(name, strlen(name));
	TAILQ_INSERT_TAIL(&inodes, inode, entry);
	return inode;
}

static void
octets_resize(struct octets *octets, size_t length)
{
	octets->at = must_realloc(octets->at, length);
	if (length > octets->length)
		memset(octets->at + octets->length, 0, length - octets->length);
	octets->length = length;
}

static void
octets_set(struct octets *octets, struct span content)
{
	octets->at = must_realloc(octets->at, content.length);
	octets->length = content.length;
	if (content.length > 0)
		memcpy(octets->at, content.data, content.length);
}

static int
fail(int error)
{
	errno = error;
	return -1;
}

int
file_open(int directory, const char *name, int flags)
{
	int folder = folder_of(directory);
	struct inode *inode = inode_find(folder, name);

	if (call_fails(FAKE_FILE_OPEN))
		return -1;
	if (inode == NULL && !(flags & O_CREAT))
		return fail(ENOENT);
	if (inode != NULL && (flags & O_CREAT) && (flags & O_EXCL))
		return fail(EEXIST);
	if (inode == NULL) {
		tell((struct fake_file_event){ .call = FAKE_FILE_OPEN, .folder = folder, .file = inodes_made + 1, .name = name });
		inode = inode_new(folder, name);
	}
	if (flags & O_TRUNC)
		octets_resize(&inode->content, 0);
	return descriptor_new(inode);
}

void
file_close(int *fd)
{
	struct descriptor *descriptor;

	if (*fd < 0)
		return;
	descriptor = descriptor_find(*fd);
	if (descriptor->inode != NULL && descriptor->inode->locked_by == *fd)
		descriptor->inode->locked_by = 0;
	TAILQ_REMOVE(&descriptors, descriptor, entry);
	free(descriptor);
	*fd = -1;
}

int
file_lock(int fd)
{
	struct inode *inode = file_of(fd);

	if (inode->locked_by != 0 && inode->locked_by != fd)
		return fail(EWOULDBLOCK);
	inode->locked_by = fd;
	return 0;
}

bool
file_is_locked(int fd)
{
	return file_of(fd)->locked_by != 0 && file_of(fd)->locked_by != fd;
}

int
file_write_at(int fd, const void *octets, size_t length, uint64_t offset)
{
	struct inode *inode = file_of(fd);

	if (call_fails(FAKE_FILE_WRITE))
		return -1;
	if (length > limit || written > limit - length)
		return fail(ENOSPC);
	written += length;
	tell((struct fake_file_event){ .call = FAKE_FILE_WRITE, .folder = inode->folder, .file = inode->number,
	    .name = inode->name, .octets = span_make(octets, length), .offset = offset });
	if (offset + length > inode->content.length)
		octets_resize(&inode->content, offset + length);
	memcpy(inode->content.at + offset, octets, length);
	return 0;
}

ssize_t
file_read_at(int fd, void *octets, size_t length, uint64_t offset)
{
	struct inode *inode = file_of(fd);

	if (call_fails(FAKE_FILE_READ))
		return -1;
	if (offset >= inode->content.length)
		return 0;
	if (length > inode->content.length - offset)
		length = inode->content.length - offset;
	memcpy(octets, inode->content.at + offset, length);
	return (ssize_t)length;
}

/* What the sync that is made now covers. */
static uint64_t
covers_take(void)
{
	uint64_t covers = sync_covers;

	sync_covers = UINT64_MAX;
	return covers;
}

int
file_sync(int fd)
{
	struct inode *inode = descriptor_find(fd)->inode;
	uint64_t covers;

	if (inode == NULL)
		return file_sync_directory(fd);
	covers = covers_take();
	if (call_fails(FAKE_FILE_SYNC))
		return -1;
	tell((struct fake_file_event){ .call = FAKE_FILE_SYNC, .folder = inode->folder, .file = inode->number,
	    .name = inode->name, .covers = covers });
	octets_resize(&inode->durable, inode->content.length);
	if (inode->content.length > 0)
		memcpy(inode->durable.at, inode->content.at, inode->content.length);
	return 0;
}

int
file_sync_directory(int directory)
{
	uint64_t covers = covers_take();

	if (call_fails(FAKE_FILE_SYNC_DIRECTORY))
		return -1;
	tell((struct fake_file_event){ .call = FAKE_FILE_SYNC_DIRECTORY, .folder = folder_of(directory), .covers = covers });
	return 0;
}

int
file_truncate(int fd, uint64_t length)
{
	struct inode *inode = file_of(fd);

	if (call_fails(FAKE_FILE_TRUNCATE))
		return -1;
	tell((struct fake_file_event){ .call = FAKE_FILE_TRUNCATE, .folder = inode->folder, .file = inode->number,
	    .name = inode->name, .offset = length });
	octets_resize(&inode->content, length);
	return 0;
}

static void
inode_unname(struct inode *inode)
{
	free(inode->name);
	inode->name = NULL;
}

int
file_rename(int directory, const char *from, const char *to)
{
	int folder = folder_of(directory);
	struct inode *inode = inode_find(folder, from), *other = inode_find(folder, to);

	if (call_fails(FAKE_FILE_RENAME))
		return -1;
	if (inode == NULL)
		return fail(ENOENT);
	tell((struct fake_file_event){ .call = FAKE_FILE_RENAME, .folder = folder, .file = inode->number, .name = from, .to = to });
	if (other != NULL && other != inode)
		inode_unname(other);
	free(inode->name);
	inode->name = must_copy(to, strlen(to));
	return 0;
}

int
file_unlink(int directory, const char *name)
{
	int folder = folder_of(directory);
	struct inode *inode = inode_find(folder, name);

	if (call_fails(FAKE_FILE_UNLINK))
		return -1;
	if (inode == NULL)
		return fail(ENOENT);
	tell((struct fake_file_event){ .call = FAKE_FILE_UNLINK, .folder = folder, .file = inode->number, .name = name });
	inode_unname(inode);
	return 0;
}

int
file_reserve(int fd, uint64_t length)
{
	(void)file_of(fd);
	if (call_fails(FAKE_FILE_RESERVE))
		return -1;
	return written > limit || length > limit - written ? fail(ENOSPC) : 0;
}

int
file_size(int fd, uint64_t *out)
{
	if (call_fails(FAKE_FILE_SIZE))
		return -1;
	*out = file_of(fd)->content.length;
	return 0;
}

int
file_copy(int fd)
{
	struct descriptor *descriptor = descriptor_find(fd);
	int folder = descriptor->folder, copy = descriptor_new(descriptor->inode);

	descriptor_find(copy)->folder = folder;
	return copy;
}

int
file_folder(int directory, const char *name)
{
	int outer = folder_of(directory), fd;
	struct inside *inside;

	TAILQ_FOREACH(inside, &insides, entry)
		if (inside->outer == outer && strcmp(inside->name, name) == 0)
			return file_copy(inside->inner);
	fd = descriptor_new(NULL);
	tell((struct fake_file_event){ .call = FAKE_FILE_FOLDER, .folder = outer, .name = name, .inner = folder_of(fd) });
	inside = must_alloc(sizeof(*inside));
	inside->outer = outer;
	inside->inner = file_copy(fd);
	inside->name = must_copy(name, strlen(name));
	TAILQ_INSERT_TAIL(&insides, inside, entry);
	return fd;
}

int
file_list(int directory, void (*each)(void *arg, const char *name), void *arg)
{
	int folder = folder_of(directory);
	struct inode *inode, *next;

	if (call_fails(FAKE_FILE_LIST))
		return -1;
	for (inode = TAILQ_FIRST(&inodes); inode != NULL; inode = next) {
		next = TAILQ_NEXT(inode, entry);
		if (inode->folder == folder && inode->name != NULL)
			each(arg, inode->name);
	}
	return 0;
}

/* by hand */

int
fake_file_folder_of(int fd)
{
	return folder_of(fd);
}

void
fake_file_put(int folder, const char *name, struct span content)
{
	struct inode *inode = inode_find(folder_of(folder), name);

	if (inode == NULL)
		inode = inode_new(folder_of(folder), name);
	octets_set(&inode->content, content);
	octets_set(&inode->durable, content);
}

void
fake_file_observe(void (*on_event)(void *arg, const struct fake_file_event *event), void *arg)
{
	fake_on_reset(files_reset);
	observer = on_event;
	observer_arg = arg;
}

uint64_t
fake_file_now(void)
{
	return next_event;
}

void
fake_file_sync_begun(uint64_t number)
{
	sync_covers = number;
}

unsigned
fake_file_number(int folder, const char *name)
{
	struct inode *inode = inode_find(folder_of(folder), name);

	if (inode == NULL)
		fake_fail("no file %s", name);
	return inode->number;
}

int
fake_file_folder(void)
{
	return descriptor_new(NULL);
}

void
fake_file_fail(enum fake_file_call call, unsigned nth, int error)
{
	fake_on_reset(files_reset);
	fails_at[call] = counts[call] + nth;
	errors[call] = error;
}

void
fake_file_die(int fd)
{
	int folder = folder_of(fd);
	struct inside *inside;
	struct inode *inode;

	TAILQ_FOREACH(inode, &inodes, entry)
		if (inode->folder == folder)
			inode->locked_by = 0;
	TAILQ_FOREACH(inside, &insides, entry)
		if (inside->outer == folder)
			fake_file_die(inside->inner);
}

void
fake_file_limit(size_t octets)
{
	fake_on_reset(files_reset);
	limit = octets;
}

unsigned
fake_file_count(enum fake_file_call call)
{
	return counts[call];
}

struct span
fake_file_content(int folder, const char *name)
{
	struct inode *inode = inode_find(folder_of(folder), name);

	return inode == NULL ? span_of(NULL) : span_make(inode->content.at, inode->content.length);
}

struct span
fake_file_durable(int folder, const char *name)
{
	struct inode *inode = inode_find(folder_of(folder), name);

	return inode == NULL ? span_of(NULL) : span_make(inode->durable.at, inode->durable.length);
}
