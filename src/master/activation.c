/* LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES. */
#include "activation.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/span.h"

#define FIRST_FD 3
#define SOCKETS_MAX 128

static struct {
	int fd;			/* -1 = was taken */
	char name[64];		/* from the unit, for the log */
	bool covers_ipv4;
	uint16_t port;
} inherited[SOCKETS_MAX];
static unsigned inherited_count;

static uint16_t
port_of(const struct sockaddr_storage *address)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	memcpy(&v4, address, sizeof(v4));
	memcpy(&v6, address, sizeof(v6));
	return ntohs(address->ss_family == AF_INET6 ? v6.sin6_port : v4.sin_port);
}

/* A listening stream socket, whatever else the service manager may have handed over. */
static bool
is_listening(int fd)
{
	int type = 0, listening = 0;
	socklen_t length = sizeof(type);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) < 0 || type != SOCK_STREAM)
		return false;
	length = sizeof(listening);
	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) == 0 && listening != 0;
}

static void
inherit(int fd, struct span name)
{
	struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
	socklen_t length = sizeof(address);
	int only = 1;

	fcntl(fd, F_SETFD, FD_CLOEXEC);
	/* The service manager hands over blocking ones, and several workers accept from each: one would wait for ever. */
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	snprintf(inherited[inherited_count].name, sizeof(inherited->name), "%.*s", SPAN_ARG(name));
	if (!is_listening(fd) || getsockname(fd, (struct sockaddr *)&address, &length) < 0) {
		log_warn("activation", LOG_TEXT("name", inherited[inherited_count].name),
		    LOG_TEXT("reason", "not a listening stream socket"));
		close(fd);
		return;
	}
	length = sizeof(only);
	if (address.ss_family == AF_INET6)
		(void)getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, &length);
	inherited[inherited_count].fd = fd;
	inherited[inherited_count].covers_ipv4 = only == 0;
	inherited[inherited_count].port = port_of(&address);
	inherited_count++;
}

void
activation_open(void)
{
	const char *pid = getenv("LISTEN_PID"), *count_text = getenv("LISTEN_FDS"), *names_text = getenv("LISTEN_FDNAMES");
	struct span names = span_of(names_text), name;
	uint64_t number, count;

	if (pid != NULL && span_to_u64(span_of(pid), INT32_MAX, &number) && (pid_t)number == getpid() &&
	    count_text != NULL && span_to_u64(span_of(count_text), SOCKETS_MAX, &count))
		for (unsigned i = 0; i < count; i++)
			inherit(FIRST_FD + (int)i, span_cut(&names, ':', &name) ? name : SPAN("unknown"));
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
}

static int
take(unsigned i)
{
	int fd = inherited[i].fd;

	log_debug("activation", LOG_TEXT("name", inherited[i].name), LOG_TEXT("what", "taken"));
	inherited[i].fd = -1;
	return fd;
}

int
activation_take_ip(struct ip ip, uint16_t port)
{
	for (unsigned i = 0; i < inherited_count; i++) {
		struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
		socklen_t length = sizeof(address);

		if (inherited[i].fd < 0 || getsockname(inherited[i].fd, (struct sockaddr *)&address, &length) < 0)
			continue;
		if ((address.ss_family == AF_INET || address.ss_family == AF_INET6) && port_of(&address) == port &&
		    ip_equal(ip_from_sockaddr((struct sockaddr *)&address), ip))
			return take(i);
	}
	return -1;
}

int
activation_take_path(const char *path)
{
	for (unsigned i = 0; i < inherited_count; i++) {
		struct sockaddr_un address = { .sun_family = AF_UNSPEC };
		socklen_t length = sizeof(address);

		if (inherited[i].fd < 0 || getsockname(inherited[i].fd, (struct sockaddr *)&address, &length) < 0)
			continue;
		if (address.sun_family == AF_UNIX && strncmp(address.sun_path, path, sizeof(address.sun_path)) == 0)
			return take(i);
	}
	return -1;
}

bool
activation_covers(struct ip ip, uint16_t port)
{
	const struct ip any4 = { .family = 4 };

	for (unsigned i = 0; i < inherited_count; i++)
		if (inherited[i].covers_ipv4 && inherited[i].port == port && ip_equal(ip, any4))
			return true;
	return false;
}

void
activation_close(void)
{
	for (unsigned i = 0; i < inherited_count; i++) {
		if (inherited[i].fd < 0)
			continue;
		log_warn("activation", LOG_TEXT("name", inherited[i].name),
		    LOG_TEXT("reason", "the configuration does not listen there"));
		close(inherited[i].fd);
		inherited[i].fd = -1;
	}
}
