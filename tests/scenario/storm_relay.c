/*
 * Peers that do anything they are allowed to, and much that they are not, at random: replies of every class, in any
 * rhythm, connections that end at any octet, deafness, queue going away. Whatever happens, for each recipient of
 * each job what queue is told must be what the peer knows:
 *
 *   delivered                the peer acknowledged the message for that recipient, exactly once
 *   failed, later            the peer acknowledged nothing, unless the reason is status-unknown
 *
 * Each seed is a life of the room in a process of its own.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fatal.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_log.h"
#include "tests/fake/fake_loop.h"
#include "tests/fake/fake_resolver.h"
#include "tests/fake/fake_stream.h"
#include "tests/fake/fake_tls.h"
#include "tests/scenario/relay_world.h"
#include "tests/unit/leaks.h"

#ifdef SEALPOST_SANITIZED
#define SEEDS 50
#else
#define SEEDS 300
#endif
#define JOBS 40
#define RECIPIENTS 6
#define PEERS 2000
#define STEPS 20000

enum stage { CLEAR, SECURE, CONTENT, CHUNK, GONE };

/* The other end of one connection. */
struct peer {
	struct stream *stream;
	enum stage stage;
	bool has_connected, greeted, is_laid;
	bool pipelining, chunking;
	bool has_mail;
	unsigned job;		/* of the transaction, from the sender's address */
	bool rcpt[RECIPIENTS];	/* accepted */
	unsigned accepted;
	size_t chunk_left;
	bool chunk_is_last, chunk_is_refused;
	bool tries_to_fool;	/* says more than it was asked */
};

static unsigned seed;
static struct peer peers[PEERS];
static unsigned peers_count;
static unsigned acknowledged[JOBS + 1][RECIPIENTS];
static unsigned recipients_of[JOBS + 1];
static unsigned mood;		/* percent of commands that are refused */

static unsigned
any(unsigned below)
{
	return (unsigned)random() % below;
}

static bool
chance(unsigned percent)
{
	return any(100) < percent;
}

static void
say(struct peer *peer, const char *text)
{
	fake_stream_feed(peer->stream, span_of(text));
}

static void
hang_up(struct peer *peer)
{
	static const enum stream_end ends[] = { STREAM_PEER_CLOSED, STREAM_TRUNCATED, STREAM_RESET };

	peer->stage = GONE;
	if (fake_stream_fate(peer->stream) == FAKE_STREAM_OPEN)
		fake_stream_end(peer->stream, ends[any(3)], 104);
}

/* A refusal, most often a polite one. Returns false when the connection ended over it. */
static bool
refuse(struct peer *peer)
{
	static const char *const refusals[] = { "450 4.2.1 not now\r\n", "550 5.1.1 no\r\n", "452 4.5.3 too many\r\n", "552 5.5.3 too many\r\n",
		"554 5.7.1 never\r\n", "503 5.5.1 what\r\n", "421 4.3.2 bye\r\n", "334 what\r\n", "junk\r\n" };
	unsigned which = any(9);

	if (chance(10)) {
		hang_up(peer);
		return false;
	}
	say(peer, refusals[which]);
	if (which < 6)
		return true;
	peer->stage = GONE;	/* whatever the room does then, this peer takes nothing more */
	return false;
}

static void
transaction_reset(struct peer *peer)
{
	peer->has_mail = false;
	peer->accepted = 0;
	memset(peer->rcpt, 0, sizeof(peer->rcpt));
}

/* The whole content is there: take it or leave it. What is acknowledged counts, even when the word of it is lost. */
static void
message_end(struct peer *peer)
{
	peer->stage = SECURE;
	if (peer->accepted > 0 && !chance(mood)) {
		for (unsigned i = 0; i < RECIPIENTS; i++)
			acknowledged[peer->job][i] += peer->rcpt[i];
		if (chance(3))
			hang_up(peer);
		else
			say(peer, "250 2.0.0 taken\r\n");
	} else if (peer->accepted == 0 && chance(80)) {
		say(peer, "554 5.5.1 nobody\r\n");
	} else {
		(void)refuse(peer);
	}
	transaction_reset(peer);
}

