/* The queue room: from master's set-up to the first scan, new configurations, stopping. */
#include "queue/room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/file.h"
#include "base/log.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "metrics/count.h"
#include "metrics/sample.h"
#include "queue/adopt.h"
#include "queue/age.h"
#include "queue/congestion.h"
#include "queue/destination.h"
#include "queue/dispatch.h"
#include "queue/evacuate.h"
#include "queue/message.h"
#include "queue/notices.h"
#include "queue/operator.h"
#include "queue/peers.h"
#include "queue/state.h"
#include "queue/task.h"

#define JOURNAL_DIRECTORY "journal"	/* below queue's own folder */
#define JOURNAL_SYNC_MS 50		/* what a crash of the machine may repeat, at most */
#define HELLO_MS 2000			/* writers have so long to say what they have open */
#define KEEP_FREE 32			/* files per folder kept for reuse */

/* A folder of the spool, until the store takes it. */
struct folder_fd {
	SLIST_ENTRY(folder_fd) entry;
	char *name;
	int fd;
};

void
room_init(struct queue *queue)
{
	memset(queue, 0, sizeof(*queue));
	queue->own_directory = queue->journal_directory = -1;
	SLIST_INIT(&queue->folders);
	STAILQ_INIT(&queue->early_peers);
	LIST_INIT(&queue->writers);
	RB_INIT(&queue->mids);
	task_init(queue);
	destination_init(queue);
	age_init(queue);
	notices_init(queue);
}

/* --- configuration --- */

/* Values were checked by master: what does not parse here is a bug. */
static void
routes_add(struct route_table *table, const struct conf_map *map)
{
	for (size_t i = 0; i < map->count; i++) {
		const char *why = route_table_add(table, span_of(map->pairs[i].key), span_of(map->pairs[i].value));

		if (why != NULL)
			fatal("route %s: %s", map->pairs[i].key, why);
	}
}

static void
routes_configure(struct queue *queue)
{
	const struct conf_queue *conf = queue->conf;

	route_table_free(&queue->routes);
	queue->routes = route_table_new();
	routes_add(queue->routes, &conf->accept);
	routes_add(queue->routes, &conf->routes);
	if (conf->relayhost[0] != '\0' && route_table_add(queue->routes, SPAN("*"), span_of(conf->relayhost)) != NULL)
		fatal("relayhost %s is no next hop", conf->relayhost);
	queue->routes_version++;
}

/* "queue" and "bounce" as routes, so that the same table finds them. */
static void
on_failure_configure(struct queue *queue)
{
	const struct conf_map *map = &queue->conf->on_failure;
	char text[16];

	route_table_free(&queue->on_failure);
	queue->on_failure = route_table_new();
	queue->has_on_failure = map->count > 0;
	for (size_t i = 0; i < map->count; i++) {
		snprintf(text, sizeof(text), "mx:%.10s", map->pairs[i].value);
		if (route_table_add(queue->on_failure, span_of(map->pairs[i].key), span_of(text)) != NULL)
			fatal("on_failure %s: %s", map->pairs[i].key, map->pairs[i].value);
	}
}

static void
on_setup(void *arg, const struct setup *setup, const void *slice)
{
	struct queue *queue = arg;

	(void)setup;
	queue->conf = slice;
	routes_configure(queue);
	on_failure_configure(queue);
	if (queue->store == NULL)
		return;
	writer_configure(queue->writer, &queue->conf->spool);
	age_reset(queue);
	congestion_look(queue);
	dispatch_soon(queue);
}

/* --- starting --- */

static void
on_directory(void *arg, const struct directory *directory, int fd)
{
	struct queue *queue = arg;
	struct folder_fd *folder;

	if (queue->store != NULL) {
		store_add_directory(queue->store, directory->name, fd);
		store_scan(queue->store);
		return;
	}
	if (directory->is_own)
		queue->own_directory = fd;
	folder = must_alloc(sizeof(*folder));
	folder->name = must_copy(directory->name.data, directory->name.length);
	folder->fd = directory->is_own ? file_copy(fd) : fd;
	SLIST_INSERT_HEAD(&queue->folders, folder, entry);
}

static void
on_key(void *arg, const struct spool_key *key)
{
	struct queue *queue = arg;
	struct seal_pair *pair;
	char why[128];

	if (queue->store != NULL)
		return;		/* the key of a running spool does not change */
	queue->pair = seal_pair_private(key->private_key, why, sizeof(why));
	pair = seal_pair_private(key->private_key, why, sizeof(why));
	if (queue->pair == NULL || pair == NULL)
		fatal("the spool's key: %s", why);
	queue->store = store_new(pair, KEEP_FREE, &adopt_handler, queue);
	queue->writer = writer_open(queue->own_directory, SPAN(EVACUATE_DIRECTORY), key->public_key, &queue->conf->spool, why,
	    sizeof(why));
	if (queue->writer == NULL)
		fatal("queue's own folder: %s", why);
}

