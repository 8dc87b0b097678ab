/*
 * Stands in for every room in tests of master: speaks the room's side of the protocol, appends a line for everything it
 * is told to the file "events" beside its program, and misbehaves as the file "<room>-<index>" there says:
 *
 *   crash      dies by a signal when it is started
 *   exit N     ends with that status when it is started
 *   unready    never says that it is ready
 *   hang       answers nothing once it is started
 *   deaf       ignores STOP
 *   leave      gives up its first channel to queue
 */
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/leaks.h"

#include "base/log.h"
#include "conf/intake.h"
#include "conf/policy.h"
#include "conf/queue.h"
#include "conf/relay.h"
#include "conf/report.h"
#include "conf/web.h"
#include "ipc/channel.h"
#include "ipc/room.h"
#include "loop/timer.h"

static char folder[4096];
static enum room_kind kind;
static unsigned room_index;
static struct timer *ending;

__attribute__((format(printf, 1, 2))) static void
event(const char *format, ...)
{
	char path[5000], text[2000], line[2100];
	va_list arguments;
	int fd;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	snprintf(line, sizeof(line), "%s-%u %s\n", room_name(kind), room_index, text);
	snprintf(path, sizeof(path), "%s/events", folder);
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0 || write(fd, line, strlen(line)) < 0)
		abort();
	close(fd);
}

static bool
behaves(const char *how, int *number)
{
	char path[5000], text[100] = "";
	FILE *file;
	bool does;

	snprintf(path, sizeof(path), "%s/%s-%u", folder, room_name(kind), room_index);
	file = fopen(path, "r");
	if (file == NULL)
		return false;
	does = fgets(text, sizeof(text), file) != NULL && strncmp(text, how, strlen(how)) == 0;
	fclose(file);
	if (does && number != NULL)
		*number = atoi(text + strlen(how));
	return does;
}

static const char *
hostname_of(const void *slice)
{
	switch (kind) {
	case ROOM_INTAKE:
		return ((const struct conf_intake *)slice)->hostname;
	case ROOM_QUEUE:
		return ((const struct conf_queue *)slice)->hostname;
	case ROOM_RELAY:
		return ((const struct conf_relay *)slice)->hostname;
	case ROOM_POLICY:
		return ((const struct conf_policy *)slice)->hostname;
	case ROOM_WEB:
		return "-";
	default:
		return ((const struct conf_report *)slice)->hostname;
	}
}

/* Descriptors beyond the channel's, before anything was sent over it: there must be none. */
static unsigned
surplus_descriptors(void)
{
	unsigned count = 0;

	for (int fd = ROOM_CHANNEL_FD + 1; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static unsigned surplus;

static void
on_setup(void *arg, const struct setup *setup, const void *slice)
{
	(void)arg;
	room_index = setup->index;
	event("setup %u %s", setup->count, hostname_of(slice));
}

static void
on_directory(void *arg, const struct directory *directory, int fd)
{
	struct stat st = { .st_mode = 0 };

	(void)arg;
	fstat(fd, &st);
	event("directory %.*s own=%d mode=%04o", SPAN_ARG(directory->name), directory->is_own,
	    (unsigned)(st.st_mode & 07777));
	close(fd);
}

static void
on_listener(void *arg, const struct listener *listener, int fd)
{
	struct stat st = { .st_ino = 0 };

	(void)arg;
	fstat(fd, &st);
	event("listener %u %.*s kind=%d tickets=%d certificate=%d inode=%lu", listener->id, SPAN_ARG(listener->name),
	    listener->kind, listener->tickets, listener->request_certificate, (unsigned long)st.st_ino);
	close(fd);
}

static void
on_listener_gone(void *arg, uint32_t id)
{
	(void)arg;
	event("gone %u", id);
}

static void
on_peer(void *arg, const struct peer *peer, int fd)
{
	(void)arg;
	static bool has_left;

	event("peer %s-%u", room_name(peer->kind), peer->index);
	/* Kept open: its other end must not see a room that left. */
	if (!has_left && behaves("leave", NULL)) {
		has_left = true;
		close(fd);
		room_peer_gone(peer->kind, peer->index);
		room_peer_gone(peer->kind, peer->index);
	}
}

static void
on_key(void *arg, const struct spool_key *key)
{
	(void)arg;
	event("key public=%d private=%d", !span_is_empty(key->public_key), !span_is_empty(key->private_key));
}

static void
on_start(void *arg)
{
	int code = 0;

	(void)arg;
	event("start pid=%d uid=%d gid=%d surplus=%u umask=%04o", getpid(), (int)getuid(), (int)getgid(), surplus,
	    (unsigned)umask(0007));
	if (behaves("crash", NULL))
		raise(SIGKILL);
	if (behaves("exit", &code))
		_exit(code);
	if (behaves("hang", NULL))
		for (;;)
			pause();
	if (!behaves("unready", NULL))
		room_ready();
}

static void
on_ending(void *arg)
{
	(void)arg;
	event("stopped");
	room_done();
}

static void
on_stop(void *arg, uint32_t grace_ms)
{
	(void)arg;
	event("stop %u", grace_ms);
	if (behaves("deaf", NULL))
		return;
	/* A little later, so that the order of rooms shows. */
	ending = timer_new(on_ending, NULL);
	timer_start(ending, 50);
}

static void
on_answer_closed(void *arg)
{
	(void)arg;
}

/* Says back what it was asked. */
static void
on_request(void *arg, const struct request *request, int fd)
{
	static const struct channel_handler handler = { .on_closed = on_answer_closed };
	struct channel *answer = channel_new(fd, "operator", &handler, NULL);
	struct row row = { .fields_count = 0 };
	struct buf *out = channel_scratch();

	(void)arg;
	event("request %.*s", SPAN_ARG(request->verb));
	row_text(&row, "verb", request->verb);
	for (uint32_t i = 0; i < request->arguments_count; i++)
		row_text(&row, "argument", request->arguments[i]);
	row_encode(out, &row);
	channel_send(answer, CTL_ROW, buf_span(out), -1);
	out = channel_scratch();
	end_encode(out, &(struct end){ 1, SPAN("as you say") });
	channel_send(answer, CTL_END, buf_span(out), -1);
	channel_finish(&answer);
}

static void
on_status(void *arg, struct row *row, struct arena *arena)
{
	(void)arg;
	(void)arena;
	row_text(row, "mood", SPAN("fine"));
}

int
main(int argc, char **argv)
{
	static const struct {
		enum room_kind kind;
		const struct conf_slice *slice;
	} kinds[] = {
		{ ROOM_INTAKE, &conf_intake_slice }, { ROOM_QUEUE, &conf_queue_slice }, { ROOM_RELAY, &conf_relay_slice },
		{ ROOM_POLICY, &conf_policy_slice }, { ROOM_REPORT, &conf_report_slice },
		{ ROOM_WEB, &conf_web_slice }
	};
	struct room_handler handler = {
		NULL, on_setup, on_directory, on_listener, on_listener_gone, on_peer, on_key, on_start, on_stop, on_request,
		on_status
	};
	ssize_t length = readlink("/proc/self/exe", folder, sizeof(folder) - 1);

	if (argc != 1 || length < 0 || strncmp(argv[0], "sealpost-", 9) != 0)
		return EXIT_FAILURE;
	surplus = surplus_descriptors();
	*strrchr(folder, '/') = '\0';
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(argv[0] + 9, room_name(kinds[i].kind)) == 0) {
			kind = kinds[i].kind;
			handler.slice = kinds[i].slice;
		}
	return room_run(kind, &handler, NULL);
}
