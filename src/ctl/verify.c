/* Standard input goes by in pieces: a message of any size. The keys are asked for when all of it was read. */
#include "verify.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/fatal.h"
#include "lookup.h"

#define READ_OCTETS (64u * 1024)

/* A key's question on its way. */
struct key_asked {
	struct dkim_verify *verify;
	unsigned number;
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
on_key(void *arg, const struct dns_answer *answer)
{
	const struct key_asked *asked = arg;
	struct auth_answer texts = lookup_texts(answer);

	dkim_verify_answer(asked->verify, asked->number, &texts);
}

static void
keys_ask(struct dkim_verify *verify)
{
	struct key_asked asked[DKIM_VERIFY_MAX];
	struct auth_question question;

	for (unsigned i = 0; dkim_verify_ask(verify, &question); i++) {
		asked[i] = (struct key_asked){ verify, question.number };
		lookup_ask(question.name, DNS_TXT, on_key, &asked[i]);
	}
	lookup_run();
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
