/* Filters of the operator's verbs. */
#include "queue/filter.h"

#include <string.h>

#include "loop/clock.h"
#include "queue/message.h"

/* Options with a text, and where it goes. */
static const struct {
	struct span name;
	size_t offset;
} texts[] = {
	{ { "--from", 6 }, offsetof(struct filter, from) },
	{ { "--from-domain", 13 }, offsetof(struct filter, from_domain) },
	{ { "--to", 4 }, offsetof(struct filter, to) },
	{ { "--to-domain", 11 }, offsetof(struct filter, to_domain) },
	{ { "--hop", 5 }, offsetof(struct filter, hop) },
	{ { "--state", 7 }, offsetof(struct filter, state) },
	{ { "--reason", 8 }, offsetof(struct filter, reason) },
};

static struct span *
text_of(struct filter *filter, struct span name)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (span_equal(texts[i].name, name))
			return (struct span *)((char *)filter + texts[i].offset);
	return NULL;
}

static int64_t *
age_of(struct filter *filter, struct span name)
{
	if (span_equal(name, SPAN("--older")))
		return &filter->older_s;
	return span_equal(name, SPAN("--newer")) ? &filter->newer_s : NULL;
}

static const char *
id_parse(struct filter *filter, struct span argument)
{
	if (filter->ids_count == FILTER_IDS_MAX)
		return "too many identities at once";
	if (!mid_parse(argument, &filter->ids[filter->ids_count]))
		return "not the identity of a message";
	filter->ids_count++;
	return NULL;
}

const char *
filter_parse(const struct request *request, struct filter *filter)
{
	memset(filter, 0, sizeof(*filter));
	for (uint32_t i = 0; i < request->arguments_count; i++) {
		struct span argument = request->arguments[i], *text = text_of(filter, argument);
		int64_t *age = age_of(filter, argument);
		const char *why = NULL;
		uint64_t seconds;

		if (span_equal(argument, SPAN("--all"))) {
			filter->all = true;
		} else if (text != NULL || age != NULL) {
			if (++i == request->arguments_count)
				return "an option without its value";
			if (text != NULL)
				*text = request->arguments[i];
			else if (span_to_u64(request->arguments[i], INT32_MAX, &seconds))
				*age = (int64_t)seconds;
			else
				return "not a number of seconds";
		} else if (span_starts(argument, SPAN("-"))) {
			return "unknown option";
		} else {
			why = id_parse(filter, argument);
		}
		if (why != NULL)
			return why;
	}
	return NULL;
}

bool
filter_is_stated(const struct filter *filter)
{
	return filter->all || filter->ids_count > 0 || filter_needs_envelope(filter) || filter->hop.data != NULL ||
	    filter->state.data != NULL || filter->reason.data != NULL || filter->older_s > 0 || filter->newer_s > 0;
}

bool
filter_needs_envelope(const struct filter *filter)
{
	return filter->from.data != NULL || filter->from_domain.data != NULL || filter->to.data != NULL ||
	    filter->to_domain.data != NULL;
}

static bool
id_matches(const struct filter *filter, struct mid mid)
{
	for (uint32_t i = 0; i < filter->ids_count; i++)
		if (mid_compare(filter->ids[i], mid) == 0)
			return true;
	return filter->ids_count == 0;
}

static bool
task_matches(const struct filter *filter, const struct task *task)
{
	const struct why *why = task->why != NULL ? task->why : task->destination->why;

	if (filter->hop.data != NULL && !span_equal(span_of(task->destination->hop), filter->hop))
		return false;
	return filter->reason.data == NULL || (why != NULL && span_equal(why->outcome.reason, filter->reason));
}

static bool
tasks_match(const struct filter *filter, const struct message *message)
{
	const struct task *task;

	if (filter->hop.data == NULL && filter->reason.data == NULL)
		return true;
	SLIST_FOREACH(task, &message->tasks, of_message)
		if (task_matches(filter, task))
			return true;
	return false;
}

/* "example.org" is that domain, ".example.org" every one below it. */
static bool
domain_matches(struct span address, struct span wanted)
{
	struct span domain = span_behind_last(address, '@');

	if (span_starts(wanted, SPAN(".")))
		return span_ends_nocase(domain, wanted);
	return span_equal_nocase(domain, wanted);
}

static bool
recipient_matches(const struct filter *filter, const struct recipient *recipient)
{
	return (filter->to.data == NULL || span_equal_nocase(recipient->address, filter->to)) &&
	    (filter->to_domain.data == NULL || domain_matches(recipient->address, filter->to_domain));
}

static bool
envelope_matches(const struct filter *filter, const struct message *message, const struct envelope *envelope)
{
	struct span from = span_equal(filter->from, SPAN("<>")) ? SPAN("") : filter->from;

	if (filter->from.data != NULL && !span_equal_nocase(envelope->sender, from))
		return false;
	if (filter->from_domain.data != NULL && !domain_matches(envelope->sender, filter->from_domain))
		return false;
	if (filter->to.data == NULL && filter->to_domain.data == NULL)
		return true;
	for (uint32_t i = 0; i < envelope->recipients_count; i++)
		if (message->fates[i].state != RECIPIENT_OVER && recipient_matches(filter, &envelope->recipients[i]))
			return true;
	return false;
}

bool
filter_matches(const struct filter *filter, const struct message *message, const struct envelope *envelope)
{
	if (!id_matches(filter, message->mid) || !tasks_match(filter, message))
		return false;
	if (filter->state.data != NULL && !span_equal(span_of(message_state(message)), filter->state))
		return false;
	if (filter->older_s > 0 && message->arrival_ms > clock_wall_ms() - filter->older_s * 1000)
		return false;
	if (filter->newer_s > 0 && message->arrival_ms < clock_wall_ms() - filter->newer_s * 1000)
		return false;
	return envelope == NULL || envelope_matches(filter, message, envelope);
}
