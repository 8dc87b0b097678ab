/* Everything around the room. */
#include "tests/scenario/relay_world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/arena.h"
#include "base/fatal.h"
#include "ipc/ctl_rooms.h"
#include "ipc/room.h"
#include "loop/loop.h"
#include "relay/room.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_channel.h"
#include "tests/fake/fake_log.h"
#include "tests/fake/fake_loop.h"
#include "tests/fake/fake_reader.h"
#include "tests/fake/fake_resolver.h"
#include "tests/fake/fake_stream.h"
#include "tests/fake/fake_tls.h"

#define JOBS 4096
#define TEXT_OCTETS 4096

/* A job that queue gave, and what it heard of it. */
struct given {
	uint64_t id;
	char **recipients;	/* count of each, allocated: the leak checker looks through all that is static */
	bool *taken;
	uint32_t count;
	bool is_concluded, is_written_off;
	struct span payload;	/* of the conclusion */
};

static struct conf_relay conf;
static struct relay relay;
static struct given jobs[JOBS];
static unsigned jobs_count;

/* --- configuration --- */

static char *
copy(const char *text)
{
	return must_copy(text, strlen(text));
}

void
world_list_add(struct conf_list *list, const char *item)
{
	list->items = must_realloc(list->items, (list->count + 1) * sizeof(char *));
	list->items[list->count++] = copy(item);
}

void
world_rule(const char *domain, const char *level)
{
	struct conf_map *map = &conf.policy_domains;

	map->pairs = must_realloc(map->pairs, (map->count + 1) * sizeof(*map->pairs));
	map->pairs[map->count++] = (struct conf_pair){ copy(domain), copy(level) };
}

static void
conf_make(void)
{
	conf = (struct conf_relay){
		.tls = { copy(""), copy(""), copy("") }, .canary_signed = copy(""), .canary_unsigned = copy(""), .canary_broken = copy(""), .hostname = copy("relay.example"), .trust = copy("authorities"),
		.policy_default = CONF_POLICY_VERIFY, .dns_timeout_ms = 1000, .dns_tries = 2, .mx_port = 25, .source4 = copy(""),
		.source6 = copy(""), .connect_s = 30, .greeting_s = 300, .handshake_s = 60, .ehlo_s = 300, .mail_s = 300, .rcpt_s = 300,
		.data_s = 120, .block_s = 180, .dot_s = 600, .quit_s = 10, .idle_s = 20, .connection_messages = 100,
		.connection_age_s = 3600, .recipients = 100
	};
	world_list_add(&conf.dns_servers, "127.0.0.1:53");
	world_list_add(&conf.own_addresses, "203.0.113.1");
	world_list_add(&conf.own_addresses, "2001:db8:f::1");
	world_list_add(&conf.own_names, "relay2.example");
}

struct conf_relay *
world_conf(void)
{
	return &conf;
}

/* --- master --- */

static struct channel *
master(void)
{
	struct channel *channel = fake_channel_find("master");

	if (channel == NULL)
		fake_fail("the room has closed its channel to master");
	return channel;
}

static void
say(uint16_t type, struct span payload, int fd)
{
	if (!fake_channel_deliver(master(), type, payload, fd))
		fake_fail("the room did not understand master's message %u", type);
	fake_settle();
}

static struct span
answer(uint16_t expected)
{
	struct span payload;
	uint16_t type;
	int fd;

	if (!fake_channel_take(master(), &type, &payload, &fd) || type != expected)
		fake_fail("the room did not answer %u", expected);
	return payload;
}

void
world_setup(void)
{
	struct setup setup = { .kind = ROOM_RELAY, .index = 0, .count = 1 };
	struct buf slice, out;

	buf_init(&slice, 1 << 20);
	buf_init(&out, 1 << 20);
	conf_encode(&slice, &conf_relay_slice, &conf);
	setup.slice = buf_span(&slice);
	setup_encode(&out, &setup);
	say(MASTER_SETUP, buf_span(&out), -1);
	buf_clear(&slice);
	buf_clear(&out);
}

void
world_report_comes(void)
{
	struct peer peer = { .kind = ROOM_REPORT };
	struct buf *out = channel_scratch();

	peer_encode(out, &peer);
	say(MASTER_PEER, buf_span(out), fake_fd());
}

void
world_report_goes(void)
{
	struct peer gone;

	fake_channel_break(fake_channel_last("report"));
	fake_settle();
	if (!peer_decode(answer(ROOM_PEER_GONE), &gone) || gone.kind != ROOM_REPORT)
		fake_fail("master does not hear that the channel to report has ended");
}

