/* THE table of verbs, and their options. Facts come by direction and peer, so that one summary at a time is enough. */
#include "report/operator.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/fatal.h"
#include "ipc/channel.h"
#include "loop/clock.h"
#include "mail/date.h"
#include "policy/reason.h"
#include "report/feed.h"
#include "report/question.h"

#define DAYS_SHOWN 7
#define DAYS_MOST 3650
#define UNSENT_OCTETS (256u * 1024)	/* waiting to be read by the tool: the way through the facts rests */

void
question_row(struct question *question, const struct row *row)
{
	struct buf *out = channel_scratch();

	row_encode(out, row);
	channel_send(question->channel, CTL_ROW, buf_span(out), -1);
	question->rows++;
}

void
question_end(struct question *question, int code, const char *text)
{
	struct end end = { (uint8_t)code, span_of(text) };
	struct buf *out = channel_scratch();

	end_encode(out, &end);
	channel_send(question->channel, CTL_END, buf_span(out), -1);
}

static const char *
direction_name(enum fact_direction direction)
{
	return direction == FACT_OUT ? "out" : "in";
}

/* --- peers --- */

static bool
is_wanted(const struct question *question)
{
	const struct summary *summary = question->summary;

	if (span_equal(question->fault, SPAN("any")))
		return summary->good < summary->sessions;
	return span_is_empty(question->fault) || question->has_fault;
}

static void
peer_say(struct question *question)
{
	struct row row = { .fields_count = 0 };
	struct arena *arena = arena_new();

	row_text(&row, "direction", span_of(direction_name(question->summary->direction)));
	row_text(&row, "peer", span_of(question->peer));
	summary_write(question->summary, &row, arena);
	question_row(question, &row);
	arena_free(&arena);
}

static void
peer_end(struct question *question)
{
	if (question->has_peer && is_wanted(question) && question->rows < QUESTION_ROWS_MOST)
		peer_say(question);
	else
		question->passed_over += question->has_peer && is_wanted(question);
	question->has_peer = question->has_fault = false;
}

/* Facts of another peer than the last begin with `on_end` for that one. */
static void
peer_add(struct question *question, const struct tls_fact *fact, void (*on_end)(struct question *question))
{
	if (question->has_peer && question->summary->direction == fact->direction &&
	    span_equal(span_of(question->peer), fact->text[FACT_PEER])) {
		summary_add(question->summary, fact);
		return;
	}
	on_end(question);
	memset(question->summary, 0, sizeof(*question->summary));
	snprintf(question->peer, sizeof(question->peer), "%.*s", SPAN_ARG(fact->text[FACT_PEER]));
	question->has_peer = true;
	summary_add(question->summary, fact);
}

static void
on_peer_fact(void *arg, const struct tls_fact *fact)
{
	struct question *question = arg;

	peer_add(question, fact, peer_end);
	if (fact_host_sessions(fact) > 0 && span_equal(fact->text[FACT_REASON], question->fault))
		question->has_fault = true;
}

static void
on_peers_walked(struct question *question)
{
	char text[80] = "";

	peer_end(question);
	if (question->passed_over > 0)
		snprintf(text, sizeof(text), "and %" PRIu64 " more", question->passed_over);
	question_end(question, 0, question->rows == 0 ? "no such peer" : text);
}

static void
verb_peers(struct question *question)
{
	question->on_fact = on_peer_fact;
	question->on_walked = on_peers_walked;
}

/* --- stats --- */

/* The peers with most failures, most first. */
static void
worst_add(struct question *question)
{
	const struct summary *summary = question->summary;
	uint64_t failed = summary->sessions - summary->good;
	unsigned at = QUESTION_WORST;

	if (failed == 0)
		return;
	question->faulty[summary->direction]++;
	while (at > 0 && failed > question->worst[summary->direction][at - 1].failed)
		at--;
	for (unsigned i = QUESTION_WORST - 1; i > at && at < QUESTION_WORST; i--)
		question->worst[summary->direction][i] = question->worst[summary->direction][i - 1];
	if (at == QUESTION_WORST)
		return;
	snprintf(question->worst[summary->direction][at].peer, sizeof(question->worst[0][0].peer), "%.79s",
	    *question->peer == '\0' ? "(nameless)" : question->peer);
	question->worst[summary->direction][at].failed = failed;
}

