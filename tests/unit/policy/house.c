/* The policy room, played. */
#include "tests/unit/policy/house.h"

#include <stdio.h>
#include <unistd.h>

#include "ipc/relay_policy.h"
#include "policy/now.h"
#include "tests/fake/fake_room.h"
#include "tests/unit/scratch.h"

struct policy house_policy;
struct conf_policy house_conf;
struct channel *house_relay;

static char folder[SCRATCH_PATH];
static char empty[] = "", hostname[] = "out.example.net", server[] = "127.0.0.1:53", *servers[] = { server };

/* What relay was told and no test has asked for. */
#define ANSWERS 64
static struct { uint64_t id; struct knowledge knowledge; } answers[ANSWERS];
static unsigned answers_count;
static struct { char domain[256]; } changes[256];
static unsigned changes_count;
static struct policy_hosts recalled;
static struct arena *memory;

static void
room_comes(void)
{
	const struct setup setup = { 0 };
	const struct peer peer = { ROOM_RELAY, 0 };

	fake_room_forget();
	room_init(&house_policy);
	policy_room_handler.on_setup(&house_policy, &setup, &house_conf);
	policy_room_handler.on_peer(&house_policy, &peer, fake_fd());
	house_relay = fake_channel_find("relay");
}

void
house_begin(void)
{
	fake_reset();
	now_set_boot("first-boot");
	scratch_make(folder);
	house_conf = (struct conf_policy){ .tls = { empty, empty, empty }, .hostname = hostname, .directory = folder, .trust = empty,
		.mta_sts = true, .ratchet = true, .ratchet_successes = 10, .ratchet_days = 7, .ratchet_period_s = 60 * 86400,
		.refresh_s = 86400, .fetches = 200, .dns_servers = { servers, 1 }, .dns_timeout_ms = 5000, .dns_tries = 2 };
	answers_count = changes_count = 0;
	memory = arena_new();
	room_comes();
}

void
house_restart(void)
{
	room_clear(&house_policy);
	fake_settle();
	fake_loop_kill();
	room_comes();
}

void
house_end(void)
{
	room_clear(&house_policy);
	fake_settle();
	arena_free(&memory);
	scratch_remove(folder);
	fake_finish();
}

/* --- the world --- */

void
house_set_id(const char *domain, const char *id)
{
	char name[300], record[100];

	snprintf(name, sizeof(name), "_mta-sts.%s", domain);
	snprintf(record, sizeof(record), "v=STSv1; id=%s", id);
	if (fake_dns_has(name, DNS_TXT))
		fake_dns_remove(name, DNS_TXT);
	fake_dns_add(name, DNS_TXT, record);
}

void
house_publish(const char *domain, const char *id, const char *file)
{
	house_set_id(domain, id);
	fake_fetch_file(domain, file);
}

/* --- relay --- */

static void
question_send(uint64_t id, const char *domain, bool is_doubted)
{
	const struct policy_question question = { id, span_of(domain), true, is_doubted };
	struct buf out = { .ceiling = 4096 };

	policy_question_encode(&out, &question);
	ck_assert(fake_channel_deliver(house_relay, RELAY_ASK, buf_span(&out), -1));
	buf_clear(&out);
}

void
house_ask(uint64_t id, const char *domain)
{
	question_send(id, domain, false);
}

void
house_ask_doubted(uint64_t id, const char *domain)
{
	question_send(id, domain, true);
}

static void
relay_read(void)
{
	struct span payload;
	uint16_t type;
	int fd;

	while (fake_channel_take(house_relay, &type, &payload, &fd)) {
		struct policy_answer answer;
		struct policy_change change;

		if (type == POLICY_RECALLED) {
			ck_assert(policy_hosts_decode(arena_span(memory, payload), memory, &recalled));
		} else if (type == POLICY_TOLD) {
			ck_assert(policy_answer_decode(payload, memory, &answer));
			ck_assert_uint_lt(answers_count, ANSWERS);
			answers[answers_count].id = answer.id;
			answers[answers_count++].knowledge = answer.knowledge;
		} else {
			ck_assert(policy_change_decode(payload, &change));
			snprintf(changes[changes_count++ % 256].domain, 256, "%.*s", SPAN_ARG(change.domain));
		}
	}
}

const struct knowledge *
house_told(uint64_t id)
{
	static struct knowledge found;

	relay_read();
	for (unsigned i = 0; i < answers_count; i++)
		if (answers[i].id == id) {
			found = answers[i].knowledge;
			answers[i] = answers[--answers_count];
			return &found;
		}
	return NULL;
}

