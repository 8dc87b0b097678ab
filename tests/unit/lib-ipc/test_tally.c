/* Tests of src/lib-ipc/tally.c: counting, telling, and a report room that comes and goes. */
#include "ipc/tally.h"

#include <stdio.h>

#include "tests/fake/fake.h"
#include "tests/fake/fake_channel.h"
#include "tests/fake/fake_log.h"
#include "tests/fake/fake_loop.h"
#include "tests/fake/fake_room.h"
#include "tests/unit/unit.h"

#define FLUSH_S 10

static struct tally *tally;
static struct arena *arena;
static struct facts_batch batch;

static void
begin(void)
{
	fake_reset();
	fake_room_forget();
	arena = arena_new();
	tally = tally_new();
	tally_configure(tally, FLUSH_S);
}

static void
end(void)
{
	tally_free(&tally);
	arena_free(&arena);
	fake_finish();
}

static void
attach(void)
{
	tally_attach(tally, fake_fd());
}

static void
note(const char *peer, const char *reason)
{
	struct tls_fact fact = { .direction = FACT_OUT, .day = 20000, .sessions = 1, .messages = 2 };

	fact.text[FACT_PEER] = span_of(peer);
	fact.text[FACT_REASON] = span_of(reason);
	tally_note(tally, &fact);
}

static void
note_many(unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		char name[40];

		snprintf(name, sizeof(name), "h%u.example", i);
		note(name, "");
	}
}

/* Is a batch told, and nothing else? It is in `batch` then. */
static bool
is_told(void)
{
	struct span payload;
	uint16_t type;
	int fd;

	if (!fake_channel_take(fake_channel_last("report"), &type, &payload, &fd))
		return false;
	ck_assert_uint_eq(type, FACTS_BATCH);
	ck_assert(facts_batch_decode(payload, arena, &batch));
	return true;
}

static bool
keep(uint64_t number)
{
	const struct facts_kept kept = { number };
	struct buf out = { .ceiling = 100 };
	bool good;

	facts_kept_encode(&out, &kept);
	good = fake_channel_deliver(fake_channel_last("report"), FACTS_KEPT, buf_span(&out), -1);
	buf_clear(&out);
	return good;
}

static uint64_t
sessions_of(const char *peer)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < batch.count; i++)
		if (span_equal(batch.facts[i].text[FACT_PEER], span_of(peer)))
			sum += batch.facts[i].sessions;
	return sum;
}

START_TEST(equal_facts_are_told_once_with_their_sum)
{
	begin();
	attach();
	note("a.example", "");
	note("a.example", "");
	note("a.example", "not-tls");
	note("b.example", "");
	fake_advance(FLUSH_S * 1000 - 1);
	ck_assert(!is_told());
	fake_advance(1);
	ck_assert(is_told());
	ck_assert_uint_eq(batch.count, 3);
	ck_assert_uint_eq(batch.number, 1);
	ck_assert_uint_eq(sessions_of("a.example"), 3);
	ck_assert_uint_eq(sessions_of("b.example"), 1);
	/* What was told is not told again. */
	ck_assert(keep(1));
	fake_advance(600 * 1000);
	ck_assert(!is_told());
	note("a.example", "");
	fake_advance(FLUSH_S * 1000);
	ck_assert(is_told());
	ck_assert_uint_eq(batch.number, 2);
	ck_assert_uint_eq(batch.count, 1);
	end();
}
END_TEST

START_TEST(the_next_batch_waits_until_the_last_one_is_kept)
{
	uint64_t sender;

	begin();
	attach();
	note("a.example", "");
	fake_advance(FLUSH_S * 1000);
	ck_assert(is_told());
	sender = batch.sender;
	note("b.example", "");
	fake_advance(50 * 1000);
	ck_assert(!is_told());
	/* Without an answer it is said again after a minute. */
	fake_advance(10 * 1000);
	ck_assert(is_told());
	ck_assert_uint_eq(batch.number, 1);
	ck_assert_uint_eq(batch.sender, sender);
	ck_assert(keep(1));
	fake_advance(FLUSH_S * 1000);
	ck_assert(is_told());
	ck_assert_uint_eq(batch.number, 2);
	ck_assert_uint_eq(sessions_of("b.example"), 1);
	end();
}
END_TEST