static void
stats_peer_end(struct question *question)
{
	if (!question->has_peer)
		return;
	question->peers[question->summary->direction]++;
	worst_add(question);
	question->has_peer = false;
}

static void
on_stats_fact(void *arg, const struct tls_fact *fact)
{
	struct question *question = arg;

	peer_add(question, fact, stats_peer_end);
	summary_add(question->totals[fact->direction], fact);
}

static struct span
worst_text(const struct question *question, enum fact_direction direction)
{
	struct counted worst = { .words = 0 };

	for (unsigned i = 0; i < QUESTION_WORST; i++)
		counted_add(&worst, span_of(question->worst[direction][i].peer), question->worst[direction][i].failed);
	return counted_text(&worst, question->arena);
}

static void
stats_say(struct question *question, enum fact_direction direction)
{
	struct summary *summary = question->totals[direction];
	struct row row = { .fields_count = 0 };

	row_text(&row, "direction", span_of(direction_name(direction)));
	row_number(&row, "peers", (int64_t)question->peers[direction]);
	row_number(&row, "peers_failing", (int64_t)question->faulty[direction]);
	row_number(&row, "tls13", (int64_t)counted_of(&summary->words[SUMMARY_VERSIONS], SPAN("TLSv1.3")));
	row_number(&row, "tls12", (int64_t)counted_of(&summary->words[SUMMARY_VERSIONS], SPAN("TLSv1.2")));
	row_text(&row, "worst", worst_text(question, direction));
	summary_write(summary, &row, question->arena);
	question_row(question, &row);
}

static void
on_stats_walked(struct question *question)
{
	stats_peer_end(question);
	for (int i = 0; i < FACT_DIRECTIONS; i++)
		if (!question->filter.has_direction || question->filter.direction == (enum fact_direction)i)
			stats_say(question, (enum fact_direction)i);
	question_end(question, 0, "");
}

static void
verb_stats(struct question *question)
{
	for (int i = 0; i < FACT_DIRECTIONS; i++)
		question->totals[i] = arena_alloc(question->arena, sizeof(*question->totals[i]));
	question->on_fact = on_stats_fact;
	question->on_walked = on_stats_walked;
}

/* --- options --- */

/* "7d" = today and the six days before; "2026-11-22" = that day and all since. */
static bool
since_read(struct question *question, struct span value)
{
	uint32_t today = (uint32_t)(clock_wall() / LEDGER_DAY_S);
	uint64_t days;
	int64_t end_s;

	if (value.length > 1 && value.data[value.length - 1] == 'd' && span_to_u64(span_first(value, value.length - 1), DAYS_MOST, &days) &&
	    days > 0)
		question->filter.first_day = today - (uint32_t)(days - 1);
	else if (date_parse_end(value, &end_s))
		question->filter.first_day = (uint32_t)((end_s - 1) / LEDGER_DAY_S);
	else
		return false;
	return true;
}

/* "2026-11-22", in UTC; or in a word. */
static bool
day_read(struct question *question, struct span value)
{
	uint32_t today = (uint32_t)(clock_wall() / LEDGER_DAY_S);
	int64_t end_s;

	if (span_equal(value, SPAN("today")) || span_equal(value, SPAN("yesterday")))
		question->day = today - span_equal(value, SPAN("yesterday"));
	else if (date_parse_end(value, &end_s))
		question->day = (uint32_t)((end_s - 1) / LEDGER_DAY_S);
	else
		return false;
	return true;
}

static bool
direction_read(struct question *question, struct span value)
{
	question->filter.has_direction = true;
	question->filter.direction = span_equal(value, SPAN("out")) ? FACT_OUT : FACT_IN;
	return span_equal(value, SPAN("out")) || span_equal(value, SPAN("in"));
}

