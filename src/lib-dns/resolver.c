/*
 * Questions to recursive resolvers by c-ares, which does UDP, TCP, repetition and the turn of servers. The
 * questions themselves are made here: with EDNS and DO, so that AD comes back (RFC 6840 5.7), with
 * identities from the kernel's random numbers, and, after a SERVFAIL, once more with CD set: what then
 * succeeds had failed to validate (RFC 4035 3.2.2). Not more of them are sent at once than fit into the buffers of
 * sockets, the other side's and ours: each that is lost there costs a timeout, and in the end an answer.
 */
#include "dns/resolver.h"

#include <ares.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/fatal.h"
#include "base/random.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "name.h"
#include "proof.h"

#define UDP_OCTETS 1232		/* of a response by UDP: below any path's MTU */
#define DNS_PORT 53
#define CLASS_IN 1
#define BURST 64		/* questions in one turn of the loop; a socket buffers about 270 responses, as Linux comes */

/* One socket of c-ares. */
struct socket {
	LIST_ENTRY(socket) entry;	/* on the resolver's sockets */
	struct resolver *resolver;
	ares_socket_t fd;
	struct watch *watch;
};

struct resolver {
	ares_channel channel;
	struct timer *timer;
	char **servers;			/* as given, all of them good */
	size_t servers_count;
	const char *stranger;		/* among them: one that is not on this machine, so that no AD may be believed; NULL = none */
	int timeout_ms, tries;
	enum dns_trust trust;
	struct proof *proof;		/* NULL = nobody asked for it */
	void (*on_trust)(void *arg, enum dns_trust trust, const char *why);
	void *on_trust_arg;
	LIST_HEAD(, socket) sockets;
	LIST_HEAD(, lookup) lookups;
	TAILQ_HEAD(, lookup) unsent;	/* until the next turn */
	struct timer *turn;
	unsigned sent;			/* in this turn */
};

struct lookup {
	LIST_ENTRY(lookup) entry;	/* on the resolver's lookups, while there is a resolver */
	TAILQ_ENTRY(lookup) of_unsent;
	struct resolver *resolver;	/* NULL = it is freed */
	char name[NAME_TEXT];
	enum dns_type type;
	void (*on_answer)(void *arg, const struct dns_answer *answer);	/* NULL = nobody wants to know any more */
	void *arg;
	bool checking_disabled;		/* the second question, with CD */
	struct arena *arena;		/* of the answer */
	struct dns_answer answer;
};

static void lookup_send(struct lookup *lookup);
static void lookup_free(struct lookup *lookup);
static void on_turn(void *arg);

/* c-ares knows when it has something to repeat or to give up. */
static void
resolver_arm(struct resolver *resolver)
{
	struct timeval in;

	if (ares_timeout(resolver->channel, NULL, &in) == NULL)
		timer_cancel(resolver->timer);
	else
		timer_start(resolver->timer, in.tv_sec * 1000 + (in.tv_usec + 999) / 1000);
}

