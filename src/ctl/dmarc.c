/* sealpost dmarc check: does the message of standard input come from whom its From names? Asks the DNS; no daemon. */
#include "auth/dmarc.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "auth/dkim_verify.h"
#include "ctl.h"
#include "lookup.h"
#include "print.h"
#include "verify.h"
#include "words.h"

enum { OPTION_DNS_SERVER, OPTION_SPF_RESULT };

static const struct words_option check_options[] = { { "--dns-server", true }, { "--spf-result", true }, { NULL } };

/* Words of RFC 8601 2.7.2, and whether they leave anything to hope for. */
static const struct {
	const char *name;
	bool is_proved, is_unknown;
} spf_results[] = {
	{ "pass", true, false }, { "temperror", false, true }, { "none", false, false }, { "neutral", false, false },
	{ "fail", false, false }, { "softfail", false, false }, { "permerror", false, false },
};
#define SPF_RESULTS (sizeof(spf_results) / sizeof(*spf_results))

static const char *const method_names[DMARC_METHODS] = { [DMARC_SPF] = "spf", [DMARC_DKIM] = "dkim" };

/* RESULT:DOMAIN. Returns false when it is not that. */
static bool
spf_read(struct span text, struct dmarc_identifier *identifier)
{
	struct span name = span_first(text, span_find(text, ':'));

	for (size_t i = 0; i < SPF_RESULTS; i++)
		if (span_equal(name, span_of(spf_results[i].name)) && name.length + 1 < text.length) {
			*identifier = (struct dmarc_identifier){
				DMARC_SPF, span_skip(text, name.length + 1), spf_results[i].is_proved, spf_results[i].is_unknown
			};
			return true;
		}
	return false;
}

/* What signatures have proved, appended. Returns how many there are then. */
static size_t
signatures_add(const struct dkim_verify *verify, struct dmarc_identifier identifiers[DMARC_IDENTIFIERS_MAX], size_t count)
{
	for (uint32_t i = 0; i < dkim_verify_count(verify) && count < DMARC_IDENTIFIERS_MAX; i++) {
		const struct dkim_result *result = dkim_verify_result(verify, i);

		identifiers[count++] = (struct dmarc_identifier){
			DMARC_DKIM, span_of(result->domain), result->verdict == DKIM_PASS, result->verdict == DKIM_TEMPERROR
		};
	}
	return count;
}

static void
finding_json(const struct dmarc_finding *finding)
{
	struct row row = { .fields_count = 0 };

	row_text(&row, "result", span_of(dmarc_result_name(finding->result)));
	row_text(&row, "why", span_of(finding->why));
	row_text(&row, "from", span_of(finding->author));
	row_text(&row, "policy_domain", span_of(finding->policy_domain));
	row_text(&row, "organization", span_of(finding->organization));
	row_text(&row, "policy", span_of(dmarc_policy_name(finding->policy)));
	row_text(&row, "disposition", span_of(dmarc_policy_name(finding->disposition)));
	row_flag(&row, "testing", finding->is_testing);
	for (int i = 0; i < DMARC_METHODS; i++)
		row_flag(&row, method_names[i], finding->is_aligned[i]);
	row_text(&row, "rua", span_of(finding->aggregate_reports));
	row_number(&row, "questions", finding->questions);
	print_json(&row);
}

static void
finding_text(const struct dmarc_finding *finding)
{
	printf("%s: from=%s", dmarc_result_name(finding->result), finding->author);
	for (int i = 0; i < DMARC_METHODS; i++)
		if (finding->is_aligned[i])
			printf(" %s", method_names[i]);
	if (finding->policy_domain[0] != '\0')
		printf(" policy=%s of %s%s", dmarc_policy_name(finding->policy), finding->policy_domain,
		    finding->is_testing ? " (testing)" : "");
	if (finding->result == DMARC_FAIL)
		printf(" disposition=%s", dmarc_policy_name(finding->disposition));
	printf(finding->why[0] != '\0' ? ": %s\n" : "\n", finding->why);
}

/* Returns the exit code. */
static int
finding_print(const struct options *options, const struct dmarc_finding *finding)
{
	(options->json ? finding_json : finding_text)(finding);
	if (finding->result == DMARC_PASS)
		return EX_OK;
	return finding->result == DMARC_TEMPERROR ? 2 : 1;
}

static void
on_record(void *dmarc, unsigned number, const struct auth_answer *answer)
{
	dmarc_answer(dmarc, number, answer);
}

/* Returns the exit code. */
static int
message_evaluate(const struct options *options, const struct dkim_verify *verify, struct dmarc_identifier *identifiers, size_t count)
{
	char author[DMARC_DOMAIN_TEXT];
	const char *why = dmarc_author(dkim_verify_header(verify), author);
	struct auth_question question;
	struct dmarc *dmarc;
	int code;

	if (why != NULL)
		return finding_print(options, &(struct dmarc_finding){
			.result = DMARC_PERMERROR, .why = why, .author = "", .policy_domain = "", .organization = "",
			.aggregate_reports = ""
		});
	dmarc = dmarc_new(author, identifiers, signatures_add(verify, identifiers, count));
	while (dmarc_ask(dmarc, &question))
		verify_ask(&question, 1, on_record, dmarc);
	code = finding_print(options, dmarc_finding(dmarc));
	dmarc_free(&dmarc);
	return code;
}

static int
message_check(const struct options *options, struct dmarc_identifier *identifiers, size_t count)
{
	struct dkim_verify *verify;
	const char *why = verify_message(DKIM_SERVICE_EMAIL, &verify);
	int code = EX_IOERR;

	if (why != NULL) {
		fprintf(stderr, "sealpost: dmarc check: the message cannot be read: %s\n", why);
	} else {
		code = message_evaluate(options, verify, identifiers, count);
		dkim_verify_free(&verify);
	}
	lookup_close();
	return code;
}

int
dmarc_check_run(const struct options *options, int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct dmarc_identifier identifiers[DMARC_IDENTIFIERS_MAX];
	struct words words;
	const char *why;
	int code = EX_USAGE;

	if (!words_read(arena, "dmarc check", argc, argv, check_options, &words))
		;	/* it was complained of */
	else if (words.plain_count > 0)
		code = ctl_usage("dmarc check: the message comes from standard input: no words are expected");
	else if (words.is_given[OPTION_SPF_RESULT] && !spf_read(words.value[OPTION_SPF_RESULT], &identifiers[0]))
		code = ctl_usage("dmarc check: --spf-result: RESULT:DOMAIN is expected, as pass:example.org");
	else if ((why = lookup_open(options, words.value[OPTION_DNS_SERVER], false)) != NULL)
		code = ctl_usage("dmarc check: --dns-server: %s", why);
	else
		code = message_check(options, identifiers, words.is_given[OPTION_SPF_RESULT]);
	arena_free(&arena);
	return code;
}
