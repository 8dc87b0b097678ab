/* From a hop to a fact, and from facts to requests. */
#include "feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "answer.h"
#include "base/fatal.h"
#include "conf/settings.h"
#include "smtp/domain.h"

#define DAY_S 86400
#define BATCH_OCTETS (FEED_BATCH * FACT_ENCODED_MAX)

struct feed {
	struct options options;
	char path[4096];		/* of the socket */
	struct arena *arena;		/* of the batch */
	struct tls_fact facts[FEED_BATCH];
	uint32_t count;
	int code;
};

/* --- a hop --- */

/* Nobody's mail server: a person who gave a password, or a program of the same site. */
static bool
is_inner(struct span with)
{
	bool is_word = span_find(with, ' ') == with.length;

	return is_word && (span_ends_nocase(with, SPAN("A")) || span_starts_nocase(with, SPAN("LMTP")) || span_starts_nocase(with, SPAN("UTF8LMTP")));
}

/*
 * It came by TLS that is too old for us. Only of some software it is known that it writes the version of the session: others have that of the
 * cipher suite, as OpenSSL calls it, which was there long before the session's.
 */
static bool
is_old(const struct received_facts *hop)
{
	static const char *const writers[] = { "postfix", "exim", "opensmtpd" };

	for (size_t i = 0; i < sizeof(writers) / sizeof(*writers); i++)
		if (strcmp(hop->software, writers[i]) == 0)
			return fact_version_is_old(hop->version);
	return false;
}

static bool
is_recent(const struct received_facts *hop, int64_t now_s)
{
	return hop->has_when && hop->when >= 0 && hop->when / DAY_S <= now_s / DAY_S && now_s / DAY_S - hop->when / DAY_S <= FACT_FED_DAYS;
}

/* Who said nothing but its address with HELO is called by that, as in the ledger's own facts. */
static struct span
peer_name(const struct received_facts *hop, struct arena *arena)
{
	char ip[IP_TEXT], name[IP_TEXT + 2];

	if (hop->from.length > 0)
		return hop->from;
	return arena_span(arena, span_make(name, (size_t)snprintf(name, sizeof(name), "[%s]", ip_format(hop->ip, ip))));
}

bool
feed_fact(const struct received_facts *hop, struct span sender, int64_t now_s, struct arena *arena, struct tls_fact *fact)
{
	bool is_clear = hop->tls == RECEIVED_TLS_NO, is_bad = is_clear || is_old(hop);
	char ip[IP_TEXT];

	if (hop->tls == RECEIVED_TLS_UNKNOWN || hop->ip.family == 0 || is_inner(hop->with) || !is_recent(hop, now_s))
		return false;
	*fact = (struct tls_fact){ .direction = FACT_IN, .day = (uint32_t)(hop->when / DAY_S), .tls = is_bad ? FACT_TLS_NO : FACT_TLS_YES,
		.sessions = 1, .messages = 1 };
	for (int i = 0; i < FACT_TEXTS; i++)
		fact->text[i] = SPAN("");
	fact->text[FACT_PEER] = peer_name(hop, arena);
	fact->text[FACT_IP] = arena_span(arena, span_of(ip_format(hop->ip, ip)));
	fact->text[FACT_DOMAIN] = sender;
	fact->text[FACT_REASON] = is_clear ? SPAN("plaintext-inbound") : is_bad ? SPAN("protocol-old") : SPAN("");
	fact->text[FACT_VERSION] = hop->version;
	fact->text[FACT_CIPHER] = hop->cipher;
	return true;
}

struct span
feed_domain(struct span address, struct arena *arena)
{
	char name[DOMAIN_TEXT];

	address = span_trim(address);
	if (address.length > 1 && address.data[0] == '<' && address.data[address.length - 1] == '>')
		address = span_skip(span_first(address, address.length - 1), 1);
	if (span_find(address, '@') == address.length || !domain_to_ascii(span_behind_last(address, '@'), name))
		return SPAN("");
	return arena_span(arena, span_of(name));
}

/* --- requests --- */

/* The socket of facts where there is one, for who may do nothing else; the control socket is the superuser's. */
static void
socket_path(const struct options *options, char *out, size_t size)
{
	static struct complaints ignored;
	struct settings settings;

	complaints_init(&ignored);
	settings_read(&settings, options->file, &ignored);
	snprintf(out, size, "%s", *settings.ledger_socket != '\0' ? settings.ledger_socket : settings.control);
	settings_clear(&settings);
	complaints_clear(&ignored);
}

struct feed *
feed_new(const struct options *options)
{
	struct feed *feed = must_alloc(sizeof(*feed));

	feed->options = *options;
	if (options->socket == NULL) {
		socket_path(options, feed->path, sizeof(feed->path));
		feed->options.socket = feed->path;
	}
	feed->arena = arena_new();
	feed->code = EX_OK;
	return feed;
}

void
feed_free(struct feed **feed)
{
	if (*feed == NULL)
		return;
	arena_free(&(*feed)->arena);
	free(*feed);
	*feed = NULL;
}

static void
on_row(void *arg, const struct row *row)
{
	(void)arg;
	(void)row;
}

/* Whatever the reason is, it may be over later, and mail must not be lost of it: whoever has a queue is to try again. */
static void
batch_tell(struct feed *feed)
{
	const struct facts_batch batch = { 1, 1, feed->facts, feed->count };
	struct request request = { SPAN("ledger add"), &(struct span){ 0 }, 1 };
	struct buf octets, text;

	buf_init(&octets, BATCH_OCTETS);
	facts_batch_encode(&octets, &batch);
	request.arguments[0] = buf_span(&octets);
	if (answer_ask(&feed->options, &request, on_row, NULL, &text) != EX_OK) {
		fprintf(stderr, "sealpost: received: %.*s\n", SPAN_ARG(buf_span(&text)));
		feed->code = EX_TEMPFAIL;
	}
	buf_clear(&text);
	buf_clear(&octets);
	arena_free(&feed->arena);
	feed->arena = arena_new();
	feed->count = 0;
}

void
feed_add(struct feed *feed, const struct tls_fact *fact)
{
	/* The first that is not taken is the last: this is told as a whole again. */
	if (feed->code != EX_OK)
		return;
	feed->facts[feed->count] = *fact;
	for (int i = 0; i < FACT_TEXTS; i++)
		feed->facts[feed->count].text[i] = arena_span(feed->arena, fact->text[i]);
	if (++feed->count == FEED_BATCH)
		batch_tell(feed);
}

int
feed_end(struct feed *feed)
{
	if (feed->code == EX_OK && feed->count > 0)
		batch_tell(feed);
	return feed->code;
}