void
world_queue_comes(void)
{
	struct peer peer = { .kind = ROOM_QUEUE };
	struct buf *out = channel_scratch();

	peer_encode(out, &peer);
	say(MASTER_PEER, buf_span(out), fake_fd());
}

void
world_stop(uint32_t grace_ms)
{
	struct stop stop = { grace_ms };
	struct buf *out = channel_scratch();

	stop_encode(out, &stop);
	say(MASTER_STOP, buf_span(out), -1);
}

const char *
world_status(void)
{
	static char text[1024];
	size_t length = 0;
	struct row row;

	say(MASTER_STATUS, SPAN(""), -1);
	if (!row_decode(answer(ROOM_STATUS), &row))
		fake_fail("the room's row cannot be decoded");
	for (uint32_t i = 0; i < row.fields_count; i++) {
		const struct row_field *field = &row.fields[i];

		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%.*s=", i == 0 ? "" : " ", SPAN_ARG(field->name));
		if (field->kind == ROW_TEXT)
			length += (size_t)snprintf(text + length, sizeof(text) - length, "%.*s", SPAN_ARG(field->text));
		else
			length += (size_t)snprintf(text + length, sizeof(text) - length, "%" PRId64, field->number);
	}
	return text;
}

/* --- queue --- */

static struct channel *
queue(void)
{
	struct channel *channel = fake_channel_find("queue");

	if (channel == NULL)
		fake_fail("there is no channel to queue");
	return channel;
}

static struct given *
job_find(uint64_t id)
{
	for (unsigned i = 0; i < jobs_count; i++)
		if (jobs[i].id == id)
			return &jobs[i];
	fake_fail("queue did not give job %" PRIu64, id);
}

int
world_job(const struct job *job, struct span body, size_t chunk_octets)
{
	struct buf *out = channel_scratch();
	struct given *given = &jobs[jobs_count++];
	int fd = fake_fd();

	*given = (struct given){ .id = job->id, .count = job->envelope.recipients_count };
	given->recipients = must_alloc(given->count * sizeof(*given->recipients));
	given->taken = must_alloc(given->count * sizeof(*given->taken));
	for (uint32_t i = 0; i < given->count; i++)
		given->recipients[i] = must_copy(job->envelope.recipients[i].address.data, job->envelope.recipients[i].address.length);
	fake_body(fd, body, chunk_octets);
	job_encode(out, job);
	if (!fake_channel_deliver(queue(), QUEUE_JOB, buf_span(out), fd))
		fake_fail("the room did not understand a job");
	fake_settle();
	return fd;
}

void
world_forget(const char *hop)
{
	struct forget forget = { span_of(hop) };
	struct buf *out = channel_scratch();

	forget_encode(out, &forget);
	if (!fake_channel_deliver(queue(), QUEUE_FORGET, buf_span(out), -1))
		fake_fail("the room did not understand that it should forget");
	fake_settle();
}

void
world_queue_goes(void)
{
	struct peer gone;

	fake_channel_break(queue());
	fake_settle();
	if (!peer_decode(answer(ROOM_PEER_GONE), &gone) || gone.kind != ROOM_QUEUE)
		fake_fail("master does not hear that the channel to queue has ended");
	for (unsigned i = 0; i < jobs_count; i++)
		jobs[i].is_written_off = true;
}

/* Take in what the room has concluded. Each job once, with an outcome for each recipient. */
static void
conclusions_take(void)
{
	struct channel *channel = fake_channel_find("queue");
	struct span payload;
	uint16_t type;
	int fd;

	while (channel != NULL && fake_channel_take(channel, &type, &payload, &fd)) {
		struct arena *arena = arena_new();
		struct concluded concluded;
		struct given *given;

		if (type != RELAY_CONCLUDED || !concluded_decode(payload, arena, &concluded))
			fake_fail("not a conclusion: message %u", type);
		given = job_find(concluded.job);
		if (given->is_concluded || given->is_written_off)
			fake_fail("job %" PRIu64 " was concluded again", given->id);
		if (concluded.recipients_count != given->count)
			fake_fail("job %" PRIu64 " has %u outcomes for %u recipients", given->id, concluded.recipients_count, given->count);
		given->is_concluded = true;
		given->payload = payload;
		arena_free(&arena);
	}
}

