/*
 * Cases are brought up to date by what was added to the ledger's sums since the last scan: days are too coarse to tell how long a
 * fault lasts, and whether a good session came after a failed one. Both scans' sums begin with the same day.
 */
#include "report/notice_scan.h"

#include <stdlib.h>
#include <string.h>

#include "report/notice_gather.h"
#include "report/notice_tables.h"

#define MORE_DAYS 2		/* that are looked at, beyond those that a fault has to last */
#define COMPARED_DAYS 31	/* a scan that is longer ago is not compared with */
#define ENDS_TIMES 3		/* of after_s: so long none came */

/* A thing that has a fault, and its row in notices.db. */
struct candidate {
	const struct notice_found *found;
	char key[NOTICE_KEY];
	struct notice_row row;
	bool is_known, is_lasting, is_doubted;
};

struct scan {
	struct ledger *ledger;
	struct notices *notices;
	const struct notice_limits *limits;
	int64_t now_s;
	struct notice_gathering gathering;
	struct candidate **candidates;
	size_t count;
	bool is_compared;	/* before_day is that of the last scan */
};

static void
days_choose(struct scan *scan)
{
	int64_t day = (scan->now_s - (int64_t)scan->limits->after_s) / LEDGER_DAY_S - MORE_DAYS;
	uint32_t before_day = notices_scanned_get(scan->notices);

	scan->gathering.since_day = day > 0 ? (uint32_t)day : 0;
	scan->is_compared = before_day > 0 && before_day + COMPARED_DAYS >= scan->gathering.since_day;
	scan->gathering.before_day = scan->is_compared ? before_day : scan->gathering.since_day;
}

/* --- which of them --- */

/* What mail goes to comes before what mail comes from: clients, of which strangers can make any number, take what is left. */
static int
by_worth(const void *a, const void *b)
{
	const struct candidate *const *x = a, *const *y = b;
	const struct notice_found *first = (*x)->found, *second = (*y)->found;
	bool is_client = first->about == NOTICE_CLIENT, is_other = second->about == NOTICE_CLIENT;

	if (is_client != is_other)
		return is_client ? 1 : -1;
	return first->failed.now == second->failed.now ? 0 : first->failed.now > second->failed.now ? -1 : 1;
}

static void
candidates_choose(struct scan *scan)
{
	struct notice_gathering *gathering = &scan->gathering;
	size_t most = 0;

	for (int i = 0; i < NOTICE_ABOUTS; i++)
		most += gathering->counts[i];
	scan->candidates = arena_alloc(gathering->arena, (most + 1) * sizeof(*scan->candidates));
	for (struct notice_found *found = NULL; (found = notice_gathering_next(gathering, found)) != NULL;)
		if (found->failed.now > 0) {
			scan->candidates[scan->count] = arena_alloc(gathering->arena, sizeof(struct candidate));
			scan->candidates[scan->count++]->found = found;
		}
	qsort(scan->candidates, scan->count, sizeof(*scan->candidates), by_worth);
	gathering->is_cut = gathering->is_cut || scan->count > NOTICE_CASES_MOST;
	if (scan->count > NOTICE_CASES_MOST)
		scan->count = NOTICE_CASES_MOST;
}

/* --- what has become of them --- */

/* Sums from the same day can be compared. Otherwise, and when days or facts are gone, a failure on a later day is a new one. */
static bool
has_failed(const struct scan *scan, const struct candidate *candidate)
{
	const struct notice_found *found = candidate->found;

	if (scan->is_compared && candidate->row.since_day == scan->gathering.before_day && found->failed.before > candidate->row.failed)
		return true;
	return found->last_day > candidate->row.last_s / LEDGER_DAY_S;
}

static bool
has_gone_well(const struct scan *scan, const struct candidate *candidate)
{
	return scan->is_compared && candidate->row.since_day == scan->gathering.before_day &&
	    candidate->found->good.before > candidate->row.good;
}

static void
row_begin(struct notice_row *row, int64_t now_s)
{
	row->first_s = row->last_s = now_s;
	row->party[0] = '\0';
}

