/* The log of outcomes: batches of entries as sealed frames, snapshots, replay. */
#include "spool/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/codec.h"
#include "base/fatal.h"
#include "base/file.h"
#include "base/log.h"
#include "loop/loop.h"
#include "loop/sync.h"
#include "loop/timer.h"
#include "segment.h"

#define BATCH_OCTETS (256u * 1024)		/* a batch this large is sealed at once */
#define BATCH_CEILING (FRAME_PAYLOAD_MAX - SEAL_TAG_OCTETS)
#define PAGE_OCTETS (64u * 1024 * 1024)		/* reserved for a page; and history not worth a snapshot */
#define PAGE_OCTETS_LEAST (1024u * 1024)	/* a page that has not even this is not begun */
#define RETRY_MS 1000				/* between tries to begin a page on a full disk */

/* A page that is not the current one any more. */
struct past {
	TAILQ_ENTRY(past) entry;
	struct journal *journal;
	uint32_t number;
	uint64_t octets;
	struct segment *segment;	/* its last sync is under way; NULL = nobody writes it */
	int erase_fd;			/* being erased; -1 = not */
};

struct journal {
	int directory;			/* borrowed */
	const struct seal_pair *pair;	/* borrowed */
	const struct journal_handler *handler;
	void *arg;
	int64_t sync_ms;
	struct segment *current;	/* NULL = broken */
	struct buf batch;		/* entries not yet sealed */
	bool is_sealing;		/* the batch is going to be sealed at the end of this turn */
	bool is_syncing, in_snapshot;
	bool is_page_said;		/* on_page() was called for the current page */
	uint64_t snapshot_octets;	/* length of the page when its snapshot was whole */
	uint32_t durable_page;		/* the last one whose snapshot is durable: those before it are not needed */
	int open_error;			/* a page of the past could not be opened */
	struct timer *sync_timer, *retry_timer;
	TAILQ_HEAD(, past) past;	/* by number */
	uint32_t next_number;
};

struct wait {
	void (*on_durable)(void *arg, int error);
	void *arg;
};

/* --- replay --- */

static struct past *
past_add(struct journal *journal, uint32_t number)
{
	struct past *past = must_alloc(sizeof(*past)), *before;

	past->journal = journal;
	past->number = number;
	past->erase_fd = -1;
	TAILQ_FOREACH(before, &journal->past, entry)
		if (before->number > number)
			break;
	if (before == NULL)
		TAILQ_INSERT_TAIL(&journal->past, past, entry);
	else
		TAILQ_INSERT_BEFORE(before, past, entry);
	return past;
}

static void
find(struct journal *journal, enum finding_kind kind, uint32_t number, const char *text)
{
	struct spool_finding finding = { kind, "queue", number, 0, 0, { 0, 0 }, text };

	journal->handler->on_finding(journal->arg, &finding);
}

/* Killed before it was unlinked, perhaps before that it is dead was durable: no later page may be erased before that is. */
static void
page_bury(struct journal *journal, int fd, const char *name)
{
	if (file_sync(fd) < 0)
		log_error("journal", LOG_TEXT("what", "an erased page could not be synced"), LOG_TEXT("file", name),
		    LOG_TEXT("reason", strerror(errno)));
	else
		(void)file_unlink(journal->directory, name);
}

static bool
is_zeros(int fd)
{
	static const char zeros[4096];
	char octets[sizeof(zeros)];
	uint64_t offset = 0;
	ssize_t n;

	while ((n = file_read_at(fd, octets, sizeof(octets), offset)) > 0 && memcmp(octets, zeros, (size_t)n) == 0)
		offset += (uint64_t)n;
	return n == 0;
}

static void
on_name(void *arg, const char *name)
{
	static const char zeros[HEADER_OCTETS];
	struct journal *journal = arg;
	char sector[HEADER_OCTETS];
	struct header header;
	uint32_t number;
	ssize_t n;
	int fd;

	if (!layout_number(name, &number))
		return;
	if (number >= journal->next_number)
		journal->next_number = number + 1;
	fd = file_open(journal->directory, name, O_RDONLY);
	if (fd < 0) {
		journal->open_error = errno == ENOENT ? journal->open_error : errno;
		return;
	}
	n = file_read_at(fd, sector, sizeof(sector), 0);
	if (n < 0)
		find(journal, FINDING_READ, number, strerror(errno));
	if (n == (ssize_t)sizeof(sector) && header_decode(span_make(sector, sizeof(sector)), &header)) {
		if (header.state == SEGMENT_DEAD)
			page_bury(journal, fd, name);
		else if (header.state == SEGMENT_IN_USE && header.kind == SEGMENT_JOURNAL)
			past_add(journal, number);
	} else if (n > 0 && memcmp(sector, zeros, (size_t)n) != 0) {
		find(journal, FINDING_HEADER, number, "no readable header: what this page says is not known, the file is left alone");
	} else if (n >= 0 && is_zeros(fd)) {
		/* A crash kept it from being begun. It says nothing, and may have the room of a page reserved. */
		(void)file_unlink(journal->directory, name);
	}
	file_close(&fd);
}

