/*
 * Plays the scenarios of a folder against the relay room, in fake time. Each file is played twice: what peers say comes
 * line by line, then octet by octet. Each time in a process of its own.
 *
 * A scenario is lines; `#` begins a comment. Here the room is the client: > is what the peer says, < what the room says. In
 * what is said and in bodies \r \n \t \0 \\ \xHH stand for octets; in patterns `*` stands for anything.
 *
 *   set KEY VALUE                   configuration (before anything else, or followed by reload), see `numbers`; rule DOMAIN LEVEL
 *   reload
 *   dns NAME TYPE DATA              a record: A, AAAA, CNAME, MX, TLSA, TXT;   dns NAME TYPE secure|failed|bogus|absent|nodata|well
 *   dns-trust off|undecided|proved|disproved   what AD is worth from here on; proved to begin with
 *   dns-ttl SECONDS | dns-hold | dns-release | dns-remove NAME TYPE | questions NUMBER
 *   job ID HOP [from=] [to=a,b] [body=] [prefix=] [fill=OCTETS] [chunk=OCTETS] [flags=8bit+utf8+8bitmime+requiretls+tls-optional+own] [ret=full|hdrs] [envid=]
 *                                   [notify=success+failure+delay|never] [orcpt=] [connections=]
 *   known DOMAIN [missing=WORD] [sts=MODE:MX,...] [preload=MODE:MX,...] [exception=LEVEL] [ratchet=LEVEL:MX,...] [for=SECONDS]
 *         [lines=TEXT] [fault=TEXT]   with \s for spaces
 *                                   what the policy room tells of a domain from here on
 *   policy changed [DOMAIN]|goes|comes|silent|speaks|forgetful|mindful
 *   remembered HOST [sessions=] [days=] [offer=WORD,...] [version=] [level=] [cert=] [issuer=] [ip=]
 *                                   what the policy room knows of a host: seen daily for so many days, and that many days ago
 *   laid PATTERN | laid-nothing     what the room has told policy of hosts where TLS was laid
 *   asked DOMAIN NUMBER [DOUBTED]   the policy room was asked so often
 *   saw PATTERN | saw-nothing       what the room has told policy that it saw
 *   explain ARGUMENT... | rows PATTERN   the operator asks; all rows since, as one line with \n
 *   body-fails ID CHUNKS            reading the body of a job fails behind so many chunks
 *   forget [HOP] | queue goes | queue comes | stop MILLISECONDS | done
 *   report comes|goes | facts PATTERN   what was told to the ledger since the last time, as told.h has it
 *   reports                         from here on facts are kept, so that:
 *   reported DOMAIN PATTERN         what a report to the domain would have as its policies, of all facts since the last one (reported.h)
 *   look ID DOMAIN [HOST] | looks FIRST LAST DOMAIN   report asks for a look, or for many
 *   looked PATTERN | looked-nothing     the oldest answer, as looked.h has it
 *   connecting N WHERE              the room has begun connection N, to ADDRESS PORT or /PATH
 *   connections N                   it has begun so many in all
 *   at N                            speak for the peer of connection N from here on
 *   connected [ERRNO]               it is there, or fails
 *   unreachable ERRNO               the next connection cannot even be begun
 *   > TEXT | >> TEXT                say TEXT and CRLF, or without
 *   < PATTERN                       hear this line next
 *   all PATTERN                     everything that is there to hear, as one line, with \r\n
 *   silent                          nothing is left to hear
 *   tls [NAME [dane-ee|dane-ta]]    the handshake ends well, and the certificate has NAME; the record that it matched
 *   tls-certificate FINGERPRINT EXPIRES ISSUER   what the host shows in the handshake under way
 *   tls-doubts WORD                 the handshake ends well, being a soft one: what it asked for is not proved
 *   wish SNI NAMES [hard|soft [TLSA]]   what the newest handshake asks for: names with commas, - for none; records as "3 1 1 abcd"
 *   resumes | full                  the newest handshake offered a session, or none
 *   ticket                          the peer issues a session ticket
 *   tls-fails WORD TEXT
 *   end closed|truncated|reset
 *   deaf | hears
 *   smtp N [NAME]                   connection N, up to the reply to EHLO inside TLS; keywords as set by `offer`
 *   offer KEYWORD,...               what peers offer from here on inside TLS
 *   open | closed
 *   wait NUMBER(ms|s|h)
 *   judged PATTERN                  what the outcome looked at last is due to, and looks like: "because=default judged=outage evidence=..."
 *   outcome ID RECIPIENT PATTERN | undecided ID | written-off ID
 *   log PATTERN | no-log PATTERN | status PATTERN
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fatal.h"
#include "loop/clock.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_log.h"
#include "tests/fake/fake_loop.h"
#include "tests/fake/fake_reader.h"
#include "tests/fake/fake_resolver.h"
#include "tests/fake/fake_stream.h"
#include "tests/fake/fake_tls.h"
#include "tests/scenario/looked.h"
#include "tests/scenario/relay_world.h"
#include "tests/scenario/reported.h"
#include "tests/scenario/told.h"
#include "tests/unit/leaks.h"

#define LINE_OCTETS 8192
#define WORDS 14
#define JOBS 256

enum mode { MODE_LINES, MODE_OCTETS, MODES };

static const char *const mode_names[MODES] = { "lines", "octets" };

static struct {
	const char *path;
	enum mode mode;
	char where[512];
	unsigned at;		/* connection whose peer speaks */
	char offer[512];
	struct { uint64_t id; int fd; } jobs[JOBS];
	unsigned jobs_count;
} play;

