/* When a party is told, reminded and left alone: the rules, and what each step of sending changes. */
#include "report/notice_due.h"

#include <stdio.h>

#define DAY_S 86400
#define LATER_S 3600		/* a doubt is looked at again after so long, */
#define LATER_PART 4		/* or a quarter of the time that a fault has to last, if that is less: periods of tests */

static int64_t
lesser(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Configured with 0 it is no silence at all: peers would be written to without end. */
static int64_t
silence_of(const struct notice_limits *limits)
{
	return limits->silence_s > 0 ? (int64_t)limits->silence_s : NOTICE_LEAST_S;
}

int64_t
notice_least_s(const struct notice_limits *limits)
{
	int64_t least_s = lesser(NOTICE_LEAST_S, silence_of(limits));

	return limits->remind_s > 0 ? lesser(least_s, (int64_t)limits->remind_s) : least_s;
}

/* So long, or as long as a fault has to last. */
static int64_t
soon(const struct notice_limits *limits, int64_t most_s, int64_t part)
{
	int64_t wait_s = lesser(most_s, (int64_t)limits->after_s / part);

	return wait_s > 0 ? wait_s : 1;
}

/* It was told, and the silence since then is over: what was said counts no longer. */
static bool
is_anew(const struct notice_party *party, const struct notice_limits *limits, int64_t now_s)
{
	return party->notices == 0 || now_s - party->told_s >= silence_of(limits);
}

bool
notice_is_silent(const struct notice_party *party, const struct notice_limits *limits, int64_t now_s)
{
	return !is_anew(party, limits, now_s);
}

enum notice_step
notice_due(const struct notice_party *party, const struct notice_limits *limits, int64_t now_s)
{
	int64_t last_s = party->sent_s > party->told_s ? party->sent_s : party->told_s;

	/* One that was sent and has no outcome is waited for as long, too. */
	if (party->again_s > now_s || (last_s > 0 && now_s - last_s < notice_least_s(limits)))
		return NOTICE_STEP_NONE;
	if (is_anew(party, limits, now_s))
		return NOTICE_STEP_FIRST;
	if (party->notices == 1 && limits->remind_s > 0 && now_s - party->told_s >= (int64_t)limits->remind_s)
		return NOTICE_STEP_REMINDER;
	return NOTICE_STEP_NONE;
}

void
notice_party_sent(struct notice_party *party, unsigned contact, const char *fault, int64_t now_s)
{
	party->contact = contact;
	party->sent_s = now_s;
	snprintf(party->fault, sizeof(party->fault), "%s", fault);
}

void
notice_party_taken(struct notice_party *party, const struct notice_limits *limits, int64_t now_s)
{
	/* Judged by when it was sent: it was the first, or the reminder, then. */
	if (is_anew(party, limits, party->sent_s))
		party->notices = 0;
	party->notices++;
	party->told_s = now_s;
	party->state = party->notices == 1 ? NOTICE_TOLD : NOTICE_REMINDED;
	party->again_s = now_s + silence_of(limits);
	if (party->notices == 1 && limits->remind_s > 0)
		party->again_s = lesser(party->again_s, now_s + (int64_t)limits->remind_s);
}

/* It may have been taken: it is not sent again, and nobody is reminded of what they may not have. */
void
notice_party_lost(struct notice_party *party, const struct notice_limits *limits)
{
	party->notices = 2;
	party->told_s = party->sent_s;
	party->state = NOTICE_TOLD;
	party->again_s = party->told_s + silence_of(limits);
}

/*
 * Not before a silence is over: each contact was tried, and those that refused have said so. To ask them all again every
 * fortnight would be the nuisance that reminders must not be; meanwhile our own users have the text.
 */
void
notice_party_unreached(struct notice_party *party, const struct notice_limits *limits, int64_t now_s)
{
	party->state = NOTICE_UNREACHED;
	party->notices = 0;
	party->contact = 0;
	party->again_s = now_s + silence_of(limits);
}

/* Names and SPF records change within a day. What was told before stays told. */
void
notice_party_unproved(struct notice_party *party, const struct notice_limits *limits, int64_t now_s)
{
	if (is_anew(party, limits, now_s))
		party->state = NOTICE_UNPROVED;
	party->again_s = now_s + soon(limits, DAY_S, 1);
}

/* Who was told gets nothing more for this: a fault that comes back within the silence is not reminded of, either. */
void
notice_party_mended(struct notice_party *party, const struct notice_limits *limits, int64_t now_s)
{
	bool was_told = !is_anew(party, limits, now_s);

	party->state = NOTICE_MENDED;
	party->contact = 0;
	party->notices = was_told ? 2 : 0;
	party->again_s = was_told ? party->told_s + silence_of(limits) : now_s + soon(limits, INT64_MAX, 1);
}

/* What has come since it was told is nothing that it could be reminded of. */
void
notice_party_silent(struct notice_party *party, const struct notice_limits *limits, int64_t now_s)
{
	(void)now_s;
	party->notices = 2;
	party->again_s = party->told_s + silence_of(limits);
}

/* Shown, not sent: as soon as sending is switched on it is due, within a day. */
void
notice_party_composed(struct notice_party *party, const struct notice_limits *limits, int64_t now_s)
{
	if (is_anew(party, limits, now_s))
		party->state = NOTICE_COMPOSED;
	party->again_s = now_s + soon(limits, DAY_S, 1);
}

/* It counts as never sent: nobody has it. */
void
notice_party_next(struct notice_party *party, int64_t now_s)
{
	party->contact++;
	party->sent_s = party->told_s;
	party->again_s = now_s;
}

void
notice_party_fresh(struct notice_party *party, const struct notice_limits *limits, int64_t now_s)
{
	party->again_s = now_s + notice_least_s(limits);
}

void
notice_party_unwanted(struct notice_party *party, const struct notice_limits *limits, int64_t now_s)
{
	party->contact = 0;
	party->again_s = now_s + silence_of(limits);
}

void
notice_party_later(struct notice_party *party, const struct notice_limits *limits, int64_t now_s)
{
	party->again_s = now_s + soon(limits, LATER_S, LATER_PART);
}

bool
notice_brake(uint64_t ended, uint64_t bounced, const struct notice_limits *limits)
{
	return ended >= NOTICE_BRAKE_LEAST && bounced * 100 > ended * limits->bounces;
}
