/* Listening sockets, by name. */
#include "listeners.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "activation.h"
#include "base/fatal.h"
#include "base/log.h"
#include "privileged.h"

/* Master's own, beside the kinds that rooms are given. */
#define CONTROL LISTENER_KINDS
#define FACTS (LISTENER_KINDS + 1)
#define OWN_MODE 0660
#define OWN_MODE_ALONE 0600		/* where there is no group of those who may */

struct listening {
	struct listening *next;
	uint32_t id;
	unsigned kind;		/* enum listener_kind, CONTROL or FACTS */
	char *name;		/* address and port, or path */
	bool tickets, request_certificate;
	mode_t mode;		/* of a path */
	int fd;			/* -1 = is in the other list as well, and was not moved yet */
	dev_t device;		/* of a path, as it was made */
	ino_t inode;
};

static struct listening *current, *prepared;
static uint32_t last_id;

static bool
is_path(const struct listening *listening)
{
	return listening->name[0] == '/';
}

static struct listening *
find(struct listening *list, const char *name)
{
	while (list != NULL && strcmp(list->name, name) != 0)
		list = list->next;
	return list;
}

static bool
is_same(const struct listening *a, const struct listening *b)
{
	return a->kind == b->kind && a->tickets == b->tickets && a->request_certificate == b->request_certificate;
}

/* Take the path away, if it is still ours. */
static void
path_remove(const struct listening *listening)
{
	struct stat st;

	if (is_path(listening) && lstat(listening->name, &st) == 0 && st.st_dev == listening->device &&
	    st.st_ino == listening->inode)
		(void)unlink(listening->name);
}

static void
listening_free(struct listening *listening)
{
	if (listening->fd >= 0) {
		path_remove(listening);
		close(listening->fd);
	}
	free(listening->name);
	free(listening);
}

static void
list_free(struct listening **list)
{
	struct listening *listening;

	while ((listening = *list) != NULL) {
		*list = listening->next;
		listening_free(listening);
	}
}

static void
prepare(const struct listening *wanted)
{
	struct listening *listening = must_alloc(sizeof(*listening)), **end = &prepared;

	*listening = *wanted;
	listening->next = NULL;
	listening->name = must_copy(wanted->name, strlen(wanted->name));
	while (*end != NULL)
		end = &(*end)->next;
	*end = listening;
}

static void
address_prepare(const struct settings *settings, const struct settings_listen *listen, unsigned kind, struct complaints *complaints)
{
	struct listening wanted = {
		.kind = kind, .name = listen->name,
		.tickets = listen->tickets, .request_certificate = listen->request_certificate, .fd = -1
	};

	if (find(current, listen->name) == NULL) {
		if (activation_covers(listen->ip, listen->port))
			return;
		wanted.fd = activation_take_ip(listen->ip, listen->port);
		if (wanted.fd < 0)
			wanted.fd = privileged_listen(listen->ip, listen->port);
		if (wanted.fd < 0 && listen->may_lack && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
			log_info("listener", LOG_TEXT("name", listen->name), LOG_TEXT("reason", "this host has no IPv6"));
			return;
		}
		if (wanted.fd < 0) {
			complaints_add(complaints, settings->file, listen->line, "%s: %s: %s",
			    kind == LISTENER_METRICS ? "metrics.listen" : "listen", listen->name, strerror(errno));
			return;
		}
	}
	prepare(&wanted);
}

static void
path_prepare(const struct settings *settings, const char *key, const char *path, unsigned kind, mode_t mode,
    struct complaints *complaints)
{
	struct listening wanted = { .kind = kind, .mode = mode, .fd = -1 };
	struct stat st;

	if (path[0] == '\0')
		return;
	wanted.name = must_copy(path, strlen(path));
	if (find(current, path) == NULL) {
		wanted.fd = activation_take_path(path);
		if (wanted.fd < 0) {
			wanted.fd = privileged_listen_path(path, mode, kind == FACTS ? privileged_feeders() : privileged_operators());
			if (wanted.fd >= 0 && lstat(path, &st) == 0) {
				wanted.device = st.st_dev;
				wanted.inode = st.st_ino;
			}
		}
		if (wanted.fd < 0)
			complaints_add(complaints, settings->file, settings_line(settings, key), "%s: %s: %s", key, path,
			    strerror(errno));
	}
	if (wanted.fd >= 0 || find(current, path) != NULL)
		prepare(&wanted);
	free(wanted.name);
}