static void run_line(char *line);

/* Everything that is due now. */
static void
settle(void)
{
	fake_settle();
	fake_advance(0);
}

/* --- text --- */

static int
hex(char c)
{
	const char *digits = "0123456789abcdef", *at = c == '\0' ? NULL : strchr(digits, c | 0x20);

	return at == NULL ? -1 : (int)(at - digits);
}

/* Escapes to octets, in place. Returns how many. */
static size_t
unescape(char *text)
{
	size_t length = 0;

	for (char *at = text; *at != '\0'; at++) {
		char c = *at;

		if (c == '\\') {
			c = *++at;
			if (c == 'x' && hex(at[1]) >= 0 && hex(at[2]) >= 0) {
				c = (char)(hex(at[1]) << 4 | hex(at[2]));
				at += 2;
			} else {
				c = c == 'r' ? '\r' : c == 'n' ? '\n' : c == 't' ? '\t' : c == '0' ? '\0' : c == 's' ? ' ' : c;
			}
		}
		text[length++] = c;
	}
	return length;
}

static uint64_t
number(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);

	if (end == text || *end != '\0')
		fake_fail("%s is not a number", text);
	return value;
}

/* Cut at spaces; the rest stays together in the last word. Missing words are "". */
static void
cut(char *text, char **words, int count)
{
	for (int i = 0; i < count; i++) {
		words[i] = text;
		while (*text != '\0' && *text != ' ')
			text++;
		while (*text == ' ' && i + 1 < count)
			*text++ = '\0';
	}
}

static const struct { const char *name; int error; } errors[] = {
	{ "ECONNREFUSED", ECONNREFUSED }, { "ETIMEDOUT", ETIMEDOUT }, { "ENETUNREACH", ENETUNREACH }, { "EHOSTUNREACH", EHOSTUNREACH },
	{ "ENOENT", ENOENT }, { "EBADMSG", EBADMSG }, { "EIO", EIO },
};

static int
error_of(const char *name)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		if (strcmp(errors[i].name, name) == 0)
			return errors[i].error;
	fake_fail("%s is not an error", name);
}

/* --- configuration --- */

#define NUMBER(name) { #name, offsetof(struct conf_relay, name) }
static const struct { const char *name; size_t offset; } numbers[] = {
	NUMBER(policy_default), NUMBER(dnssec), NUMBER(mx_port), NUMBER(connect_s), NUMBER(greeting_s), NUMBER(handshake_s), NUMBER(ehlo_s),
	NUMBER(mail_s), NUMBER(rcpt_s), NUMBER(data_s), NUMBER(block_s), NUMBER(dot_s), NUMBER(quit_s), NUMBER(idle_s),
	NUMBER(connection_messages), NUMBER(connection_age_s), NUMBER(recipients), NUMBER(ledger_flush_s),
};

static const struct { const char *name; size_t offset; } flags[] = {
	NUMBER(private_destinations), NUMBER(dane), NUMBER(policy_observe)
};

static void
do_set(char *text)
{
	static const char *const levels[] = { "encrypt", "verify", "secure", "dane" };
	char *words[2];
	uint64_t value = 0;

	cut(text, words, 2);
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (strcmp(words[0], flags[i].name) == 0) {
			*(bool *)((char *)world_conf() + flags[i].offset) = number(words[1]) != 0;
			return;
		}
	if (strcmp(words[0], "policy_default") == 0)
		while (value < 4 && strcmp(words[1], levels[value]) != 0)
			value++;
	else
		value = number(words[1]);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (strcmp(numbers[i].name, words[0]) == 0) {
			memcpy((char *)world_conf() + numbers[i].offset, &value, sizeof(value));
			return;
		}
	fake_fail("%s cannot be set", words[0]);
}

static void
do_rule(char *text)
{
	char *words[2];

	cut(text, words, 2);
	world_rule(words[0], words[1]);
}

static void
do_reload(char *text)
{
	(void)text;
	world_setup();
	settle();
}

/* --- DNS --- */

static enum dns_type
type_of(const char *name)
{
	static const struct { const char *name; enum dns_type type; } rows[] = { { "A", DNS_A }, { "AAAA", DNS_AAAA }, { "MX", DNS_MX },
		{ "CNAME", DNS_CNAME }, { "TLSA", DNS_TLSA }, { "TXT", DNS_TXT } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].type;
	fake_fail("%s is not a type", name);
}