const struct knowledge *
house_know(const char *domain)
{
	static uint64_t last = 1000000;
	const struct knowledge *knowledge;

	house_ask(++last, domain);
	fake_settle();
	knowledge = house_told(last);
	ck_assert_msg(knowledge != NULL, "%s: no answer yet", domain);
	return knowledge;
}

unsigned
house_changes(const char *domain)
{
	unsigned count = 0;

	relay_read();
	for (unsigned i = 0; i < changes_count; i++)
		count += strcmp(changes[i].domain, domain) == 0;
	changes_count = 0;
	return count;
}

const struct policy_hosts *
house_recall(const char *names)
{
	struct span rest = span_of(names), name, spans[POLICY_HOSTS];
	struct policy_names asked = { spans, 0 };
	struct buf out = { .ceiling = 40000 };

	while (span_cut(&rest, '|', &name))
		spans[asked.count++] = name;
	policy_names_encode(&out, &asked);
	relay_read();
	recalled.count = 0;
	ck_assert(fake_channel_deliver(house_relay, RELAY_RECALL, buf_span(&out), -1));
	buf_clear(&out);
	relay_read();
	return &recalled;
}

void
house_laid(const struct policy_host *hosts, uint32_t count)
{
	const struct policy_hosts told = { (struct policy_host *)(uintptr_t)hosts, count };
	struct buf out = { .ceiling = 200000 };

	policy_hosts_encode(&out, &told);
	ck_assert(fake_channel_deliver(house_relay, RELAY_LAID, buf_span(&out), -1));
	buf_clear(&out);
}

static void
sight_send(const struct policy_sight *sight)
{
	struct buf out = { .ceiling = 4096 };

	policy_sight_encode(&out, sight);
	ck_assert(fake_channel_deliver(house_relay, RELAY_SAW, buf_span(&out), -1));
	buf_clear(&out);
}

void
house_saw(const char *domain, const char *host, enum policy_level level)
{
	sight_send(&(struct policy_sight){ .domain = span_of(domain), .host = span_of(host), .level = level, .is_delivered = true,
	    .reason = SPAN(""), .because = SPAN("") });
}

void
house_observed(const char *domain, const char *reason, const char *because)
{
	sight_send(&(struct policy_sight){ .domain = span_of(domain), .host = SPAN("mx.example.org"), .level = POLICY_ENCRYPT,
	    .is_delivered = true, .reason = span_of(reason), .because = span_of(because), .is_observed = true });
}

/* --- the operator --- */

static int code;
static char text[400];

struct channel *
house_operator(void)
{
	return fake_channel_last("operator");
}

void
house_request(const char *verb, const char *arguments)
{
	static struct span parts[5000];
	struct request request = { span_of(verb), parts, 0 };
	struct span rest = span_of(arguments);

	while (*arguments != '\0' && span_cut(&rest, '|', &parts[request.arguments_count]))
		request.arguments_count++;
	code = -1;
	text[0] = '\0';
	policy_room_handler.on_request(&house_policy, &request, fake_fd());
	fake_settle();
}

static const char *
row_write(const struct row *row)
{
	static char out[8192];
	size_t length = 0;

	out[0] = '\0';
	for (uint32_t i = 0; i < row->fields_count; i++) {
		const struct row_field *field = &row->fields[i];

		if (field->kind == ROW_TEXT && field->text.length > 0)
			length += (size_t)snprintf(out + length, sizeof(out) - length, "%s%.*s=%.*s", length > 0 ? " " : "",
			    SPAN_ARG(field->name), SPAN_ARG(field->text));
		else if (field->kind != ROW_TEXT && field->number != 0)
			length += (size_t)snprintf(out + length, sizeof(out) - length, "%s%.*s=%lld", length > 0 ? " " : "",
			    SPAN_ARG(field->name), (long long)field->number);
	}
	return out;
}

const char *
house_row(void)
{
	static struct row row;
	struct span payload;
	struct end end;
	uint16_t type;
	int fd;

	if (!fake_channel_take(house_operator(), &type, &payload, &fd))
		return NULL;
	if (type == CTL_ROW) {
		ck_assert(row_decode(payload, &row));
		return row_write(&row);
	}
	ck_assert(end_decode(payload, &end));
	code = end.code;
	snprintf(text, sizeof(text), "%.*s", SPAN_ARG(end.text));
	return NULL;
}

int
house_code(void)
{
	while (house_row() != NULL)
		;
	return code;
}

const char *
house_text(void)
{
	(void)house_code();
	return text;
}
