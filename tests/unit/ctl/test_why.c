/* Tests of src/ctl/why.c: what the queue says of a message, in words for people and for programs. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "src/ctl/answer.h"
#include "src/ctl/ctl.h"
#include "tests/unit/unit.h"

#define ID "0123456789-2a"

int
ctl_usage(const char *format, ...)
{
	(void)format;
	return 64;
}

/* In place of the queue: its rows, as `queue show` has them. */
static const struct recipient {
	const char *address, *recipient_state, *state, *reason, *mx, *reply, *hop;
	int64_t code, attempts, next_try;
	const char *because, *judged, *evidence;
} message[] = {
	{ "a@one.example", "pending", "deferred", "certificate-expired", "mx.one.example", "the certificate expired", "mx:one.example", 0, 3, 1795000000,
	    "sts", "misconfiguration", "It is its own." },
	{ "b@One.example", "pending", "deferred", "certificate-expired", "mx.one.example", "the certificate expired", "mx:one.example", 0, 3, 1795000000 },
	{ "c@two.example", "pending", "deferred", "recipient-refused", "mx.two.example", "4.2.1 come again\x1b[31m", "smtp:in.two.example", 450, 1, 1795000000 },
	{ "d@three.example", "pending", "ready", "", "", "", "mx:three.example", 0, 0, 0 },
	{ "e@four.example", "notifying", "deferred", "recipient-refused", "mx.four.example", "5.1.1 who?", "mx:four.example", 550, 1, 0 },
	{ "g@six.example", "pending", "deferred", "starttls-not-supported", "mx.six.example", "no STARTTLS", "mx:six.example", 0, 1, 1795000000,
	    "default", "own-uplink", "Nothing has succeeded meanwhile." },
	{ "f@five.example", "over", "deferred", "", "", "", "", 0, 0, 0 },
};

static int answer_code;
static bool is_empty;

static void
row_say(const struct recipient *recipient, void (*on_row)(void *arg, const struct row *row), void *arg)
{
	struct row row = { .fields_count = 0 };

	row_text(&row, "id", SPAN(ID));
	row_text(&row, "state", span_of(recipient->state));
	row_number(&row, "arrival", 1794900000);
	row_text(&row, "sender", SPAN("s@sender.example"));
	row_text(&row, "recipient", span_of(recipient->address));
	row_text(&row, "recipient_state", span_of(recipient->recipient_state));
	row_text(&row, "next_hop", span_of(recipient->hop));
	row_number(&row, "attempts", recipient->attempts);
	row_number(&row, "next_try", recipient->next_try);
	row_text(&row, "reason", span_of(recipient->reason));
	row_text(&row, "mx", span_of(recipient->mx));
	row_number(&row, "code", recipient->code);
	row_text(&row, "reply", span_of(recipient->reply));
	row_text(&row, "because", span_of(recipient->because));
	row_text(&row, "judged", span_of(recipient->judged));
	row_text(&row, "evidence", span_of(recipient->evidence));
	row_number(&row, "expires", 1795100000);
	on_row(arg, &row);
}

int
answer_ask(const struct options *options, const struct request *request, void (*on_row)(void *arg, const struct row *row), void *arg,
    struct buf *text)
{
	(void)options;
	ck_span_eq(request->verb, "queue show");
	ck_assert_uint_eq(request->arguments_count, 1);
	ck_span_eq(request->arguments[0], ID);
	for (size_t i = 0; !is_empty && i < sizeof(message) / sizeof(*message); i++)
		row_say(&message[i], on_row, arg);
	buf_init(text, 100);
	return answer_code;
}

static char out[1 << 16];

