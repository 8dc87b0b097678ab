/* Batches, into a ledger in a folder of its own, out of it as a report. */
#include "tests/scenario/reported.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/clock.h"
#include "report/ledger.h"
#include "report/tlsrpt_gather.h"
#include "tests/fake/fake.h"
#include "tests/scenario/told.h"

#define BATCHES 64
#define TEXT 65536

static struct arena *memory;
static struct facts_batch batches[BATCHES];
static uint32_t batches_count;

static void
forget(void)
{
	arena_free(&memory);
	batches_count = 0;
}

static void
keep(struct span payload)
{
	if (memory == NULL)
		memory = arena_new();
	if (batches_count == BATCHES || !facts_batch_decode(payload, memory, &batches[batches_count++]))
		fake_fail("batches that are kept for a report are no batches, or many");
}

void
reported_begin(void)
{
	told_each(keep);
}

/* Without the white space between values, and only from the list of policies to the end of it. */
static void
json_squeeze(struct span json, char out[TEXT])
{
	static const char begin[] = "\"policies\":";
	bool is_string = false;
	size_t length = 0;
	char *list;

	for (size_t i = 0; i < json.length && length + 1 < TEXT; i++) {
		if (json.data[i] == '"' && (i == 0 || json.data[i - 1] != '\\'))
			is_string = !is_string;
		if (is_string || (json.data[i] != ' ' && json.data[i] != '\n'))
			out[length++] = json.data[i];
	}
	out[length] = '\0';
	list = strstr(out, begin);
	if (list == NULL || length == 0)
		fake_fail("a report without policies: %s", out);
	out[length - 1] = '\0';
	memmove(out, list + sizeof(begin) - 1, strlen(list + sizeof(begin) - 1) + 1);
}

static void
report_write(struct ledger *ledger, const char *domain, char out[TEXT])
{
	static char hostname[] = "relay.example", organization[] = "relay.example", contact[] = "postmaster@relay.example";
	const struct conf_report conf = { .hostname = hostname, .tlsrpt_organization = organization, .tlsrpt_contact = contact };
	const struct tlsrpt_scope scope = { .name = span_of(domain) };
	struct tlsrpt_report report;
	struct arena *arena = arena_new();
	struct buf json;

	out[0] = '\0';
	buf_init(&json, TLSRPT_JSON_OCTETS);
	if (tlsrpt_gather(ledger, &conf, &scope, (uint32_t)(clock_wall() / LEDGER_DAY_S), arena, &report)) {
		if (!tlsrpt_json_write(&json, &report))
			fake_fail("the report cannot be written");
		json_squeeze(buf_span(&json), out);
	}
	buf_clear(&json);
	arena_free(&arena);
}

const char *
reported_policies(const char *domain)
{
	static char text[TEXT];
	char folder[] = "/tmp/sealpost-test-reported-XXXXXX", command[100], why[300];
	struct ledger *ledger;

	if (mkdtemp(folder) == NULL || (ledger = ledger_open(folder, why, sizeof(why))) == NULL)
		fake_fail("no ledger");
	for (uint32_t i = 0; i < batches_count; i++)
		if (!ledger_take(ledger, &batches[i]))
			fake_fail("the ledger does not take a batch");
	report_write(ledger, domain, text);
	ledger_close(&ledger);
	forget();
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	if (system(command) != 0)
		fake_fail("%s", command);
	return text;
}
