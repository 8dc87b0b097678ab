/* Batches decoded, answered and written out. */
#include "tests/scenario/told.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipc/report_facts.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_channel.h"

#define FACTS 64
#define LINE 1024

static char lines[FACTS][LINE];
static unsigned count;
static void (*on_batch)(struct span payload);
static void (*on_other)(uint16_t type, struct span payload);

static const char *
word(const struct tls_fact *fact, enum fact_text text, char out[280])
{
	snprintf(out, 280, "%.*s", SPAN_ARG(fact->text[text]));
	return *out == '\0' ? "-" : out;
}

static void
fact_write(const struct tls_fact *fact)
{
	static const char *const answers[FACT_TLS_ANSWERS] = { "unknown", "no", "yes" };
	static const enum fact_text before[] = { FACT_PEER, FACT_IP, FACT_DOMAIN, FACT_REASON };
	static const enum fact_text optional[] = { FACT_BASE, FACT_STS_FAULT, FACT_TLSA_FAULT, FACT_SOURCE, FACT_HELO };
	static const enum fact_text behind[] = { FACT_EVIDENCE, FACT_APPLIED, FACT_PUBLISHED, FACT_OBSERVED };
	char *line = lines[count++], text[280];
	int at = snprintf(line, LINE, "%s", fact->direction == FACT_OUT ? "out" : "in");

	for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++)
		at += snprintf(line + at, LINE - (size_t)at, " %s", word(fact, before[i], text));
	at += snprintf(line + at, LINE - (size_t)at, " tls=%s sessions=%" PRIu64 " messages=%" PRIu64 " own=%d %s", answers[fact->tls],
	    fact->sessions, fact->messages, fact->is_own, word(fact, FACT_VERSION, text));
	at += snprintf(line + at, LINE - (size_t)at, " cert=%s", word(fact, FACT_CERTIFICATE, text));
	for (size_t i = 0; i < sizeof(behind) / sizeof(*behind); i++)
		at += snprintf(line + at, LINE - (size_t)at, " %s", word(fact, behind[i], text));
	at += snprintf(line + at, LINE - (size_t)at, " offers=%u \"%.*s\"%s%s", fact->offers, SPAN_ARG(fact->text[FACT_DETAIL]),
	    fact->is_shared ? " shared" : "", fact->is_by_dane ? " by-dane" : "");
	for (size_t i = 0; i < sizeof(optional) / sizeof(*optional); i++)
		if (fact->text[optional[i]].length > 0)
			at += snprintf(line + at, LINE - (size_t)at, " %s=%s", fact_text_name(optional[i]), word(fact, optional[i], text));
}

static void
batch_read(struct channel *channel, struct span payload)
{
	struct arena *arena = arena_new();
	struct facts_batch batch;
	struct buf out = { .ceiling = 100 };

	if (!facts_batch_decode(payload, arena, &batch) || count + batch.count > FACTS)
		fake_fail("what is told to the ledger is no batch, or a large one");
	for (uint32_t i = 0; i < batch.count; i++)
		fact_write(&batch.facts[i]);
	if (on_batch != NULL)
		on_batch(payload);
	facts_kept_encode(&out, &(struct facts_kept){ batch.number });
	if (!fake_channel_deliver(channel, FACTS_KEPT, buf_span(&out), -1))
		fake_fail("the room does not understand that a batch is kept");
	buf_clear(&out);
	arena_free(&arena);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

void
told_each(void (*each)(struct span payload))
{
	on_batch = each;
}

void
told_other(void (*other)(uint16_t type, struct span payload))
{
	on_other = other;
}

void
told_read(void)
{
	struct channel *channel = fake_channel_last("report");
	struct span payload;
	uint16_t type;
	int fd;

	while (channel != NULL && fake_channel_take(channel, &type, &payload, &fd))
		if (type == FACTS_BATCH || on_other == NULL)
			batch_read(channel, payload);
		else
			on_other(type, payload);
}

const char *
told_facts(void)
{
	static char text[FACTS * LINE];
	size_t at = 0;

	text[0] = '\0';
	told_read();
	qsort(lines, count, LINE, compare);
	for (unsigned i = 0; i < count; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s", i == 0 ? "" : " | ", lines[i]);
	count = 0;
	return text;
}