void
world_write_off(uint64_t job)
{
	job_find(job)->is_written_off = true;
}

static char judged[TEXT_OCTETS];	/* of the outcome that was looked at last */

static const char *
outcome_text(const struct outcome *outcome)
{
	static const char *const kinds[] = { "delivered", "later", "failed" }, *const scopes[] = { "recipient", "message", "site" };
	static char text[TEXT_OCTETS];

	snprintf(text, sizeof(text), "%s/%s %u %.*s %.*s policy=%d remote=%d relayed=%d mx=%.*s ip=%.*s tls=%.*s text=%.*s",
	    kinds[outcome->kind], scopes[outcome->scope], outcome->code, SPAN_ARG(outcome->status),
	    outcome->reason.length == 0 ? 1 : (int)outcome->reason.length, outcome->reason.length == 0 ? "-" : outcome->reason.data,
	    outcome->is_policy, outcome->is_remote, outcome->relayed, SPAN_ARG(outcome->mx), SPAN_ARG(outcome->address),
	    SPAN_ARG(outcome->tls), SPAN_ARG(outcome->text));
	snprintf(judged, sizeof(judged), "because=%.*s judged=%.*s evidence=%.*s", SPAN_ARG(outcome->because), SPAN_ARG(outcome->verdict),
	    SPAN_ARG(outcome->evidence));
	return text;
}

const char *
world_judged(void)
{
	return judged;
}

const char *
world_outcome(uint64_t id, const char *recipient)
{
	struct given *given = job_find(id);
	struct arena *arena = arena_new();
	struct concluded concluded;
	const char *text = NULL;

	conclusions_take();
	if (!given->is_concluded || !concluded_decode(given->payload, arena, &concluded)) {
		arena_free(&arena);
		return NULL;
	}
	for (uint32_t i = 0; i < given->count && text == NULL; i++)
		if (!given->taken[i] && strcmp(given->recipients[i], recipient) == 0) {
			given->taken[i] = true;
			text = outcome_text(&concluded.outcomes[concluded.which[i]]);
		}
	arena_free(&arena);
	if (text == NULL)
		fake_fail("job %" PRIu64 " has no recipient %s whose outcome was not taken", id, recipient);
	return text;
}

static void
check_jobs(void)
{
	conclusions_take();
	for (unsigned i = 0; i < jobs_count; i++) {
		if (!jobs[i].is_concluded && !jobs[i].is_written_off)
			fake_fail("job %" PRIu64 " was never concluded", jobs[i].id);
		for (uint32_t k = 0; k < jobs[i].count; k++) {
			if (jobs[i].is_concluded && !jobs[i].taken[k])
				fake_fail("nobody looked at what %s of job %" PRIu64 " came to", jobs[i].recipients[k], jobs[i].id);
			free(jobs[i].recipients[k]);
		}
		free(jobs[i].recipients);
		free(jobs[i].taken);
	}
	jobs_count = 0;
}

/* --- the policy room --- */

#define DOMAINS 4096

static struct {
	char *domain;
	struct arena *arena;
	struct knowledge knowledge;
	unsigned questions, doubted;
} domains[DOMAINS];
static unsigned domains_count;
static bool policy_is_silent;

static unsigned
domain_find(struct span domain)
{
	for (unsigned i = 0; i < domains_count; i++)
		if (span_equal_nocase(span_of(domains[i].domain), domain))
			return i;
	if (domains_count == DOMAINS)
		fake_fail("more than %d domains", DOMAINS);
	domains[domains_count].domain = must_copy(domain.data, domain.length);
	return domains_count++;
}

void
world_known(const char *domain, const struct knowledge *knowledge)
{
	unsigned at = domain_find(span_of(domain));
	struct buf out;
	struct policy_answer told = { 0, *knowledge };

	arena_free(&domains[at].arena);
	domains[at].arena = arena_new();
	buf_init(&out, 1 << 20);
	policy_answer_encode(&out, &told);
	if (!policy_answer_decode(buf_span(&out), domains[at].arena, &told))
		fake_fail("what is known of %s cannot be told", domain);
	domains[at].knowledge = told.knowledge;
	buf_clear(&out);
}

static struct channel *
policy(void)
{
	return fake_channel_find("policy");
}

