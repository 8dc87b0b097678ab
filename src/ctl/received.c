/*
 * sealpost received: what the Received fields of mail say of TLS, a line of JSON for each hop. No daemon, no network: for mail
 * servers of any kind, and for whoever wants to know how mail came.
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
#include "mail/pattern.h"
#include "mail/received_facts.h"
#include "mailbox.h"
#include "print.h"
#include "words.h"

#define NETWORKS_MAX 256

enum { OPTION_TRUSTED };

static const struct words_option received_options[] = { { "--trusted", true }, { NULL } };

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
 * may have been the client.
 */
static bool
client_is_trusted(const struct trust *trust, const struct received_facts *facts)
{
	if (facts->by.length > 0 && facts->from.length == 0 && facts->ip.family == 0)
		return true;		/* it was not carried: a program of the same host handed it over */
	return ip_is_loopback(facts->ip) || address_is_trusted(trust, facts->ip) || host_is_trusted(trust, facts->rdns);
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

static void
on_message(void *arg, const struct mailbox_message *message)
{
	struct reading *reading = arg;
	struct arena *arena;
	bool chain = true;

	if (message->why != NULL) {
		reading->passed_over++;
		fprintf(stderr, "sealpost: received: %s: message %" PRIu64 " is passed over: %s\n", message->file, message->number,
		    message->why);
		return;
	}
	reading->read++;
	arena = arena_new();
	for (size_t i = 0; i < message->received_count; i++) {
		struct received_facts facts;
		bool is_evidence;

		/* A field that is too long says nothing; those below are no evidence then. */
		(void)received_facts_read(message->received[i], arena, &facts);
		is_evidence = hop_is_evidence(&reading->trust, &facts, i, &chain);
		hop_print(message, i, &facts, is_evidence);
	}
	arena_free(&arena);
}

/* --- the command --- */

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

int
received_run(const struct options *options, int argc, char **argv)
{
	struct reading *reading = must_alloc(sizeof(*reading));
	struct arena *arena = arena_new();
	const char *why = NULL;
	struct words words;
	int code = EX_USAGE;

	(void)options;			/* it has no other form than JSON */
	reading->trust.names = pattern_table_new();
	if (words_read(arena, "received", argc, argv, received_options, &words)) {
		if (words.is_given[OPTION_TRUSTED])
			why = trust_read(&reading->trust, words.value[OPTION_TRUSTED]);
		code = why != NULL ? ctl_usage("received: --trusted: %s", why) : paths_read(reading, &words);
	}
	pattern_table_free(&reading->trust.names);
	arena_free(&arena);
	free(reading);
	return code;
}