static void
on_resolver_timer(void *arg)
{
	struct resolver *resolver = arg;

	ares_process_fd(resolver->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	resolver_arm(resolver);
}

static void
on_socket_ready(void *arg, unsigned ready)
{
	struct socket *socket = arg;
	struct resolver *resolver = socket->resolver;
	ares_socket_t fd = socket->fd;	/* the socket may be gone when c-ares returns */

	ares_process_fd(resolver->channel, ready & LOOP_READABLE ? fd : ARES_SOCKET_BAD,
	    ready & LOOP_WRITABLE ? fd : ARES_SOCKET_BAD);
	resolver_arm(resolver);
}

static void
socket_free(struct socket *socket)
{
	LIST_REMOVE(socket, entry);
	watch_free(&socket->watch);
	free(socket);
}

/* c-ares says what it waits for on a socket; neither = it is about to close it. */
static void
on_socket_state(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct resolver *resolver = arg;
	struct socket *socket;

	LIST_FOREACH(socket, &resolver->sockets, entry)
		if (socket->fd == fd)
			break;
	if (!readable && !writable) {
		if (socket != NULL)
			socket_free(socket);
		return;
	}
	if (socket == NULL) {
		socket = must_alloc(sizeof(*socket));
		socket->resolver = resolver;
		socket->fd = fd;
		socket->watch = watch_new(fd, on_socket_ready, socket);
		LIST_INSERT_HEAD(&resolver->sockets, socket, entry);
	}
	watch_set(socket->watch, (readable ? LOOP_READABLE : 0) | (writable ? LOOP_WRITABLE : 0));
}

/* "127.0.0.1:53", "[::1]:53", and either without the port. */
static bool
server_parse(struct span text, struct ip *ip, uint64_t *port)
{
	size_t end = text.length;

	*port = DNS_PORT;
	if (ip_parse(text, ip))
		return true;
	while (end > 0 && text.data[end - 1] != ':' && text.data[end - 1] != ']')
		end--;
	if (end > 0 && text.data[end - 1] == ':') {
		if (!span_to_u64(span_skip(text, end), 65535, port) || *port == 0)
			return false;
		text = span_first(text, end - 1);
	}
	if (text.length < 2 || text.data[0] != '[')
		return ip_parse(text, ip) && ip->family == 4;
	return text.data[text.length - 1] == ']' && ip_parse(span_first(span_skip(text, 1), text.length - 2), ip);
}

static void
server_write(struct ip ip, uint64_t port, struct ares_addr_port_node *node)
{
	node->family = ip.family == 4 ? AF_INET : AF_INET6;
	memcpy(&node->addr, ip.octets, ip.family == 4 ? 4 : 16);
	node->udp_port = node->tcp_port = (int)port;
}

static bool
servers_apply(struct resolver *resolver, const char *const *servers, size_t count, char *why, size_t size)
{
	struct ares_addr_port_node *nodes = must_alloc((count + 1) * sizeof(*nodes));
	bool done = count > 0;

	if (count == 0)
		snprintf(why, size, "no DNS server is named");
	resolver->servers = must_alloc((count + 1) * sizeof(*resolver->servers));
	for (size_t i = 0; i < count && done; i++) {
		struct ip ip;
		uint64_t port;

		done = server_parse(span_of(servers[i]), &ip, &port);
		if (!done) {
			snprintf(why, size, "\"%s\" is not the address of a DNS server", servers[i]);
			break;
		}
		server_write(ip, port, &nodes[i]);
		resolver->servers[resolver->servers_count++] = must_copy(servers[i], strlen(servers[i]));
		if (!ip_is_loopback(ip))
			resolver->stranger = resolver->servers[i];
		if (i > 0)
			nodes[i - 1].next = &nodes[i];
	}
	if (done && ares_set_servers_ports(resolver->channel, nodes) != ARES_SUCCESS)
		fatal("c-ares takes no servers");
	free(nodes);
	return done;
}

/* Every option is given, so that c-ares does not go and read the system's files. */
static void
channel_open(struct resolver *resolver, int timeout_ms, int tries)
{
	static char lookups[] = "b";
	struct ares_options options = {
		.flags = ARES_FLAG_EDNS | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
		.timeout = timeout_ms, .tries = tries, .ndots = 1, .ednspsz = UDP_OCTETS, .lookups = lookups,
		.sock_state_cb = on_socket_state, .sock_state_cb_data = resolver
	};
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS | ARES_OPT_EDNSPSZ | ARES_OPT_LOOKUPS |
	    ARES_OPT_SERVERS | ARES_OPT_DOMAINS | ARES_OPT_SORTLIST | ARES_OPT_SOCK_STATE_CB;
	int status = ares_init_options(&resolver->channel, &options, mask);

	if (status != ARES_SUCCESS)
		fatal("c-ares: %s", ares_strerror(status));
}

struct resolver *
resolver_new(const char *const *servers, size_t count, int timeout_ms, int tries, char *why, size_t size)
{
	struct resolver *resolver = must_alloc(sizeof(*resolver));

	LIST_INIT(&resolver->sockets);
	LIST_INIT(&resolver->lookups);
	TAILQ_INIT(&resolver->unsent);
	resolver->turn = timer_new(on_turn, resolver);
	resolver->timeout_ms = timeout_ms;
	resolver->tries = tries;
	resolver->timer = timer_new(on_resolver_timer, resolver);
	channel_open(resolver, timeout_ms, tries);
	if (!servers_apply(resolver, servers, count, why, size))
		resolver_free(&resolver);
	return resolver;
}

void
resolver_free(struct resolver **resolver)
{
	struct lookup *lookup;

	if (*resolver == NULL)
		return;
	proof_free(&(*resolver)->proof);
	while ((lookup = TAILQ_FIRST(&(*resolver)->unsent)) != NULL) {
		TAILQ_REMOVE(&(*resolver)->unsent, lookup, of_unsent);
		lookup_free(lookup);
	}
	while ((lookup = LIST_FIRST(&(*resolver)->lookups)) != NULL) {
		LIST_REMOVE(lookup, entry);
		lookup->resolver = NULL;
		lookup->on_answer = NULL;
	}
	ares_destroy((*resolver)->channel);	/* ends every lookup with ARES_EDESTRUCTION, closes every socket */
	while (!LIST_EMPTY(&(*resolver)->sockets))
		socket_free(LIST_FIRST(&(*resolver)->sockets));
	timer_free(&(*resolver)->timer);
	timer_free(&(*resolver)->turn);
	for (size_t i = 0; i < (*resolver)->servers_count; i++)
		free((*resolver)->servers[i]);
	free((*resolver)->servers);
	free(*resolver);
	*resolver = NULL;
}

static void
on_proof(void *arg, enum dns_trust trust, const char *why)
{
	struct resolver *resolver = arg;

	resolver->trust = trust;
	resolver->on_trust(resolver->on_trust_arg, trust, why);
}

void
resolver_prove(struct resolver *resolver, const struct dns_canaries *canaries,
    void (*on_trust)(void *arg, enum dns_trust trust, const char *why), void *arg)
{
	char off[200] = "";

	if (resolver->stranger != NULL)
		snprintf(off, sizeof(off), "the DNS server %s is not on this machine: on the way anyone could have set AD",
		    resolver->stranger);
	resolver->on_trust = on_trust;
	resolver->on_trust_arg = arg;
	resolver->trust = *off == '\0' ? DNS_TRUST_UNDECIDED : DNS_TRUST_OFF;
	proof_free(&resolver->proof);
	resolver->proof = proof_new((const char *const *)resolver->servers, resolver->servers_count, resolver->timeout_ms,
	    resolver->tries, canaries, *off == '\0' ? NULL : off, on_proof, resolver);
}

enum dns_trust
resolver_trust(const struct resolver *resolver)
{
	return resolver->trust;
}

void
resolver_believe(struct resolver *resolver)
{
	resolver->trust = DNS_TRUST_PROVED;
}

static void
lookup_free(struct lookup *lookup)
{
	if (lookup->resolver != NULL)
		LIST_REMOVE(lookup, entry);
	arena_free(&lookup->arena);
	free(lookup);
}

/* In a call of its own: whoever is told may ask again, or free the resolver. */
static void
lookup_tell(void *arg)
{
	struct lookup *lookup = arg;

	if (lookup->on_answer != NULL)
		lookup->on_answer(lookup->arg, &lookup->answer);
	lookup_free(lookup);
}

static void
lookup_conclude(struct lookup *lookup, enum dns_status status, const char *why)
{
	lookup->answer.status = status;
	lookup->answer.why = why;
	loop_soon(lookup_tell, lookup);
}

static struct dns_answer
answer_unknown(const struct lookup *lookup)
{
	return (struct dns_answer){ .status = DNS_FAILED, .why = "whether the resolver validates is not known yet", .type = lookup->type,
		.name = lookup->name, .alias = "" };
}

/*
 * AD is worth what the resolver has shown (standards.md D50, D53). While it may still turn out to be true, neither secure nor
 * insecure would be right, and insecure would be the weaker: whoever asks has to ask later.
 */
static void
lookup_weigh(struct lookup *lookup)
{
	enum dns_trust trust = lookup->resolver->trust;

	if (!lookup->answer.secure || trust == DNS_TRUST_PROVED)
		return;
	if (trust == DNS_TRUST_UNDECIDED)
		lookup->answer = answer_unknown(lookup);
	lookup->answer.secure = false;
}

/* The answer to the second question says only whether there was anything to validate. */
static void
lookup_judge(struct lookup *lookup, struct span response)
{
	struct dns_answer *answer = &lookup->answer;

	dns_answer_decode(response, lookup->name, lookup->type, lookup->arena, answer);
	if (!lookup->checking_disabled) {
		lookup_weigh(lookup);
		loop_soon(lookup_tell, lookup);
		return;
	}
	answer->count = 0;
	answer->ttl_s = 0;
	answer->secure = false;
	if (answer->status == DNS_FAILED)
		lookup_conclude(lookup, DNS_FAILED, answer->why);
	else
		lookup_conclude(lookup, DNS_BOGUS, "SERVFAIL, and an answer when signatures go unchecked");
}

/* Did the servers answer that they cannot? c-ares 1.18 calls a SERVFAIL of all servers a refused connection. */
static bool
status_is_refusal(int status)
{
	return status == ARES_ESERVFAIL || status == ARES_ECONNREFUSED;
}

/* It does not tell REFUSED from SERVFAIL, nor from nobody there. */
static const char *
status_words(int status)
{
	if (status == ARES_ETIMEOUT)
		return "no answer in time";
	return status_is_refusal(status) ? "SERVFAIL, or refused" : "no answer that can be read";
}

static void
on_response(void *arg, int status, int timeouts, unsigned char *response, int length)
{
	struct lookup *lookup = arg;

	(void)timeouts;
	if (status == ARES_EDESTRUCTION || lookup->on_answer == NULL) {
		lookup_free(lookup);
	} else if (status_is_refusal(status) && !lookup->checking_disabled) {
		lookup->checking_disabled = true;
		lookup_send(lookup);
	} else if (status == ARES_SUCCESS && length > 0) {
		lookup_judge(lookup, span_make(response, (size_t)length));
	} else {
		lookup_conclude(lookup, DNS_FAILED, status_words(status));
	}
}

static void
question_send(struct lookup *lookup)
{
	char name[NAME_TEXT];
	unsigned char *query;
	uint16_t id;
	int length;

	random_bytes(&id, sizeof(id));
	name_plain(lookup->name, name);
	if (ares_create_query(name, CLASS_IN, (int)lookup->type, id, 1, &query, &length, UDP_OCTETS) != ARES_SUCCESS) {
		lookup_conclude(lookup, DNS_FAILED, "no question can be made of that name");
		return;
	}
	if (lookup->checking_disabled)
		query[3] |= 0x10;	/* CD */
	query[length - 4] |= 0x80;	/* DO, in the flags of OPT, which stands last */
	ares_send(lookup->resolver->channel, query, length, on_response, lookup);
	ares_free_string(query);
	resolver_arm(lookup->resolver);
}

static void
lookup_send(struct lookup *lookup)
{
	struct resolver *resolver = lookup->resolver;

	if (resolver->sent == BURST) {
		TAILQ_INSERT_TAIL(&resolver->unsent, lookup, of_unsent);
		return;
	}
	if (resolver->sent++ == 0)
		timer_start(resolver->turn, 1);
	question_send(lookup);
}

/* Those that had to wait; who has been cancelled meanwhile is not asked at all. */
static void
on_turn(void *arg)
{
	struct resolver *resolver = arg;
	struct lookup *lookup;

	resolver->sent = 0;
	while (resolver->sent < BURST && (lookup = TAILQ_FIRST(&resolver->unsent)) != NULL) {
		TAILQ_REMOVE(&resolver->unsent, lookup, of_unsent);
		if (lookup->on_answer != NULL)
			lookup_send(lookup);
		else
			lookup_free(lookup);
	}
}

struct lookup *
resolver_ask(struct resolver *resolver, const char *name, enum dns_type type,
    void (*on_answer)(void *arg, const struct dns_answer *answer), void *arg)
{
	struct lookup *lookup = must_alloc(sizeof(*lookup));

	lookup->resolver = resolver;
	LIST_INSERT_HEAD(&resolver->lookups, lookup, entry);
	lookup->type = type;
	lookup->on_answer = on_answer;
	lookup->arg = arg;
	lookup->arena = arena_new();
	lookup->answer = answer_unknown(lookup);
	if (name_normalise(name, lookup->name))
		lookup_send(lookup);
	else
		lookup_conclude(lookup, DNS_FAILED, "no question can be made of that name");
	return lookup;
}

void
lookup_cancel(struct lookup **lookup)
{
	/* c-ares, its turn, or the call that was to tell, finds nobody to tell and frees it. */
	if (*lookup != NULL)
		(*lookup)->on_answer = NULL;
	*lookup = NULL;
}
