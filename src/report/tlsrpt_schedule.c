/* A timer, the plan of the day, and policy's channel. */
#include "report/tlsrpt_schedule.h"

#include "base/log.h"
#include "ipc/room.h"
#include "loop/clock.h"
#include "report/room.h"
#include "report/tlsrpt_due.h"
#include "report/tlsrpt_sending.h"
#include "store/store.h"

#define AT_ONCE 20		/* reports on their way; and looked at in one turn */
#define LEAST_S 300		/* between two tries of one, at first; less where reports are not spread so long */
#define PLAN_S 3600		/* rooms may tell of yesterday late */
#define LOOK_MS 60000		/* whatever the clock was set to meanwhile */
#define LEAST_MS 200

int64_t
tlsrpt_schedule_least_s(const struct report *report)
{
	int64_t delay_s = (int64_t)report->conf->tlsrpt_delay_s;

	return delay_s < LEAST_S ? delay_s : LEAST_S;
}

static bool
is_on(const struct report *report)
{
	return !report->is_stopping && report->ledger != NULL && report->conf->tlsrpt_send;
}

/* What cannot be written down is due again at once: the DNS is not asked again and again for that. */
static bool
is_failing(const struct report *report)
{
	return ledger_store(report->ledger)->is_failing;
}

/* Of older days nobody wants to hear any more (RFC 8460 5.5). */
static void
plan(struct report *report)
{
	const struct due_times times = { clock_wall(), report->conf->tlsrpt_delay_s, report->conf->tlsrpt_expire_s,
		report->conf->tlsrpt_settle_s };
	uint32_t yesterday = (uint32_t)(times.now_s / LEDGER_DAY_S) - 1;

	if (report->tlsrpt_planned_day == yesterday && clock_ms() < report->tlsrpt_plan_again_ms)
		return;
	if (!due_plan(report->ledger, yesterday, &times))
		return;
	report->tlsrpt_planned_day = yesterday;
	report->tlsrpt_plan_again_ms = clock_ms() + PLAN_S * 1000;
}

static bool
is_busy(void *arg, const struct due *due)
{
	return sending_is_under_way(arg, due);
}

/* What domains were told is left out of a host's report: theirs come first, as long as there is time. */
static bool
is_to_wait(struct report *report, const struct due *due)
{
	return due->kind == DUE_HOST && !due_is_last(due, clock_wall(), tlsrpt_schedule_least_s(report)) && due_is_early(report->ledger, due);
}

static void
take(struct report *report)
{
	struct due due;

	for (unsigned i = 0; i < AT_ONCE && report->sendings_count < AT_ONCE && report->policy != NULL && report->writer != NULL &&
	    due_take(report->ledger, clock_wall(), tlsrpt_schedule_least_s(report), is_busy, report, &due); i++)
		if (!is_to_wait(report, &due))
			sending_start(report, &due);
}

static int64_t
wait_ms(const struct report *report)
{
	int64_t wait_s = due_wait(report->ledger, clock_wall());

	if (wait_s < 0 || wait_s * 1000 > LOOK_MS || is_failing(report))
		return LOOK_MS;
	return wait_s == 0 ? 1000 : wait_s * 1000;
}

static void
on_look(void *arg)
{
	struct report *report = arg;

	if (!is_on(report))
		return;
	sendings_settle(report);
	plan(report);
	take(report);
	timer_start(report->tlsrpt_timer, wait_ms(report));
}

void
tlsrpt_schedule_look(struct report *report)
{
	if (report->tlsrpt_timer != NULL && is_on(report))
		timer_start(report->tlsrpt_timer, is_failing(report) ? LOOK_MS : LEAST_MS);
}

void
tlsrpt_schedule_configure(struct report *report)
{
	if (report->tlsrpt_timer == NULL)
		report->tlsrpt_timer = timer_new(on_look, report);
	if (is_on(report) && report->conf->dkim_keys.count == 0)
		log_info("tlsrpt", LOG_TEXT("what", "reports are sent by HTTPS alone: no dkim section names a key that signs mail"));
	tlsrpt_schedule_look(report);
}

/* --- policy --- */

static bool
on_sought(void *arg, struct span payload, int fd)
{
	struct arena *arena = arena_new();
	struct tlsrpt_answer answer;
	bool good = tlsrpt_answer_decode(payload, arena, &answer);

	(void)fd;
	if (good)
		sending_sought(arg, &answer);
	arena_free(&arena);
	return good;
}

static bool
on_posted(void *arg, struct span payload, int fd)
{
	struct tlsrpt_posted posted;

	(void)fd;
	if (!tlsrpt_posted_decode(payload, &posted))
		return false;
	sending_posted(arg, &posted);
	return true;
}

static bool
on_contacts(void *arg, struct span payload, int fd)
{
	struct arena *arena = arena_new();
	struct contacts_answer answer;
	bool good = contacts_answer_decode(payload, arena, &answer);

	(void)fd;
	if (good)
		pursuit_contacts(arg, &answer);
	arena_free(&arena);
	return good;
}

static const struct channel_row rows[POLICY_TO_REPORT_MESSAGES] = {
	[POLICY_SOUGHT] = { "sought", false, on_sought },
	[POLICY_POSTED] = { "posted", false, on_posted },
	[POLICY_CONTACTS] = { "contacts", false, on_contacts },
};

static void
on_policy_gone(void *arg)
{
	struct report *report = arg;

	log_info("peer-gone", LOG_TEXT("room", "policy"));
	channel_free(&report->policy);
	sendings_policy_gone(report);
	pursuits_policy_gone(report);
	room_peer_gone(ROOM_POLICY, 0);
}

static const struct channel_handler handler = { rows, POLICY_TO_REPORT_MESSAGES, on_policy_gone };

void
tlsrpt_schedule_attach(struct report *report, int fd)
{
	channel_free(&report->policy);
	sendings_policy_gone(report);
	pursuits_policy_gone(report);
	report->policy = channel_new(fd, "policy", &handler, report);
	tlsrpt_schedule_look(report);
}

void
tlsrpt_schedule_free(struct report *report)
{
	sendings_free(report);
	channel_free(&report->policy);
	timer_free(&report->tlsrpt_timer);
}
