/* A sealpostd with stand-in rooms, from outside. */
#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/codec.h"
#include "tests/unit/unit.h"

#define NOBODY 65534
#define PATIENCE_MS 20000

char daemon_folder[64];
pid_t daemon_pid;
uint16_t daemon_ports[3];
const char *daemon_door = "control";
static int notify_fd = -1;
static char notified[65536];

const char *
daemon_path(const char *name)
{
	static char paths[8][PATH_MAX];
	static unsigned turn;
	char *path = paths[turn++ % 8];

	snprintf(path, PATH_MAX, "%s/%s", daemon_folder, name);
	return path;
}

__attribute__((format(printf, 1, 2))) static void
shell(const char *format, ...)
{
	char command[2 * PATH_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	ck_assert_msg(system(command) == 0, "%s", command);
}

static uint16_t
free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, length), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	close(fd);
	return ntohs(address.sin_port);
}

void
daemon_prepare_folder(void)
{
	snprintf(daemon_folder, sizeof(daemon_folder), "/tmp/sealpost-test-daemon-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(daemon_folder));
	ck_assert_int_eq(chmod(daemon_folder, 0777), 0);
	/* Making a key takes its time. */
	shell(": > %s/log && mkdir -p -m 0700 %s/spool/keys && cp %s/tests/unit/master/spool.pem %s/spool/keys && "
	    "chmod 0600 %s/spool/keys/spool.pem && chmod 0711 %s/spool && ([ $(id -u) != 0 ] || chown -R %d:%d %s/spool)",
	    daemon_folder, daemon_folder, getenv("srcdir") == NULL ? "." : getenv("srcdir"), daemon_folder, daemon_folder,
	    daemon_folder, NOBODY, NOBODY, daemon_folder);
}

void
daemon_prepare(void)
{
	daemon_prepare_folder();
	/* One file for all rooms: with sanitizers it is large. */
	shell("cd %s && mkdir -m 0755 libexec && cp $OLDPWD/sealpostd . && cp $OLDPWD/tests/unit/master/standin libexec/intake && "
	    "for room in queue relay policy report web; do ln libexec/intake libexec/$room; done && "
	    ": > libexec/events && chmod 0666 libexec/events", daemon_folder);
	for (size_t i = 0; i < 3; i++)
		daemon_ports[i] = free_port();
}

void
daemon_configure(const char *format, ...)
{
	FILE *file = fopen(daemon_path("sealpost.yaml"), "w");
	va_list arguments;

	fprintf(file, "spool: {directory: %s/spool}\ncontrol: %s/control\nsubmission: {socket: %s/submission}\n",
	    daemon_folder, daemon_folder, daemon_folder);
	va_start(arguments, format);
	vfprintf(file, format, arguments);
	va_end(arguments);
	fclose(file);
}

void
daemon_room(const char *room, const char *behaviour)
{
	char name[64];
	FILE *file;

	snprintf(name, sizeof(name), "libexec/%s", room);
	file = fopen(daemon_path(name), "w");
	fputs(behaviour, file);
	fclose(file);
}

static void
become_nobody(void)
{
	if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
		_exit(99);
}

void
daemon_start(void (*before)(void), bool as_root)
{
	char program[PATH_MAX], configuration[PATH_MAX], libexec[PATH_MAX];
	int log = open(daemon_path("log"), O_WRONLY | O_APPEND);

	snprintf(program, sizeof(program), "%s", daemon_path("sealpostd"));
	snprintf(configuration, sizeof(configuration), "%s", daemon_path("sealpost.yaml"));
	snprintf(libexec, sizeof(libexec), "%s", daemon_path("libexec"));
	daemon_pid = fork();
	if (daemon_pid == 0) {
		dup2(log, STDERR_FILENO);
		if (log > STDERR_FILENO)
			close(log);
		if (before != NULL)
			before();
		if (!as_root)
			become_nobody();
		execl(program, "sealpostd", "-c", configuration, "--libexec", libexec, (char *)NULL);
		_exit(98);
	}
	close(log);
}

void
daemon_ends(int code)
{
	int status;

	ck_assert_int_eq(waitpid(daemon_pid, &status, 0), daemon_pid);
	daemon_pid = 0;
	ck_assert_msg(WIFEXITED(status), "signal %d", WTERMSIG(status));
	ck_assert_int_eq(WEXITSTATUS(status), code);
}

void
daemon_clear(void)
{
	if (daemon_pid != 0) {
		kill(daemon_pid, SIGTERM);
		daemon_ends(0);
	}
	if (notify_fd >= 0)
		close(notify_fd);
	notify_fd = -1;
	shell("rm -rf %s", daemon_folder);
}

static char *
file_text(const char *name)
{
	static char text[1 << 20];
	FILE *file = fopen(daemon_path(name), "r");
	size_t length = file == NULL ? 0 : fread(text, 1, sizeof(text) - 1, file);

	text[length] = '\0';
	if (file != NULL)
		fclose(file);
	return text;
}

static unsigned
count_in(const char *text, const char *wanted)
{
	unsigned count = 0;

	while ((text = strstr(text, wanted)) != NULL) {
		count++;
		text += strlen(wanted);
	}
	return count;
}

static void
wait_a_little(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
}

static void
file_has(const char *name, const char *text, unsigned times)
{
	unsigned count = 0;

	for (unsigned ms = 0; ms < PATIENCE_MS; ms += 10) {
		count = count_in(file_text(name), text);
		if (count >= times)
			break;
		wait_a_little();
	}
	ck_assert_msg(count == times, "\"%s\" %u times, not %u, in %s:\n%s\nlog:\n%s", text, count, times, name,
	    strdup(file_text(name)), file_text("log"));
}

void
daemon_events_have(const char *text, unsigned times)
{
	file_has("libexec/events", text, times);
}

void
daemon_log_has(const char *text, unsigned times)
{
	file_has("log", text, times);
}

unsigned
daemon_events_count(const char *text)
{
	return count_in(file_text("libexec/events"), text);
}

unsigned
daemon_log_count(const char *text)
{
	return count_in(file_text("log"), text);
}

long
daemon_events_at(const char *wanted)
{
	const char *text = file_text("libexec/events"), *at = strstr(text, wanted);

	ck_assert_msg(at != NULL, "\"%s\" is not in events:\n%s", wanted, text);
	return at - text;
}

int
daemon_connect(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", daemon_folder, name);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void
ask(int fd, const char *verb, const char *argument)
{
	struct span arguments[1] = { span_of(argument) };
	struct request request = { span_of(verb), arguments, argument == NULL ? 0 : 1 };
	struct buf payload, frame;

	buf_init(&payload, 65536);
	buf_init(&frame, 65536);
	request_encode(&payload, &request);
	put_u16(&frame, CTL_REQUEST);
	put_u16(&frame, 0);
	put_u32(&frame, (uint32_t)buf_length(&payload));
	put_raw(&frame, payload.data, buf_length(&payload));
	/* Whoever was refused at the door sees no answer. */
	(void)!send(fd, frame.data, buf_length(&frame), MSG_NOSIGNAL);
	buf_clear(&payload);
	buf_clear(&frame);
}

static void
row_print(struct buf *out, struct span payload)
{
	struct row row;

	ck_assert(row_decode(payload, &row));
	for (uint32_t i = 0; i < row.fields_count; i++) {
		const struct row_field *field = &row.fields[i];

		ck_assert(field->kind == ROW_TEXT ?
		    buf_printf(out, "%s%.*s=%.*s", i == 0 ? "" : " ", SPAN_ARG(field->name), SPAN_ARG(field->text)) :
		    buf_printf(out, "%s%.*s=%lld", i == 0 ? "" : " ", SPAN_ARG(field->name), (long long)field->number));
	}
	ck_assert(buf_add(out, SPAN("\n")));
}

int
daemon_ask(const char *verb, const char *argument, struct buf *out)
{
	static char payload[65536];
	int fd = daemon_connect(daemon_door), code = -1;
	char head[8];

	ck_assert_int_ge(fd, 0);
	ask(fd, verb, argument);
	while (code < 0 && recv(fd, head, sizeof(head), MSG_WAITALL) == sizeof(head)) {
		struct codec in = codec_read(span_make(head, sizeof(head)));
		uint16_t type = get_u16(&in);
		struct end end;
		uint32_t length;

		get_u16(&in);
		length = get_u32(&in);
		ck_assert_int_eq(length == 0 ? 0 : recv(fd, payload, length, MSG_WAITALL), length);
		if (type == CTL_ROW) {
			row_print(out, span_make(payload, length));
		} else {
			ck_assert(end_decode(span_make(payload, length), &end));
			code = end.code;
			ck_assert(buf_printf(out, "%.*s", SPAN_ARG(end.text)));
		}
	}
	ck_assert(buf_add(out, span_make("", 1)));
	close(fd);
	return code;
}

void
daemon_notify_open(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", daemon_folder);
	notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(bind(notify_fd, (struct sockaddr *)&address, sizeof(address)), 0);
	chmod(address.sun_path, 0777);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
}

/* Every datagram ends with a line of its own. */
static void
notify_receive(void)
{
	size_t length = strlen(notified);
	ssize_t n;

	while ((n = recv(notify_fd, notified + length, sizeof(notified) - length - 3, 0)) > 0) {
		length += (size_t)n;
		length += (size_t)sprintf(notified + length, "\n.\n");
	}
}

unsigned
daemon_notify_count(const char *text)
{
	notify_receive();
	return count_in(notified, text);
}

void
daemon_notify_has(const char *text, unsigned times)
{
	for (unsigned ms = 0; ms < PATIENCE_MS && daemon_notify_count(text) < times; ms += 10)
		wait_a_little();
	ck_assert_msg(daemon_notify_count(text) >= times, "\"%s\" was not told %u times:\n%s", text, times, notified);
}