/* A channel that came before START. */
struct early_peer {
	STAILQ_ENTRY(early_peer) entry;
	struct peer peer;
	int fd;
};

static void
on_peer(void *arg, const struct peer *peer, int fd)
{
	struct queue *queue = arg;
	struct early_peer *early;

	if (queue->journal != NULL) {
		peers_come(queue, peer, fd);
		return;
	}
	early = must_alloc(sizeof(*early));
	early->peer = *peer;
	early->fd = fd;
	STAILQ_INSERT_TAIL(&queue->early_peers, early, entry);
}

static void
on_entry(void *arg, struct span entry)
{
	struct queue *queue = arg;

	if (!replay_take(queue->replay, entry))
		log_warn("journal", LOG_TEXT("what", "an entry makes no sense: what it said is tried again"));
}

static void
on_journal_finding(void *arg, const struct spool_finding *finding)
{
	adopt_handler.on_finding(arg, finding);
}

static void
on_page(void *arg)
{
	struct queue *queue = arg;

	queue->is_broken = false;
	snapshot_begin(queue);
	notices_ask_all(queue);
	dispatch_soon(queue);
}

static void
on_broken(void *arg, int error)
{
	struct queue *queue = arg;

	(void)error;
	queue->is_broken = true;
}

static const struct journal_handler journal_handler = { on_entry, on_journal_finding, on_page, on_broken };

static void
journal_begin(struct queue *queue)
{
	char why[160];

	queue->journal_directory = file_folder(queue->own_directory, JOURNAL_DIRECTORY);
	if (queue->journal_directory < 0)
		fatal_errno("cannot open the journal's folder");
	/* A page is of no use when a crash takes the folder that it is in. */
	if (file_sync_directory(queue->own_directory) < 0)
		fatal_errno("cannot make the journal's folder durable");
	queue->replay = replay_new();
	queue->journal = journal_open(queue->journal_directory, queue->pair, JOURNAL_SYNC_MS, &journal_handler, queue, why,
	    sizeof(why));
	if (queue->journal == NULL)
		fatal("%s", why);
}

static void
on_own_record(void *arg, const struct writer_committed *committed)
{
	struct queue *queue = arg;

	store_committed(queue->store, SPAN(EVACUATE_DIRECTORY), committed);
}

static void
on_own_closed(void *arg, const struct writer_segment *segment)
{
	struct queue *queue = arg;

	store_closed(queue->store, SPAN(EVACUATE_DIRECTORY), segment);
}

/* Look into everything that lies there; from here on mail moves. */
static void
first_scan(struct queue *queue)
{
	int64_t begun = clock_ms();

	timer_free(&queue->hello_timer);
	store_scan(queue->store);
	if (store_is_whole(queue->store))
		replay_free(&queue->replay);
	age_sort(queue);
	queue->has_scanned = true;
	clock_update();
	log_info("recovered", LOG_NUMBER("messages", queue->messages_count), LOG_SECONDS("took", clock_ms() - begun));
	snapshot_begin(queue);
	evacuate_init(queue);
	notices_ask_all(queue);
	dispatch_soon(queue);
	room_ready();
}

void
room_knows_all(struct queue *queue)
{
	if (!queue->has_scanned || queue->replay == NULL)
		return;
	replay_free(&queue->replay);
	age_sort(queue);
	snapshot_begin(queue);
	dispatch_soon(queue);
}

static void
on_hello_late(void *arg)
{
	first_scan(arg);
}

void
room_heard_hello(struct queue *queue)
{
	if (queue->store == NULL || queue->journal == NULL)
		return;
	if (queue->has_scanned)
		store_scan(queue->store);
	else if (peers_have_said_hello(queue))
		first_scan(queue);
}

static void
on_start(void *arg)
{
	struct queue *queue = arg;
	struct folder_fd *folder;
	struct early_peer *early;

	if (queue->store == NULL || queue->own_directory < 0)
		fatal("started without a key or a folder");
	while ((folder = SLIST_FIRST(&queue->folders)) != NULL) {
		SLIST_REMOVE_HEAD(&queue->folders, entry);
		store_add_directory(queue->store, span_of(folder->name), folder->fd);
		free(folder->name);
		free(folder);
	}
	writer_attach_local(queue->writer, on_own_record, on_own_closed, queue);
	journal_begin(queue);
	queue->hello_timer = timer_new(on_hello_late, queue);
	timer_start(queue->hello_timer, HELLO_MS);
	while ((early = STAILQ_FIRST(&queue->early_peers)) != NULL) {
		STAILQ_REMOVE_HEAD(&queue->early_peers, entry);
		peers_come(queue, &early->peer, early->fd);
		free(early);
	}
	room_heard_hello(queue);
}