static void
question_answer(const struct policy_question *question)
{
	unsigned at = domain_find(question->domain);
	struct policy_answer told = { question->id, domains[at].knowledge };
	struct buf *out = channel_scratch();

	domains[at].questions++;
	domains[at].doubted += question->is_doubted;
	if (!question->by_mx && !told.knowledge.has_exception)
		told.knowledge = (struct knowledge){ .missing = SPAN("") };
	policy_answer_encode(out, &told);
	if (!fake_channel_deliver(policy(), POLICY_TOLD, buf_span(out), -1))
		fake_fail("the room did not understand an answer of policy's");
}

#define SIGHTS 256

static struct span sights[SIGHTS];
static unsigned sights_first, sights_count;

/* --- what it remembers of hosts --- */

#define HOSTS 64

static struct arena *hosts_arena;
static struct policy_host remembered[HOSTS], laid[HOSTS];
static unsigned remembered_count, laid_first, laid_count;
static bool policy_is_forgetful;

static struct policy_host
host_copy(const struct policy_host *host)
{
	struct policy_host copy = *host;
	struct span *const texts[] = { &copy.host, &copy.keywords, &copy.version, &copy.fingerprint, &copy.issuer };

	if (hosts_arena == NULL)
		hosts_arena = arena_new();
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		*texts[i] = arena_span(hosts_arena, *texts[i]);
	return copy;
}

static struct policy_host *
remembered_find(struct span name)
{
	for (unsigned i = 0; i < remembered_count; i++)
		if (span_equal(remembered[i].host, name))
			return &remembered[i];
	return NULL;
}

void
world_remembered(const struct policy_host *host)
{
	struct policy_host *place = remembered_find(host->host);
	uint64_t before = place == NULL ? 0 : place->sessions;

	/* Most scenarios with many hosts do not look at what was told. */
	if (place == NULL && remembered_count == HOSTS)
		return;
	if (place == NULL)
		place = &remembered[remembered_count++];
	*place = host_copy(host);
	place->sessions += before;
}

void
world_policy_forgetful(bool is_forgetful)
{
	policy_is_forgetful = is_forgetful;
}

static void
hosts_take(struct span payload)
{
	struct arena *arena = arena_new();
	struct policy_hosts told;

	if (!policy_hosts_decode(payload, arena, &told) || told.count == 0)
		fake_fail("policy does not understand what it is told of hosts");
	for (uint32_t i = 0; i < told.count; i++) {
		world_remembered(&told.hosts[i]);
		if (laid_count < HOSTS)
			laid[laid_count++] = host_copy(&told.hosts[i]);
	}
	arena_free(&arena);
}

static void
hosts_recall(struct span payload)
{
	struct arena *arena = arena_new();
	struct policy_host hosts[POLICY_HOSTS];
	struct policy_hosts told = { hosts, 0 };
	struct policy_names names;
	struct buf *out;

	if (!policy_names_decode(payload, arena, &names) || names.count == 0)
		fake_fail("policy does not understand a question about hosts");
	for (uint32_t i = 0; i < names.count; i++) {
		const struct policy_host *host = remembered_find(names.names[i]);

		if (host != NULL)
			hosts[told.count++] = *host;
	}
	arena_free(&arena);
	if (told.count == 0 || policy_is_forgetful)
		return;
	out = channel_scratch();
	policy_hosts_encode(out, &told);
	if (!fake_channel_deliver(policy(), POLICY_RECALLED, buf_span(out), -1))
		fake_fail("the room did not understand what hosts were like");
}

const char *
world_laid(void)
{
	static char text[TEXT_OCTETS];
	const struct policy_host *host = &laid[laid_first];
	char address[IP_TEXT];

	if (laid_first == laid_count)
		return NULL;
	laid_first++;
	snprintf(text, sizeof(text), "%.*s sessions=%" PRIu64 " starttls=%d offer=%.*s version=%.*s level=%s cert=%.*s issuer=%.*s ip=%s",
	    SPAN_ARG(host->host), host->sessions, host->has_starttls, SPAN_ARG(host->keywords), SPAN_ARG(host->version),
	    policy_level_name(host->level), SPAN_ARG(host->fingerprint), SPAN_ARG(host->issuer), ip_format(host->ip, address));
	return text;
}

