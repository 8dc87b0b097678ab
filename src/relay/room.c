/* What master and queue say to this room, in rows; starting and stopping. */
#include "relay/room.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "ipc/tally.h"
#include "loop/loop.h"
#include "metrics/count.h"
#include "metrics/sample.h"
#include "relay/account.h"
#include "relay/client.h"
#include "relay/explain.h"
#include "relay/hop.h"
#include "relay/known.h"
#include "relay/look.h"
#include "relay/recall.h"
#include "relay/reuse.h"

#define WHY_OCTETS 300
#define PROVING_MS 30000	/* for a resolver that must validate to show that it does */

/* --- clients, all of them --- */

static void
clients_each(struct relay *relay, void (*fn)(struct client *client))
{
	struct client *client, *next;

	for (client = TAILQ_FIRST(&relay->clients); client != NULL; client = next) {
		next = TAILQ_NEXT(client, of_relay);
		fn(client);
	}
}

/* One that has not got through to a host. */
static void
client_give_up_start(struct client *client)
{
	if (client->state < CLIENT_BUSY)
		client_close(client, "stopping");
}

/* One whose message can still be taken back: what has left to its last octet cannot. */
static void
client_give_up(struct client *client)
{
	struct failure failure;

	client_give_up_start(client);
	if (client->state != CLIENT_BUSY || (client->current != NULL && client_has_sent(client, client->current)))
		return;
	failure_make(&failure, "stopping", NULL);
	client_lost(client, &failure);
}

static void
client_stop_resting(struct client *client)
{
	if (client->state == CLIENT_IDLE)
		client_leave(client);
}

/* --- queue --- */

static bool
on_job(void *arg, struct span payload, int fd)
{
	struct relay *relay = arg;
	struct delivery *delivery = delivery_new(relay, payload, fd);

	if (delivery == NULL)
		return false;
	/* While stopping nothing is begun: queue gives it to another when this room is gone. */
	if (relay->is_stopping)
		delivery_free(&delivery);
	else
		hop_add(relay, delivery);
	return true;
}

static void
hop_try_afresh(struct hop *hop)
{
	hop_forget(hop);
	hop_pump(hop);
}

static bool
on_forget(void *arg, struct span payload, int fd)
{
	struct relay *relay = arg;
	struct forget forget;

	(void)fd;
	if (!forget_decode(payload, &forget))
		return false;
	if (forget.hop.length == 0) {
		hop_each(relay, hop_try_afresh);
		return true;
	}
	for (int wish = 0; wish < WISHES; wish++) {
		struct hop *hop = hop_find(relay, forget.hop, (enum message_wish)wish);

		if (hop != NULL)
			hop_try_afresh(hop);
	}
	return true;
}

/* A new queue reads from the disk what is to be done: nothing waits here for the old one any more. */
static void
queue_leave(struct relay *relay)
{
	channel_free(&relay->queue);
	relay->epoch++;
	clients_each(relay, client_give_up);
	hop_each(relay, hop_abandon);
}

static void
on_queue_gone(void *arg)
{
	struct relay *relay = arg;

	log_info("peer-gone", LOG_TEXT("room", "queue"), LOG_NUMBER("jobs", relay->deliveries));
	queue_leave(relay);
	room_peer_gone(ROOM_QUEUE, 0);
}

static const struct channel_row queue_rows[QUEUE_TO_RELAY_MESSAGES] = {
	[QUEUE_JOB] = { "job", true, on_job },
	[QUEUE_FORGET] = { "forget", false, on_forget },
};

static const struct channel_handler queue_handler = { queue_rows, QUEUE_TO_RELAY_MESSAGES, on_queue_gone };

/* --- master --- */

static void
levels_set(struct relay *relay)
{
	const struct conf_map *rules = &relay->conf->policy_domains;

	pattern_table_free(&relay->levels);
	relay->levels = pattern_table_new();
	for (size_t i = 0; i < rules->count; i++)
		if (pattern_table_add(relay->levels, span_of(rules->pairs[i].key), span_of(rules->pairs[i].value)) != NULL)
			log_error("policy", LOG_TEXT("domain", rules->pairs[i].key), LOG_TEXT("what", "not a domain: rule ignored"));
}

static void
own_set(struct relay *relay)
{
	const struct conf_list *addresses = &relay->conf->own_addresses;

	free(relay->own);
	relay->own = must_alloc(addresses->count * sizeof(*relay->own));
	relay->own_count = 0;
	for (size_t i = 0; i < addresses->count; i++)
		if (ip_parse(span_of(addresses->items[i]), &relay->own[relay->own_count]))
			relay->own_count++;
}