/* --- stopping: nothing new is begun; what is under way comes back, or is tried again after the next start --- */

static void
on_last_durable(void *arg, int error)
{
	(void)arg;
	(void)error;
	room_done();
}

static void
on_stop_over(void *arg)
{
	struct queue *queue = arg;

	if (queue->journal == NULL)
		room_done();
	else
		journal_wait(queue->journal, on_last_durable, queue);
}

static void
on_stop_look(void *arg)
{
	struct queue *queue = arg;

	if (queue->running == 0 || clock_ms() >= queue->stop_deadline_ms) {
		on_stop_over(queue);
		return;
	}
	timer_start(queue->stop_timer, 20);
}

static void
on_stop(void *arg, uint32_t grace_ms)
{
	struct queue *queue = arg;

	if (queue->is_stopping)
		return;
	queue->is_stopping = true;
	if (queue->journal != NULL)
		evacuate_stop(queue);
	queue->stop_deadline_ms = clock_ms() + grace_ms;
	queue->stop_timer = timer_new(on_stop_look, queue);
	timer_start(queue->stop_timer, 0);
}

/* --- what the operator asks --- */

static void
on_request(void *arg, const struct request *request, int fd)
{
	operator_request(arg, request, fd);
}

static uint64_t
oldest_ms(const struct queue *queue)
{
	const struct message *oldest = TAILQ_FIRST(&queue->ages);
	int64_t age = oldest == NULL ? 0 : clock_wall_ms() - oldest->arrival_ms;

	return age < 0 ? 0 : (uint64_t)age;
}

static void
on_count(void *arg, struct buf *samples)
{
	const struct queue *queue = arg;
	struct store_figures figures = { 0 };
	struct destination_figures destinations;

	destination_count(queue, &destinations);
	if (queue->store != NULL)
		store_count(queue->store, &figures);
	count_tell(samples);
	sample_put(samples, METRIC_QUEUE_MESSAGES, queue->messages_count);
	for (size_t state = 0; state < TASK_OVER; state++)
		sample_put_of(samples, METRIC_QUEUE_TASKS, state, queue->tasks[state]);
	sample_put(samples, METRIC_QUEUE_OLDEST, oldest_ms(queue));
	sample_put(samples, METRIC_QUEUE_HOPS, destinations.destinations);
	sample_put(samples, METRIC_QUEUE_RESTING, destinations.resting);
	sample_put(samples, METRIC_QUEUE_DEFERRALS, queue->deferred);
	sample_put(samples, METRIC_QUEUE_CONGESTED, queue->is_congested);
	sample_put(samples, METRIC_QUEUE_BROKEN, queue->is_broken);
	sample_put(samples, METRIC_SPOOL_SEGMENTS, figures.segments);
	sample_put(samples, METRIC_SPOOL_OCTETS, figures.octets);
	sample_put(samples, METRIC_SPOOL_NEEDED, figures.needed);
	sample_put(samples, METRIC_SPOOL_JOURNAL, queue->journal == NULL ? 0 : journal_octets(queue->journal));
}

static void
on_status(void *arg, struct row *row, struct arena *arena)
{
	const struct queue *queue = arg;
	struct store_figures figures = { 0 };
	struct destination_figures destinations;

	(void)arena;
	destination_count(queue, &destinations);
	if (queue->store != NULL)
		store_count(queue->store, &figures);
	row_number(row, "messages", (int64_t)queue->messages_count);
	row_number(row, "ready", (int64_t)destinations.ready);
	row_number(row, "active", (int64_t)queue->running);
	row_number(row, "destinations", (int64_t)destinations.destinations);
	row_number(row, "resting", (int64_t)destinations.resting);
	row_flag(row, "congested", queue->is_congested);
	row_flag(row, "journal_broken", queue->is_broken);
	row_number(row, "delivered", (int64_t)queue->delivered);
	row_number(row, "deferrals", (int64_t)queue->deferred);
	row_number(row, "failed", (int64_t)queue->failed);
	row_number(row, "segments", (int64_t)figures.segments);
	row_number(row, "free_files", (int64_t)figures.free_files);
	row_number(row, "spool_octets", (int64_t)figures.octets);
	row_number(row, "needed_octets", (int64_t)figures.needed);
	row_number(row, "journal_octets", queue->journal == NULL ? 0 : (int64_t)journal_octets(queue->journal));
}

const struct room_handler queue_room_handler = {
	.slice = &conf_queue_slice, .on_setup = on_setup, .on_directory = on_directory, .on_peer = on_peer, .on_key = on_key,
	.on_start = on_start, .on_stop = on_stop, .on_request = on_request, .on_count = on_count, .on_status = on_status
};
