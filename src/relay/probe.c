/* Probes: a hop and a plan with one candidate for each, and what is said there in clear. */
#include "relay/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "loop/reap.h"
#include "relay/client.h"

/* --- what is said --- */

/* Put a line, with what stands in front of it, behind the others. False: it does not fit. */
static bool
line_put(char *out, size_t size, size_t *length, const char *before, struct span line)
{
	size_t needed = (*length > 0) + strlen(before) + line.length;

	if (needed > size - *length)
		return false;
	if (*length > 0)
		out[(*length)++] = '\n';
	for (; *before != '\0'; before++)
		out[(*length)++] = *before;
	for (size_t i = 0; i < line.length; i++)
		out[(*length)++] = line.data[i];
	return true;
}

static void
talk_add(struct probe_talk *talk, const char *who, struct span line)
{
	if (!talk->is_full)
		talk->is_full = !line_put(talk->transcript, sizeof(talk->transcript), &talk->transcript_length, who, line);
}

static void
banner_add(struct probe_talk *talk, struct span line)
{
	if (!talk->is_banner_full)
		talk->is_banner_full = !line_put(talk->banner, sizeof(talk->banner), &talk->banner_length, "", line);
}

/* A line of the host's is whole, or there will be no more of it. */
static void
talk_line_ends(struct probe_talk *talk)
{
	struct span line = span_make(talk->line, talk->line_length);

	talk_add(talk, "S: ", line);
	if (!talk->has_spoken)
		banner_add(talk, line);
	talk->line_length = 0;
}

/* --- its life --- */

static void
probe_free(void *thing)
{
	struct probe *probe = thing;

	plan_release(&probe->base);
	free(probe);
}

/* The hop goes by itself. */
static void
probe_leave(struct probe *probe)
{
	if (probe->talk.line_length > 0)
		talk_line_ends(&probe->talk);
	probe->hop->probe = NULL;
	reap_later(probe_free, probe);
}

struct probe *
probe_start(struct relay *relay, const char *what, struct plan *plan, const struct candidate *candidate,
    const struct probe_handler *handler, void *arg)
{
	struct probe *probe = must_alloc(sizeof(*probe));
	struct plan *own = plan_new();
	char name[300];

	snprintf(name, sizeof(name), "%s-%u:%s", what, ++relay->probes, candidate->host->facts.domain);
	own->route = plan->route;
	own->port = plan->port;
	own->candidates = arena_alloc(own->arena, sizeof(*own->candidates));
	own->candidates[0] = (struct candidate){ .host = candidate->host, .ip = candidate->ip };
	own->count = 1;
	own->expires_ms = INT64_MAX;
	own->base = plan_hold(plan);
	*probe = (struct probe){ .hop = hop_new(relay, span_of(name), WISH_NONE), .base = plan_hold(plan), .candidate = candidate,
		.handler = handler, .arg = arg };
	probe->hop->probe = probe;
	probe->hop->is_probe = true;
	probe->hop->is_thorough = handler->is_thorough;
	probe->hop->plan = own;
	client_start(probe->hop);
	return probe;
}

void
probe_cancel(struct probe **handle)
{
	struct probe *probe = *handle;
	struct client *client;

	*handle = NULL;
	if (probe == NULL)
		return;
	client = TAILQ_FIRST(&probe->hop->clients);
	probe_leave(probe);
	if (client != NULL)
		client_close(client, "cancelled");
}

/* --- what came of it --- */

void
probe_proved(struct client *client)
{
	struct probe *probe = client->hop->probe;

	if (probe == NULL)
		return;
	probe_leave(probe);
	probe->handler->on_proved(probe->arg, probe, client);
}

void
probe_failed(struct client *client, const struct failure *failure)
{
	struct probe *probe = client->hop->probe;

	if (probe == NULL)
		return;
	probe_leave(probe);
	probe->handler->on_failed(probe->arg, probe, client, failure);
}

/* Whoever looks by a client that ends early has to be told: the hop goes before long. */
void
probe_stopped(struct hop *hop)
{
	struct probe *probe = hop->probe;
	struct failure failure;

	if (probe == NULL)
		return;
	failure_make(&failure, "stopping", NULL);
	probe_leave(probe);
	probe->handler->on_failed(probe->arg, probe, NULL, &failure);
}

/* --- who says it --- */

static struct probe_talk *
talk_of(const struct client *client)
{
	bool is_clear = client->hop != NULL && client->hop->probe != NULL && client->stream != NULL && stream_transport(client->stream) == NULL;

	return is_clear ? &client->hop->probe->talk : NULL;
}

void
probe_heard(const struct client *client, struct span octets)
{
	struct probe_talk *talk = talk_of(client);

	for (size_t i = 0; talk != NULL && i < octets.length; i++) {
		char c = octets.data[i];

		if (c == '\n')
			talk_line_ends(talk);
		else if (c != '\r' && talk->line_length < sizeof(talk->line))
			talk->line[talk->line_length++] = c;
	}
}

void
probe_said(const struct client *client, struct span octets)
{
	struct probe_talk *talk = talk_of(client);

	if (talk == NULL)
		return;
	if (talk->line_length > 0)
		talk_line_ends(talk);
	talk_add(talk, "C: ", span_first(octets, span_find(octets, '\r')));
	talk->has_spoken = true;
}
