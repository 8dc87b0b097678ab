/* Blocking SMTP over TLS for the tools of the tests. */
#include "talk.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

void
talk_init(struct talk *talk, int fd, int timeout_s)
{
	const struct timeval timeout = { .tv_sec = timeout_s };
	const int on = 1;

	talk->fd = fd;
	talk->ssl = NULL;
	talk->start = talk->end = talk->gathered = 0;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

void
talk_close(struct talk *talk)
{
	(void)talk_flush(talk);
	if (talk->ssl != NULL) {
		(void)SSL_shutdown(talk->ssl);
		SSL_free(talk->ssl);
	}
	if (talk->fd >= 0)
		close(talk->fd);
	talk->ssl = NULL;
	talk->fd = -1;
}

bool
talk_secure(struct talk *talk, SSL_CTX *context, bool is_server)
{
	if (!talk_flush(talk) || talk->start != talk->end || (talk->ssl = SSL_new(context)) == NULL)
		return false;
	SSL_set_fd(talk->ssl, talk->fd);
	return (is_server ? SSL_accept(talk->ssl) : SSL_connect(talk->ssl)) == 1;
}

bool
talk_flush(struct talk *talk)
{
	const char *at = talk->out;

	while (talk->gathered > 0) {
		ssize_t n;

		if (talk->ssl != NULL)
			n = SSL_write(talk->ssl, at, (int)talk->gathered);
		else
			n = send(talk->fd, at, talk->gathered, MSG_NOSIGNAL);
		if (n <= 0) {
			talk->gathered = 0;
			return false;
		}
		at += n;
		talk->gathered -= (size_t)n;
	}
	return true;
}

bool
talk_write(struct talk *talk, const void *octets, size_t length)
{
	const char *at = octets;

	while (length > 0) {
		size_t part = sizeof(talk->out) - talk->gathered;

		if (part > length)
			part = length;
		memcpy(talk->out + talk->gathered, at, part);
		talk->gathered += part;
		at += part;
		length -= part;
		if (talk->gathered == sizeof(talk->out) && !talk_flush(talk))
			return false;
	}
	return true;
}

bool
talk_printf(struct talk *talk, const char *format, ...)
{
	char text[2048];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return length >= 0 && (size_t)length < sizeof(text) && talk_write(talk, text, (size_t)length);
}

/* Read more behind what is there. */
static bool
talk_fill(struct talk *talk)
{
	ssize_t n;

	if (!talk_flush(talk))
		return false;
	if (talk->start > 0) {
		memmove(talk->octets, talk->octets + talk->start, talk->end - talk->start);
		talk->end -= talk->start;
		talk->start = 0;
	}
	if (talk->end == sizeof(talk->octets))
		return false;
	if (talk->ssl != NULL)
		n = SSL_read(talk->ssl, talk->octets + talk->end, (int)(sizeof(talk->octets) - talk->end));
	else
		n = recv(talk->fd, talk->octets + talk->end, sizeof(talk->octets) - talk->end, 0);
	if (n <= 0)
		return false;
	talk->end += (size_t)n;
	return true;
}

bool
talk_line(struct talk *talk, char *line, size_t size)
{
	char *newline;
	size_t length;

	while ((newline = memchr(talk->octets + talk->start, '\n', talk->end - talk->start)) == NULL)
		if (!talk_fill(talk))
			return false;
	length = (size_t)(newline - (talk->octets + talk->start));
	newline = talk->octets + talk->start;
	talk->start += length + 1;
	while (length > 0 && newline[length - 1] == '\r')
		length--;
	if (length > size - 1)
		length = size - 1;
	memcpy(line, newline, length);
	line[length] = '\0';
	return true;
}

bool
talk_reply(struct talk *talk, int *code, char *text, size_t size)
{
	char line[1024];

	do {
		if (!talk_line(talk, line, sizeof(line)) || strlen(line) < 3)
			return false;
	} while (line[3] == '-');
	*code = atoi(line);
	if (text != NULL)
		snprintf(text, size, "%s", line);
	return *code >= 200 && *code < 600;
}

bool
talk_some(struct talk *talk, const char **octets, size_t *length, size_t most)
{
	if (talk->start == talk->end && !talk_fill(talk))
		return false;
	*octets = talk->octets + talk->start;
	*length = talk->end - talk->start;
	if (*length > most)
		*length = most;
	talk->start += *length;
	return true;
}

bool
talk_address(const char *text, struct sockaddr_storage *address, unsigned *length)
{
	const char *colon = strrchr(text, ':');
	char host[64];
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	size_t octets = colon == NULL ? 0 : (size_t)(colon - text);
	int port = colon == NULL ? 0 : atoi(colon + 1);

	if (octets == 0 || octets >= sizeof(host) || port < 0 || port > 65535)
		return false;
	if (text[0] == '[' && text[octets - 1] == ']') {
		text++;
		octets -= 2;
	}
	memcpy(host, text, octets);
	host[octets] = '\0';
	v4.sin_port = v6.sin6_port = htons((uint16_t)port);
	memset(address, 0, sizeof(*address));
	if (inet_pton(AF_INET, host, &v4.sin_addr) == 1)
		memcpy(address, &v4, *length = sizeof(v4));
	else if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1)
		memcpy(address, &v6, *length = sizeof(v6));
	else
		return false;
	return true;
}

void
talk_raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}