static void
row_update(const struct scan *scan, struct candidate *candidate)
{
	struct notice_row *row = &candidate->row;
	bool is_over = row->first_s == 0 || scan->now_s - row->last_s >= ENDS_TIMES * (int64_t)scan->limits->after_s;
	bool has_more = !candidate->is_known || has_failed(scan, candidate);

	if (has_more && is_over)
		row_begin(row, scan->now_s);
	else if (has_more)
		row->last_s = scan->now_s;
	else if (is_over || has_gone_well(scan, candidate))
		row->first_s = 0;
	row->since_day = scan->gathering.since_day;
	row->failed = candidate->found->failed.now;
	row->good = candidate->found->good.now;
	candidate->is_doubted = notice_gathered_is_doubted(&scan->gathering, candidate->found);
	candidate->is_lasting = !candidate->is_doubted && row->first_s > 0 && row->last_s - row->first_s >= (int64_t)scan->limits->after_s &&
	    row->failed >= scan->limits->sessions;
}

static bool
is_same(const struct notice_row *a, const struct notice_row *b)
{
	return a->since_day == b->since_day && a->failed == b->failed && a->good == b->good && a->first_s == b->first_s && a->last_s == b->last_s;
}

static bool
candidate_update(const struct scan *scan, struct candidate *candidate)
{
	static const enum notice_key_of kinds[NOTICE_ABOUTS] = { NOTICE_OF_CASE_HOST, NOTICE_OF_CASE_DOMAIN, NOTICE_OF_CASE_CLIENT };
	struct notice_row before;

	notices_key(scan->notices, kinds[candidate->found->about], candidate->found->name, candidate->key);
	if (!notices_row_get(scan->notices, candidate->key, &candidate->row, &candidate->is_known))
		return false;
	before = candidate->row;
	row_update(scan, candidate);
	return (candidate->is_known && is_same(&before, &candidate->row)) || notices_row_put(scan->notices, candidate->key, &candidate->row);
}

/* --- cases --- */

static int
by_lasting(const void *a, const void *b)
{
	const struct candidate *const *x = a, *const *y = b;
	uint64_t first = (*x)->found->failed.now, second = (*y)->found->failed.now;

	if ((*x)->is_lasting != (*y)->is_lasting)
		return (*x)->is_lasting ? -1 : 1;
	return first == second ? 0 : first > second ? -1 : 1;
}

static bool
case_fill(const struct scan *scan, const struct candidate *candidate, struct notice_case *item)
{
	memcpy(item->key, candidate->key, sizeof(item->key));
	memcpy(item->party, candidate->row.party, sizeof(item->party));
	item->first_s = candidate->row.first_s;
	item->last_s = candidate->row.last_s;
	item->is_lasting = candidate->is_lasting;
	item->is_doubted = candidate->is_doubted;
	return notice_gathered(scan->ledger, candidate->found, item);
}

/* Those that have ended are none. */
static bool
cases_fill(struct scan *scan, struct notice_cases *cases)
{
	size_t open = 0;

	for (size_t i = 0; i < scan->count; i++)
		if (scan->candidates[i]->row.first_s > 0)
			scan->candidates[open++] = scan->candidates[i];
	qsort(scan->candidates, open, sizeof(*scan->candidates), by_lasting);
	cases->items = arena_alloc(cases->arena, (open + 1) * sizeof(*cases->items));
	for (cases->count = 0; cases->count < open; cases->count++)
		if (!case_fill(scan, scan->candidates[cases->count], &cases->items[cases->count]))
			return false;
	return true;
}

static bool
scan_run(struct scan *scan, struct notice_cases *cases)
{
	days_choose(scan);
	if (!notice_gather(scan->ledger, &scan->gathering))
		return false;
	candidates_choose(scan);
	for (size_t i = 0; i < scan->count; i++)
		if (!candidate_update(scan, scan->candidates[i]))
			return false;
	return cases_fill(scan, cases) && notices_scanned_put(scan->notices, scan->gathering.since_day);
}

bool
notice_scan(struct ledger *ledger, struct notices *notices, const struct notice_limits *limits, int64_t now_s,
    struct notice_cases *cases)
{
	struct scan scan = { .ledger = ledger, .notices = notices, .limits = limits, .now_s = now_s, .gathering = { .arena = arena_new() } };
	bool good;

	*cases = (struct notice_cases){ .arena = arena_new() };
	good = scan_run(&scan, cases);
	cases->facts = scan.gathering.facts;
	cases->is_cut = scan.gathering.is_cut;
	if (!good)
		cases->count = 0;
	arena_free(&scan.gathering.arena);
	return good;
}

void
notice_cases_free(struct notice_cases *cases)
{
	arena_free(&cases->arena);
	*cases = (struct notice_cases){ .arena = NULL };
}
