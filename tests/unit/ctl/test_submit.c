/* Tests of src/ctl/submit.c, against a server that does as it is told. */
#include "src/ctl/submit.h"

#include <fcntl.h>
#include <sysexits.h>

#include "server.h"

#define MESSAGE "Subject: x\r\n\r\n.one\r\n..\r\ntwo\r\n"
#define SAID "EHLO localhost\r\n"

static const struct span both[] = { { "b@c.example", 11 }, { "d@e.example", 11 } };

static const struct {
	const char *what;
	struct server server;
	int code;
	const char *text;	/* the last reply, or why there is none */
} rows[] = {
	{ "taken", { .dot = NULL }, EX_OK, "250 2.0.0 taken" },
	{ "many lines", { .greeting = "220-relay.example one\r\n220-two\r\n220 relay.example three\r\n" }, EX_OK, "250 2.0.0 taken" },
	{ "greeted with 421", { .greeting = "421 4.3.2 relay.example later\r\n" }, EX_TEMPFAIL, "421 4.3.2 relay.example later" },
	{ "greeted with 554", { .greeting = "554 5.7.1 never\r\n" }, EX_UNAVAILABLE, "554 5.7.1 never" },
	{ "greeted with nonsense", { .greeting = "hello\r\n" }, EX_TEMPFAIL, "no answer that can be understood from sealpostd" },
	{ "MAIL refused", { .mail = "501 5.1.7 no\r\n" }, EX_DATAERR, "501 5.1.7 no" },
	{ "MAIL put off", { .mail = "452 4.3.1 full\r\n" }, EX_TEMPFAIL, "452 4.3.1 full" },
	{ "one recipient refused", { .rcpt = "550 5.1.1 who\r\n", .refuses = "d@e" }, EX_NOUSER, "550 5.1.1 who" },
	{ "one recipient put off", { .rcpt = "451 4.3.0 later\r\n", .refuses = "d@e" }, EX_TEMPFAIL, "451 4.3.0 later" },
	{ "DATA refused", { .data = "554 5.5.1 no\r\n" }, EX_UNAVAILABLE, "554 5.5.1 no" },
	{ "message refused", { .dot = "550 5.6.0 no\r\n" }, EX_DATAERR, "550 5.6.0 no" },
	{ "message put off", { .dot = "451 4.3.0 later\r\n" }, EX_TEMPFAIL, "451 4.3.0 later" },
	{ "gone before the answer", { .dot = "" }, EX_TEMPFAIL, "no answer that can be understood from sealpostd" },
};

START_TEST(every_answer_has_its_exit_code)
{
	const struct submission submission = {
		.sender = SPAN("a@b.example"), .recipients = both, .recipients_count = 2, .message = SPAN(MESSAGE)
	};
	struct submit submit;
	const char *heard;
	int code;

	server_start(&rows[_i].server);
	code = submit_open(&submit, server_path("socket"), false);
	if (code == EX_OK)
		code = submit_message(&submit, &submission);
	ck_assert_int_eq(code, rows[_i].code);
	ck_assert_str_eq(submit.text, rows[_i].text);
	submit_close(&submit);
	heard = server_heard();
	/* To all recipients, or to none. */
	if (strncmp(rows[_i].what, "one recipient", 13) == 0)
		ck_assert_ptr_null(strstr(heard, "DATA"));
}
END_TEST

START_TEST(dots_are_stuffed_and_parameters_said)
{
	static const struct span umlaut[] = { { "\xc3\xbc@c.example", 12 } };
	const struct server server = { .dot = NULL };
	struct submission submission = {
		.sender = SPAN(""), .recipients = both, .recipients_count = 1, .message = SPAN(MESSAGE), .has_8bit = true,
		.notify = SPAN("SUCCESS,FAILURE"), .ret = SPAN("HDRS"), .envid = SPAN("x+2By")
	};
	struct submit submit;

	server_start(&server);
	ck_assert_int_eq(submit_open(&submit, server_path("socket"), false), EX_OK);
	ck_assert_str_eq(submit.host, "relay.example");
	ck_assert_int_eq(submit_message(&submit, &submission), EX_OK);
	submission = (struct submission){ .sender = SPAN("a@b.example"), .recipients = umlaut, .recipients_count = 1,
	    .message = SPAN("x\r\n") };
	ck_assert_int_eq(submit_message(&submit, &submission), EX_OK);
	submit_close(&submit);
	ck_assert_str_eq(server_heard(), SAID "MAIL FROM:<> BODY=8BITMIME RET=HDRS ENVID=x+2By\r\n"
	    "RCPT TO:<b@c.example> NOTIFY=SUCCESS,FAILURE\r\nDATA\r\nSubject: x\r\n\r\n..one\r\n...\r\ntwo\r\n.\r\n"
	    SAID "MAIL FROM:<a@b.example> SMTPUTF8\r\nRCPT TO:<\xc3\xbc@c.example>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n");
}
END_TEST

START_TEST(what_the_server_has_not_is_not_asked_for)
{
	const struct server server = { .ehlo = "250-DSN\r\n250 SIZE 1000\r\n" };
	const struct submission submission = {
		.sender = SPAN("a@b.example"), .recipients = both, .recipients_count = 1, .message = SPAN("\xc3\xbc\r\n"),
		.has_8bit = true, .notify = SPAN("NEVER"), .ret = SPAN("HDRS"), .envid = SPAN("x")
	};
	struct submit submit;

	server_start(&server);
	ck_assert_int_eq(submit_open(&submit, server_path("socket"), false), EX_OK);
	/* The first line of the answer is the server's name, whatever it looks like. */
	ck_assert_int_eq(submit_message(&submit, &submission), EX_OK);
	submit_close(&submit);
	ck_assert_str_eq(server_heard(), SAID "MAIL FROM:<a@b.example>\r\nRCPT TO:<b@c.example>\r\nDATA\r\n\xc3\xbc\r\n.\r\nQUIT\r\n");
}
END_TEST

START_TEST(nothing_can_be_smuggled_into_a_command)
{
	static const struct span evil[] = { { "b@c.example>\r\nRCPT TO:<d@e.example", 34 } };
	const struct server server = { .dot = NULL };
	const struct submission submission = {
		.sender = SPAN("a@b.example"), .recipients = evil, .recipients_count = 1, .message = SPAN("x\r\n")
	};
	struct submit submit;

	server_start(&server);
	ck_assert_int_eq(submit_open(&submit, server_path("socket"), false), EX_OK);
	ck_assert_int_eq(submit_message(&submit, &submission), EX_NOUSER);
	submit_close(&submit);
	ck_assert_str_eq(server_heard(), SAID "MAIL FROM:<a@b.example>\r\nQUIT\r\n");
}
END_TEST

START_TEST(a_daemon_that_is_away_is_for_later)
{
	struct submit submit;

	ck_assert_int_eq(submit_open(&submit, "/nonexistent/socket", false), EX_TEMPFAIL);
	ck_assert_str_eq(submit.text, "/nonexistent/socket: No such file or directory");
	submit_close(&submit);
}
END_TEST

UNIT_MAIN_LOOPED("submit", every_answer_has_its_exit_code, rows, dots_are_stuffed_and_parameters_said,
    what_the_server_has_not_is_not_asked_for, nothing_can_be_smuggled_into_a_command, a_daemon_that_is_away_is_for_later)