static void
do_dns(char *text)
{
	static const struct { const char *name; enum dns_status status; } rows[] = { { "failed", DNS_FAILED }, { "bogus", DNS_BOGUS },
		{ "absent", DNS_NO_NAME }, { "nodata", DNS_NO_DATA }, { "well", DNS_FOUND } };
	char *words[3];

	cut(text, words, 3);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (strcmp(rows[i].name, words[2]) == 0) {
			fake_dns_status(words[0], type_of(words[1]), rows[i].status);
			return;
		}
	if (strcmp(words[2], "secure") == 0)
		fake_dns_secure(words[0], type_of(words[1]));
	else
		fake_dns_add(words[0], type_of(words[1]), words[2]);
}

static void
do_dns_trust(char *text)
{
	for (enum dns_trust trust = 0; trust < DNS_TRUSTS; trust++)
		if (strcmp(dns_trust_name(trust), text) == 0) {
			fake_dns_trust(trust);
			settle();
			return;
		}
	fake_fail("%s is not worth anything", text);
}

static void
do_dns_ttl(char *text)
{
	fake_dns_ttl((uint32_t)number(text));
}

static void
do_dns_hold(char *text)
{
	(void)text;
	fake_dns_hold();
}

static void
do_dns_release(char *text)
{
	(void)text;
	fake_dns_release();
	settle();
}

static void
do_dns_remove(char *text)
{
	char *words[2];

	cut(text, words, 2);
	fake_dns_remove(words[0], type_of(words[1]));
}

static void
do_questions(char *text)
{
	if (fake_dns_questions() != number(text))
		fake_fail("%u questions were asked", fake_dns_questions());
}

/* --- the policy room --- */

#define PATTERNS 20

/* "enforce:*.example.net,mx.example.org" */
static uint32_t
patterns_cut(char *text, struct span out[PATTERNS])
{
	struct span rest = span_of(text), item;
	uint32_t count = 0;

	while (rest.length > 0 && count < PATTERNS && span_cut(&rest, ',', &item))
		out[count++] = item;
	return count;
}

static char *
behind_colon(char *text)
{
	char *colon = strchr(text, ':');

	if (colon == NULL)
		return text + strlen(text);
	*colon = '\0';
	return colon + 1;
}

static void
policy_read(char *value, struct sts_policy *policy, struct span patterns[PATTERNS])
{
	char *list = behind_colon(value);

	if (!sts_mode_parse(span_of(value), &policy->mode))
		fake_fail("%s is not a mode", value);
	policy->mx = patterns;
	policy->mx_count = patterns_cut(list, patterns);
}

static enum policy_level
level_read(const char *word)
{
	enum policy_level level;

	if (!policy_level_parse(span_of(word), &level))
		fake_fail("%s is not a level", word);
	return level;
}

static void
known_word(struct knowledge *known, struct span patterns[3][PATTERNS], char *word)
{
	char *value = strchr(word, '=');

	if (value == NULL)
		fake_fail("%s is not key=value", word);
	*value++ = '\0';
	if (strcmp(word, "missing") == 0) {
		known->missing = span_of(value);
	} else if (strcmp(word, "sts") == 0) {
		known->has_sts = true;
		policy_read(value, &known->sts, patterns[0]);
	} else if (strcmp(word, "preload") == 0) {
		known->has_preload = true;
		policy_read(value, &known->preload, patterns[1]);
	} else if (strcmp(word, "exception") == 0) {
		known->has_exception = true;
		known->exception = level_read(value);
	} else if (strcmp(word, "ratchet") == 0) {
		char *list = behind_colon(value);

		known->has_ratchet = true;
		known->ratchet = level_read(value);
		known->ratchet_mx = patterns[2];
		known->ratchet_mx_count = patterns_cut(list, patterns[2]);
	} else if (strcmp(word, "lines") == 0) {
		known->sts_lines = span_make(value, unescape(value));
	} else if (strcmp(word, "fault") == 0) {
		known->sts_fault = span_make(value, unescape(value));
	} else if (strcmp(word, "for") == 0) {
		known->until_s = clock_wall() + (int64_t)number(value);
	} else {
		fake_fail("%s is not known of a domain", word);
	}
}

static void
do_known(char *text)
{
	struct knowledge known = { .has_sts = false };
	struct span patterns[3][PATTERNS];
	char *words[WORDS];

	cut(text, words, WORDS);
	for (int i = 1; i < WORDS && *words[i] != '\0'; i++)
		known_word(&known, patterns, words[i]);
	world_known(words[0], &known);
}

static void
do_policy(char *text)
{
	char *words[2];

	cut(text, words, 2);
	if (strcmp(words[0], "changed") == 0)
		world_policy_changed(words[1]);
	else if (strcmp(words[0], "goes") == 0)
		world_policy_goes();
	else if (strcmp(words[0], "comes") == 0)
		world_policy_comes();
	else if (strcmp(words[0], "forgetful") == 0 || strcmp(words[0], "mindful") == 0)
		world_policy_forgetful(words[0][0] == 'f');
	else
		world_policy_silent(strcmp(words[0], "silent") == 0);
	settle();
}

