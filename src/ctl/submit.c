/* An SMTP client for the local socket: one thing after another, and the program waits. */
#include "submit.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fatal.h"

#define WAIT_S 600		/* RFC 5321 4.5.3.2.6 */
#define REPLY_LINES_MAX 200
#define PIECE_OCTETS 65536

/* A connection, or -1 with errno. */
static int
socket_open(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct timeval wait = { .tv_sec = WAIT_S };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), error;

	if (fd < 0)
		return -1;
	memcpy(address.sun_path, path, strnlen(path, sizeof(address.sun_path) - 1));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* Whoever may not connect never may; all else may be better later. */
static int
connect_code(int error)
{
	return error == EACCES || error == EPERM ? EX_NOPERM : EX_TEMPFAIL;
}

static bool
write_all(struct submit *submit, struct span octets)
{
	while (octets.length > 0) {
		ssize_t n = send(submit->fd, octets.data, octets.length, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			snprintf(submit->text, sizeof(submit->text), "the connection broke: %s", strerror(errno));
			return false;
		}
		octets = span_skip(octets, (size_t)n);
	}
	return true;
}

/* The next line without its end; false when there is none. */
static bool
line_read(struct submit *submit, char *line, size_t size)
{
	for (;;) {
		char *end = memchr(submit->in, '\n', submit->in_length);
		ssize_t n;

		if (end != NULL) {
			size_t length = (size_t)(end - submit->in);

			snprintf(line, size, "%.*s", (int)(length > 0 && end[-1] == '\r' ? length - 1 : length), submit->in);
			submit->in_length -= length + 1;
			memmove(submit->in, end + 1, submit->in_length);
			return true;
		}
		if (submit->in_length == sizeof(submit->in))
			return false;
		n = recv(submit->fd, submit->in + submit->in_length, sizeof(submit->in) - submit->in_length, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		submit->in_length += (size_t)n;
	}
}

static void
extension_note(struct submit *submit, const char *keyword)
{
	struct span name = span_first(span_of(keyword), strcspn(keyword, " "));

	submit->has_dsn |= span_equal_nocase(name, SPAN("DSN"));
	submit->has_8bitmime |= span_equal_nocase(name, SPAN("8BITMIME"));
	submit->has_smtputf8 |= span_equal_nocase(name, SPAN("SMTPUTF8"));
}

/* A whole reply; its last line in submit->text. Returns the code, or 0 when there is none. */
static int
reply_read(struct submit *submit, bool is_ehlo)
{
	char line[sizeof(submit->text)];
	uint64_t code;

	for (unsigned lines = 0; lines < REPLY_LINES_MAX && line_read(submit, line, sizeof(line)); lines++) {
		if (submit->is_verbose)
			fprintf(stderr, "<<< %s\n", line);
		if (strlen(line) < 3 || !span_to_u64(span_make(line, 3), 599, &code) || code < 200)
			break;
		snprintf(submit->text, sizeof(submit->text), "%s", line);
		if (is_ehlo && lines > 0 && strlen(line) > 4)
			extension_note(submit, line + 4);
		if (line[3] != '-')
			return (int)code;
	}
	snprintf(submit->text, sizeof(submit->text), "no answer that can be understood from sealpostd");
	return 0;
}

/* 0 for 2yz and 3yz; a refusal for good has the code that was asked for. */
static int
outcome(int code, int refused)
{
	if (code >= 200 && code < 400)
		return EX_OK;
	return code >= 500 ? refused : EX_TEMPFAIL;
}

/* Say a line and hear the reply. */
__attribute__((format(printf, 3, 4))) static int
say(struct submit *submit, int refused, const char *format, ...)
{
	va_list arguments;
	struct buf line;
	char text[2048];
	int length;
	bool sent;

	va_start(arguments, format);
	length = vsnprintf(text, sizeof(text) - 3, format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= sizeof(text) - 3 || strpbrk(text, "\r\n") != NULL) {
		snprintf(submit->text, sizeof(submit->text), "an address or parameter that cannot be said in SMTP");
		return refused;
	}
	if (submit->is_verbose)
		fprintf(stderr, ">>> %s\n", text);
	buf_init(&line, sizeof(text) + 2);
	sent = buf_printf(&line, "%s\r\n", text) && write_all(submit, buf_span(&line));
	buf_clear(&line);
	return sent ? outcome(reply_read(submit, strncmp(text, "EHLO", 4) == 0), refused) : EX_TEMPFAIL;
}

int
submit_open(struct submit *submit, const char *path, bool is_verbose)
{
	struct span greeting;
	int code;

	memset(submit, 0, sizeof(*submit));
	submit->is_verbose = is_verbose;
	submit->fd = socket_open(path);
	if (submit->fd < 0) {
		code = connect_code(errno);
		snprintf(submit->text, sizeof(submit->text), "%.500s: %s", path, strerror(errno));
		return code;
	}
	code = outcome(reply_read(submit, false), EX_UNAVAILABLE);
	greeting = span_skip(span_of(submit->text), 4);
	snprintf(submit->host, sizeof(submit->host), "%.*s", (int)span_find(greeting, ' '), greeting.data);
	return code;
}

static bool
needs_smtputf8(const struct submission *submission)
{
	bool needs = !span_is_ascii(submission->sender);

	for (uint32_t i = 0; i < submission->recipients_count && !needs; i++)
		needs = !span_is_ascii(submission->recipients[i]);
	return needs;
}

static int
say_mail(struct submit *submit, const struct submission *submission)
{
	bool has_ret = submit->has_dsn && submission->ret.length > 0, has_envid = submit->has_dsn && submission->envid.length > 0;
	bool smtputf8 = needs_smtputf8(submission);

	return say(submit, EX_DATAERR, "MAIL FROM:<%.*s>%s%s%s%s%.*s%s%.*s", SPAN_ARG(submission->sender),
	    submission->requiretls ? " REQUIRETLS" : "",
	    submission->has_8bit && submit->has_8bitmime ? " BODY=8BITMIME" : "",
	    smtputf8 && submit->has_smtputf8 ? " SMTPUTF8" : "", has_ret ? " RET=" : "",
	    has_ret ? (int)submission->ret.length : 0, submission->ret.data, has_envid ? " ENVID=" : "",
	    has_envid ? (int)submission->envid.length : 0, submission->envid.data);
}

static int
say_recipients(struct submit *submit, const struct submission *submission)
{
	bool has_notify = submit->has_dsn && submission->notify.length > 0;

	for (uint32_t i = 0; i < submission->recipients_count; i++) {
		int code = say(submit, EX_NOUSER, "RCPT TO:<%.*s>%s%.*s", SPAN_ARG(submission->recipients[i]),
		    has_notify ? " NOTIFY=" : "", has_notify ? (int)submission->notify.length : 0, submission->notify.data);

		if (code != EX_OK)
			return code;
	}
	return EX_OK;
}

/* The message with its dots stuffed (RFC 5321 4.5.2); it ends with a line end. */
static bool
write_content(struct submit *submit, struct span message)
{
	struct buf piece;
	bool good = true;

	buf_init(&piece, SIZE_MAX / 2);
	while (message.length > 0 && good) {
		size_t end = span_find(message, '\n');
		struct span line = span_first(message, end + 1);

		good = (line.data[0] != '.' || buf_add(&piece, SPAN("."))) && buf_add(&piece, line);
		message = span_skip(message, line.length);
		if (buf_length(&piece) >= PIECE_OCTETS) {
			good = good && write_all(submit, buf_span(&piece));
			buf_empty(&piece);
		}
	}
	good = good && write_all(submit, buf_span(&piece)) && write_all(submit, SPAN(".\r\n"));
	buf_clear(&piece);
	return good;
}

int
submit_message(struct submit *submit, const struct submission *submission)
{
	int code = say(submit, EX_UNAVAILABLE, "EHLO localhost");

	if (code == EX_OK)
		code = say_mail(submit, submission);
	if (code == EX_OK)
		code = say_recipients(submit, submission);
	if (code == EX_OK)
		code = say(submit, EX_UNAVAILABLE, "DATA");
	if (code != EX_OK)
		return code;
	if (!write_content(submit, submission->message))
		return EX_TEMPFAIL;
	return outcome(reply_read(submit, false), EX_DATAERR);
}

void
submit_close(struct submit *submit)
{
	char text[sizeof(submit->text)];

	if (submit->fd < 0)
		return;
	memcpy(text, submit->text, sizeof(text));
	(void)say(submit, EX_OK, "QUIT");
	/* What was said before is what matters. */
	memcpy(submit->text, text, sizeof(text));
	close(submit->fd);
	submit->fd = -1;
}

/* Move what there is from one descriptor to another. Returns false at the end. */
static bool
carry(int from, int to)
{
	char octets[65536];
	ssize_t n = read(from, octets, sizeof(octets)), done = 0;

	if (n < 0 && errno == EINTR)
		return true;
	while (n > 0 && done < n) {
		ssize_t written = write(to, octets + done, (size_t)(n - done));

		if (written <= 0)
			return false;
		done += written;
	}
	return n > 0;
}

int
submit_carry(const char *path)
{
	int fd = socket_open(path);
	struct pollfd ways[] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = fd, .events = POLLIN } };

	if (fd < 0) {
		int code = connect_code(errno);

		printf("421 4.3.2 %s: %s\r\n", path, strerror(errno));
		return code;
	}
	while (poll(ways, 2, -1) >= 0 || errno == EINTR) {
		if (ways[0].revents != 0 && !carry(STDIN_FILENO, fd)) {
			(void)shutdown(fd, SHUT_WR);
			ways[0].fd = -1;
		}
		if (ways[1].revents != 0 && !carry(fd, STDOUT_FILENO))
			break;
	}
	close(fd);
	return EX_OK;
}