/* Without TLS or DNS there is nothing to do here: the room ends, and master says why it cannot be started. */
static void
tls_set(struct relay *relay)
{
	const struct conf_tls *conf = &relay->conf->tls;
	struct tls_choices choices = { conf->ciphers, conf->ciphersuites, conf->groups };
	char why[WHY_OCTETS] = "";
	struct tls_context *tls = tls_context_client(span_of(relay->conf->trust), &choices, why, sizeof(why));

	if (tls == NULL)
		fatal("TLS: %s", why);
	tls_context_free(&relay->tls);
	relay->tls = tls;
}

/* Without the resolver that the configuration demands mail is not sent: better not to start (design.md, 4). */
static void
relay_give_up(struct relay *relay, const char *why)
{
	log_error("dns-trust", LOG_TEXT("trust", dns_trust_name(resolver_trust(relay->resolver))), LOG_TEXT("text", why),
	    LOG_TEXT("what", "dns.dnssec is required, and no server of dns.servers has proved that it validates"));
	relay->is_unfit = true;
	room_done();
}

static void
relay_be_ready(struct relay *relay)
{
	if (!relay->has_started || relay->is_ready)
		return;
	if (relay->conf->dnssec == CONF_DNSSEC_REQUIRED && resolver_trust(relay->resolver) != DNS_TRUST_PROVED)
		return;
	relay->is_ready = true;
	timer_cancel(relay->proving);
	room_ready();
}

static void
on_proving_over(void *arg)
{
	relay_give_up(arg, "nothing was proved in half a minute");
}

/* What was proved stays so as long as nothing speaks against it; what changes here changes what can be decided. */
static void
on_trust(void *arg, enum dns_trust trust, const char *why)
{
	struct relay *relay = arg;

	if (trust == DNS_TRUST_PROVED)
		log_info("dns-trust", LOG_TEXT("trust", dns_trust_name(trust)));
	else
		log_warn("dns-trust", LOG_TEXT("trust", dns_trust_name(trust)), LOG_TEXT("text", why));
	relay->is_proving = false;
	hop_each(relay, hop_void);
	hop_each(relay, hop_pump);
	look_pump(relay);
	if (relay->conf->dnssec == CONF_DNSSEC_REQUIRED && !relay->is_ready && (trust == DNS_TRUST_DISPROVED || trust == DNS_TRUST_OFF))
		relay_give_up(relay, why);
	else
		relay_be_ready(relay);
}

static void
resolver_set(struct relay *relay)
{
	const struct conf_list *servers = &relay->conf->dns_servers;
	char why[WHY_OCTETS] = "";
	struct resolver *resolver = resolver_new((const char *const *)servers->items, servers->count, (int)relay->conf->dns_timeout_ms,
	    (int)relay->conf->dns_tries, why, sizeof(why));

	if (resolver == NULL)
		fatal("DNS: %s", why);
	resolver_free(&relay->resolver);
	relay->resolver = resolver;
	relay->is_proving = relay->conf->dnssec != CONF_DNSSEC_OFF;
	if (relay->is_proving)
		resolver_prove(resolver, &(struct dns_canaries){ relay->conf->canary_signed, relay->conf->canary_unsigned,
		    relay->conf->canary_broken }, on_trust, relay);
}

/* A new configuration may ask for other proofs, by other authorities: nothing that was kept is used any more. */
static void
on_setup(void *arg, const struct setup *setup, const void *slice)
{
	struct relay *relay = arg;

	(void)setup;
	relay->conf = slice;
	relay->generation++;
	if (relay->tally == NULL) {
		relay->tally = tally_new();
		tally_listen(relay->tally, look_hear, look_report_gone, relay);
	}
	tally_configure(relay->tally, relay->conf->ledger_flush_s);
	levels_set(relay);
	own_set(relay);
	hop_each(relay, hop_forget);
	explain_interrupt();
	look_interrupt();
	resolver_set(relay);
	tls_set(relay);
	reuse_forget_sessions(relay);
	clients_each(relay, client_stop_resting);
	clients_each(relay, client_give_up_start);
	hop_each(relay, hop_pump);
	look_pump(relay);
}

static void
on_peer(void *arg, const struct peer *peer, int fd)
{
	struct relay *relay = arg;

	if (peer->kind == ROOM_POLICY) {
		known_attach(relay, fd);
		return;
	}
	if (peer->kind == ROOM_REPORT) {
		tally_attach(relay->tally, fd);
		return;
	}
	if (peer->kind != ROOM_QUEUE) {
		log_error("peer", LOG_TEXT("what", "not a room that relay talks to"), LOG_TEXT("room", room_name(peer->kind)));
		close(fd);
		return;
	}
	queue_leave(relay);
	relay->queue = channel_new(fd, "queue", &queue_handler, relay);
}