static void
on_ehlo(struct peer *peer)
{
	if (!peer->is_laid) {
		say(peer, chance(mood / 2) ? "250 no-tls.example\r\n" : "250-mx.example\r\n250 STARTTLS\r\n");
		return;
	}
	peer->pipelining = chance(70);
	peer->chunking = chance(50);
	say(peer, "250-mx.example\r\n");
	if (peer->pipelining)
		say(peer, "250-PIPELINING\r\n");
	if (peer->chunking)
		say(peer, "250-CHUNKING\r\n");
	if (chance(20))
		say(peer, "250-LIMITS RCPTMAX=2 MAILMAX=3\r\n");
	say(peer, "250 DSN\r\n");
}

static void
on_mail(struct peer *peer, const char *line)
{
	if (peer->has_mail)
		say(peer, "503 5.5.1 nested\r\n");
	else if (!chance(mood / 2) || !refuse(peer)) {
		if (peer->stage == GONE)
			return;
		peer->has_mail = true;
		peer->job = (unsigned)strtoul(line + strlen("MAIL FROM:<job"), NULL, 10);
		if (peer->job == 0 || peer->job > JOBS)
			fake_fail("not a sender: %s", line);
		say(peer, "250 2.1.0 ok\r\n");
	}
}

static void
on_rcpt(struct peer *peer, const char *line)
{
	unsigned recipient = (unsigned)strtoul(line + strlen("RCPT TO:<r"), NULL, 10);

	if (!peer->has_mail) {
		say(peer, "503 5.5.1 no MAIL\r\n");
	} else if (!chance(mood)) {
		if (peer->rcpt[recipient])
			fake_fail("a recipient twice in one transaction");
		peer->rcpt[recipient] = true;
		peer->accepted++;
		say(peer, "250 2.1.5 ok\r\n");
	} else {
		(void)refuse(peer);
	}
}

static void
on_data(struct peer *peer)
{
	if (peer->has_mail && (peer->accepted > 0 || chance(20)) && !chance(mood / 2)) {
		say(peer, "354 go on\r\n");
		peer->stage = CONTENT;
	} else if (peer->accepted == 0) {
		say(peer, "503 5.5.1 nobody\r\n");
	} else {
		(void)refuse(peer);
	}
}

static void
on_bdat(struct peer *peer, const char *line)
{
	peer->chunk_left = strtoul(line + strlen("BDAT "), NULL, 10);
	peer->chunk_is_last = strstr(line, " LAST") != NULL;
	peer->chunk_is_refused = !peer->has_mail || peer->accepted == 0;
	peer->stage = CHUNK;
}

static void
chunk_end(struct peer *peer)
{
	peer->stage = SECURE;
	if (peer->chunk_is_refused) {
		say(peer, "503 5.5.1 nobody\r\n");
	} else if (peer->chunk_is_last) {
		message_end(peer);
	} else if (!chance(mood / 2)) {
		say(peer, "250 2.0.0 chunk\r\n");
	} else if (refuse(peer)) {
		peer->accepted = 0;	/* until RSET */
	}
}

static void
on_line(struct peer *peer, char *line)
{
	if (strncmp(line, "EHLO ", 5) == 0) {
		on_ehlo(peer);
	} else if (strcmp(line, "STARTTLS") == 0) {
		if (!chance(mood / 2) || !refuse(peer))
			if (peer->stage != GONE)
				say(peer, "220 go\r\n");
	} else if (strcmp(line, "QUIT") == 0) {
		say(peer, "221 bye\r\n");
		peer->stage = GONE;
	} else if (!peer->is_laid) {
		fake_fail("said in clear: %s", line);
	} else if (strcmp(line, "RSET") == 0) {
		transaction_reset(peer);
		say(peer, "250 2.0.0 ok\r\n");
	} else if (strncmp(line, "MAIL FROM:", 10) == 0) {
		on_mail(peer, line);
	} else if (strncmp(line, "RCPT TO:", 8) == 0) {
		on_rcpt(peer, line);
	} else if (strcmp(line, "DATA") == 0) {
		on_data(peer);
	} else if (strncmp(line, "BDAT ", 5) == 0) {
		on_bdat(peer, line);
	} else {
		fake_fail("not a command: %s", line);
	}
}

