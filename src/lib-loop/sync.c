/* The thread that does nothing but fdatasync. */
#include "loop/sync.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/file.h"
#include "loop/loop.h"

struct request {
	STAILQ_ENTRY(request) entry;	/* on wanted, then on done */
	int fd;
	int error;
	void (*on_synced)(void *arg, int error);
	void *arg;
};

STAILQ_HEAD(requests, request);

static struct requests wanted = STAILQ_HEAD_INITIALIZER(wanted);
static struct requests done = STAILQ_HEAD_INITIALIZER(done);
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;
static int bell = -1;		/* eventfd: something is on done */

static void *
sync_thread(void *unused)
{
	const uint64_t one = 1;

	(void)unused;
	pthread_mutex_lock(&lock);
	for (;;) {
		struct request *request;

		while ((request = STAILQ_FIRST(&wanted)) == NULL)
			pthread_cond_wait(&more, &lock);
		STAILQ_REMOVE_HEAD(&wanted, entry);
		pthread_mutex_unlock(&lock);
		request->error = file_sync(request->fd) == 0 ? 0 : errno;
		pthread_mutex_lock(&lock);
		STAILQ_INSERT_TAIL(&done, request, entry);
		if (write(bell, &one, sizeof(one)) < 0 && errno != EAGAIN)
			fatal_errno("eventfd");
	}
	return NULL;
}

static void
on_bell(void *arg, unsigned ready)
{
	struct requests finished = STAILQ_HEAD_INITIALIZER(finished);
	struct request *request;
	uint64_t count;

	(void)arg;
	(void)ready;
	if (read(bell, &count, sizeof(count)) < 0 && errno != EAGAIN)
		fatal_errno("eventfd");
	pthread_mutex_lock(&lock);
	STAILQ_CONCAT(&finished, &done);
	pthread_mutex_unlock(&lock);
	while ((request = STAILQ_FIRST(&finished)) != NULL) {
		STAILQ_REMOVE_HEAD(&finished, entry);
		request->on_synced(request->arg, request->error);
		free(request);
	}
}

/* Start the thread with every signal blocked: signals are the loop's. */
static void
sync_thread_start(void)
{
	sigset_t all, before;
	pthread_t thread;

	bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (bell < 0)
		fatal_errno("eventfd");
	watch_set(watch_new(bell, on_bell, NULL), LOOP_READABLE);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	if (pthread_create(&thread, NULL, sync_thread, NULL) != 0)
		fatal("cannot start the sync thread");
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_detach(thread);
}

void
sync_start(int fd, void (*on_synced)(void *arg, int error), void *arg)
{
	struct request *request = must_alloc(sizeof(*request));

	if (bell < 0)
		sync_thread_start();
	request->fd = fd;
	request->on_synced = on_synced;
	request->arg = arg;
	pthread_mutex_lock(&lock);
	STAILQ_INSERT_TAIL(&wanted, request, entry);
	pthread_cond_signal(&more);
	pthread_mutex_unlock(&lock);
}