/* As the ledger has names: in lower case, without the dot that the DNS ends them with. */
static struct span
name_of(struct question *question, struct span value)
{
	if (value.length > 1 && value.data[value.length - 1] == '.')
		value.length--;
	return arena_lower(question->arena, value);
}

static bool
domain_read(struct question *question, struct span value)
{
	question->filter.domain = name_of(question, value);
	return value.length > 0;
}

/* "certificate-expired", a word of policy/reason.h. Of one that is written wrong nobody is to hear that no peer has it. */
static bool
fault_read(struct question *question, struct span value)
{
	question->fault = arena_span(question->arena, value);
	return span_equal(value, SPAN("any")) || span_equal(reason_find(value)->word, value);
}

static bool
what_read(struct question *question, struct span value)
{
	question->what = name_of(question, value);
	return value.length > 0;
}

static bool
template_read(struct question *question, struct span value)
{
	question->notice_template = value;
	return value.length > 0;
}

enum { OF_PEERS = 1 << 0, OF_STATS = 1 << 1, OF_PREVIEW = 1 << 2, OF_LIST = 1 << 3, OF_SEND = 1 << 4, OF_NOTICES = 1 << 5,
	OF_NOTICE_PEER = 1 << 6, OF_NOTICE_WHAT = 1 << 7, OF_NOTICE_TEXT = 1 << 8, OF_FEED = 1 << 9 };

#define OF_REPORT (OF_PREVIEW | OF_SEND)	/* of one domain and day */
#define OF_NOTICE (OF_NOTICES | OF_NOTICE_PEER | OF_NOTICE_WHAT | OF_NOTICE_TEXT)

static const struct option {
	struct span name;
	bool (*read)(struct question *question, struct span value);
	unsigned verbs;
	const char *complaint;
} options[] = {
	{ { "--since", 7 }, since_read, OF_PEERS | OF_STATS | OF_LIST, "--since 2026-11-22, or 7d" },
	{ { "--direction", 11 }, direction_read, OF_PEERS | OF_STATS, "--direction in, or out" },
	{ { "--domain", 8 }, domain_read, OF_PEERS | OF_LIST | OF_REPORT, "--domain DOMAIN" },
	{ { "--fault", 7 }, fault_read, OF_PEERS, "--fault any, or a reason as the log has it" },
	{ { "--day", 5 }, day_read, OF_REPORT, "--day 2026-11-22, today, or yesterday" },
	{ { "peer", 4 }, what_read, OF_NOTICE_PEER, "a peer: a host, an address or a domain" },
	{ { "what", 4 }, what_read, OF_NOTICE_WHAT, "a domain, a mail address, an address, a network or a peer" },
	{ { "template", 8 }, template_read, OF_NOTICE_TEXT, "a template" },
};

static const struct verb {
	struct span name;
	void (*run)(struct question *question);
	unsigned bit;
} verbs[] = {
	{ { "peers", 5 }, verb_peers, OF_PEERS },
	{ { "stats", 5 }, verb_stats, OF_STATS },
	{ { "tlsrpt preview", 14 }, question_tlsrpt_preview, OF_PREVIEW },
	{ { "tlsrpt list", 11 }, question_tlsrpt_list, OF_LIST },
	{ { "tlsrpt send", 11 }, question_tlsrpt_send, OF_SEND },
	{ { "notice list", 11 }, question_notice_list, OF_NOTICES },
	{ { "notice preview", 14 }, question_notice_preview, OF_NOTICE_PEER | OF_NOTICE_TEXT },
	{ { "notice send", 11 }, question_notice_send, OF_NOTICE_PEER },
	{ { "notice suppress", 15 }, question_notice_suppress, OF_NOTICE_WHAT },
	{ { "notice allow", 12 }, question_notice_allow, OF_NOTICE_WHAT },
	{ { "notice stats", 12 }, question_notice_stats, OF_NOTICES },
	{ { "ledger add", 10 }, feed_answer, OF_FEED },
};