/* Take one thing in: a line, or some of a chunk. Returns false when nothing whole is there. */
static bool
peer_hear(struct peer *peer)
{
	struct span sent = fake_stream_sent(peer->stream);
	size_t length = span_find(sent, '\n');
	char line[2048];

	if (peer->stage == CHUNK) {
		if (sent.length == 0 && peer->chunk_left > 0)
			return false;
		length = sent.length < peer->chunk_left ? sent.length : peer->chunk_left;
		peer->chunk_left -= length;
		fake_stream_consume(peer->stream, length);
		if (peer->chunk_left == 0)
			chunk_end(peer);
		return true;
	}
	if (length == sent.length)
		return false;
	if (length == 0 || sent.data[length - 1] != '\r' || length >= sizeof(line))
		fake_fail("a line without CR");
	memcpy(line, sent.data, length - 1);
	line[length - 1] = '\0';
	fake_stream_consume(peer->stream, length + 1);
	if (peer->stage != CONTENT)
		on_line(peer, line);
	else if (strcmp(line, ".") == 0)
		message_end(peer);
	return true;
}

/* Something happens at one connection. */
static void
peer_step(struct peer *peer)
{
	struct stream *stream = peer->stream;

	if (peer->stage == GONE || fake_stream_fate(stream) != FAKE_STREAM_OPEN) {
		if (fake_stream_fate(stream) == FAKE_STREAM_OPEN && chance(20))
			hang_up(peer);
		return;
	}
	if (!peer->has_connected) {
		peer->has_connected = true;
		if (chance(mood / 2)) {
			peer->stage = GONE;
			fake_stream_connected(stream, 111);
		} else {
			fake_stream_connected(stream, 0);
		}
	} else if (!peer->greeted) {
		peer->greeted = true;
		say(peer, chance(mood / 3) ? "554 5.3.2 no\r\n" : "220 mx.example ESMTP\r\n");
	} else if (fake_stream_is_laying(stream)) {
		peer->is_laid = true;
		fake_stream_laid(stream, chance(mood / 3) ? TRANSPORT_ERROR : TRANSPORT_OK);
	} else if (any(1000) < mood / 3) {
		hang_up(peer);
	} else if (chance(2)) {
		fake_stream_block(stream, true);
	} else if (chance(30)) {
		fake_stream_block(stream, false);
	} else {
		(void)peer_hear(peer);
	}
}

static void
peers_come(void)
{
	struct stream *stream = peers_count == 0 ? NULL : peers[peers_count - 1].stream;

	while ((stream = fake_stream_next(stream)) != NULL) {
		if (peers_count == PEERS)
			fake_fail("more than %d connections", PEERS);
		peers[peers_count++] = (struct peer){ .stream = stream, .stage = CLEAR };
	}
}

static void
job_give(unsigned id)
{
	static const char *const hops[] = { "mx:a.example", "mx:b.example", "smtp:smart.example" };
	struct recipient recipients[RECIPIENTS];
	char addresses[RECIPIENTS][32], sender[32], *body;
	struct job job = { .id = id, .hop = span_of(hops[any(3)]), .connections = (uint16_t)(1 + any(3)) };
	size_t length = chance(70) ? any(500) : any(200000);

	recipients_of[id] = job.envelope.recipients_count = 1 + any(RECIPIENTS);
	for (unsigned i = 0; i < recipients_of[id]; i++) {
		snprintf(addresses[i], sizeof(addresses[i]), "r%u@x.example", i);
		recipients[i] = (struct recipient){ .address = span_of(addresses[i]) };
	}
	snprintf(sender, sizeof(sender), "job%u@client.example", id);
	body = must_alloc(length + 1);
	memset(body, 'x', length);
	for (size_t i = 0; i + 70 < length; i += 70)
		memcpy(body + i, "\r\n.", 3);
	job.envelope.mid = (struct mid){ 1, id };
	job.envelope.sender = span_of(sender);
	job.envelope.recipients = recipients;
	job.envelope.body.length = length;
	world_job(&job, span_make(body, length), 65536);
	free(body);
}

