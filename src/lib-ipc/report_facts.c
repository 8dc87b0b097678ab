/* Messages between rooms that see TLS and report. */
#include "ipc/report_facts.h"

#include <assert.h>

#define FACT_OCTETS_LEAST (4 + 7 * 1 + 2 + 8 + FACT_TEXTS * 4)	/* less than a fact without any text has */

static const struct {
	const char *name;
	size_t most;		/* octets */
	bool has_lines;
} texts[FACT_TEXTS] = {
	[FACT_PEER] = { "peer", 255, false },
	[FACT_IP] = { "ip", 45, false },
	[FACT_DOMAIN] = { "domain", 255, false },
	[FACT_REASON] = { "reason", 48, false },
	[FACT_OBSERVED] = { "observed", 48, false },
	[FACT_DETAIL] = { "detail", 200, false },
	[FACT_APPLIED] = { "applied", 16, false },
	[FACT_PUBLISHED] = { "published", 8, false },
	[FACT_STS] = { "sts", 2000, true },
	[FACT_TLSA] = { "tlsa", 2000, true },
	[FACT_BASE] = { "base", 255, false },
	[FACT_STS_FAULT] = { "sts_fault", 200, false },
	[FACT_TLSA_FAULT] = { "tlsa_fault", 48, false },
	[FACT_EVIDENCE] = { "evidence", 32, false },
	[FACT_VERSION] = { "version", 16, false },
	[FACT_CIPHER] = { "cipher", 64, false },
	[FACT_GROUP] = { "key_exchange", 32, false },
	[FACT_CERTIFICATE] = { "certificate", 48, false },
	[FACT_FINGERPRINT] = { "fingerprint", 64, false },
	[FACT_SOURCE] = { "source", 45, false },
	[FACT_HELO] = { "helo", 256, false },
};

const char *
fact_text_name(enum fact_text text)
{
	return texts[text].name;
}

size_t
fact_text_most(enum fact_text text)
{
	return texts[text].most;
}

bool
fact_version_is_old(struct span version)
{
	static const struct span old[] = { SPAN("TLSv1.1"), SPAN("TLSv1.0"), SPAN("SSLv3"), SPAN("SSLv2") };

	for (size_t i = 0; i < sizeof(old) / sizeof(*old); i++)
		if (span_equal(version, old[i]))
			return true;
	return false;
}

uint64_t
fact_host_sessions(const struct tls_fact *fact)
{
	return fact->is_shared ? 0 : fact->sessions;
}

/* May the octet stand in this text? An "@" may in none: with it goes every mailbox, whoever wrote it there. */
static bool
is_allowed(enum fact_text text, char c)
{
	return (c >= ' ' && c <= '~' && c != '@') || (c == '\n' && texts[text].has_lines);
}

/* Octets in front that may stand in this text: nearly always all. */
static size_t
allowed_length(enum fact_text text, struct span value)
{
	size_t i = 0;

	while (i < value.length && is_allowed(text, value.data[i]))
		i++;
	return i;
}

static void
text_put(struct buf *out, enum fact_text text, struct span value)
{
	char clean[FACT_ENCODED_MAX];

	value = span_first(value, texts[text].most);
	if (allowed_length(text, value) < value.length) {
		for (size_t i = 0; i < value.length; i++)
			clean[i] = is_allowed(text, value.data[i]) ? value.data[i] : '?';
		value.data = clean;
	}
	put_span(out, value);
}

static struct span
text_get(struct codec *in, enum fact_text text)
{
	struct span value = get_span(in);

	if (value.length > texts[text].most)
		in->bad = true;
	if (allowed_length(text, value) < value.length)
		in->bad = true;
	return in->bad ? SPAN("") : value;
}

void
fact_key_encode(struct buf *out, const struct tls_fact *fact)
{
	put_u8(out, (uint8_t)fact->direction);
	put_u32(out, fact->day);
	put_u8(out, (uint8_t)fact->tls);
	put_bool(out, fact->is_own);
	put_bool(out, fact->is_resumed);
	put_bool(out, fact->is_testing);
	put_bool(out, fact->is_by_dane);
	put_bool(out, fact->is_shared);
	put_u16(out, fact->offers);
	put_u64(out, (uint64_t)fact->expires_s);
	for (int i = 0; i < FACT_TEXTS; i++)
		text_put(out, (enum fact_text)i, fact->text[i]);
}

static void
fact_decode(struct codec *in, struct tls_fact *fact)
{
	fact->direction = get_enum(in, FACT_DIRECTIONS);
	fact->day = get_u32(in);
	fact->tls = get_enum(in, FACT_TLS_ANSWERS);
	fact->is_own = get_bool(in);
	fact->is_resumed = get_bool(in);
	fact->is_testing = get_bool(in);
	fact->is_by_dane = get_bool(in);
	fact->is_shared = get_bool(in);
	fact->offers = get_u16(in);
	fact->expires_s = (int64_t)get_u64(in);
	for (int i = 0; i < FACT_TEXTS; i++)
		fact->text[i] = text_get(in, (enum fact_text)i);
	fact->sessions = get_u64(in);
	fact->messages = get_u64(in);
}

void
fact_fold(const struct tls_fact *fact, struct tls_fact *folded)
{
	*folded = (struct tls_fact){ .direction = fact->direction, .day = fact->day, .tls = fact->tls, .is_own = fact->is_own,
		.is_shared = fact->is_shared, .sessions = fact->sessions, .messages = fact->messages };
	for (int i = 0; i < FACT_TEXTS; i++)
		folded->text[i] = SPAN("");
	folded->text[FACT_PEER] = SPAN(FACT_OTHERS);
	folded->text[FACT_REASON] = fact->text[FACT_REASON];
}

void
facts_batch_encode(struct buf *out, const struct facts_batch *batch)
{
	assert(batch->count <= FACTS_MOST);
	put_u64(out, batch->sender);
	put_u64(out, batch->number);
	put_u32(out, batch->count);
	for (uint32_t i = 0; i < batch->count; i++) {
		fact_key_encode(out, &batch->facts[i]);
		put_u64(out, batch->facts[i].sessions);
		put_u64(out, batch->facts[i].messages);
	}
}

bool
facts_batch_decode(struct span payload, struct arena *arena, struct facts_batch *batch)
{
	/* One copy of the whole message: every text points into it. */
	struct codec in = codec_read(arena_span(arena, payload));

	batch->sender = get_u64(&in);
	batch->number = get_u64(&in);
	batch->count = get_count(&in, FACT_OCTETS_LEAST);
	if (batch->count > FACTS_MOST)
		return false;
	batch->facts = arena_alloc(arena, batch->count * sizeof(*batch->facts));
	for (uint32_t i = 0; i < batch->count; i++)
		fact_decode(&in, &batch->facts[i]);
	return codec_done(&in);
}

void
facts_kept_encode(struct buf *out, const struct facts_kept *kept)
{
	put_u64(out, kept->number);
}

bool
facts_kept_decode(struct span payload, struct facts_kept *kept)
{
	struct codec in = codec_read(payload);

	kept->number = get_u64(&in);
	return codec_done(&in);
}