static const struct option *
option_find(struct span name, const struct verb *verb)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (span_equal(options[i].name, name) && options[i].verbs & verb->bit)
			return &options[i];
	return NULL;
}

/* Returns NULL, or what is wrong. */
static const char *
options_read(struct question *question, const struct verb *verb, const struct request *request)
{
	uint32_t today = (uint32_t)(clock_wall() / LEDGER_DAY_S);

	question->filter.first_day = today - DAYS_SHOWN + 1;
	question->filter.last_day = UINT32_MAX;
	question->day = today - 1;
	/* What it takes are no options. */
	if (verb->bit & OF_FEED)
		return NULL;
	for (uint32_t i = 0; i < request->arguments_count; i += 2) {
		const struct option *option = option_find(request->arguments[i], verb);

		if (option == NULL)
			return "options only: see sealpost(8)";
		if (i + 1 == request->arguments_count || !option->read(question, request->arguments[i + 1]))
			return option->complaint;
	}
	if (verb->bit & OF_REPORT && span_is_empty(question->filter.domain))
		return "--domain DOMAIN";
	return verb->bit & (OF_NOTICE_PEER | OF_NOTICE_WHAT) && span_is_empty(question->what) ? "who? See sealpost(8)" : NULL;
}

/* --- a question from its beginning to its end --- */

static void
question_free(struct question *question)
{
	struct arena *arena = question->arena;

	channel_finish(&question->channel);
	timer_free(&question->breath);
	LIST_REMOVE(question, entry);
	arena_free(&arena);
}

void
questions_end(struct report *report, int code, const char *text)
{
	struct question *question;

	while ((question = LIST_FIRST(&report->questions)) != NULL) {
		question_end(question, code, text);
		question_free(question);
	}
}

/* No piece is asked for any more once the channel is closed. */
static void
on_tool_gone(void *arg)
{
	struct question *question = arg;

	channel_free(&question->channel);
	question_free(question);
}

static const struct channel_handler handler = { .on_closed = on_tool_gone };

/* The tool has read what it was told: the next piece comes when everything else had its turn. */
static void
on_room(void *arg)
{
	struct question *question = arg;

	timer_start(question->breath, 0);
}

static void
walk(void *arg)
{
	struct question *question = arg;

	if (ledger_each_some(question->report->ledger, &question->filter, &question->place, question->on_fact, question)) {
		channel_want_room(question->channel, UNSENT_OCTETS, on_room, question);
		return;
	}
	question->on_walked(question);
	question_free(question);
}

static void
answer(struct question *question, const struct request *request)
{
	const struct verb *verb = NULL;
	const char *complaint;

	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (span_equal(verbs[i].name, request->verb))
			verb = &verbs[i];
	complaint = verb == NULL ? "the report room does not know this verb" : options_read(question, verb, request);
	if (complaint != NULL)
		question_end(question, EX_USAGE, complaint);
	else if (question->report->ledger == NULL)
		question_end(question, EX_UNAVAILABLE, "there is no ledger: ledger.keep is off, or it could not be opened");
	else if (verb->bit & OF_NOTICE && question->report->notices == NULL)
		question_end(question, EX_UNAVAILABLE, "there are no notices: notices.db could not be opened");
	else if (verb->bit & OF_NOTICE && verb->bit != OF_NOTICE_WHAT && question->report->conf->notices_mode == CONF_NOTICES_OFF)
		question_end(question, EX_UNAVAILABLE, "there are no notices: notices.mode is off");
	else
		verb->run(question);
}

void
operator_request(struct report *report, const struct request *request, int fd)
{
	struct arena *arena = arena_new();
	struct question *question = arena_alloc(arena, sizeof(*question));

	question->report = report;
	question->arena = arena;
	question->request = request;
	question->summary = arena_alloc(arena, sizeof(*question->summary));
	question->channel = channel_new(fd, "operator", &handler, question);
	question->breath = timer_new(walk, question);
	LIST_INSERT_HEAD(&report->questions, question, entry);
	answer(question, request);
	question->request = NULL;
	if (question->on_walked != NULL)
		walk(question);
	else
		question_free(question);
}
