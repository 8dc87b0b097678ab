/*
 * Messages and keys of strangers: up to the first octet 255 is the TXT record of whatever key is asked for, behind it the message. It
 * comes to the same however it is cut, and what passes has a name and a key.
 */
#include "auth/dkim_verify.h"

#include <string.h>

#include "fuzz.h"

#define NOW 1528637909

static struct dkim_verify *
verify_in_steps(struct span record, struct span message, size_t step)
{
	struct dkim_verify *verify = dkim_verify_new(DKIM_SERVICE_EMAIL, NOW);
	const struct auth_answer answer = { .status = AUTH_FOUND, .texts = &record, .count = 1 };
	struct auth_question question;

	for (; message.length > 0; message = span_skip(message, step)) {
		dkim_verify_octets(verify, span_first(message, step));
		while (dkim_verify_ask(verify, &question)) {
			fuzz_holds(question.type == AUTH_TXT && strlen(question.name) <= 253);
			fuzz_holds(strstr(question.name, "._domainkey.") != NULL);
			dkim_verify_answer(verify, question.number, &answer);
		}
	}
	dkim_verify_end(verify);
	while (dkim_verify_ask(verify, &question))
		dkim_verify_answer(verify, question.number, &answer);
	fuzz_holds(dkim_verify_is_done(verify));
	return verify;
}

static void
result(const struct dkim_result *a, const struct dkim_result *b)
{
	fuzz_holds(a->verdict == b->verdict && strcmp(a->why, b->why) == 0 && strcmp(a->domain, b->domain) == 0);
	fuzz_holds((a->verdict == DKIM_PASS) == (a->why[0] == '\0') && a->verdict < DKIM_VERDICTS && a->verdict != DKIM_TEMPERROR);
	fuzz_holds(a->verdict != DKIM_PASS || (a->key_bits >= 256 && a->domain[0] != '\0' && a->selector[0] != '\0'));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_make(data, size), record = span_first(input, span_find(input, '\377'));
	struct span message = span_skip(input, record.length + 1);
	struct dkim_verify *whole = verify_in_steps(record, message, SIZE_MAX), *cut = verify_in_steps(record, message, 1);

	fuzz_holds(dkim_verify_count(whole) == dkim_verify_count(cut) && dkim_verify_count(whole) <= DKIM_VERIFY_MAX);
	fuzz_holds(strcmp(dkim_verify_malformed(whole), dkim_verify_malformed(cut)) == 0);
	for (uint32_t i = 0; i < dkim_verify_count(whole); i++)
		result(dkim_verify_result(whole, i), dkim_verify_result(cut, i));
	dkim_verify_free(&whole);
	dkim_verify_free(&cut);
	return 0;
}
