/*
 * sealpost received: what the Received fields of mail say of TLS, a line of JSON for each hop. No daemon, no network: for mail
 * servers of any kind, and for whoever wants to know how mail came. With --ledger the hop by which it came in is told to the daemon.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/arena.h"
#include "base/fatal.h"
#include "ctl.h"
#include "feed.h"
#include "mail/pattern.h"
#include "mail/received_facts.h"
#include "mailbox.h"
#include "print.h"
#include "words.h"

#define NETWORKS_MAX 256

enum { OPTION_TRUSTED, OPTION_LEDGER, OPTION_SENDER };

static const struct words_option received_options[] = { { "--trusted", true }, { "--ledger", false }, { "--sender", true }, { NULL } };

/* Whose hops are evidence. */
struct trust {
	bool is_given;
	struct pattern_table *names;
	struct ip_network networks[NETWORKS_MAX];
	size_t networks_count;
};

struct reading {
	struct trust trust;
	uint64_t read, passed_over;
	struct feed *feed;		/* NULL = hops are printed */
	bool has_sender;		/* it was given, be it "" */
	struct span sender;
	uint64_t told;			/* facts */
};

/* --- trust --- */

/* Returns NULL, or what is wrong with the list. */
static const char *
trust_read(struct trust *trust, struct span list)
{
	struct span word;

	trust->is_given = true;
	while (span_cut(&list, ',', &word)) {
		word = span_trim(word);
		if (ip_network_parse(word, &trust->networks[trust->networks_count])) {
			if (++trust->networks_count == NETWORKS_MAX)
				return "more networks than are looked at";
		} else if (pattern_table_add(trust->names, word, SPAN("trusted")) != NULL) {
			return "names of hosts (mx.example.org, .example.org) and networks (192.0.2.0/24) are expected, "
			    "with commas between them";
		}
	}
	return NULL;
}

static bool
address_is_trusted(const struct trust *trust, struct ip ip)
{
	for (size_t i = 0; i < trust->networks_count && ip.family != 0; i++)
		if (ip_network_has(&trust->networks[i], ip))
			return true;
	return false;
}

/* The name of a host, or an address in place of one. */
static bool
host_is_trusted(const struct trust *trust, struct span name)
{
	struct ip ip;

	if (name.length > 1 && name.data[name.length - 1] == '.')
		name = span_first(name, name.length - 1);
	if (ip_parse(name, &ip))
		return address_is_trusted(trust, ip);
	/* A pattern for every name is none for what has no name. */
	return name.length > 0 && pattern_table_find(trust->names, name).length > 0;
}

/*
 * Did a trusted host hand the message over? Then what stands below came from it. Otherwise whoever wrote a trusted name there
 * may have been the client; a name of its address that nobody has proved is the client's choice, too.
 */
static bool
client_is_trusted(const struct trust *trust, const struct received_facts *facts)
{
	if (facts->by.length > 0 && facts->from.length == 0 && facts->ip.family == 0)
		return true;		/* it was not carried: a program of the same host handed it over */
	return ip_is_loopback(facts->ip) || address_is_trusted(trust, facts->ip) ||
	    (facts->is_rdns_proved && host_is_trusted(trust, facts->rdns));
}

/* *chain is whether all hops above are evidence, and the last of them had it from a host that is trusted. */
static bool
hop_is_evidence(const struct trust *trust, const struct received_facts *facts, size_t index, bool *chain)
{
	bool is_evidence = trust->is_given ? *chain && host_is_trusted(trust, facts->by) : index == 0;

	*chain = is_evidence && client_is_trusted(trust, facts);
	return is_evidence;
}

/* --- rows --- */

static void
text_add(struct row *row, const char *name, struct span text)
{
	if (text.length > 0)
		row_text(row, name, text);
}

static void
hop_print(const struct mailbox_message *message, size_t index, const struct received_facts *facts, bool is_evidence)
{
	static const char *const tls[] = {
		[RECEIVED_TLS_UNKNOWN] = "unknown", [RECEIVED_TLS_NO] = "no", [RECEIVED_TLS_YES] = "yes"
	};
	struct row row = { .fields_count = 0 };
	char address[IP_TEXT], date[32];
	time_t when = (time_t)facts->when;
	struct tm tm;

	row_text(&row, "file", span_of(message->file));
	row_number(&row, "message", (int64_t)message->number);
	row_number(&row, "index", (int64_t)index);
	text_add(&row, "by", facts->by);
	text_add(&row, "from", facts->from);
	text_add(&row, "rdns", facts->rdns);
	if (facts->ip.family != 0)
		row_text(&row, "ip", span_of(ip_format(facts->ip, address)));
	text_add(&row, "with", facts->with);
	text_add(&row, "software", span_of(facts->software));
	row_text(&row, "tls", span_of(tls[facts->tls]));
	text_add(&row, "version", facts->version);
	text_add(&row, "cipher", facts->cipher);
	if (facts->bits > 0)
		row_number(&row, "bits", facts->bits);
	if (facts->verified != RECEIVED_UNSAID)
		row_flag(&row, "client_verified", facts->verified == RECEIVED_VERIFIED);
	if (facts->has_when && gmtime_r(&when, &tm) != NULL && strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0)
		row_text(&row, "date", span_of(date));
	row_flag(&row, "is_evidence", is_evidence);
	print_json(&row);
}

