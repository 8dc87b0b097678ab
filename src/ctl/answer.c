/* One request, any number of rows, one end. */
#include "answer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/fatal.h"
#include "conf/settings.h"
#include "ipc/channel.h"
#include "loop/loop.h"
#include "print.h"

#define TEXT_OCTETS_MAX 65536

struct answer {
	struct channel *channel;
	void (*on_row)(void *arg, const struct row *row);
	void *arg;
	struct buf *text;
	int code;
};

/* The control socket's path: as told, or as the configuration has it, or where it is without one. */
static void
socket_path(const struct options *options, char *out, size_t size)
{
	static struct complaints ignored;
	struct settings settings;

	complaints_init(&ignored);
	settings_read(&settings, options->file, &ignored);
	snprintf(out, size, "%s", options->socket != NULL ? options->socket : settings.control);
	settings_clear(&settings);
	complaints_clear(&ignored);
}

/* A connection, or -1 with *code and the text. */
static int
daemon_connect(const char *path, int *code, struct buf *text)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), error;

	if (fd < 0)
		fatal_errno("cannot make a socket");
	/* One that is too long is nobody's. */
	memcpy(address.sun_path, path, strnlen(path, sizeof(address.sun_path) - 1));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	error = errno;
	close(fd);
	*code = error == EACCES || error == EPERM ? EX_NOPERM : EX_UNAVAILABLE;
	if (error == ENOENT || error == ECONNREFUSED)
		(void)!buf_printf(text, "sealpostd does not run, or has another control socket than %s", path);
	else
		(void)!buf_printf(text, "%s: %s", path, strerror(error));
	return -1;
}

static bool
on_row(void *arg, struct span payload, int fd)
{
	struct answer *answer = arg;
	struct row row;

	(void)fd;
	if (!row_decode(payload, &row))
		return false;
	answer->on_row(answer->arg, &row);
	return true;
}

static bool
on_end(void *arg, struct span payload, int fd)
{
	struct answer *answer = arg;
	struct end end;

	(void)fd;
	if (!end_decode(payload, &end))
		return false;
	answer->code = end.code;
	if (!buf_add(answer->text, end.text))
		return false;
	channel_free(&answer->channel);
	loop_stop();
	return true;
}

static void
on_closed(void *arg)
{
	struct answer *answer = arg;

	channel_free(&answer->channel);
	answer->code = EX_PROTOCOL;
	(void)!buf_add(answer->text, SPAN("the answer ended before it was complete"));
	loop_stop();
}

static const struct channel_row rows[CTL_ANSWERS] = {
	[CTL_ROW] = { "row", false, on_row },
	[CTL_END] = { "end", false, on_end },
};
static const struct channel_handler handler = { .rows = rows, .rows_count = CTL_ANSWERS, .on_closed = on_closed };

int
answer_ask(const struct options *options, const struct request *request,
    void (*for_row)(void *arg, const struct row *row), void *arg, struct buf *text)
{
	struct answer answer = { .on_row = for_row, .arg = arg, .text = text, .code = EX_PROTOCOL };
	char path[4096];
	struct buf *out;
	int fd;

	buf_init(text, TEXT_OCTETS_MAX);
	socket_path(options, path, sizeof(path));
	fd = daemon_connect(path, &answer.code, text);
	if (fd < 0)
		return answer.code;
	loop_init();
	answer.channel = channel_new(fd, "sealpostd", &handler, &answer);
	out = channel_scratch();
	request_encode(out, request);
	channel_send(answer.channel, CTL_REQUEST, buf_span(out), -1);
	/* It may have a passphrase. */
	buf_wipe(out);
	loop_run();
	return answer.code;
}

static void
as_json(void *arg, const struct row *row)
{
	(void)arg;
	print_json(row);
}

int
answer_print(const struct options *options, const struct request *request,
    void (*for_row)(void *arg, const struct row *row), void *arg)
{
	struct buf text;
	int code = answer_ask(options, request, options->json ? as_json : for_row, arg, &text);

	fflush(stdout);
	/* Programs have the exit code; people want to know. */
	if (buf_length(&text) > 0 && (code != EX_OK || !options->json))
		fprintf(code == EX_OK ? stdout : stderr, "%s%.*s\n", code == EX_OK ? "" : "sealpost: ", SPAN_ARG(buf_span(&text)));
	buf_clear(&text);
	return code;
}