static void
on_batch(void *arg, struct span batch)
{
	struct journal *journal = arg;
	struct codec in = codec_read(batch);

	while (in.rest.length > 0) {
		struct span entry = get_span(&in);

		if (in.bad)
			return;		/* the seal was right, so this cannot be: nothing to be gained from it */
		journal->handler->on_entry(journal->arg, entry);
	}
}

static void
on_journal_finding(void *arg, const struct spool_finding *finding)
{
	struct journal *journal = arg;

	journal->handler->on_finding(journal->arg, finding);
}

/* Replay one file. */
static void
past_replay(struct journal *journal, struct past *past)
{
	unsigned char key[SEAL_KEY_OCTETS];
	char name[LAYOUT_NAME], sector[HEADER_OCTETS];
	struct scan scan = { .directory = "queue", .number = past->number, .to = UINT64_MAX, .on_journal = on_batch,
		.on_finding = on_journal_finding, .arg = journal };
	struct header header;

	scan.fd = file_open(journal->directory, layout_name(past->number, name), O_RDONLY);
	if (scan.fd < 0)
		journal->open_error = errno;
	else if (file_read_at(scan.fd, sector, sizeof(sector), 0) != (ssize_t)sizeof(sector) ||
	    !header_decode(span_make(sector, sizeof(sector)), &header)) {
		find(journal, FINDING_READ, past->number, "a file of the journal cannot be read");
	} else if (!seal_unwrap(journal->pair, span_make(header.wrapped, header.wrapped_length), key)) {
		find(journal, FINDING_KEY, past->number, "a file of the journal is sealed to another key");
	} else {
		scan.generation = header.generation;
		scan.seal = seal_new();
		seal_set_key(scan.seal, key);
		explicit_bzero(key, sizeof(key));
		(void)scan_segment(&scan);
		seal_free(&scan.seal);
		past->octets = scan.end;
	}
	file_close(&scan.fd);
}

/* Nobody appends to it any more: what is reserved behind its end is room for the next page, however full the disk is. */
static void
past_trim(struct journal *journal, const struct past *past)
{
	char name[LAYOUT_NAME];
	int fd = file_open(journal->directory, layout_name(past->number, name), O_WRONLY);

	if (fd >= 0)
		segment_trim(fd);
	file_close(&fd);
}

/* --- pages --- */

static void on_sync_timer(void *arg);
static void on_retry(void *arg);

static struct segment *
page_new(struct journal *journal)
{
	struct segment *segment;
	int error;

	do
		segment = segment_begin(journal->directory, journal->next_number++, SEGMENT_JOURNAL, journal->pair);
	while (segment == NULL && errno == EBUSY);
	if (segment == NULL)
		return NULL;
	error = segment_reserve(segment, PAGE_OCTETS, PAGE_OCTETS_LEAST);
	if (error != 0) {
		segment_end(&segment);
		errno = error;
	}
	return segment;
}

static void
say_page(void *arg)
{
	struct journal *journal = arg;

	journal->is_page_said = true;
	journal->handler->on_page(journal->arg);
}

/* Leave the current page, if there is one, for a new one. Returns false with errno when there can be none. */
static bool
page_turn(struct journal *journal)
{
	struct segment *fresh = page_new(journal);
	struct past *past;

	if (fresh == NULL)
		return false;
	if (journal->current != NULL) {
		past = past_add(journal, segment_number(journal->current));
		past->octets = segment_length(journal->current);
		past->segment = journal->current;
	}
	journal->current = fresh;
	journal->in_snapshot = true;
	journal->is_page_said = false;
	loop_soon(say_page, journal);
	return true;
}

