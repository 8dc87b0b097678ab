/* Tests of src/ctl/sendmail.c, the program: its options, and what comes of them. */
#include <sysexits.h>

#include "server.h"

static char output[1 << 16];

/* Run it with these arguments (a shell's) and this input. Returns its exit code; what it prints is in output. */
static int
run(const char *arguments, const char *input)
{
	char command[1000];
	FILE *out, *in = fopen(server_path("input"), "w");
	size_t length;
	int status;

	fputs(input, in);
	fclose(in);
	snprintf(command, sizeof(command), "SEALPOST_SUBMISSION=%s NAME='Joe Doe' ./sealpost-sendmail %s < %s 2>&1",
	    server_path("socket"), arguments, server_path("input"));
	out = popen(command, "r");
	length = fread(output, 1, sizeof(output) - 1, out);
	output[length] = '\0';
	status = pclose(out);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static const struct {
	const char *arguments, *input;
	int code;
	const char *heard;	/* a part of what the server heard; NULL = nothing at all */
	const char *not_heard;
	const char *says;
} rows[] = {
	{ "-f a@b.example c@d.example", "Subject: x\n\nhello\n", EX_OK,
	    "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n", NULL, "" },
	{ "-f a@b.example c@d.example", "Subject: x\n\nhello\n.\nmore\n", EX_OK, "\r\nSubject: x\r\n\r\nhello\r\n.\r\nQUIT", NULL, "" },
	{ "-i -f a@b.example c@d.example", "Subject: x\n\nhello\n.\nmore\n", EX_OK, "\r\nhello\r\n..\r\nmore\r\n.\r\nQUIT", NULL, "" },
	{ "-oi -oem -odb -f a@b.example c@d.example", "\n.\nmore\n", EX_OK, "..\r\nmore\r\n", NULL, "" },
	{ "-r a@b.example -F 'A Name' root", "\nx\n", EX_OK, "From: \"A Name\" <a@b.example>\r\n", NULL, "" },
	{ "-f a@b.example root", "\nx\n", EX_OK, "From: \"Joe Doe\" <a@b.example>\r\n", NULL, "" },
	{ "-f a@b.example root", "\nx\n", EX_OK, "RCPT TO:<root@relay.example>", NULL, "" },
	{ "-f '<>' c@d.example", "\nx\n", EX_OK, "MAIL FROM:<>\r\n", NULL, "" },
	{ "-f '' c@d.example", "\nx\n", EX_OK, "MAIL FROM:<>\r\n", NULL, "" },
	{ "-t -f a@b.example", "To: c@d.example\nBcc: e@f.example\n\nx\n", EX_OK,
	    "RCPT TO:<c@d.example>\r\nRCPT TO:<e@f.example>\r\nDATA", "Bcc", "" },
	{ "-t -f a@b.example g@h.example", "To: c@d.example\n\nx\n", EX_OK,
	    "RCPT TO:<c@d.example>\r\nRCPT TO:<g@h.example>\r\nDATA", NULL, "" },
	{ "-f a@b.example 'c@d.example, E <e@f.example>'", "\nx\n", EX_OK,
	    "RCPT TO:<c@d.example>\r\nRCPT TO:<e@f.example>\r\nDATA", NULL, "" },
	{ "-N never -R hdrs -V 'a=b c' -f a@b.example c@d.example", "\nx\n", EX_OK,
	    " RET=HDRS ENVID=a+3Db+20c\r\nRCPT TO:<c@d.example> NOTIFY=NEVER\r\n", NULL, "" },
	{ "-N success,Delay -R full -f a@b.example c@d.example", "\nx\n", EX_OK, "NOTIFY=SUCCESS,DELAY\r\n", NULL, "" },
	{ "-bm -G -U -h 3 -L tag -B 8BITMIME -O x=y -Am -f a@b.example c@d.example", "\nx\n", EX_OK, "RCPT", NULL, "" },
	{ "-O requiretls=yes -R full -f a@b.example c@d.example", "\nx\n", EX_OK, "MAIL FROM:<a@b.example> REQUIRETLS RET=FULL\r\n", NULL, "" },
	{ "-ORequireTLS=yes -f a@b.example c@d.example", "\nx\n", EX_OK, "MAIL FROM:<a@b.example> REQUIRETLS\r\n", NULL, "" },
	{ "-O requiretls=no -f a@b.example c@d.example", "\nx\n", EX_OK, "MAIL FROM:<a@b.example>\r\n", NULL, "" },
	{ "-O requiretls=perhaps -f a@b.example c@d.example", "\nx\n", EX_USAGE, NULL, NULL, "-O takes requiretls=yes" },
	{ "-v -f a@b.example c@d.example", "\nx\n", EX_OK, "RCPT", NULL, ">>> RCPT TO:<c@d.example>\n<<< 250" },
	{ "-f a@b.example -- -c@d.example", "\nx\n", EX_OK, "RCPT TO:<-c@d.example>", NULL, "" },
	{ "-f a@b.example", "\nx\n", EX_USAGE, "QUIT", "MAIL", "no recipients" },
	{ "-t -f a@b.example", "Subject: x\n\n", EX_USAGE, "QUIT", "MAIL", "no recipients" },
	{ "-f a@b.example refused@d.example", "\nx\n", EX_NOUSER, "QUIT", "DATA", "the message was not taken: 550 5.1.1 who" },
	{ "-bp", "", EX_USAGE, NULL, NULL, "only -bm and -bs" },
	{ "-N sometimes c@d.example", "", EX_USAGE, NULL, NULL, "-N takes never" },
	{ "-R half c@d.example", "", EX_USAGE, NULL, NULL, "-R takes full or hdrs" },
	{ "-W", "", EX_USAGE, NULL, NULL, "invalid option" },
	{ "-bi", "", EX_OK, NULL, NULL, "" },
};

START_TEST(options_do_what_sendmails_do)
{
	const struct server server = { .rcpt = "550 5.1.1 who\r\n", .refuses = "refused@" };
	const char *heard;

	server_start(&server);
	ck_assert_msg(run(rows[_i].arguments, rows[_i].input) == rows[_i].code, "%s", output);
	ck_assert_msg(strstr(output, rows[_i].says) != NULL && (rows[_i].says[0] != '\0' || output[0] == '\0'), "%s", output);
	if (rows[_i].heard == NULL)
		kill(server_pid, SIGKILL);
	heard = server_heard();
	ck_assert_msg(rows[_i].heard == NULL ? heard[0] == '\0' : strstr(heard, rows[_i].heard) != NULL, "%s", heard);
	ck_assert_msg(rows[_i].not_heard == NULL || strstr(heard, rows[_i].not_heard) == NULL, "%s", heard);
}
END_TEST

START_TEST(smtp_is_carried_both_ways)
{
	const struct server server = { .dot = NULL };

	server_start(&server);
	ck_assert_int_eq(run("-bs", "EHLO x\r\nMAIL FROM:<a@b.example>\r\nQUIT\r\n"), EX_OK);
	ck_assert_str_eq(output, "220 relay.example ESMTP\r\n250-relay.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n"
	    "250-SMTPUTF8\r\n250 DSN\r\n250 2.0.0 fine\r\n221 bye\r\n");
	ck_assert_str_eq(server_heard(), "EHLO x\r\nMAIL FROM:<a@b.example>\r\nQUIT\r\n");
}
END_TEST

START_TEST(a_daemon_that_is_away_is_for_later)
{
	const struct server server = { .dot = NULL };

	server_start(&server);
	unlink(server_path("socket"));
	ck_assert_int_eq(run("-f a@b.example c@d.example", "\nx\n"), EX_TEMPFAIL);
	ck_assert_ptr_nonnull(strstr(output, "sealpostd takes no mail now: "));
	ck_assert_int_eq(run("-bs", "EHLO x\r\n"), EX_TEMPFAIL);
	ck_assert_ptr_nonnull(strstr(output, "421 4.3.2 "));
	kill(server_pid, SIGKILL);
	server_heard();
}
END_TEST

UNIT_MAIN_LOOPED("sendmail", options_do_what_sendmails_do, rows, smtp_is_carried_both_ways, a_daemon_that_is_away_is_for_later)
