/* From a plan to a connected socket: one address after the other (RFC 5321 5.1). */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>

#include "base/log.h"
#include "loop/clock.h"
#include "relay/client.h"

#define INPUT_OCTETS (64 * 1024)	/* received and not consumed, at most: the parser takes everything */

/* Errors of connect(2) that have a word of their own. */
static const struct {
	int error;
	const char *word;
} rows[] = {
	{ ECONNREFUSED, "connect-refused" },
	{ ETIMEDOUT, "connect-timeout" },
};

static void
connect_failed(struct client *client, int error)
{
	const char *word = "connect-failed";

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].error == error)
			word = rows[i].word;
	client_fail_with(client, word, strerror(error));
}

void
connect_done(void *arg, int error)
{
	struct client *client = arg;

	if (error != 0)
		connect_failed(client, error);
	else if (client->plan->route.scheme == ROUTE_SMTPS)
		client_shake_hands(client);
	else
		client_await_greeting(client);
}

/* The address to connect from, as configured for that family; NULL = the system's choice. */
static struct sockaddr *
source_fill(const struct client *client, unsigned char family, struct sockaddr_storage *out, socklen_t *length)
{
	const char *text = family == 4 ? client->relay->conf->source4 : client->relay->conf->source6;
	struct ip ip;

	if (!ip_parse(span_of(text), &ip) || ip.family != family)
		return NULL;
	*length = ip_to_sockaddr(ip, 0, out);
	return (struct sockaddr *)out;
}

static void
connect_address(struct client *client)
{
	const struct candidate *candidate = client_candidate(client);
	struct sockaddr_storage to, from;
	socklen_t to_length = ip_to_sockaddr(candidate->ip, client->plan->port, &to), from_length = 0;
	struct sockaddr *source = source_fill(client, candidate->ip.family, &from, &from_length);

	client->stream = stream_connect((struct sockaddr *)&to, to_length, source, from_length, INPUT_OCTETS, connect_done,
	    &client_handler, client);
}

static void
connect_socket(struct client *client)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct span path = client->plan->route.host;

	/* route_parse() has seen to the length */
	memcpy(to.sun_path, path.data, path.length);
	client->stream = stream_connect((struct sockaddr *)&to, offsetof(struct sockaddr_un, sun_path) + (socklen_t)path.length + 1,
	    NULL, 0, INPUT_OCTETS, connect_done, &client_handler, client);
}

/* Try the candidate at hand. */
static void
connect_candidate(struct client *client)
{
	const struct candidate *candidate = client_candidate(client);
	char seen[PLAN_REFUSAL];

	ip_format(candidate->ip, client->address);
	client->begun_s = clock_wall();
	client_enter(client, CLIENT_CONNECTING);
	if (candidate->host != NULL && candidate->host->decision.demand.verdict != DECIDE_TRY) {
		client_fail_with(client, candidate->host->decision.demand.reason, plan_refusal(candidate->host, seen));
		return;
	}
	if (candidate->host == NULL)
		connect_socket(client);
	else
		connect_address(client);
	if (client->stream == NULL)
		connect_failed(client, errno);
}

/* Nothing is left: the hop has to do without this connection. What fails for good does so only when every host has had its say. */
static void
connect_exhausted(struct client *client)
{
	const struct plan *plan = client->plan;
	bool was_all = plan->count == 1 || (client->order_count == plan->count && !client->passed_over);
	/* Without a failure of its own all addresses rest after those of others. */
	struct failure failure = client->failure.reason == NULL ? plan->failure : client->failure;

	if (!was_all || plan->has_missed)
		failure_make_later(&failure);
	/* By the plan that was tried: the hop may have another one by now, or none. */
	failure.is_provisional = plan->is_provisional;
	hop_client_failed(client, &failure);
	client_close(client, "exhausted");
}

void
connect_next(struct client *client)
{
	if (client->state == CLIENT_NEW)
		client->order_count = plan_order(client->plan, clock_ms(), client->order, CLIENT_ATTEMPTS);
	while (client->order_at < client->order_count) {
		client->candidate = client->order[client->order_at++];
		/* Another connection may have found out meanwhile that it is not worth trying. */
		if (client_candidate(client)->rest_until_ms <= clock_ms()) {
			connect_candidate(client);
			return;
		}
		client->passed_over = true;
	}
	connect_exhausted(client);
}
