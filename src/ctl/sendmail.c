/*
 * sealpost-sendmail: what programs expect of /usr/sbin/sendmail. Reads a message, makes it whole, and hands it to
 * intake over its local socket; or speaks SMTP on standard input and output (-bs).
 */
#include <ctype.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fatal.h"
#include "base/ident.h"
#include "compose.h"
#include "submit.h"

#define MESSAGE_OCTETS_MAX (1024u * 1024 * 1024)

static struct {
	enum { MODE_MESSAGE, MODE_SMTP, MODE_NOTHING } mode;
	const char *sender;	/* NULL = whoever runs this */
	const char *full_name;	/* NULL = as the system has it */
	const char *notify, *ret, *envid;
	bool dot_ends, takes_recipients, is_verbose, requiretls;
} wants = { .dot_ends = true };

static int
complain(int code, const char *what, const char *detail)
{
	fprintf(stderr, "sendmail: %s%s%s\n", what, detail[0] == '\0' ? "" : ": ", detail);
	return code;
}

/* -oX: only -oi says something that matters here. */
static int
option_o(const char *value)
{
	if (value[0] == 'i')
		wants.dot_ends = false;
	return EX_OK;
}

/* -O option=value: as with Postfix, requiretls asks for TLS on every hop; the rest is of no meaning here. */
static int
option_O(const char *value)
{
	if (strcasecmp(value, "requiretls=yes") == 0)
		wants.requiretls = true;
	else if (strncasecmp(value, "requiretls", strlen("requiretls")) == 0 && strcasecmp(value, "requiretls=no") != 0)
		return complain(EX_USAGE, "-O takes requiretls=yes or requiretls=no", value);
	return EX_OK;
}

static int
option_b(const char *value)
{
	switch (value[0]) {
	case 'm':
		wants.mode = MODE_MESSAGE;
		return EX_OK;
	case 's':
		wants.mode = MODE_SMTP;
		return EX_OK;
	case 'i':
		/* newaliases: there are none to make anew. */
		wants.mode = MODE_NOTHING;
		return EX_OK;
	default:
		return complain(EX_USAGE, "only -bm and -bs are done here; for the queue see sealpost queue list", value);
	}
}

static int
option_N(const char *value)
{
	struct span rest = span_of(value), word;
	static const char *const words[] = { "success", "failure", "delay" };

	wants.notify = value;
	if (span_equal_nocase(rest, SPAN("never")))
		return EX_OK;
	while (span_cut(&rest, ',', &word)) {
		bool is_known = false;

		for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
			is_known |= span_equal_nocase(word, span_of(words[i]));
		if (!is_known)
			return complain(EX_USAGE, "-N takes never, or a list of success, failure and delay", value);
	}
	return EX_OK;
}

static int
option_R(const char *value)
{
	wants.ret = strcasecmp(value, "full") == 0 ? "FULL" : "HDRS";
	if (strcasecmp(value, "full") == 0 || strcasecmp(value, "hdrs") == 0)
		return EX_OK;
	return complain(EX_USAGE, "-R takes full or hdrs", value);
}

/* One option. Returns EX_OK, or an exit code. */
static int
option_take(int letter, const char *value)
{
	switch (letter) {
	case 'b':
		return option_b(value);
	case 'o':
		return option_o(value);
	case 'O':
		return option_O(value);
	case 'f':
	case 'r':
		wants.sender = value;
		return EX_OK;
	case 'F':
		wants.full_name = value;
		return EX_OK;
	case 'i':
		wants.dot_ends = false;
		return EX_OK;
	case 't':
		wants.takes_recipients = true;
		return EX_OK;
	case 'v':
		wants.is_verbose = true;
		return EX_OK;
	case 'N':
		return option_N(value);
	case 'R':
		return option_R(value);
	case 'V':
		wants.envid = value;
		return EX_OK;
	case '?':
		return EX_USAGE;
	default:
		return EX_OK;	/* taken, and of no meaning here: -A -B -C -d -G -h -I -L -m -n -p -U -x */
	}
}

/* All that is on standard input. Returns false when it cannot be read, or is too much. */
static bool
input_read(struct buf *out)
{
	for (;;) {
		char *room = buf_reserve(out, 65536);
		ssize_t n = room == NULL ? -1 : read(STDIN_FILENO, room, 65536);

		if (n < 0)
			return false;
		if (n == 0)
			return true;
		buf_commit(out, (size_t)n);
	}
}

/* The user's name and full name; what the system does not know is the number. */
static void
user_find(char *name, size_t size, char *full_name, size_t full_size)
{
	const struct passwd *user = getpwuid(getuid());
	const char *told = getenv("NAME");

	full_name[0] = '\0';
	if (user == NULL) {
		snprintf(name, size, "uid%u", (unsigned)getuid());
		return;
	}
	snprintf(name, size, "%s", user->pw_name);
	if (told != NULL)
		snprintf(full_name, full_size, "%s", told);
	else if (user->pw_gecos != NULL)
		snprintf(full_name, full_size, "%.*s", (int)strcspn(user->pw_gecos, ","), user->pw_gecos);
}

/* "<joe@example.org>", "joe": the address of -f. */
static struct span
sender_of(const char *text)
{
	struct span sender = span_trim(span_of(text));

	if (sender.length >= 2 && sender.data[0] == '<' && sender.data[sender.length - 1] == '>')
		sender = span_first(span_skip(sender, 1), sender.length - 2);
	return sender;
}