/* --- the ledger --- */

/* The hop at which it came from a host that is none of ours: what is above is how we carried it, what is below anybody can write. */
static bool
border_find(const struct reading *reading, const struct mailbox_message *message, struct arena *arena, struct received_facts *facts)
{
	bool chain = true;

	for (size_t i = 0; i < message->received_count && chain; i++) {
		(void)received_facts_read(message->received[i], arena, facts);
		if (hop_is_evidence(&reading->trust, facts, i, &chain) && !chain)
			return true;
	}
	return false;
}

static void
message_tell(struct reading *reading, const struct mailbox_message *message, struct arena *arena)
{
	struct span sender = reading->has_sender ? reading->sender : message->return_path;
	struct received_facts hop;
	struct tls_fact fact;

	if (!border_find(reading, message, arena, &hop) || !feed_fact(&hop, feed_domain(sender, arena), time(NULL), arena, &fact))
		return;
	reading->told++;
	feed_add(reading->feed, &fact);
}

/* --- the command --- */

static void
hops_print(struct reading *reading, const struct mailbox_message *message, struct arena *arena)
{
	bool chain = true;

	for (size_t i = 0; i < message->received_count; i++) {
		struct received_facts facts;
		bool is_evidence;

		/* A field that is too long says nothing; those below are no evidence then. */
		(void)received_facts_read(message->received[i], arena, &facts);
		is_evidence = hop_is_evidence(&reading->trust, &facts, i, &chain);
		hop_print(message, i, &facts, is_evidence);
	}
}

static void
on_message(void *arg, const struct mailbox_message *message)
{
	struct reading *reading = arg;
	struct arena *arena;

	if (message->why != NULL) {
		reading->passed_over++;
		fprintf(stderr, "sealpost: received: %s: message %" PRIu64 " is passed over: %s\n", message->file, message->number,
		    message->why);
		return;
	}
	reading->read++;
	arena = arena_new();
	if (reading->feed != NULL)
		message_tell(reading, message, arena);
	else
		hops_print(reading, message, arena);
	arena_free(&arena);
}

static int
paths_read(struct reading *reading, const struct words *words)
{
	static const struct span standard_input = { "-", 1 };
	const struct span *paths = words->plain_count == 0 ? &standard_input : words->plain;
	size_t count = words->plain_count == 0 ? 1 : words->plain_count;
	int code = EX_OK;

	for (size_t i = 0; i < count; i++) {
		const char *why = mailbox_read(paths[i].data, on_message, reading);

		if (why == NULL)
			continue;
		fprintf(stderr, "sealpost: received: %s: %s\n", paths[i].data, why);
		code = EX_NOINPUT;
	}
	if (reading->passed_over > 0)
		fprintf(stderr, "sealpost: received: %" PRIu64 " messages were read, %" PRIu64 " were passed over\n", reading->read,
		    reading->passed_over);
	return code == EX_OK && reading->passed_over > 0 ? 1 : code;
}

/* All of it, into the ledger. What could not be told is the code, before what could not be read. */
static int
ledger_feed(const struct options *options, struct reading *reading, const struct words *words)
{
	struct row row = { .fields_count = 0 };
	int code, fed;

	reading->feed = feed_new(options);
	code = paths_read(reading, words);
	fed = feed_end(reading->feed);
	feed_free(&reading->feed);
	if (fed != EX_OK)
		return fed;
	row_number(&row, "messages", (int64_t)reading->read);
	row_number(&row, "told", (int64_t)reading->told);
	if (options->json)
		print_json(&row);
	else
		printf("%" PRIu64 " messages were read, %" PRIu64 " of them are in the ledger now\n", reading->read, reading->told);
	return code;
}

/* Returns NULL, or what is wrong with the options together. */
static const char *
options_refuse(struct reading *reading, const struct words *words)
{
	const char *why = words->is_given[OPTION_TRUSTED] ? trust_read(&reading->trust, words->value[OPTION_TRUSTED]) : NULL;

	if (why != NULL)
		return why;
	if (words->is_given[OPTION_LEDGER] && !words->is_given[OPTION_TRUSTED])
		return "is needed with --ledger: only what a host of your own wrote is told";
	return NULL;
}

int
received_run(const struct options *options, int argc, char **argv)
{
	struct reading *reading = must_alloc(sizeof(*reading));
	struct arena *arena = arena_new();
	const char *why = NULL;
	struct words words;
	int code = EX_USAGE;

	reading->trust.names = pattern_table_new();
	if (words_read(arena, "received", argc, argv, received_options, &words)) {
		why = options_refuse(reading, &words);
		reading->has_sender = words.is_given[OPTION_SENDER];
		reading->sender = words.value[OPTION_SENDER];
		if (why != NULL)
			code = ctl_usage("received: --trusted: %s", why);
		else if (words.is_given[OPTION_LEDGER])
			code = ledger_feed(options, reading, &words);
		else
			code = paths_read(reading, &words);
	}
	pattern_table_free(&reading->trust.names);
	arena_free(&arena);
	free(reading);
	return code;
}