static void
remembered_word(struct policy_host *host, char *word)
{
	char *value = strchr(word, '=');

	if (value == NULL)
		fake_fail("%s is not key=value", word);
	*value++ = '\0';
	for (char *c = value; *c != '\0'; c++)
		if (*c == ',')
			*c = ' ';
	if (strcmp(word, "sessions") == 0)
		host->sessions = number(value);
	else if (strcmp(word, "days") == 0)
		host->first_s = (host->last_s = clock_wall() - 86400 * (int64_t)number(value)) - 86400 * (int64_t)number(value);
	else if (strcmp(word, "offer") == 0)
		host->keywords = span_of(value);
	else if (strcmp(word, "version") == 0)
		host->version = span_of(value);
	else if (strcmp(word, "level") == 0)
		host->level = level_read(value);
	else if (strcmp(word, "cert") == 0)
		host->fingerprint = span_of(value);
	else if (strcmp(word, "issuer") == 0)
		host->issuer = span_of(value);
	else if (strcmp(word, "ip") != 0 || !ip_parse(span_of(value), &host->ip))
		fake_fail("%s is not remembered of a host", word);
}

static void
do_remembered(char *text)
{
	struct policy_host host = { .sessions = 1, .first_s = clock_wall(), .last_s = clock_wall(), .has_starttls = true,
		.version = SPAN("TLSv1.3") };
	char *words[WORDS];

	cut(text, words, WORDS);
	host.host = span_of(words[0]);
	for (int i = 1; i < WORDS && *words[i] != '\0'; i++)
		remembered_word(&host, words[i]);
	world_remembered(&host);
}

static void
do_laid(char *text)
{
	const char *laid = world_laid();

	if (laid == NULL || !fake_matches(text, laid))
		fake_fail("the room told of: %s", laid == NULL ? "nothing" : laid);
}

static void
do_laid_nothing(char *text)
{
	const char *laid = world_laid();

	(void)text;
	if (laid != NULL)
		fake_fail("the room told of: %s", laid);
}

static void
do_asked(char *text)
{
	unsigned doubted, asked;
	char *words[3];

	cut(text, words, 3);
	asked = world_questions(words[0], &doubted);
	if (asked != number(words[1]) || (*words[2] != '\0' && doubted != number(words[2])))
		fake_fail("policy was asked %u times about %s, %u of them in doubt", asked, words[0], doubted);
}

static void
do_saw(char *text)
{
	const char *sight = world_sight();

	if (sight == NULL || !fake_matches(text, sight))
		fake_fail("the room saw: %s", sight == NULL ? "nothing" : sight);
}

static void
do_saw_nothing(char *text)
{
	const char *sight = world_sight();

	(void)text;
	if (sight != NULL)
		fake_fail("the room saw: %s", sight);
}

static char told[1 << 16];

static void
do_explain(char *text)
{
	char *words[WORDS];
	uint32_t count = 0;

	cut(text, words, WORDS);
	while (count < WORDS && *words[count] != '\0')
		count++;
	snprintf(told, sizeof(told), "%s", world_request("explain", (const char *const *)words, count));
	settle();
}

static void
do_rows(char *text)
{
	char flat[1 << 17];
	size_t length = strlen(told);

	snprintf(told + length, sizeof(told) - length, "%s", world_rows());
	length = 0;
	for (const char *c = told; *c != '\0' && length + 3 < sizeof(flat); c++) {
		if (*c == '\n')
			flat[length++] = '\\';
		flat[length++] = *c == '\n' ? 'n' : *c;
	}
	flat[length] = '\0';
	told[0] = '\0';
	if (!fake_matches(text, flat))
		fake_fail("the rows are: %s", flat);
}

/* --- queue --- */

static uint32_t
bits_of(const char *list, const char *const *names, const uint32_t *bits)
{
	struct span rest = span_of(list), word;
	uint32_t all = 0;

	while (span_cut(&rest, '+', &word)) {
		size_t i = 0;

		while (names[i] != NULL && !span_equal(word, span_of(names[i])))
			i++;
		if (names[i] == NULL)
			fake_fail("%.*s is not a flag", SPAN_ARG(word));
		all |= bits[i];
	}
	return all;
}

static uint32_t
flags_of(const char *list)
{
	static const char *const names[] = { "8bit", "utf8", "8bitmime", "requiretls", "tls-optional", "own", NULL };
	static const uint32_t bits[] = { ENVELOPE_8BIT, ENVELOPE_SMTPUTF8, ENVELOPE_8BITMIME, ENVELOPE_REQUIRETLS, ENVELOPE_TLS_OPTIONAL,
		ENVELOPE_OWN };

	return bits_of(list, names, bits);
}

static uint8_t
notify_of(const char *list)
{
	static const char *const names[] = { "never", "success", "failure", "delay", NULL };
	static const uint32_t bits[] = { NOTIFY_NEVER, NOTIFY_SUCCESS, NOTIFY_FAILURE, NOTIFY_DELAY };

	return (uint8_t)bits_of(list, names, bits);
}

struct job_script {
	struct job job;
	struct recipient recipients[250];
	char *body;
	size_t body_length, chunk;
	const char *to, *orcpt;
	uint8_t notify;
};

static void
job_fill(struct job_script *script, size_t octets)
{
	static const char line[] = "0123456789012345678901234567890123456789012345678901234567890123456\r\n";

	script->body = malloc(octets + sizeof(line));
	script->body_length = 0;
	while (script->body_length + sizeof(line) - 1 <= octets) {
		memcpy(script->body + script->body_length, line, sizeof(line) - 1);
		script->body_length += sizeof(line) - 1;
	}
	for (; script->body_length < octets; script->body_length++)
		script->body[script->body_length] = 'x';
}