/* Run it with standard output in a file. */
static int
run(bool json, const char *id)
{
	static char path[] = "/tmp/sealpost-test-why-XXXXXX", name[] = "why";
	char argument[64], *arguments[] = { name, argument, NULL };
	const struct options options = { .json = json };
	int fd, kept, code;
	ssize_t length;

	strcpy(strrchr(path, '-'), "-XXXXXX");
	fd = mkstemp(path);
	kept = dup(STDOUT_FILENO);
	snprintf(argument, sizeof(argument), "%s", id);
	fflush(stdout);
	dup2(fd, STDOUT_FILENO);
	code = why_run(&options, 2, arguments);
	fflush(stdout);
	dup2(kept, STDOUT_FILENO);
	close(kept);
	length = pread(fd, out, sizeof(out) - 1, 0);
	out[length < 0 ? 0 : length] = '\0';
	close(fd);
	unlink(path);
	return code;
}

static void
has(const char *text)
{
	ck_assert_msg(strstr(out, text) != NULL, "\"%s\" is not in:\n%s", text, out);
}

static void
has_not(const char *text)
{
	ck_assert_msg(strstr(out, text) == NULL, "\"%s\" is in:\n%s", text, out);
}

START_TEST(people_read_what_happened_and_what_to_do)
{
	setenv("TZ", "UTC", 1);
	ck_assert_int_eq(run(false, ID), 0);
	has(ID " from <s@sender.example> is here since 2026-11-17 ");
	/* Recipients of one domain with one reason are one part. */
	has("\none.example: 2 recipients\n");
	has("What happened:   The receiving mail server");
	has("What was seen:   mx.one.example: the certificate expired (certificate-expired)\n");
	has("By which rule:   The MTA-STS policy that the recipient's domain has published:");
	has("Looks like:      It looks as if the receiving server is not set up rightly.\n");
	has("Evidence:        It is its own.\n");
	has("Whose fault:     The fault is probably on the receiving side, in how the server is set up.\n");
	has("Whose fault:     The fault is on the receiving side.\n");
	has("Next attempt:    2026-11-18 11:06:40, after 3 attempts\n");
	has("Tried until:     2026-11-19 14:53:20; then it goes back to its sender\n");
	has("More:            sealpost explain --live one.example\n");
	/* What strangers said reaches no terminal as it is. */
	has("What was seen:   mx.two.example: 450 4.2.1 come again\\x1b[31m (recipient-refused)\n");
	has("More:            sealpost explain --live smtp:in.two.example\n");
	has("\nthree.example: 1 recipient\n    No attempt has failed so far.\n    Next attempt:    under way");
	has("    It is given up: the sender is being told.\n");
	/* Nobody at the other end is told to mend our own way to the Internet. */
	has("Whose fault:     Nobody at the other end is to blame:");
	has("Its postmaster:  Nothing, most probably: it is this relay's own way to the Internet.\n");
	has_not("Turn on STARTTLS");
	has("\nFor 1 more recipient nothing is left to do");
}
END_TEST

START_TEST(programs_read_one_object_for_each_reason)
{
	ck_assert_int_eq(run(true, ID), 0);
	has("{\"id\":\"" ID "\",\"domain\":\"one.example\",\"recipients\":2,\"state\":\"deferred\",\"reason\":\"certificate-expired\",");
	has("\"fault\":\"peer\",\"policy\":true,");
	has("\"fault\":\"nobody\",\"policy\":true,");
	has("\"postmaster\":\"Nothing, most probably: it is this relay's own way to the Internet.\"");
	has("\"state\":\"notifying\",\"reason\":\"recipient-refused\",");
	ck_assert_ptr_null(strstr(out, "is here since"));
}
END_TEST

START_TEST(a_message_that_is_not_there_is_the_answer_no)
{
	is_empty = true;
	answer_code = 1;
	ck_assert_int_eq(run(false, ID), 1);
	ck_assert_str_eq(out, "");
	ck_assert_int_eq(run(false, "--all"), 64);
	ck_assert_int_eq(run(false, "nonsense"), 64);
}
END_TEST

UNIT_MAIN("why", people_read_what_happened_and_what_to_do, programs_read_one_object_for_each_reason,
    a_message_that_is_not_there_is_the_answer_no)