START_TEST(a_report_that_is_back_hears_what_it_missed)
{
	begin();
	note("early.example", "");
	fake_advance(3600 * 1000);
	attach();
	ck_assert(!is_told());
	fake_advance(FLUSH_S * 1000);
	ck_assert(is_told());
	ck_assert_uint_eq(sessions_of("early.example"), 1);
	fake_channel_break(fake_channel_last("report"));
	fake_log_expect("event=peer-gone room=report");
	ck_assert_uint_eq(fake_room_peers_gone(), 1);
	note("late.example", "");
	fake_advance(3600 * 1000);
	attach();
	/* First the batch of which nobody knows what became of it, under its own number. */
	ck_assert(is_told());
	ck_assert_uint_eq(batch.number, 1);
	ck_assert_uint_eq(sessions_of("early.example"), 1);
	ck_assert(keep(1));
	fake_advance(FLUSH_S * 1000);
	ck_assert(is_told());
	ck_assert_uint_eq(batch.number, 2);
	ck_assert_uint_eq(sessions_of("late.example"), 1);
	end();
}
END_TEST

START_TEST(a_full_table_is_told_at_once)
{
	begin();
	attach();
	note_many(TALLY_FACTS);
	ck_assert(is_told());
	ck_assert_uint_eq(batch.count, TALLY_FACTS);
	end();
}
END_TEST

START_TEST(what_is_too_much_is_counted_among_others)
{
	begin();
	note_many(TALLY_FACTS + 500);
	note("h3.example", "");		/* known: there is room for more of it */
	note("x.example", "not-tls");
	attach();
	fake_advance(FLUSH_S * 1000);
	ck_assert(is_told());
	fake_log_expect("event=ledger sessions=501 *");
	ck_assert_uint_eq(batch.count, TALLY_FACTS + 2);
	ck_assert_uint_eq(sessions_of(FACT_OTHERS), 501);
	ck_assert_uint_eq(sessions_of("h3.example"), 2);
	end();
}
END_TEST

START_TEST(nothing_is_counted_without_a_ledger)
{
	begin();
	tally_configure(tally, 0);
	attach();
	note("a.example", "");
	tally_finish(tally);
	fake_advance(3600 * 1000);
	ck_assert(!is_told());
	end();
}
END_TEST

/* A batch that was told is not asked about again and again, nor is what was counted kept for a ledger that is begun later. */
START_TEST(a_ledger_that_is_switched_off_ends_it)
{
	begin();
	attach();
	note("a.example", "");
	fake_advance(FLUSH_S * 1000);
	ck_assert(is_told());
	note("b.example", "");
	tally_configure(tally, 0);
	ck_assert_uint_eq(fake_timers(), 0);
	fake_advance(3600 * 1000);
	ck_assert(!is_told());
	ck_assert(keep(1));
	tally_configure(tally, FLUSH_S);
	note("c.example", "");
	fake_advance(FLUSH_S * 1000);
	ck_assert(is_told());
	ck_assert_uint_eq(batch.number, 2);
	ck_assert_uint_eq(batch.count, 1);
	ck_assert_uint_eq(sessions_of("c.example"), 1);
	end();
}
END_TEST

START_TEST(a_shorter_time_holds_from_now_on)
{
	begin();
	tally_configure(tally, 3600);
	attach();
	note("a.example", "");
	fake_advance(60 * 1000);
	tally_configure(tally, FLUSH_S);
	fake_advance(FLUSH_S * 1000);
	ck_assert(is_told());
	end();
}
END_TEST

START_TEST(a_last_word_is_said_at_the_end)
{
	begin();
	tally_finish(tally);
	attach();
	note("a.example", "");
	fake_advance(FLUSH_S * 1000);
	ck_assert(is_told());
	note("b.example", "");
	tally_finish(tally);
	ck_assert(is_told());
	ck_assert_uint_eq(batch.number, 2);
	tally_finish(tally);
	ck_assert(!is_told());
	end();
}
END_TEST