/* There is no page, and can be none now. */
static void
journal_broken(struct journal *journal, int error)
{
	log_error("journal", LOG_TEXT("what", "outcomes cannot be written: no delivery is begun"),
	    LOG_TEXT("reason", strerror(error)));
	timer_start(journal->retry_timer, RETRY_MS);
	journal->handler->on_broken(journal->arg, error);
}

/* The current page failed: turn it, or be broken until one can be begun. */
static void
page_failed(struct journal *journal)
{
	int error;

	if (page_turn(journal))
		return;
	error = errno;
	past_add(journal, segment_number(journal->current))->segment = journal->current;
	journal->current = NULL;
	journal_broken(journal, error);
}

static void
on_retry(void *arg)
{
	struct journal *journal = arg;

	if (page_turn(journal))
		log_info("journal", LOG_TEXT("what", "outcomes can be written again"));
	else
		timer_start(journal->retry_timer, RETRY_MS);
}

/* --- erasing pages of the past --- */

static void
past_free(struct past *past)
{
	TAILQ_REMOVE(&past->journal->past, past, entry);
	segment_end(&past->segment);
	file_close(&past->erase_fd);
	free(past);
}

static void erase_next(struct journal *journal);

static void
on_past_erased(void *arg, int error)
{
	struct past *past = arg;
	struct journal *journal = past->journal;
	char name[LAYOUT_NAME];

	if (error == 0)
		(void)file_unlink(journal->directory, layout_name(past->number, name));
	past_free(past);
	if (error == 0)
		erase_next(journal);
}

static void
past_erase(struct past *past)
{
	char sector[HEADER_OCTETS], name[LAYOUT_NAME];

	/* Its last sync may still be under way: then the next snapshot, or the next start, erases it. */
	if (past->erase_fd >= 0 || (past->segment != NULL && !segment_is_idle(past->segment)))
		return;
	header_erased(past->number, SEGMENT_DEAD, sector);
	past->erase_fd = file_open(past->journal->directory, layout_name(past->number, name), O_WRONLY);
	if (past->erase_fd < 0 || file_write_at(past->erase_fd, sector, sizeof(sector), 0) < 0)
		file_close(&past->erase_fd);
	else
		sync_start(past->erase_fd, on_past_erased, past);
}

/* The oldest first, each durably before the next: what an older page says must not be left without what came after it. */
static void
erase_next(struct journal *journal)
{
	struct past *past = TAILQ_FIRST(&journal->past);

	if (past != NULL && past->number < journal->durable_page)
		past_erase(past);
}

/* A snapshot on its way to the disk. */
struct snapshot_wait {
	struct journal *journal;
	uint32_t page;
};

static void
on_snapshot_durable(void *arg, int error)
{
	struct snapshot_wait *wait = arg;
	struct journal *journal = wait->journal;

	if (error == 0 && wait->page > journal->durable_page)
		journal->durable_page = wait->page;
	free(wait);
	if (error == 0)
		erase_next(journal);
}

/* --- entries --- */

struct journal *
journal_open(int directory, const struct seal_pair *pair, int64_t sync_ms, const struct journal_handler *handler, void *arg,
    char *why, size_t size)
{
	struct journal *journal = must_alloc(sizeof(*journal));
	struct past *past;

	journal->directory = directory;
	journal->pair = pair;
	journal->handler = handler;
	journal->arg = arg;
	journal->sync_ms = sync_ms;
	journal->next_number = 1;
	TAILQ_INIT(&journal->past);
	buf_init(&journal->batch, BATCH_CEILING);
	journal->sync_timer = timer_new(on_sync_timer, journal);
	journal->retry_timer = timer_new(on_retry, journal);
	if (file_list(directory, on_name, journal) < 0) {
		snprintf(why, size, "cannot read the journal's folder: %s", strerror(errno));
		journal_close(&journal);
		return NULL;
	}
	TAILQ_FOREACH(past, &journal->past, entry) {
		past_replay(journal, past);
		past_trim(journal, past);
	}
	/* Too few descriptors, or the like, that pass: whoever went on would deliver again what is delivered. */
	if (journal->open_error != 0) {
		snprintf(why, size, "cannot open a page of the journal: %s", strerror(journal->open_error));
		journal_close(&journal);
		return NULL;
	}
	if (page_turn(journal))
		return journal;
	if (errno == ENOSPC || errno == EDQUOT) {
		journal_broken(journal, errno);
		return journal;
	}
	snprintf(why, size, "cannot begin a page of the journal: %s", strerror(errno));
	journal_close(&journal);
	return NULL;
}

