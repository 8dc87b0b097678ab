/* sealpost spf check: may a host send mail in the name of a domain (RFC 7208)? Asks the DNS itself, no daemon. */
#include <stdio.h>
#include <sysexits.h>

#include "auth/spf.h"
#include "base/arena.h"
#include "base/buf.h"
#include "ctl.h"
#include "lookup.h"
#include "loop/clock.h"
#include "print.h"
#include "smtp/domain.h"
#include "words.h"

enum { OPTION_IP, OPTION_HELO, OPTION_FROM, OPTION_SERVER, OPTION_VERBOSE };

static const struct words_option spf_options[] = {
	{ "--ip", true }, { "--helo", true }, { "--from", true }, { "--dns-server", true }, { "--verbose", false }, { NULL }
};

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

/* --- between the machine and the DNS --- */

/* What is bogus is as much as what failed: nothing is known. */
static struct auth_answer
answer_of(const struct dns_answer *answer, struct arena *arena)
{
	static const enum auth_status statuses[] = {
		[DNS_FOUND] = AUTH_FOUND, [DNS_NO_DATA] = AUTH_NO_DATA, [DNS_NO_NAME] = AUTH_NO_NAME, [DNS_BOGUS] = AUTH_FAILED,
		[DNS_FAILED] = AUTH_FAILED
	};
	struct auth_answer said = { .status = statuses[answer->status], .count = answer->count };
	struct auth_mx *mx;

	if (answer->type == DNS_MX) {
		said.mx = mx = arena_alloc(arena, answer->count * sizeof(*mx));
		for (uint32_t i = 0; i < answer->count; i++)
			mx[i] = (struct auth_mx){ answer->mx[i].preference, answer->mx[i].host };
	} else if (answer->type == DNS_PTR) {
		said.names = answer->names;
	} else if (answer->type == DNS_TXT) {
		said.texts = answer->texts;
	} else {
		said.addresses = answer->addresses;
	}
	return said;
}

static void
on_answer(void *arg, const struct dns_answer *answer)
{
	const struct pending *pending = arg;
	struct check *check = pending->check;
	struct auth_answer said = answer_of(answer, check->arena);

	spf_answer(check->spf, pending->number, &said, clock_ms());
	check_ask(check);
	if (spf_is_done(check->spf))
		lookup_stop();
}

static void
check_ask(struct check *check)
{
	static const enum dns_type types[AUTH_TYPES] = {
		[AUTH_A] = DNS_A, [AUTH_AAAA] = DNS_AAAA, [AUTH_MX] = DNS_MX, [AUTH_PTR] = DNS_PTR, [AUTH_TXT] = DNS_TXT
	};
	struct auth_question question;

	while (spf_ask(check->spf, &question)) {
		struct pending *pending = arena_alloc(check->arena, sizeof(*pending));

		*pending = (struct pending){ check, question.number };
		lookup_ask(question.name, types[question.type], on_answer, pending);
	}
}

/* --- what is said --- */

static void
finding_print(const struct options *options, enum spf_identity identity, const struct spf_finding *finding)
{
	struct row row = { .fields_count = 0 };

	row_text(&row, "identity", identity == SPF_HELO ? SPAN("helo") : SPAN("mailfrom"));
	row_text(&row, "result", span_of(spf_result_name(finding->result)));
	row_text(&row, "sender", span_of(finding->sender));
	row_text(&row, "domain", span_of(finding->domain));
	row_text(&row, "mechanism", span_of(finding->mechanism));
	row_text(&row, "why", span_of(finding->why));
	row_text(&row, "sender_says", span_of(finding->explanation));
	row_number(&row, "terms", finding->terms);
	row_number(&row, "voids", finding->voids);
	row_number(&row, "questions", finding->questions);
	if (options->json)
		print_json(&row);
	else
		print_row(&row, (const char *const[]){ NULL }, false);
}

