/* sealpost spf check: may a host send mail in the name of a domain (RFC 7208)? Asks the DNS itself, no daemon. */
#include <stdio.h>
#include <sysexits.h>

#include "base/arena.h"
#include "ctl.h"
#include "lookup.h"
#include "print.h"
#include "spf_check.h"
#include "words.h"

enum { OPTION_IP, OPTION_HELO, OPTION_FROM, OPTION_SERVER, OPTION_VERBOSE };

static const struct words_option spf_options[] = {
	{ "--ip", true }, { "--helo", true }, { "--from", true }, { "--dns-server", true }, { "--verbose", false }, { NULL }
};

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

static int
identity_check(const struct options *options, struct arena *arena, struct spf_asked *asked, enum spf_identity identity)
{
	struct spf *spf;
	int code;

	asked->identity = identity;
	spf = spf_check(arena, asked);
	finding_print(options, identity, spf_finding(spf));
	code = code_of(spf_finding(spf)->result);
	spf_free(&spf);
	return code;
}

/* HELO first, with a result of its own (RFC 7208 2.3); the last that was asked for is the exit code. */
static int
identities_check(const struct options *options, struct arena *arena, const struct words *words, struct spf_asked *asked)
{
	int code = 2;

	asked->helo = spf_check_name(arena, words->value[OPTION_HELO]);
	asked->mail_from = spf_check_address(arena, words->value[OPTION_FROM]);
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