/* One of master's own: for the members of a group, if there is such a group. */
static void
own_prepare(const struct settings *settings, const char *key, const char *path, unsigned kind, gid_t group, struct complaints *complaints)
{
	path_prepare(settings, key, path, kind, group == (gid_t)-1 ? OWN_MODE_ALONE : OWN_MODE, complaints);
}

static void
metrics_prepare(const struct settings *settings, char *item, struct complaints *complaints)
{
	struct settings_listen listen = { .name = item, .line = settings_line(settings, "metrics.listen") };

	if (span_starts(span_of(item), SPAN("unix:")))
		path_prepare(settings, "metrics.listen", item + strlen("unix:"), LISTENER_METRICS, (mode_t)settings->metrics_mode,
		    complaints);
	else if (settings_address(span_of(item), &listen.ip, &listen.port))
		address_prepare(settings, &listen, LISTENER_METRICS, complaints);
}

bool
listeners_prepare(const struct settings *settings, struct complaints *complaints)
{
	size_t errors = complaints->errors;

	for (size_t i = 0; i < settings->listen.count; i++)
		address_prepare(settings, &settings->listen.at[i],
		    settings->listen.at[i].is_implicit ? LISTENER_IMPLICIT : LISTENER_STARTTLS, complaints);
	for (size_t i = 0; i < settings->metrics_listen.count; i++)
		metrics_prepare(settings, settings->metrics_listen.items[i], complaints);
	path_prepare(settings, "submission.socket", settings->submission_socket, LISTENER_LOCAL,
	    (mode_t)settings->submission_mode, complaints);
	own_prepare(settings, "control", settings->control, CONTROL, privileged_operators(), complaints);
	own_prepare(settings, "ledger.socket", settings->ledger_socket, FACTS, privileged_feeders(), complaints);
	if (complaints->errors == errors)
		return true;
	list_free(&prepared);
	return false;
}

static void
tell_new(const struct listening *listening, listener_new_fn *on_new, void *arg)
{
	const struct listener listener = {
		.id = listening->id, .kind = (enum listener_kind)listening->kind, .name = span_of(listening->name),
		.tickets = listening->tickets, .request_certificate = listening->request_certificate
	};
	int fd;

	if (listening->kind >= CONTROL || on_new == NULL)
		return;
	fd = fcntl(listening->fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		fatal_errno("cannot duplicate a descriptor");
	on_new(arg, &listener, fd);
}

/* The socket of the former configuration goes on; what intake is to do with it may have changed. */
static void
take_over(struct listening *listening, struct listening *former)
{
	if (is_path(listening) && listening->mode != former->mode && chmod(listening->name, listening->mode) < 0)
		log_warn("listener", LOG_TEXT("name", listening->name), LOG_TEXT("reason", strerror(errno)));
	listening->fd = former->fd;
	listening->device = former->device;
	listening->inode = former->inode;
	listening->id = is_same(listening, former) ? former->id : ++last_id;
	former->fd = -1;
}

void
listeners_commit(listener_new_fn *on_new, listener_gone_fn *on_gone, void *arg)
{
	for (struct listening *listening = prepared; listening != NULL; listening = listening->next) {
		if (listening->fd >= 0)
			listening->id = ++last_id;
		else
			take_over(listening, find(current, listening->name));
	}
	/* Those that are gone first: a changed one listens on the same socket. */
	for (struct listening *former = current; former != NULL; former = former->next) {
		const struct listening *now = find(prepared, former->name);

		if (former->kind < CONTROL && on_gone != NULL && (now == NULL || now->id != former->id))
			on_gone(arg, former->id);
	}
	for (struct listening *listening = prepared; listening != NULL; listening = listening->next) {
		const struct listening *former = find(current, listening->name);

		if (former == NULL || former->id != listening->id)
			tell_new(listening, on_new, arg);
	}
	list_free(&current);
	current = prepared;
	prepared = NULL;
}

void
listeners_each(listener_new_fn *on_new, void *arg)
{
	for (const struct listening *listening = current; listening != NULL; listening = listening->next)
		tell_new(listening, on_new, arg);
}

static int
own_get(unsigned kind)
{
	for (const struct listening *listening = current; listening != NULL; listening = listening->next)
		if (listening->kind == kind)
			return listening->fd;
	return -1;
}

int
listeners_control(void)
{
	return own_get(CONTROL);
}

int
listeners_facts(void)
{
	return own_get(FACTS);
}

void
listeners_close(void)
{
	list_free(&current);
}
