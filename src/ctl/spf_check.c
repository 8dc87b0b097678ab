/* SPF by the resolver of the tool (RFC 7208), for the commands that want to know: the machine asks, lookup.c answers. */
#include "spf_check.h"

#include "base/buf.h"
#include "lookup.h"
#include "loop/clock.h"
#include "smtp/domain.h"

/* One identity, checked. */
struct check {
	struct spf *spf;
	struct arena *arena;
};

/* A question on its way: whose, and which. */
struct pending {
	struct check *check;
	unsigned number;
};

static void check_ask(struct check *check);

static void
on_answer(void *arg, const struct dns_answer *answer)
{
	const struct pending *pending = arg;
	struct check *check = pending->check;
	struct auth_answer said = lookup_answer(answer, check->arena);

	spf_answer(check->spf, pending->number, &said, clock_ms());
	check_ask(check);
	if (spf_is_done(check->spf))
		lookup_stop();
}

static void
check_ask(struct check *check)
{
	struct auth_question question;

	while (spf_ask(check->spf, &question)) {
		struct pending *pending = arena_alloc(check->arena, sizeof(*pending));

		*pending = (struct pending){ check, question.number };
		lookup_ask(question.name, lookup_type(question.type), on_answer, pending);
	}
}

struct spf *
spf_check(struct arena *arena, struct spf_asked *asked)
{
	struct check check = { .arena = arena };

	asked->now_s = clock_wall();
	asked->deadline_ms = clock_ms() + SPF_TIME_MS;
	check.spf = spf_new(asked);
	check_ask(&check);
	if (!spf_is_done(check.spf))
		lookup_run(SPF_TIME_MS);
	spf_expire(check.spf, asked->deadline_ms);
	return check.spf;
}

/* What is no name stays as it is: that it has no record is for the check to say (RFC 7208 4.3). */
struct span
spf_check_name(struct arena *arena, struct span name)
{
	char ascii[DOMAIN_TEXT];

	return domain_to_ascii(name, ascii) ? arena_span(arena, span_of(ascii)) : name;
}

struct span
spf_check_address(struct arena *arena, struct span address)
{
	struct span domain, local;
	struct buf out;

	if (span_equal(address, SPAN("<>")))
		return SPAN("");
	if (address.length > 1 && address.data[0] == '<' && address.data[address.length - 1] == '>')
		address = span_first(span_skip(address, 1), address.length - 2);
	domain = span_behind_last(address, '@');
	local = span_first(address, address.length - domain.length);
	domain = spf_check_name(arena, domain);
	buf_init(&out, local.length + domain.length);
	if (buf_add(&out, local) && buf_add(&out, domain))
		address = arena_span(arena, buf_span(&out));
	buf_clear(&out);
	return address;
}