/* Seal the batch into the current page. */
static void
batch_seal(struct journal *journal)
{
	if (buf_length(&journal->batch) == 0)
		return;
	if (journal->current != NULL && segment_error(journal->current) == 0)
		(void)segment_append(journal->current, FRAME_JOURNAL, 0, true, UINT64_MAX, NULL, buf_span(&journal->batch));
	buf_empty(&journal->batch);
}

void
journal_close(struct journal **handle)
{
	struct journal *journal = *handle;
	struct past *past;

	if (journal == NULL)
		return;
	if (journal->current != NULL) {
		batch_seal(journal);
		(void)segment_write(journal->current);
		segment_end(&journal->current);
	}
	while ((past = TAILQ_FIRST(&journal->past)) != NULL)
		past_free(past);
	timer_free(&journal->sync_timer);
	timer_free(&journal->retry_timer);
	buf_clear(&journal->batch);
	free(journal);
	*handle = NULL;
}

static bool
page_is_long(const struct journal *journal)
{
	uint64_t length = segment_length(journal->current);

	return !journal->in_snapshot && length > PAGE_OCTETS && length > 3 * journal->snapshot_octets;
}

static void
on_seal(void *arg)
{
	struct journal *journal = arg;

	journal->is_sealing = false;
	batch_seal(journal);
	if (journal->current == NULL)
		return;
	/* Written now, so that a kill of this process alone loses nothing; durable when the timer says. */
	(void)segment_write(journal->current);
	if (page_is_long(journal))
		(void)page_turn(journal);
	if (!timer_is_running(journal->sync_timer) && !journal->is_syncing)
		timer_start(journal->sync_timer, journal->sync_ms);
}

void
journal_add(struct journal *journal, struct span entry)
{
	put_span(&journal->batch, entry);
	if (buf_length(&journal->batch) >= BATCH_OCTETS)
		batch_seal(journal);
	if (journal->is_sealing)
		return;
	journal->is_sealing = true;
	loop_soon(on_seal, journal);
}

static void
on_synced(void *arg, int error)
{
	struct journal *journal = arg;

	(void)error;
	journal->is_syncing = false;
	/* Also when all that is left of the page is durable: what the failed write had is not, and is of the page no more. */
	if (journal->current != NULL && segment_error(journal->current) != 0)
		page_failed(journal);
	/* What was written meanwhile is not covered, and may be the last for a long time. */
	else if (journal->current != NULL && segment_length(journal->current) > segment_durable(journal->current) &&
	    !timer_is_running(journal->sync_timer))
		timer_start(journal->sync_timer, journal->sync_ms);
}

static void
on_sync_timer(void *arg)
{
	struct journal *journal = arg;

	if (journal->is_syncing || journal->current == NULL)
		return;
	journal->is_syncing = true;
	batch_seal(journal);
	segment_wait(journal->current, on_synced, journal);
}

static void
on_wait_over(void *arg, int error)
{
	struct wait *wait = arg;

	wait->on_durable(wait->arg, error);
	free(wait);
}

static void
on_wait_hopeless(void *arg)
{
	on_wait_over(arg, EIO);
}

void
journal_wait(struct journal *journal, void (*on_durable)(void *arg, int error), void *arg)
{
	struct wait *wait = must_alloc(sizeof(*wait));

	*wait = (struct wait){ on_durable, arg };
	batch_seal(journal);
	/* A page that failed has dropped what came last: that the rest of it is durable is no answer. */
	if (journal->current == NULL || segment_error(journal->current) != 0)
		loop_soon(on_wait_hopeless, wait);
	else
		segment_wait(journal->current, on_wait_over, wait);
}

void
journal_snapshot_end(struct journal *journal)
{
	struct snapshot_wait *wait;

	batch_seal(journal);
	/* A page that nobody has been told of yet has not all of it, and what is before it is still needed. */
	if (journal->current == NULL || !journal->is_page_said)
		return;
	journal->in_snapshot = false;
	journal->snapshot_octets = segment_length(journal->current);
	wait = must_alloc(sizeof(*wait));
	*wait = (struct snapshot_wait){ journal, segment_number(journal->current) };
	journal_wait(journal, on_snapshot_durable, wait);
}

uint64_t
journal_octets(const struct journal *journal)
{
	uint64_t octets = journal->current == NULL ? 0 : segment_length(journal->current);
	const struct past *past;

	TAILQ_FOREACH(past, &journal->past, entry)
		octets += past->octets;
	return octets;
}
