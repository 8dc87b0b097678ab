/* A resolver on the loop of the tool, which runs only while answers are waited for. */
#include "lookup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/fatal.h"
#include "conf/settings.h"
#include "dns/resolver.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "print.h"

#define DATA_OCTETS_MAX 4096	/* of an answer, printed */

/* One question on its way. */
struct asked {
	LIST_ENTRY(asked) entry;	/* on lookups.asked */
	struct lookup *lookup;
	char *name;
	void (*on_answer)(void *arg, const struct dns_answer *answer);
	void *arg;
};

static struct {
	struct resolver *resolver;
	LIST_HEAD(, asked) asked;
	bool is_json, is_verbose;
} lookups;

/* --- what is printed --- */

typedef bool record_fn(struct buf *out, const struct dns_answer *answer, uint32_t i);

static bool
address_write(struct buf *out, const struct dns_answer *answer, uint32_t i)
{
	char text[IP_TEXT];

	return buf_add(out, span_of(ip_format(answer->addresses[i], text)));
}

static bool
mx_write(struct buf *out, const struct dns_answer *answer, uint32_t i)
{
	return buf_printf(out, "%u %s.", answer->mx[i].preference, answer->mx[i].host);
}

static bool
name_write(struct buf *out, const struct dns_answer *answer, uint32_t i)
{
	return buf_printf(out, "%s.", answer->names[i]);
}

static bool
text_write(struct buf *out, const struct dns_answer *answer, uint32_t i)
{
	return buf_printf(out, "\"%.*s\"", SPAN_ARG(answer->texts[i]));
}

static const struct {
	enum dns_type type;
	const char *name;
	record_fn *write;
} types[] = {
	{ DNS_A, "A", address_write }, { DNS_AAAA, "AAAA", address_write }, { DNS_MX, "MX", mx_write }, { DNS_PTR, "PTR", name_write },
	{ DNS_TXT, "TXT", text_write },
};
#define TYPES (sizeof(types) / sizeof(*types))

/* Records with a space between, as many as there is room for. */
static void
answer_write(struct buf *out, const struct dns_answer *answer, record_fn *write)
{
	static const char *const statuses[] = {
		[DNS_FOUND] = "", [DNS_NO_DATA] = "no such records", [DNS_NO_NAME] = "no such name", [DNS_BOGUS] = "bogus",
		[DNS_FAILED] = "no answer"
	};

	(void)!buf_add(out, span_of(statuses[answer->status]));
	for (uint32_t i = 0; i < answer->count; i++)
		if ((i > 0 && !buf_add(out, SPAN(" "))) || !write(out, answer, i))
			return;
}

static void
answer_print(const struct asked *asked, const struct dns_answer *answer)
{
	struct row row = { .fields_count = 0 };
	struct buf data;
	size_t type = 0;

	while (type < TYPES - 1 && types[type].type != answer->type)
		type++;
	buf_init(&data, DATA_OCTETS_MAX);
	answer_write(&data, answer, types[type].write);
	if (lookups.is_json) {
		row_text(&row, "lookup", span_of(asked->name));
		row_text(&row, "type", span_of(types[type].name));
		row_text(&row, "answer", buf_span(&data));
		print_json(&row);
	} else {
		printf("%s %s: ", types[type].name, asked->name);
		print_text(buf_span(&data));
		printf("\n");
	}
	buf_clear(&data);
}

/* --- look-ups --- */

const char *
lookup_open(const struct options *options, struct span server, bool is_verbose)
{
	static struct complaints ignored;
	static char why[256];
	struct settings settings;

	/* A configuration that is not good, or not there, has its defaults: that it is not good is for others to say. */
	complaints_init(&ignored);
	settings_read(&settings, options->file, &ignored);
	settings_complete_servers(&settings);
	LIST_INIT(&lookups.asked);
	lookups.is_json = options->json;
	lookups.is_verbose = is_verbose;
	if (server.length > 0)
		lookups.resolver = resolver_new(&server.data, 1, (int)settings.dns_timeout_ms, (int)settings.dns_tries, why, sizeof(why));
	else
		lookups.resolver = resolver_new((const char *const *)settings.dns_servers.items, settings.dns_servers.count,
		    (int)settings.dns_timeout_ms, (int)settings.dns_tries, why, sizeof(why));
	settings_clear(&settings);
	complaints_clear(&ignored);
	return lookups.resolver == NULL ? why : NULL;
}

static void
asked_free(struct asked *asked)
{
	LIST_REMOVE(asked, entry);
	free(asked->name);
	free(asked);
}

static void
on_answer(void *arg, const struct dns_answer *answer)
{
	struct asked *asked = arg;

	if (lookups.is_verbose)
		answer_print(asked, answer);
	asked->on_answer(asked->arg, answer);
	asked_free(asked);
	if (LIST_EMPTY(&lookups.asked))
		loop_stop();
}

void
lookup_ask(const char *name, enum dns_type type, void (*then)(void *arg, const struct dns_answer *answer), void *arg)
{
	struct asked *asked = must_alloc(sizeof(*asked));

	asked->name = must_copy(name, strlen(name));
	asked->on_answer = then;
	asked->arg = arg;
	LIST_INSERT_HEAD(&lookups.asked, asked, entry);
	asked->lookup = resolver_ask(lookups.resolver, name, type, on_answer, asked);
}

static void
on_time(void *arg)
{
	(void)arg;
	loop_stop();
}

void
lookup_run(int64_t ms)
{
	struct timer *timer;

	if (LIST_EMPTY(&lookups.asked))
		return;
	timer = timer_new(on_time, NULL);
	timer_start(timer, ms);
	loop_run();
	timer_free(&timer);
	while (!LIST_EMPTY(&lookups.asked)) {
		lookup_cancel(&LIST_FIRST(&lookups.asked)->lookup);
		asked_free(LIST_FIRST(&lookups.asked));
	}
}

void
lookup_stop(void)
{
	loop_stop();
}

void
lookup_close(void)
{
	resolver_free(&lookups.resolver);
}

/* --- for the machines of lib-auth --- */

/* What is bogus is as much as what failed: nothing is known. */
struct auth_answer
lookup_answer(const struct dns_answer *answer, struct arena *arena)
{
	static const enum auth_status statuses[] = {
		[DNS_FOUND] = AUTH_FOUND, [DNS_NO_DATA] = AUTH_NO_DATA, [DNS_NO_NAME] = AUTH_NO_NAME, [DNS_BOGUS] = AUTH_FAILED,
		[DNS_FAILED] = AUTH_FAILED
	};
	struct auth_answer said = { .status = statuses[answer->status], .count = answer->count };
	struct auth_mx *mx;

	if (answer->type == DNS_MX) {
		said.mx = mx = arena_alloc(arena, answer->count * sizeof(*mx));
		for (uint32_t i = 0; i < answer->count; i++)
			mx[i] = (struct auth_mx){ answer->mx[i].preference, answer->mx[i].host };
	} else if (answer->type == DNS_PTR) {
		said.names = answer->names;
	} else if (answer->type == DNS_TXT) {
		said.texts = answer->texts;
	} else {
		said.addresses = answer->addresses;
	}
	return said;
}

enum dns_type
lookup_type(enum auth_type type)
{
	static const enum dns_type asked_types[AUTH_TYPES] = {
		[AUTH_A] = DNS_A, [AUTH_AAAA] = DNS_AAAA, [AUTH_MX] = DNS_MX, [AUTH_PTR] = DNS_PTR, [AUTH_TXT] = DNS_TXT
	};

	return asked_types[type];
}