/* At the end of each turn: questions are answered, sights kept. */
static void
policy_serve(void *unused)
{
	struct span payload;
	uint16_t type;
	int fd;

	(void)unused;
	while (policy() != NULL && !policy_is_silent && fake_channel_take(policy(), &type, &payload, &fd)) {
		struct policy_question question;

		/* Most scenarios do not look at what was seen. */
		if (type == RELAY_SAW)
			sights[sights_count] = payload, sights_count += sights_count < SIGHTS - 1;
		else if (type == RELAY_LAID)
			hosts_take(payload);
		else if (type == RELAY_RECALL)
			hosts_recall(payload);
		else if (type == RELAY_ASK && policy_question_decode(payload, &question))
			question_answer(&question);
		else
			fake_fail("policy does not understand message %u", type);
		loop_soon(policy_serve, NULL);
	}
}

const char *
world_sight(void)
{
	static char text[TEXT_OCTETS];
	struct policy_sight sight;

	if (sights_first == sights_count)
		return NULL;
	if (!policy_sight_decode(sights[sights_first++], &sight))
		fake_fail("what was seen cannot be decoded");
	snprintf(text, sizeof(text), "%.*s %.*s %s delivered=%d observed=%d because=%.*s reason=%.*s", SPAN_ARG(sight.domain), SPAN_ARG(sight.host),
	    policy_level_name(sight.level), sight.is_delivered, sight.is_observed, SPAN_ARG(sight.because), SPAN_ARG(sight.reason));
	return text;
}

unsigned
world_questions(const char *domain, unsigned *doubted)
{
	unsigned at = domain_find(span_of(domain));

	*doubted = domains[at].doubted;
	return domains[at].questions;
}

void
world_policy_comes(void)
{
	struct peer peer = { .kind = ROOM_POLICY };
	struct buf *out = channel_scratch();

	peer_encode(out, &peer);
	say(MASTER_PEER, buf_span(out), fake_fd());
}

void
world_policy_goes(void)
{
	struct peer gone;

	fake_channel_break(policy());
	fake_settle();
	if (!peer_decode(answer(ROOM_PEER_GONE), &gone) || gone.kind != ROOM_POLICY)
		fake_fail("master does not hear that the channel to policy has ended");
}

void
world_policy_silent(bool is_silent)
{
	policy_is_silent = is_silent;
	fake_settle();
}

void
world_policy_changed(const char *domain)
{
	struct policy_change change = { span_of(domain) };
	struct buf *out = channel_scratch();

	policy_change_encode(out, &change);
	if (!fake_channel_deliver(policy(), POLICY_CHANGED, buf_span(out), -1))
		fake_fail("the room did not understand that something has changed");
	fake_settle();
}

/* --- the operator --- */

const char *
world_request(const char *verb, const char *const *arguments, uint32_t count)
{
	struct span spans[16];
	struct request request = { span_of(verb), spans, count };
	struct buf *out = channel_scratch();

	for (uint32_t i = 0; i < count && i < 16; i++)
		spans[i] = span_of(arguments[i]);
	request_encode(out, &request);
	say(MASTER_REQUEST, buf_span(out), fake_fd());
	return world_rows();
}

const char *
world_rows(void)
{
	static char text[1 << 16];
	struct channel *operator = fake_channel_last("operator");
	size_t length = 0;
	struct span payload;
	uint16_t type;
	int fd;

	text[0] = '\0';
	while (operator != NULL && fake_channel_take(operator, &type, &payload, &fd)) {
		struct row row;
		struct end end;

		if (type == CTL_END && end_decode(payload, &end)) {
			length += (size_t)snprintf(text + length, sizeof(text) - length, "end %u %.*s\n", end.code, SPAN_ARG(end.text));
			continue;
		}
		if (type != CTL_ROW || !row_decode(payload, &row))
			fake_fail("not a row: message %u", type);
		for (uint32_t i = 0; i < row.fields_count; i++) {
			const struct row_field *field = &row.fields[i];

			length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%.*s=", i == 0 ? "" : " ", SPAN_ARG(field->name));
			length += field->kind == ROW_TEXT ? (size_t)snprintf(text + length, sizeof(text) - length, "%.*s", SPAN_ARG(field->text)) :
			    (size_t)snprintf(text + length, sizeof(text) - length, "%" PRId64, field->number);
		}
		length += (size_t)snprintf(text + length, sizeof(text) - length, "\n");
	}
	return text;
}

/* --- peers --- */

struct stream *
world_connection(unsigned n)
{
	struct stream *stream = NULL;

	while (n-- > 0 && (stream = fake_stream_next(stream)) != NULL)
		;
	return stream;
}

unsigned
world_connections(void)
{
	unsigned count = 0;

	for (struct stream *stream = NULL; (stream = fake_stream_next(stream)) != NULL;)
		count++;
	return count;
}