/* What queue was told of a recipient against what the peers know. */
static void
recipient_check(unsigned id, unsigned recipient, const char *outcome)
{
	unsigned times = acknowledged[id][recipient];
	bool is_delivered = strncmp(outcome, "delivered", 9) == 0, is_unknown = strstr(outcome, " status-unknown ") != NULL;

	if (is_delivered ? times != 1 : is_unknown ? times > 1 : times != 0)
		fake_fail("seed %u: job %u, recipient %u was acknowledged %u times, and queue heard: %s", seed, id, recipient, times, outcome);
}

static unsigned
jobs_take(bool *is_done)
{
	unsigned open = 0;

	for (unsigned id = 1; id <= JOBS; id++) {
		if (is_done[id])
			continue;
		for (unsigned i = 0; i < recipients_of[id]; i++) {
			char address[32];
			const char *outcome;

			snprintf(address, sizeof(address), "r%u@x.example", i);
			outcome = world_outcome(id, address);
			if (outcome == NULL)
				break;
			recipient_check(id, i, outcome);
			is_done[id] = true;
		}
		open += !is_done[id];
	}
	return open;
}

static void
script(void)
{
	bool is_done[JOBS + 1] = { false };
	unsigned given = 0, steps = 0;

	mood = any(3) * 15;
	fake_dns_add("a.example", DNS_MX, "10 mx1.example");
	fake_dns_add("a.example", DNS_MX, "10 mx2.example");
	fake_dns_add("b.example", DNS_MX, "10 mx1.example");
	fake_dns_add("mx1.example", DNS_A, "192.0.2.1");
	fake_dns_add("mx1.example", DNS_AAAA, "2001:db8::1");
	fake_dns_add("mx2.example", DNS_A, "192.0.2.2");
	fake_dns_add("smart.example", DNS_A, "192.0.2.3");
	while (given < JOBS || jobs_take(is_done) > 0) {
		if (given < JOBS && chance(10))
			job_give(++given);
		if (given < JOBS)
			memset(is_done + given + 1, true, JOBS - given);
		fake_settle();
		peers_come();
		if (peers_count > 0)
			peer_step(&peers[peers_count - 1 - any(peers_count < 8 ? peers_count : 8)]);
		fake_settle();
		fake_advance(any(1000) < 5 ? any(4000) : any(10000) < 5 ? any(400000) : 0);
		if (given < JOBS)
			memset(is_done + given + 1, false, JOBS - given);
		if (++steps > STEPS) {
			/* Peers that fell silent are waited for. */
			fake_advance(3600000);
			peers_come();
			if (steps > STEPS + 50)
				fake_fail("seed %u: jobs are never concluded", seed);
		}
	}
	if (getenv("STORM_SHOW") != NULL)
		printf("seed %u: %u steps, %u connections: %s\n", seed, steps, peers_count, world_status());
}

static bool
seed_play(unsigned number)
{
	pid_t pid;
	int status;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		seed = number;
		srandom(number);
		world_play(script);
		exit(EXIT_SUCCESS);
	}
	if (waitpid(pid, &status, 0) < 0)
		return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int
main(int argc, char **argv)
{
	unsigned failed = 0, first = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1;

	for (unsigned i = first; i < (argc > 1 ? first + 1 : SEEDS + 1) && failed < 5; i++)
		if (!seed_play(i)) {
			printf("FAILED with seed %u\n", i);
			failed++;
		}
	printf("%d seeds, %u failed\n", SEEDS, failed);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