/* 0 it may; 1 the record does not say so; 2 there is no record, or it could not be had or understood. */
static int
code_of(enum spf_result result)
{
	static const int codes[SPF_RESULTS] = {
		[SPF_PASS] = 0, [SPF_FAIL] = 1, [SPF_SOFTFAIL] = 1, [SPF_NEUTRAL] = 1,
		[SPF_NONE] = 2, [SPF_TEMPERROR] = 2, [SPF_PERMERROR] = 2
	};

	return codes[result];
}

/* --- the command --- */

/* What is no name stays as it is: that it has no record is for the check to say (RFC 7208 4.3). */
static struct span
name_to_ascii(struct arena *arena, struct span name)
{
	char ascii[DOMAIN_TEXT];

	return domain_to_ascii(name, ascii) ? arena_span(arena, span_of(ascii)) : name;
}

static struct span
address_to_ascii(struct arena *arena, struct span address)
{
	struct span domain, local;
	struct buf out;

	if (span_equal(address, SPAN("<>")))
		return SPAN("");
	if (address.length > 1 && address.data[0] == '<' && address.data[address.length - 1] == '>')
		address = span_first(span_skip(address, 1), address.length - 2);
	domain = span_behind_last(address, '@');
	local = span_first(address, address.length - domain.length);
	domain = name_to_ascii(arena, domain);
	buf_init(&out, local.length + domain.length);
	if (buf_add(&out, local) && buf_add(&out, domain))
		address = arena_span(arena, buf_span(&out));
	buf_clear(&out);
	return address;
}

static int
identity_check(const struct options *options, struct arena *arena, struct spf_asked *asked, enum spf_identity identity)
{
	struct check check = { .arena = arena };
	int code;

	asked->identity = identity;
	asked->now_s = clock_wall();
	asked->deadline_ms = clock_ms() + SPF_TIME_MS;
	check.spf = spf_new(asked);
	check_ask(&check);
	if (!spf_is_done(check.spf))
		lookup_run(SPF_TIME_MS);
	spf_expire(check.spf, asked->deadline_ms);
	finding_print(options, identity, spf_finding(check.spf));
	code = code_of(spf_finding(check.spf)->result);
	spf_free(&check.spf);
	return code;
}

/* HELO first, with a result of its own (RFC 7208 2.3); the last that was asked for is the exit code. */
static int
identities_check(const struct options *options, struct arena *arena, const struct words *words, struct spf_asked *asked)
{
	int code = 2;

	asked->helo = name_to_ascii(arena, words->value[OPTION_HELO]);
	asked->mail_from = address_to_ascii(arena, words->value[OPTION_FROM]);
	if (words->is_given[OPTION_HELO])
		code = identity_check(options, arena, asked, SPF_HELO);
	if (words->is_given[OPTION_HELO] && words->is_given[OPTION_FROM] && !options->json)
		printf("\n");
	if (words->is_given[OPTION_FROM])
		code = identity_check(options, arena, asked, SPF_MAIL_FROM);
	return code;
}

static int
check(const struct options *options, struct arena *arena, const struct words *words)
{
	struct spf_asked asked = { .voids_most = SPF_VOIDS_MOST };
	const char *why;
	int code;

	if (words->plain_count > 0 || !words->is_given[OPTION_IP] || !(words->is_given[OPTION_HELO] || words->is_given[OPTION_FROM]))
		return ctl_usage("spf check: --ip is needed, and --helo, --from or both, and no other words");
	if (!ip_parse(words->value[OPTION_IP], &asked.ip))
		return ctl_usage("spf check: --ip: not an address");
	why = lookup_open(options, words->value[OPTION_SERVER], words->is_given[OPTION_VERBOSE]);
	if (why != NULL)
		return ctl_usage("spf check: --dns-server: %s", why);
	code = identities_check(options, arena, words, &asked);
	lookup_close();
	return code;
}

int
spf_run(const struct options *options, int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct words words;
	int code = EX_USAGE;

	if (words_read(arena, "spf check", argc, argv, spf_options, &words))
		code = check(options, arena, &words);
	arena_free(&arena);
	return code;
}
