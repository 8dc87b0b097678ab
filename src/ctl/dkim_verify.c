/* sealpost dkim verify: the signatures of the message of standard input, one a line. Asks the DNS for keys; no daemon. */
#include "auth/dkim_verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <sysexits.h>

#include "ctl.h"
#include "lookup.h"
#include "print.h"
#include "verify.h"
#include "words.h"

enum { OPTION_DNS_SERVER, OPTION_SERVICE };

static const struct words_option verify_options[] = { { "--dns-server", true }, { "--service", true }, { NULL } };

static const struct {
	const char *name;
	enum dkim_service service;
} services[] = { { "email", DKIM_SERVICE_EMAIL }, { "tlsrpt", DKIM_SERVICE_TLSRPT } };
#define SERVICES (sizeof(services) / sizeof(*services))

/* "email tlsrpt" */
static const char *
services_name(unsigned bits)
{
	static const char *const names[] = { "", "email", "tlsrpt", "email tlsrpt" };

	return names[bits & (DKIM_SERVICE_EMAIL | DKIM_SERVICE_TLSRPT)];
}

static void
result_json(const struct dkim_result *result)
{
	struct row row = { .fields_count = 0 };

	row_text(&row, "result", span_of(dkim_verdict_name(result->verdict)));
	row_text(&row, "why", span_of(result->why));
	row_text(&row, "domain", span_of(result->domain));
	row_text(&row, "selector", span_of(result->selector));
	row_text(&row, "identity", result->identity);
	row_text(&row, "algorithm", span_of(result->algorithm));
	row_text(&row, "signature", span_of(result->mark));
	row_number(&row, "bits", result->key_bits);
	row_text(&row, "services", span_of(services_name(result->services)));
	row_flag(&row, "testing", result->is_testing);
	row_flag(&row, "length", result->has_length);
	row_number(&row, "signed", result->signed_s);
	row_number(&row, "expires", result->ends_s);
	print_json(&row);
}

static void
result_text(const struct dkim_result *result)
{
	printf("%s: d=%s s=%s a=%s", dkim_verdict_name(result->verdict), result->domain, result->selector, result->algorithm);
	if (result->key_bits > 0)
		printf(" bits=%u", result->key_bits);
	printf("%s%s", result->is_testing ? " testing" : "", result->has_length ? " l=" : "");
	printf(result->why[0] != '\0' ? ": %s\n" : "\n", result->why);
}

/* What is true of the message, and not of one signature. */
static void
message_print(const struct options *options, const char *name, const char *why)
{
	struct row row = { .fields_count = 0 };

	if (options->json) {
		row_text(&row, "result", span_of(name));
		row_text(&row, "why", span_of(why));
		print_json(&row);
	} else {
		printf("%s: %s\n", name, why);
	}
}

/* Returns the exit code. */
static int
results_print(const struct options *options, const struct dkim_verify *verify)
{
	uint32_t of[DKIM_VERDICTS] = { 0 };

	for (uint32_t i = 0; i < dkim_verify_count(verify); i++) {
		const struct dkim_result *result = dkim_verify_result(verify, i);

		of[result->verdict]++;
		(options->json ? result_json : result_text)(result);
	}
	if (dkim_verify_malformed(verify)[0] != '\0')
		message_print(options, "permerror", dkim_verify_malformed(verify));
	else if (dkim_verify_count(verify) == 0)
		message_print(options, "none", "the message is not signed");
	if (dkim_verify_ignored(verify) > 0)
		message_print(options, "policy", "there are more signatures than are looked at");
	if (of[DKIM_PASS] > 0)
		return EX_OK;
	return of[DKIM_TEMPERROR] > 0 ? 2 : 1;
}

/* Returns false when there is no such service. */
static bool
service_read(const struct words *words, enum dkim_service *service)
{
	*service = DKIM_SERVICE_EMAIL;
	if (!words->is_given[OPTION_SERVICE])
		return true;
	for (size_t i = 0; i < SERVICES; i++)
		if (span_equal(words->value[OPTION_SERVICE], span_of(services[i].name))) {
			*service = services[i].service;
			return true;
		}
	return false;
}

static int
message_verify(const struct options *options, enum dkim_service service)
{
	struct dkim_verify *verify;
	const char *why = verify_message(service, &verify);
	int code = EX_IOERR;

	if (why != NULL) {
		fprintf(stderr, "sealpost: dkim verify: the message cannot be read: %s\n", why);
	} else {
		code = results_print(options, verify);
		dkim_verify_free(&verify);
	}
	lookup_close();
	return code;
}

int
dkim_verify_run(const struct options *options, int argc, char **argv)
{
	struct arena *arena = arena_new();
	enum dkim_service service;
	struct words words;
	const char *why;
	int code = EX_USAGE;

	if (!words_read(arena, "dkim verify", argc, argv, verify_options, &words))
		;	/* it was complained of */
	else if (words.plain_count > 0)
		code = ctl_usage("dkim verify: the message comes from standard input: no words are expected");
	else if (!service_read(&words, &service))
		code = ctl_usage("dkim verify: --service: email or tlsrpt is expected");
	else if ((why = lookup_open(options, words.value[OPTION_DNS_SERVER], false)) != NULL)
		code = ctl_usage("dkim verify: --dns-server: %s", why);
	else
		code = message_verify(options, service);
	arena_free(&arena);
	return code;
}