START_TEST(an_answer_to_what_was_never_told_ends_the_channel)
{
	begin();
	attach();
	ck_assert(!keep(1));
	fake_log_expect("event=peer-gone room=report");
	end();
}
END_TEST

/* --- what else is said on the same channel (ipc/report_asks.h) --- */

static struct {
	unsigned heard, gone, type;
	char payload[16];
	bool is_good;
} listener;

static bool
hear(void *arg, unsigned type, struct span payload)
{
	ck_assert_ptr_eq(arg, &listener);
	listener.heard++;
	listener.type = type;
	ck_assert_uint_lt(payload.length, sizeof(listener.payload));
	memcpy(listener.payload, payload.data, payload.length);
	listener.payload[payload.length] = '\0';
	return listener.is_good;
}

static void
gone(void *arg)
{
	ck_assert_ptr_eq(arg, &listener);
	listener.gone++;
}

static void
listen_begin(void)
{
	begin();
	memset(&listener, 0, sizeof(listener));
	listener.is_good = true;
	tally_listen(tally, hear, gone, &listener);
	attach();
}

static bool
ask(enum asks_of_report type, const char *payload)
{
	return fake_channel_deliver(fake_channel_last("report"), (uint16_t)type, span_of(payload), -1);
}

static const enum asks_of_report asked[] = { ASKS_LOOK, ASKS_STOPPED };

START_TEST(what_report_asks_is_heard_by_whoever_listens)
{
	for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
		listen_begin();
		ck_assert(ask(asked[i], "octets"));
		ck_assert_uint_eq(listener.heard, 1);
		ck_assert_uint_eq(listener.type, asked[i]);
		ck_assert_str_eq(listener.payload, "octets");
		ck_assert_uint_eq(listener.gone, 0);
		/* What is malformed ends the channel, and whoever listens hears of it. */
		listener.is_good = false;
		ck_assert(!ask(asked[i], "bad"));
		ck_assert_uint_eq(listener.gone, 1);
		fake_log_expect("event=peer-gone room=report");
		end();
	}
}
END_TEST

START_TEST(where_nobody_listens_report_must_not_ask)
{
	begin();
	attach();
	ck_assert(!ask(ASKS_LOOK, "octets"));
	fake_log_expect("event=peer-gone room=report");
	end();
}
END_TEST

START_TEST(the_end_of_report_is_heard_once)
{
	listen_begin();
	fake_channel_break(fake_channel_last("report"));
	fake_settle();
	ck_assert_uint_eq(listener.gone, 1);
	ck_assert(!tally_say(tally, ASKS_LOOKED, SPAN("octets")));
	/* A new one is another. */
	attach();
	ck_assert(ask(ASKS_LOOK, "octets"));
	ck_assert_uint_eq(listener.heard, 1);
	ck_assert_uint_eq(listener.gone, 1);
	fake_log_expect("event=peer-gone room=report");
	end();
}
END_TEST

START_TEST(what_is_said_beside_facts_goes_at_once)
{
	struct span payload;
	uint16_t type;
	int fd;

	listen_begin();
	note("a.example", "");
	ck_assert(tally_say(tally, ASKS_STOP, SPAN("octets")));
	ck_assert(fake_channel_take(fake_channel_last("report"), &type, &payload, &fd));
	ck_assert_uint_eq(type, ASKS_STOP);
	ck_span_eq(payload, "octets");
	ck_assert(!is_told());
	fake_advance(FLUSH_S * 1000);
	ck_assert(is_told());
	end();
}
END_TEST

UNIT_MAIN("tally", equal_facts_are_told_once_with_their_sum, the_next_batch_waits_until_the_last_one_is_kept,
    a_report_that_is_back_hears_what_it_missed, a_full_table_is_told_at_once, what_is_too_much_is_counted_among_others,
    nothing_is_counted_without_a_ledger, a_ledger_that_is_switched_off_ends_it, a_shorter_time_holds_from_now_on,
    a_last_word_is_said_at_the_end, an_answer_to_what_was_never_told_ends_the_channel,
    what_report_asks_is_heard_by_whoever_listens, where_nobody_listens_report_must_not_ask, the_end_of_report_is_heard_once,
    what_is_said_beside_facts_goes_at_once)
