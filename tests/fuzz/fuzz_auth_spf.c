/*
 * Evaluations with answers of strangers. The first octet chooses family, identity and the order of answers; each line is the answer to
 * one question: its first octet says which kind, the rest is in it. All ends within the limits, and what is said of it is clean.
 */
#include "auth/spf.h"

#include "base/arena.h"
#include "fuzz.h"

#define RECORDS 16

/* Room for one answer. */
struct said {
	struct auth_answer answer;
	struct ip addresses[RECORDS];
	struct auth_mx mx[RECORDS];
	const char *names[RECORDS];
	struct span texts[RECORDS];
};

/* Of words; an address is the client's unless the word begins with "x". */
static void
word_add(struct said *said, struct span word, struct ip client, struct arena *arena)
{
	size_t i = said->answer.count++;

	said->addresses[i] = client;
	if (span_starts(word, SPAN("x")))
		said->addresses[i].octets[0] ^= 0x40;
	said->names[i] = arena_copy(arena, word);
	said->mx[i] = (struct auth_mx){ (uint16_t)word.length, said->names[i] };
}

static void
say(struct said *said, const struct auth_question *question, struct span line, struct ip client, struct arena *arena)
{
	static const enum auth_status statuses[4] = { AUTH_FOUND, AUTH_NO_DATA, AUTH_NO_NAME, AUTH_FAILED };
	struct span word, rest = span_skip(line, 1);

	said->answer = (struct auth_answer){ .status = line.length == 0 ? AUTH_NO_NAME : statuses[line.data[0] & 3] };
	if (said->answer.status != AUTH_FOUND)
		return;
	while (question->type != AUTH_TXT && said->answer.count < RECORDS && span_cut(&rest, ' ', &word))
		word_add(said, word, client, arena);
	while (question->type == AUTH_TXT && said->answer.count < RECORDS && span_cut(&rest, '\v', &word))
		said->texts[said->answer.count++] = word;
	if (question->type == AUTH_TXT)
		said->answer.texts = said->texts;
	else if (question->type == AUTH_MX)
		said->answer.mx = said->mx;
	else if (question->type == AUTH_PTR)
		said->answer.names = said->names;
	else
		said->answer.addresses = said->addresses;
}

static void
finding_check(const struct spf_finding *finding)
{
	fuzz_holds(finding->result < SPF_RESULTS);
	fuzz_holds(finding->terms <= SPF_TERMS_MOST + 1 && finding->voids <= SPF_VOIDS_MOST + 1 && finding->questions <= 123);
	fuzz_holds(finding->explanation[0] == '\0' || finding->result == SPF_FAIL);
	for (const char *c = finding->explanation; *c != '\0'; c++)
		fuzz_holds(*c >= ' ' && *c < 0x7f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct spf_asked asked = { .helo = SPAN("mx.d.example"), .mail_from = SPAN("a-b@d.example"), .deadline_ms = 1,
		.voids_most = SPF_VOIDS_MOST };
	struct auth_question waiting[SPF_QUESTIONS_MOST];
	struct span rest, line;
	struct arena *arena;
	static struct said said;
	unsigned count = 0;
	struct spf *spf;

	if (size == 0)
		return 0;
	fuzz_holds(ip_parse(data[0] & 1 ? SPAN("2001:db8::cb01") : SPAN("192.0.2.3"), &asked.ip));
	asked.identity = data[0] & 2 ? SPF_HELO : SPF_MAIL_FROM;
	rest = span_make(data + 1, size - 1);
	arena = arena_new();
	spf = spf_new(&asked);
	while (!spf_is_done(spf)) {
		unsigned at;

		while (spf_ask(spf, &waiting[count]))
			count++;
		fuzz_holds(count > 0);
		if (!span_cut(&rest, '\n', &line))
			line = SPAN("");
		at = data[0] & 4 ? count - 1 : 0;
		say(&said, &waiting[at], line, asked.ip, arena);
		spf_answer(spf, waiting[at].number, &said.answer, data[0] & 8 && rest.length == 0);
		waiting[at] = waiting[--count];
	}
	finding_check(spf_finding(spf));
	spf_free(&spf);
	arena_free(&arena);
	return 0;
}