static void
on_start(void *arg)
{
	struct relay *relay = arg;

	relay->has_started = true;
	relay->proving = timer_new(on_proving_over, relay);
	if (relay->conf->dnssec == CONF_DNSSEC_REQUIRED)
		timer_start(relay->proving, PROVING_MS);
	relay_be_ready(relay);
}

/* Later, so that the last words for the ledger and the policy room have left. */
static void
on_done(void *unused)
{
	(void)unused;
	room_done();
}

static void
relay_done(struct relay *relay)
{
	timer_free(&relay->grace);
	recall_finish(relay);
	tally_finish(relay->tally);
	loop_soon(on_done, NULL);
}

static void
on_grace_over(void *arg)
{
	struct relay *relay = arg;

	log_info("stop", LOG_TEXT("reason", "grace period over"), LOG_NUMBER("jobs", relay->deliveries));
	/* Connections end with the room, behind its last word to the ledger. */
	clients_each(relay, account_end);
	relay_done(relay);
}

/* What is under way may end; what waits stays queue's, which tries it when this room is gone. */
static void
on_stop(void *arg, uint32_t grace_ms)
{
	struct relay *relay = arg;

	if (relay->is_stopping)
		return;
	relay->is_stopping = true;
	look_stop();
	relay->grace = timer_new(on_grace_over, relay);
	relay->on_idle = relay_done;
	hop_each(relay, hop_abandon);
	timer_start(relay->grace, grace_ms);
	clients_each(relay, client_stop_resting);
	clients_each(relay, client_give_up_start);
	if (TAILQ_EMPTY(&relay->clients))
		relay_done(relay);
}

static void
on_count(void *arg, struct buf *samples)
{
	const struct relay *relay = arg;
	const struct client *client;
	uint64_t connections = 0;

	TAILQ_FOREACH(client, &relay->clients, of_relay)
		connections++;
	count_tell(samples);
	sample_put(samples, METRIC_OUTBOUND_RESUMED, relay->resumed);
	sample_put(samples, METRIC_RELAY_CONNECTIONS, connections);
	sample_put(samples, METRIC_RELAY_JOBS, relay->deliveries);
	sample_put(samples, METRIC_RELAY_DNSSEC, resolver_trust(relay->resolver) == DNS_TRUST_PROVED);
}

static void
on_status(void *arg, struct row *row, struct arena *arena)
{
	const struct relay *relay = arg;
	const struct client *client;
	int64_t connections = 0, idle = 0;

	(void)arena;
	TAILQ_FOREACH(client, &relay->clients, of_relay) {
		connections++;
		idle += client->state == CLIENT_IDLE;
	}
	row_text(row, "dns", span_of(dns_trust_name(resolver_trust(relay->resolver))));
	row_number(row, "jobs", relay->deliveries);
	row_number(row, "connections", connections);
	row_number(row, "idle", idle);
	row_number(row, "sessions", relay->sessions);
	row_number(row, "handshakes", (int64_t)relay->connections);
	row_number(row, "resumed", (int64_t)relay->resumed);
	row_number(row, "delivered", (int64_t)relay->delivered);
	row_number(row, "later", (int64_t)relay->later);
	row_number(row, "failed", (int64_t)relay->failed);
}

const struct room_handler relay_room_handler = {
	.slice = &conf_relay_slice, .on_setup = on_setup, .on_peer = on_peer, .on_start = on_start, .on_stop = on_stop,
	.on_request = explain_request, .on_count = on_count, .on_status = on_status
};

void
room_init(struct relay *relay)
{
	*relay = (struct relay){ .queue = NULL };
	RB_INIT(&relay->hops);
	RB_INIT(&relay->places);
	TAILQ_INIT(&relay->clients);
	TAILQ_INIT(&relay->inquiries);
	TAILQ_INIT(&relay->places_with_session);
	TAILQ_INIT(&relay->resting);
	past_init(&relay->past);
}

static void
client_end(struct client *client)
{
	struct failure failure;

	failure_make(&failure, "stopping", NULL);
	if (client->current != NULL || client->next != NULL)
		client_lost(client, &failure);
	else
		client_close(client, "stopping");
}

void
room_clear(struct relay *relay)
{
	relay->is_stopping = true;
	relay->on_idle = NULL;
	channel_free(&relay->queue);
	explain_forget();
	look_forget();
	clients_each(relay, client_end);
	hop_each(relay, hop_free);
	known_detach(relay);
	tally_free(&relay->tally);
	reuse_forget_sessions(relay);
	timer_free(&relay->telling);
	past_clear(&relay->past);
	resolver_free(&relay->resolver);
	tls_context_free(&relay->tls);
	pattern_table_free(&relay->levels);
	timer_free(&relay->grace);
	timer_free(&relay->proving);
	free(relay->own);
	relay->own = NULL;
}
