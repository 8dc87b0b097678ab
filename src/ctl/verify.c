/* Standard input goes by in pieces: a message of any size. The keys are asked for when all of it was read. */
#include "verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fatal.h"
#include "lookup.h"

#define READ_OCTETS (64u * 1024)

/* A question on its way. */
struct asked {
	void (*on_answer)(void *machine, unsigned number, const struct auth_answer *answer);
	void *machine;
	unsigned number;
	bool is_answered;
};

/* With CRLF for every line end that is a lone LF; last is the octet before. */
static void
lines_verify(struct dkim_verify *verify, struct span octets, char *last)
{
	while (octets.length > 0) {
		size_t lf = span_find(octets, '\n');
		char before = lf == 0 ? *last : octets.data[lf - 1];

		dkim_verify_octets(verify, span_first(octets, lf));
		*last = octets.data[lf < octets.length ? lf : lf - 1];
		if (lf < octets.length)
			dkim_verify_octets(verify, before == '\r' ? SPAN("\n") : SPAN("\r\n"));
		octets = span_skip(octets, lf + 1);
	}
}

static void
on_texts(void *arg, const struct dns_answer *answer)
{
	struct arena *arena = arena_new();
	const struct auth_answer texts = lookup_answer(answer, arena);
	struct asked *asked = arg;

	asked->is_answered = true;
	asked->on_answer(asked->machine, asked->number, &texts);
	arena_free(&arena);
}

void
verify_ask(const struct auth_question *questions, size_t count,
    void (*on_answer)(void *machine, unsigned number, const struct auth_answer *answer), void *machine)
{
	static const struct auth_answer failed = { .status = AUTH_FAILED };
	struct asked *asked = must_alloc(count * sizeof(*asked));

	for (size_t i = 0; i < count; i++) {
		asked[i] = (struct asked){ on_answer, machine, questions[i].number, false };
		lookup_ask(questions[i].name, lookup_type(questions[i].type), on_texts, &asked[i]);
	}
	lookup_run(VERIFY_LOOKUP_MS);
	for (size_t i = 0; i < count; i++)
		if (!asked[i].is_answered)
			on_answer(machine, questions[i].number, &failed);
	free(asked);
}

static void
on_key(void *verify, unsigned number, const struct auth_answer *answer)
{
	dkim_verify_answer(verify, number, answer);
}

static void
keys_ask(struct dkim_verify *verify)
{
	struct auth_question questions[DKIM_VERIFY_MAX];
	size_t count = 0;

	while (count < DKIM_VERIFY_MAX && dkim_verify_ask(verify, &questions[count]))
		count++;
	verify_ask(questions, count, on_key, verify);
}

const char *
verify_message(enum dkim_service service, struct dkim_verify **verify)
{
	char octets[READ_OCTETS], last = '\0';
	size_t length;

	*verify = dkim_verify_new(service, time(NULL));
	while ((length = fread(octets, 1, sizeof(octets), stdin)) > 0)
		lines_verify(*verify, span_make(octets, length), &last);
	if (ferror(stdin)) {
		dkim_verify_free(verify);
		return strerror(errno);
	}
	dkim_verify_end(*verify);
	keys_ask(*verify);
	return NULL;
}