static void
job_word(struct job_script *script, char *word)
{
	struct envelope *envelope = &script->job.envelope;
	char *value = strchr(word, '=');

	if (value == NULL)
		fake_fail("%s is not key=value", word);
	*value++ = '\0';
	if (strcmp(word, "from") == 0) {
		envelope->sender = span_make(value, unescape(value));
	} else if (strcmp(word, "to") == 0) {
		script->to = value;
	} else if (strcmp(word, "body") == 0) {
		script->body_length = unescape(value);
		script->body = must_copy(value, script->body_length);
	} else if (strcmp(word, "prefix") == 0) {
		envelope->prefix = span_make(value, unescape(value));
	} else if (strcmp(word, "fill") == 0) {
		job_fill(script, number(value));
	} else if (strcmp(word, "chunk") == 0) {
		script->chunk = number(value);
	} else if (strcmp(word, "flags") == 0) {
		envelope->flags = flags_of(value);
	} else if (strcmp(word, "ret") == 0) {
		envelope->ret = strcmp(value, "full") == 0 ? RET_FULL : RET_HDRS;
	} else if (strcmp(word, "envid") == 0) {
		envelope->envid = span_of(value);
	} else if (strcmp(word, "notify") == 0) {
		script->notify = notify_of(value);
	} else if (strcmp(word, "orcpt") == 0) {
		value[unescape(value)] = '\0';
		script->orcpt = value;
	} else if (strcmp(word, "connections") == 0) {
		script->job.connections = (uint16_t)number(value);
	} else {
		fake_fail("%s is not a property of a job", word);
	}
}

static void
do_job(char *text)
{
	struct job_script script = { .job = { .connections = 1 }, .chunk = 65536, .to = "x@example.org" };
	struct envelope *envelope = &script.job.envelope;
	char *words[WORDS];
	struct span rest, address;

	cut(text, words, WORDS);
	script.job.id = number(words[0]);
	script.job.hop = span_of(words[1]);
	envelope->mid = (struct mid){ 1, script.job.id };
	envelope->sender = SPAN("sender@client.example");
	for (int i = 2; i < WORDS && *words[i] != '\0'; i++)
		job_word(&script, words[i]);
	if (script.body == NULL)
		script.body = must_copy("Subject: x\r\n\r\nHello.\r\n", script.body_length = 22);
	for (rest = span_of(script.to); span_cut(&rest, ',', &address);) {
		char *copy = must_copy(address.data, address.length);

		script.recipients[envelope->recipients_count++] = (struct recipient){ .address = span_make(copy, unescape(copy)),
			.orcpt = span_of(script.orcpt), .notify = script.notify };
	}
	envelope->recipients = script.recipients;
	envelope->body.length = script.body_length;
	play.jobs[play.jobs_count].id = script.job.id;
	play.jobs[play.jobs_count++].fd = world_job(&script.job, span_make(script.body, script.body_length), script.chunk);
	settle();
	for (uint32_t i = 0; i < envelope->recipients_count; i++)
		free((void *)(uintptr_t)script.recipients[i].address.data);
	free(script.body);
}

static void
do_body_fails(char *text)
{
	char *words[2];

	cut(text, words, 2);
	for (unsigned i = 0; i < play.jobs_count; i++)
		if (play.jobs[i].id == number(words[0]))
			fake_body_fail(play.jobs[i].fd, (unsigned)number(words[1]), EIO);
}

static void
do_forget(char *text)
{
	world_forget(text);
}

static void
do_report(char *text)
{
	if (strcmp(text, "goes") == 0)
		world_report_goes();
	else
		world_report_comes();
}

static void
do_facts(char *text)
{
	const char *facts = told_facts();

	if (!fake_matches(text, facts))
		fake_fail("told to the ledger: %s\n  expected: %s", facts, text);
}

static void
do_reports(char *text)
{
	(void)text;
	reported_begin();
}

static void
do_reported(char *text)
{
	const char *policies;
	char *words[2];

	cut(text, words, 2);
	(void)told_facts();
	policies = reported_policies(words[0]);
	if (!fake_matches(words[1], policies))
		fake_fail("reported to %s: %s\n  expected: %s", words[0], policies, words[1]);
}

static void
look_ask(unsigned id, const char *domain, const char *host)
{
	if (!looked_ask(id, domain, host))
		fake_fail("the room does not understand report");
	settle();
}

static void
do_look(char *text)
{
	char *words[3];

	cut(text, words, 3);
	look_ask((unsigned)number(words[0]), words[1], words[2]);
}

static void
do_looks(char *text)
{
	char *words[3];

	cut(text, words, 3);
	for (unsigned id = (unsigned)number(words[0]); id <= number(words[1]); id++)
		look_ask(id, words[2], "");
}

