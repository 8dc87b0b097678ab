/* Shared reasons. */
#include "queue/why.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"

/* Move a text behind the struct; returns where the next one goes. */
static char *
text_keep(struct span *text, char *room)
{
	if (text->length > 0)
		memcpy(room, text->data, text->length);
	text->data = room;
	return room + text->length;
}

struct why *
why_new(const struct outcome *outcome, int64_t when_ms)
{
	struct outcome kept = *outcome;
	struct why *why;
	char *room;

	kept.text = span_first(kept.text, WHY_TEXT_MAX);
	kept.evidence = span_first(kept.evidence, WHY_TEXT_MAX);
	why = must_alloc(sizeof(*why) + kept.status.length + kept.reason.length + kept.text.length + kept.mx.length +
	    kept.address.length + kept.tls.length + kept.because.length + kept.verdict.length + kept.evidence.length);
	room = (char *)(why + 1);
	room = text_keep(&kept.status, room);
	room = text_keep(&kept.reason, room);
	room = text_keep(&kept.text, room);
	room = text_keep(&kept.mx, room);
	room = text_keep(&kept.address, room);
	room = text_keep(&kept.tls, room);
	room = text_keep(&kept.because, room);
	room = text_keep(&kept.verdict, room);
	text_keep(&kept.evidence, room);
	why->holders = 1;
	why->when_ms = when_ms;
	why->outcome = kept;
	return why;
}

struct why *
why_for_good(const struct why *why)
{
	struct outcome outcome = why->outcome;
	char status[16];

	snprintf(status, sizeof(status), "5%.*s", SPAN_ARG(span_skip(outcome.status, 1)));
	outcome.kind = OUTCOME_FAILED;
	outcome.status = span_of(status);
	return why_new(&outcome, why->when_ms);
}

struct why *
why_hold(struct why *why)
{
	if (why != NULL)
		why->holders++;
	return why;
}

void
why_release(struct why **why)
{
	if (*why != NULL && --(*why)->holders == 0)
		free(*why);
	*why = NULL;
}

void
why_set(struct why **slot, struct why *why)
{
	why_hold(why);
	why_release(slot);
	*slot = why;
}
