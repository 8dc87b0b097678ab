/* sealpost dmarc check: does the message of standard input come from whom its From names? Asks the DNS; no daemon. */
#include "auth/dmarc.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "auth/dkim_verify.h"
#include "ctl.h"
#include "lookup.h"
#include "print.h"
#include "spf_check.h"
#include "verify.h"
#include "words.h"

enum { OPTION_DNS_SERVER, OPTION_SPF_RESULT, OPTION_IP, OPTION_HELO, OPTION_FROM };

static const struct words_option check_options[] = {
	{ "--dns-server", true }, { "--spf-result", true }, { "--ip", true }, { "--helo", true }, { "--from", true }, { NULL }
};

static const char *const method_names[DMARC_METHODS] = { [DMARC_SPF] = "spf", [DMARC_DKIM] = "dkim" };

static struct dmarc_identifier
spf_identifier(enum spf_result result, struct span domain)
{
	return (struct dmarc_identifier){ DMARC_SPF, domain, result == SPF_PASS, result == SPF_TEMPERROR };
}

/* RESULT:DOMAIN, the result as RFC 8601 2.7.2 has it. Returns NULL, or what is wrong. */
static const char *
spf_read(struct span text, struct dmarc_identifier *identifier)
{
	struct span name = span_first(text, span_find(text, ':'));

	for (int i = 0; i < SPF_RESULTS; i++)
		if (span_equal(name, span_of(spf_result_name((enum spf_result)i))) && name.length + 1 < text.length) {
			*identifier = spf_identifier((enum spf_result)i, span_skip(text, name.length + 1));
			return NULL;
		}
	return "--spf-result: RESULT:DOMAIN is expected, as pass:example.org";
}

/* What MAIL FROM proves, or of the null sender HELO (RFC 9989 5.3.2). Returns NULL, or what is wrong. */
static const char *
spf_ask_for(struct arena *arena, const struct words *words, struct dmarc_identifier *identifier)
{
	struct spf_asked asked = { .identity = SPF_MAIL_FROM, .voids_most = SPF_VOIDS_MOST,
		.helo = spf_check_name(arena, words->value[OPTION_HELO]), .mail_from = spf_check_address(arena, words->value[OPTION_FROM]) };
	struct spf *spf;

	if (!ip_parse(words->value[OPTION_IP], &asked.ip))
		return "--ip: not an address";
	spf = spf_check(arena, &asked);
	*identifier = spf_identifier(spf_finding(spf)->result, arena_span(arena, span_behind_last(span_of(spf_finding(spf)->sender), '@')));
	spf_free(&spf);
	return NULL;
}

/* How the envelope is told of: as a result, as a client, or not at all. Returns NULL, or what is wrong. */
static const char *
envelope_read(struct arena *arena, const struct words *words, struct dmarc_identifier *identifier, size_t *count)
{
	bool is_client = words->is_given[OPTION_IP];

	if (is_client != (words->is_given[OPTION_HELO] || words->is_given[OPTION_FROM]) || (is_client && words->is_given[OPTION_SPF_RESULT]))
		return "the envelope is told of by --ip with --helo, --from or both, or by --spf-result";
	*count = is_client || words->is_given[OPTION_SPF_RESULT];
	if (*count == 0)
		return NULL;
	return is_client ? spf_ask_for(arena, words, identifier) : spf_read(words->value[OPTION_SPF_RESULT], identifier);
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
	return code;
}

static int
check(const struct options *options, struct arena *arena, const struct words *words)
{
	struct dmarc_identifier identifiers[DMARC_IDENTIFIERS_MAX];
	size_t count = 0;
	const char *why;
	int code;

	if (words->plain_count > 0)
		return ctl_usage("dmarc check: the message comes from standard input: no words are expected");
	why = lookup_open(options, words->value[OPTION_DNS_SERVER], false);
	if (why != NULL)
		return ctl_usage("dmarc check: --dns-server: %s", why);
	why = envelope_read(arena, words, identifiers, &count);
	code = why == NULL ? message_check(options, identifiers, count) : ctl_usage("dmarc check: %s", why);
	lookup_close();
	return code;
}

int
dmarc_check_run(const struct options *options, int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct words words;
	int code = EX_USAGE;

	if (words_read(arena, "dmarc check", argc, argv, check_options, &words))
		code = check(options, arena, &words);
	arena_free(&arena);
	return code;
}