static void
do_looked(char *text)
{
	const char *looked = looked_take();

	if (looked == NULL || !fake_matches(text, looked))
		fake_fail("it is: %s\n  expected: %s", looked == NULL ? "nothing" : looked, text);
	if (looked_transcript() > 2000)
		fake_fail("the transcript has %u octets", looked_transcript());
}

static void
do_looked_nothing(char *text)
{
	const char *looked = looked_take();

	(void)text;
	if (looked != NULL)
		fake_fail("it is: %s", looked);
}

static void
do_queue(char *text)
{
	if (strcmp(text, "goes") == 0)
		world_queue_goes();
	else
		world_queue_comes();
}

static void
do_stop(char *text)
{
	world_stop((uint32_t)number(text));
}

static void
do_done(char *text)
{
	(void)text;
	if (!fake_loop_is_stopped())
		fake_fail("the room goes on");
}

/* --- connections --- */

static struct stream *
peer(void)
{
	struct stream *stream = world_connection(play.at);

	if (stream == NULL)
		fake_fail("there is no connection %u", play.at);
	return stream;
}

static void
do_at(char *text)
{
	play.at = (unsigned)number(text);
	(void)peer();
}

static void
do_connecting(char *text)
{
	char *words[3], where[IP_TEXT];
	uint16_t port = 0;

	cut(text, words, 3);
	do_at(words[0]);
	if (words[1][0] == '/') {
		if (strcmp(fake_stream_path(peer()), words[1]) != 0)
			fake_fail("it is to %s", fake_stream_path(peer()));
		return;
	}
	ip_format(fake_stream_address(peer(), &port), where);
	if (strcmp(where, words[1]) != 0 || port != number(words[2]))
		fake_fail("it is to %s %u", where, port);
}

static void
do_connections(char *text)
{
	if (world_connections() != number(text))
		fake_fail("%u connections were begun", world_connections());
}

/* The next attempt fails before it has begun: no route, no descriptor. */
static void
do_unreachable(char *text)
{
	fake_stream_refuse_connect(error_of(text));
}

static void
do_connected(char *text)
{
	fake_stream_connected(peer(), *text == '\0' ? 0 : error_of(text));
	settle();
}

static void
say(struct span octets)
{
	for (size_t step = play.mode == MODE_OCTETS ? 1 : octets.length; octets.length > 0; octets = span_skip(octets, step)) {
		fake_stream_feed(peer(), span_first(octets, step));
		settle();
	}
}

/* In octets, too, a line comes before the next one: so the last octets of what is said together do. */
static void
do_line(char *text)
{
	size_t length = unescape(text);

	text[length] = '\r';
	text[length + 1] = '\n';
	say(span_make(text, length + 2));
}

static void
do_raw(char *text)
{
	size_t length = unescape(text);

	fake_stream_feed(peer(), span_make(text, length));
	settle();
}

static void
do_hear(char *text)
{
	const char *line = world_hear(peer());

	if (line == NULL || !fake_matches(text, line))
		fake_fail("heard: %s", line == NULL ? "nothing" : line);
}

static void
do_all(char *text)
{
	const char *all = world_hear_all(peer());

	if (!fake_matches(text, all))
		fake_fail("heard: %s", all);
}

static void
do_silent(char *text)
{
	const char *all = world_hear_all(peer());

	(void)text;
	if (*all != '\0')
		fake_fail("heard: %s", all);
}

static void
do_tls(char *text)
{
	static const char *const records[] = { "dane-ee", "dane-ta" };
	struct tls_facts *facts = fake_tls_facts_of(stream_transport(peer()));
	char *words[2];

	cut(text, words, 2);
	if (!fake_stream_is_laying(peer()))
		fake_fail("no handshake is under way");
	if (*words[0] != '\0')
		snprintf(facts->name, sizeof(facts->name), "%s", words[0]);
	for (size_t i = 0; i < 2; i++)
		if (strcmp(words[1], records[i]) == 0)
			facts->dane = records[i];
	fake_stream_laid(peer(), TRANSPORT_OK);
	settle();
}

static void
do_tls_doubts(char *text)
{
	if (!fake_stream_is_laying(peer()))
		fake_fail("no handshake is under way");
	fake_tls_doubt(stream_transport(peer()), text);
	fake_stream_laid(peer(), TRANSPORT_OK);
	settle();
}

static void
do_tls_certificate(char *text)
{
	struct tls_facts *facts = fake_tls_facts_of(stream_transport(peer()));
	struct tls_failure *failure = fake_tls_failure_of(stream_transport(peer()));
	char *words[3];

	cut(text, words, 3);
	snprintf(facts->peer_fingerprint, sizeof(facts->peer_fingerprint), "%s", words[0]);
	snprintf(failure->peer_fingerprint, sizeof(failure->peer_fingerprint), "%s", words[0]);
	facts->peer_expires_s = failure->peer_expires_s = (int64_t)number(words[1]);
	snprintf(facts->peer_issuer, sizeof(facts->peer_issuer), "%s", words[2]);
	snprintf(failure->peer_issuer, sizeof(failure->peer_issuer), "%s", words[2]);
}

