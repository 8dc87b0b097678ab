/* Requests: their copies, their rows and ends, and the tool that may hang up at any time. */
#include "policy/task.h"

#include <ctype.h>
#include <stdlib.h>
#include <sysexits.h>

#include "base/fatal.h"
#include "mail/pattern.h"

#define UNSENT_OCTETS (256u * 1024)	/* waiting to be read by the tool: a walk rests */

void
task_free(struct task *task)
{
	if (task->verb != NULL && task->verb->gone != NULL)
		task->verb->gone(task);
	channel_finish(&task->channel);
	LIST_REMOVE(task, entry);
	arena_free(&task->arena);
	free(task);
}

void
task_send_row(struct task *task, const struct row *row)
{
	struct buf *out = channel_scratch();

	row_encode(out, row);
	channel_send(task->channel, CTL_ROW, buf_span(out), -1);
}

void
task_end(struct task *task, uint8_t code, const char *text)
{
	struct end end = { code, span_of(text) };
	struct buf *out = channel_scratch();

	end_encode(out, &end);
	channel_send(task->channel, CTL_END, buf_span(out), -1);
	task_free(task);
}

static void
on_step(void *arg)
{
	struct task *task = arg;

	task->step(task);
}

void
task_walk(struct task *task, void (*step)(struct task *task))
{
	task->step = step;
	channel_want_room(task->channel, UNSENT_OCTETS, on_step, task);
}

/* No step is called any more once the channel is closed. */
static void
on_tool_gone(void *arg)
{
	struct task *task = arg;

	channel_free(&task->channel);
	task_free(task);
}

static const struct channel_handler handler = { .on_closed = on_tool_gone };

bool
task_domain(struct task *task, uint32_t index, struct span *domain)
{
	struct span given = index < task->request.arguments_count ? task->request.arguments[index] : SPAN("");
	char *lower;

	while (given.length > 1 && given.data[given.length - 1] == '.')
		given.length--;
	if (!pattern_is_name(given) || given.length >= DOMAIN_TEXT) {
		task_end(task, EX_USAGE, given.length == 0 ? "which domain?" : "that is not a domain");
		return false;
	}
	lower = arena_copy(task->arena, given);
	for (size_t i = 0; i < given.length; i++)
		lower[i] = (char)tolower((unsigned char)lower[i]);
	*domain = span_make(lower, given.length);
	return true;
}

static void
argument_drop(struct task *task, uint32_t index)
{
	struct request *request = &task->request;

	for (; index + 1 < request->arguments_count; index++)
		request->arguments[index] = request->arguments[index + 1];
	request->arguments_count--;
}

bool
task_option(struct task *task, const char *name, struct span *value)
{
	struct request *request = &task->request;

	for (uint32_t i = 0; i < request->arguments_count; i++) {
		if (!span_equal(request->arguments[i], span_of(name)))
			continue;
		argument_drop(task, i);
		if (value == NULL)
			return true;
		*value = SPAN("");
		if (i < request->arguments_count) {
			*value = request->arguments[i];
			argument_drop(task, i);
		}
		return true;
	}
	return false;
}

/* The request's own copy: it outlives the message that brought it. */
static void
request_keep(struct task *task, const struct request *request)
{
	task->request.verb = arena_span(task->arena, request->verb);
	task->request.arguments_count = request->arguments_count;
	task->request.arguments = arena_alloc(task->arena, request->arguments_count * sizeof(struct span));
	for (uint32_t i = 0; i < request->arguments_count; i++)
		task->request.arguments[i] = arena_span(task->arena, request->arguments[i]);
}

void
task_begin(struct policy *policy, const struct request *request, int fd, const struct verb *verbs, size_t count)
{
	struct task *task = must_alloc(sizeof(*task));

	task->policy = policy;
	task->arena = arena_new();
	task->channel = channel_new(fd, "operator", &handler, task);
	LIST_INSERT_HEAD(&policy->tasks, task, entry);
	request_keep(task, request);
	for (size_t i = 0; i < count && task->verb == NULL; i++)
		if (span_equal(verbs[i].name, request->verb))
			task->verb = &verbs[i];
	if (task->verb == NULL)
		task_end(task, EX_USAGE, "the policy room does not know this verb");
	else
		task->verb->begin(task);
}