/* Addresses of the command line, behind those of the header. */
struct joining {
	struct arena *arena;
	struct compose *compose;
	struct span *all;
	uint32_t count;
};

static bool
on_address(void *arg, struct span address)
{
	struct joining *joining = arg;

	if (joining->count == COMPOSE_RECIPIENTS_MAX)
		return false;
	joining->all[joining->count++] = compose_qualify(joining->arena, address, joining->compose->host);
	return true;
}

/* An argument may have several, "a@example.org, b@example.org", as in a field. Returns false when they are too many. */
static bool
recipients_join(struct arena *arena, struct compose *compose, int argc, char **argv, struct submission *submission)
{
	struct joining joining = {
		arena, compose, arena_alloc(arena, COMPOSE_RECIPIENTS_MAX * sizeof(struct span)), compose->recipients_count
	};
	bool good = true;

	for (uint32_t i = 0; i < compose->recipients_count; i++)
		joining.all[i] = compose->recipients[i];
	for (int i = 0; i < argc && good; i++)
		good = compose_addresses(arena, span_of(argv[i]), on_address, &joining);
	submission->recipients = joining.all;
	submission->recipients_count = joining.count;
	return good;
}

/* RFC 3461 4: what is not printable, and + and =, as + and two digits. */
static struct span
xtext_of(struct arena *arena, const char *text)
{
	char *out = arena_alloc(arena, 3 * strlen(text) + 1), *at = out;

	for (; *text != '\0'; text++) {
		if (isgraph((unsigned char)*text) && *text != '+' && *text != '=')
			*at++ = *text;
		else
			at += sprintf(at, "+%02X", (unsigned char)*text);
	}
	return span_make(out, (size_t)(at - out));
}

static void
parameters_settle(struct arena *arena, struct submission *submission)
{
	char *notify = arena_copy(arena, span_of(wants.notify == NULL ? "" : wants.notify));

	for (char *c = notify; *c != '\0'; c++)
		*c = (char)toupper((unsigned char)*c);
	submission->notify = span_of(notify);
	submission->ret = span_of(wants.ret == NULL ? "" : wants.ret);
	submission->requiretls = wants.requiretls;
	submission->envid = wants.envid == NULL ? SPAN("") : xtext_of(arena, wants.envid);
}

static int
message_send(struct submit *submit, struct arena *arena, struct span input, int argc, char **argv)
{
	char name[128], full_name[128];
	struct compose compose = {
		.dot_ends = wants.dot_ends, .takes_recipients = wants.takes_recipients, .host = span_of(submit->host),
		.now = time(NULL), .unique = ident_random(), .full_name = full_name
	};
	struct submission submission = { .sender = SPAN("") };
	struct buf message;
	const char *why;
	int code;

	user_find(name, sizeof(name), full_name, sizeof(full_name));
	if (wants.full_name != NULL)
		compose.full_name = wants.full_name;
	compose.sender = compose_qualify(arena, wants.sender == NULL ? span_of(name) : sender_of(wants.sender), compose.host);
	compose.author = compose.sender.length > 0 ? compose.sender : compose_qualify(arena, span_of(name), compose.host);
	buf_init(&message, 2 * MESSAGE_OCTETS_MAX + 65536u);
	why = compose_message(&compose, arena, input, &message);
	submission.sender = compose.sender;
	if (why == NULL && !recipients_join(arena, &compose, argc, argv, &submission))
		why = "too many recipients";
	submission.message = buf_span(&message);
	submission.has_8bit = compose.has_8bit;
	parameters_settle(arena, &submission);
	if (why != NULL)
		code = complain(EX_DATAERR, why, "");
	else if (submission.recipients_count == 0)
		code = complain(EX_USAGE, "no recipients: name them, or have them in the header with -t", "");
	else
		code = submit_message(submit, &submission);
	if (code != EX_OK && why == NULL && submission.recipients_count > 0)
		complain(code, "the message was not taken", submit->text);
	buf_clear(&message);
	return code;
}

static int
message_run(const char *socket, int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct submit submit;
	struct buf input;
	int code;

	buf_init(&input, MESSAGE_OCTETS_MAX);
	if (!input_read(&input)) {
		code = complain(EX_IOERR, "the message cannot be read, or is too large", "");
	} else {
		code = submit_open(&submit, socket, wants.is_verbose);
		if (code != EX_OK)
			complain(code, "sealpostd takes no mail now", submit.text);
		else
			code = message_send(&submit, arena, buf_span(&input), argc, argv);
		submit_close(&submit);
	}
	buf_clear(&input);
	arena_free(&arena);
	return code;
}

int
main(int argc, char **argv)
{
	const char *socket = getenv("SEALPOST_SUBMISSION");
	int letter, code;

	signal(SIGPIPE, SIG_IGN);
	while ((letter = getopt(argc, argv, "A:B:b:C:d::EF:f:Gh:IiL:mN:nO:o:p:q::R:r:tUV:vX:x")) != -1) {
		code = option_take(letter, optarg);
		if (code != EX_OK)
			return code;
	}
	if (socket == NULL)
		socket = SEALPOST_RUNDIR "/submission";
	if (wants.mode == MODE_NOTHING)
		return EX_OK;
	if (wants.mode == MODE_SMTP)
		return submit_carry(socket);
	return message_run(socket, argc - optind, argv + optind);
}