static void
do_tls_fails(char *text)
{
	static char reason[64];
	char *words[2];

	cut(text, words, 2);
	if (!fake_stream_is_laying(peer()))
		fake_fail("no handshake is under way");
	snprintf(reason, sizeof(reason), "%s", words[0]);
	fake_tls_failure_of(stream_transport(peer()))->reason = reason;
	snprintf(fake_tls_failure_of(stream_transport(peer()))->text, 256, "%s", words[1]);
	fake_stream_laid(peer(), TRANSPORT_ERROR);
	settle();
}

static void
do_wish(char *text)
{
	const struct fake_tls_wish *wish = fake_tls_wish();
	char *words[4], names[1024] = "";

	cut(text, words, 4);
	for (size_t i = 0; i < wish->names_count; i++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", i == 0 ? "" : ",", wish->names[i]);
	if (strcmp(*wish->sni == '\0' ? "-" : wish->sni, words[0]) != 0 || strcmp(*names == '\0' ? "-" : names, words[1]) != 0)
		fake_fail("the wish is %s %s", wish->sni, names);
	if (wish->is_soft != (strcmp(words[2], "soft") == 0) || strcmp(wish->tlsa, words[3]) != 0)
		fake_fail("the wish is %s %s", wish->is_soft ? "soft" : "hard", wish->tlsa);
	if (wish->authenticate != (wish->names_count > 0))
		fake_fail("names and authentication do not go together");
}

static void
do_resumes(char *text)
{
	(void)text;
	if (!fake_tls_wish()->resumes)
		fake_fail("no session was offered");
}

static void
do_full(char *text)
{
	(void)text;
	if (fake_tls_wish()->resumes)
		fake_fail("a session was offered");
}

static void
do_ticket(char *text)
{
	(void)text;
	if (!fake_tls_ticket(stream_transport(peer())))
		fake_fail("nobody wants the ticket");
}

static void
do_end(char *text)
{
	static const struct { const char *name; enum stream_end why; int code; } rows[] = { { "closed", STREAM_PEER_CLOSED, 0 },
		{ "truncated", STREAM_TRUNCATED, 0 }, { "reset", STREAM_RESET, ECONNRESET }, { "tls", STREAM_TLS_ERROR, 0 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (strcmp(rows[i].name, text) == 0) {
			fake_stream_end(peer(), rows[i].why, rows[i].code);
			settle();
			return;
		}
	fake_fail("%s is not an end", text);
}

static void
do_deaf(char *text)
{
	(void)text;
	fake_stream_block(peer(), true);
}

static void
do_hears(char *text)
{
	(void)text;
	fake_stream_block(peer(), false);
	settle();
}

static void
do_offer(char *text)
{
	snprintf(play.offer, sizeof(play.offer), "%s", text);
}

static void
run_text(const char *text)
{
	char copy[LINE_OCTETS];

	snprintf(copy, sizeof(copy), "%s", text);
	run_line(copy);
}

static void
ehlo_reply(void)
{
	struct span rest = span_of(play.offer), keyword;
	char line[LINE_OCTETS];

	run_text("> 250-mx.example greets");
	while (*play.offer != '\0' && span_cut(&rest, ',', &keyword)) {
		snprintf(line, sizeof(line), "> 250-%.*s", SPAN_ARG(keyword));
		run_text(line);
	}
	run_text("> 250 ENHANCEDSTATUSCODES");
}

static void
do_smtp(char *text)
{
	char *words[2], line[LINE_OCTETS];

	cut(text, words, 2);
	do_at(words[0]);
	run_text("connected");
	run_text("> 220 mx.example ESMTP");
	run_text("< EHLO relay.example");
	run_text("> 250-mx.example");
	run_text("> 250 STARTTLS");
	run_text("< STARTTLS");
	run_text("> 220 go on");
	snprintf(line, sizeof(line), "tls %s", words[1]);
	run_text(line);
	run_text("< EHLO relay.example");
	ehlo_reply();
}

static void
do_ehlo(char *text)
{
	(void)text;
	ehlo_reply();
}

static void
do_closed(char *text)
{
	enum fake_fate fate = fake_stream_fate(peer());

	(void)text;
	if (fate != FAKE_STREAM_ABORTED && fate != FAKE_STREAM_FINISHED)
		fake_fail("the connection is open");
}

static void
do_open(char *text)
{
	(void)text;
	if (fake_stream_fate(peer()) != FAKE_STREAM_OPEN)
		fake_fail("the connection is closed");
}

static void
do_wait(char *text)
{
	char *unit;
	uint64_t value = strtoull(text, &unit, 10);

	fake_advance((int64_t)(value * (strcmp(unit, "ms") == 0 ? 1 : strcmp(unit, "s") == 0 ? 1000 : strcmp(unit, "h") == 0 ? 3600000 : 0)));
}

/* --- what came of it --- */

static void
do_outcome(char *text)
{
	const char *outcome;
	char *words[3];

	cut(text, words, 3);
	words[1][unescape(words[1])] = '\0';
	outcome = world_outcome(number(words[0]), words[1]);
	if (outcome == NULL || !fake_matches(words[2], outcome))
		fake_fail("it is: %s", outcome == NULL ? "undecided" : outcome);
}

static void
do_judged(char *text)
{
	if (!fake_matches(text, world_judged()))
		fake_fail("it is: %s", world_judged());
}

static void
do_undecided(char *text)
{
	const char *outcome;
	char *words[2];

	cut(text, words, 2);
	outcome = world_outcome(number(words[0]), *words[1] == '\0' ? "x@example.org" : words[1]);
	if (outcome != NULL)
		fake_fail("it is: %s", outcome);
}

static void
do_written_off(char *text)
{
	world_write_off(number(text));
}

static void
do_log(char *text)
{
	fake_log_expect(text);
}

static void
do_no_log(char *text)
{
	fake_log_expect_none(text);
}

static void
do_status(char *text)
{
	const char *status = world_status();

	if (!fake_matches(text, status))
		fake_fail("the status is: %s", status);
}

static const struct {
	const char *word;
	void (*run)(char *text);
} commands[] = {
	{ "set", do_set }, { "rule", do_rule }, { "reload", do_reload }, { "dns", do_dns }, { "dns-trust", do_dns_trust },
	{ "dns-ttl", do_dns_ttl },
	{ "dns-hold", do_dns_hold }, { "dns-release", do_dns_release }, { "dns-remove", do_dns_remove }, { "questions", do_questions },
	{ "known", do_known }, { "policy", do_policy }, { "asked", do_asked },
	{ "remembered", do_remembered }, { "laid", do_laid }, { "laid-nothing", do_laid_nothing },
	{ "saw", do_saw }, { "saw-nothing", do_saw_nothing }, { "explain", do_explain }, { "rows", do_rows },
	{ "job", do_job }, { "body-fails", do_body_fails }, { "forget", do_forget }, { "queue", do_queue }, { "report", do_report }, { "facts", do_facts }, { "reports", do_reports },
	{ "reported", do_reported }, { "stop", do_stop }, { "look", do_look }, { "looks", do_looks }, { "looked", do_looked },
	{ "looked-nothing", do_looked_nothing }, { "tls-certificate", do_tls_certificate },
	{ "done", do_done }, { "connecting", do_connecting }, { "connections", do_connections }, { "at", do_at },
	{ "connected", do_connected }, { "unreachable", do_unreachable }, { ">", do_line }, { ">>", do_raw }, { "<", do_hear }, { "all", do_all }, { "silent", do_silent },
	{ "tls", do_tls }, { "tls-doubts", do_tls_doubts }, { "tls-fails", do_tls_fails }, { "wish", do_wish },
	{ "resumes", do_resumes }, { "full", do_full },
	{ "ticket", do_ticket }, { "end", do_end }, { "deaf", do_deaf }, { "hears", do_hears }, { "smtp", do_smtp }, { "ehlo", do_ehlo },
	{ "offer", do_offer }, { "open", do_open }, { "closed", do_closed }, { "wait", do_wait }, { "outcome", do_outcome }, { "judged", do_judged },
	{ "undecided", do_undecided }, { "written-off", do_written_off }, { "log", do_log }, { "no-log", do_no_log },
	{ "status", do_status },
};

static void
run_line(char *line)
{
	size_t length = strcspn(line, " ");
	char *text = line[length] == '\0' ? line + length : line + length + 1;

	line[length] = '\0';
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(commands[i].word, line) == 0) {
			commands[i].run(text);
			return;
		}
	fake_fail("%s is not a command", line);
}

/* --- files --- */

/* Where it was when it failed: fakes abort. */
static void
on_abort(int number)
{
	(void)number;
	fprintf(stderr, "%s (%s)\n", play.where, mode_names[play.mode]);
}

static void
script(void)
{
	FILE *file = fopen(play.path, "r");
	char line[LINE_OCTETS];

	if (file == NULL)
		fake_fail("%s: %s", play.path, strerror(errno));
	for (unsigned n = 1; fgets(line, sizeof(line), file) != NULL; n++) {
		line[strcspn(line, "\n")] = '\0';
		snprintf(play.where, sizeof(play.where), "%s:%u: %.300s", play.path, n, line);
		if (*line != '\0' && *line != '#')
			run_line(line);
	}
	fclose(file);
}

static bool
play_file(const char *path, enum mode mode)
{
	pid_t pid;
	int status;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		play.path = path;
		play.mode = mode;
		signal(SIGABRT, on_abort);
		world_play(script);
		exit(EXIT_SUCCESS);
	}
	if (waitpid(pid, &status, 0) < 0)
		return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int
is_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int
main(int argc, char **argv)
{
	const char *source = getenv("srcdir");
	char folder[1024], path[2048];
	struct dirent **names;
	int count, failed = 0, played = 0;

	snprintf(folder, sizeof(folder), "%s/tests/scenario/relay", source == NULL ? "." : source);
	count = scandir(folder, &names, is_file, alphasort);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
		for (int mode = 0; mode < MODES && (argc < 2 || strcmp(argv[1], names[i]->d_name) == 0); mode++, played++)
			if (!play_file(path, (enum mode)mode)) {
				printf("FAILED %s (%s)\n", names[i]->d_name, mode_names[mode]);
				failed++;
				break;
			}
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	printf("%d plays, %d failed\n", played, failed);
	return played > 0 && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