/* P1, standards.md C33: in clear nothing leaves but these. A socket of this machine is no network. */
static void
check_clear(const struct stream *stream, const char *line)
{
	static const char *const allowed[] = { "EHLO relay.example", "STARTTLS", "QUIT" };

	if (fake_stream_is_secure(stream) || *fake_stream_path(stream) != '\0')
		return;
	for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed); i++)
		if (strcmp(line, allowed[i]) == 0)
			return;
	fake_fail("said in clear: %s", line);
}

/* SX4: no CR and no LF leaves alone. */
static void
check_line_ends(struct span sent)
{
	for (size_t i = 0; i < sent.length; i++) {
		if (sent.data[i] == '\n' && (i == 0 || sent.data[i - 1] != '\r'))
			fake_fail("a LF left alone");
		if (sent.data[i] == '\r' && i + 1 < sent.length && sent.data[i + 1] != '\n')
			fake_fail("a CR left alone");
	}
}

const char *
world_hear(struct stream *stream)
{
	static char line[1 << 20];
	struct span sent = fake_stream_sent(stream);
	size_t length = span_find(sent, '\n');

	if (length == sent.length)
		return NULL;
	check_line_ends(span_first(sent, length + 1));
	if (length == 0 || length > sizeof(line))
		fake_fail("a line of %zu octets", length);
	memcpy(line, sent.data, length - 1);
	line[length - 1] = '\0';
	fake_stream_consume(stream, length + 1);
	check_clear(stream, line);
	return line;
}

const char *
world_hear_all(struct stream *stream)
{
	static char text[1 << 20];
	struct span sent = fake_stream_sent(stream);
	size_t length = 0;

	check_line_ends(sent);
	for (size_t i = 0; i < sent.length && length + 5 < sizeof(text); i++) {
		unsigned char c = (unsigned char)sent.data[i];

		if (c == '\r' || c == '\n')
			length += (size_t)snprintf(text + length, 5, "\\%c", c == '\r' ? 'r' : 'n');
		else if (c < ' ' || c > '~')
			length += (size_t)snprintf(text + length, 5, "\\x%02x", c);
		else
			text[length++] = (char)c;
	}
	text[length] = '\0';
	fake_stream_consume(stream, sent.length);
	return text;
}

/* --- one life of a room --- */

static void (*script)(void);

struct relay *
world_relay(void)
{
	return &relay;
}

static void
run(void)
{
	loop_on_turn_end(policy_serve, NULL);
	world_setup();
	world_queue_comes();
	world_policy_comes();
	say(MASTER_START, SPAN(""), -1);
	(void)answer(ROOM_READY);
	script();
	check_jobs();
	if (!fake_loop_is_stopped()) {
		world_stop(0);
		fake_advance(1);
	}
	if (!fake_loop_is_stopped())
		fake_fail("the room does not come to its end");
}

static void
check_nothing_is_left(void)
{
	if (relay.deliveries > 0 || fake_body_readers() > 0)
		fake_fail("%u deliveries, %u bodies are left", relay.deliveries, fake_body_readers());
	if (fake_tls_transports() > 0 || fake_tls_contexts() > 0 || fake_tls_sessions() > 0)
		fake_fail("TLS is left behind: %u transports, %u contexts, %u sessions", fake_tls_transports(), fake_tls_contexts(),
		    fake_tls_sessions());
	for (unsigned i = 0; i < domains_count; i++) {
		free(domains[i].domain);
		arena_free(&domains[i].arena);
	}
	memset(domains, 0, domains_count * sizeof(*domains));
	domains_count = sights_first = sights_count = 0;
	arena_free(&hosts_arena);
	remembered_count = laid_first = laid_count = 0;
	policy_is_silent = policy_is_forgetful = false;
	if (fake_dns_open() > 0)
		fake_fail("%u questions still open", fake_dns_open());
	if (fake_timers() > 0)
		fake_fail("%u timers still run", fake_timers());
}

void
world_play(void (*play)(void))
{
	int code;

	script = play;
	if (conf.hostname == NULL)
		conf_make();
	(void)fake_tls_facts();
	fake_loop_play(run);
	room_init(&relay);
	code = room_run(ROOM_RELAY, &relay_room_handler, &relay);
	if (code != EX_OK)
		fake_fail("the room ended with %d", code);
	room_clear(&relay);
	fake_settle();
	check_nothing_is_left();
	conf_clear(&conf_relay_slice, &conf);
	fake_finish();
}
