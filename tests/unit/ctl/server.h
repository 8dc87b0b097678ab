/* An SMTP server for one connection at a Unix-domain socket, that answers as it is told and keeps what it heard. */
#ifndef TESTS_UNIT_CTL_SERVER_H
#define TESTS_UNIT_CTL_SERVER_H

#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

struct server {
	const char *greeting;		/* lines with \r\n; NULL = "220 relay.example ESMTP" */
	const char *ehlo;
	const char *mail, *rcpt, *data, *dot;	/* NULL = yes */
	const char *refuses;		/* the address that rcpt is for; NULL = every one */
};

static char server_folder[] = "/tmp/sealpost-test-ctl-XXXXXX";
static pid_t server_pid;

__attribute__((unused)) static const char *
server_path(const char *name)
{
	static char paths[4][200];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", server_folder, name);
	return path;
}

static const char *
server_reply(const struct server *server, const char *line)
{
	if (strncmp(line, "EHLO", 4) == 0)
		return server->ehlo != NULL ? server->ehlo :
		    "250-relay.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 DSN\r\n";
	if (strncmp(line, "MAIL", 4) == 0 && server->mail != NULL)
		return server->mail;
	if (strncmp(line, "RCPT", 4) == 0 && server->rcpt != NULL &&
	    (server->refuses == NULL || strstr(line, server->refuses) != NULL))
		return server->rcpt;
	if (strncmp(line, "DATA", 4) == 0)
		return server->data != NULL ? server->data : "354 go on\r\n";
	if (strncmp(line, "QUIT", 4) == 0)
		return "221 bye\r\n";
	return "250 2.0.0 fine\r\n";
}

static void
server_serve(const struct server *server, FILE *in, FILE *out, FILE *heard)
{
	char line[70000];
	bool in_data = false;

	fputs(server->greeting != NULL ? server->greeting : "220 relay.example ESMTP\r\n", out);
	fflush(out);
	while (fgets(line, sizeof(line), in) != NULL) {
		const char *reply;

		fputs(line, heard);
		fflush(heard);
		if (in_data && strcmp(line, ".\r\n") != 0)
			continue;
		reply = !in_data ? server_reply(server, line) : server->dot != NULL ? server->dot : "250 2.0.0 taken\r\n";
		in_data = !in_data && strncmp(reply, "354", 3) == 0;
		if (reply[0] == '\0')
			return;
		fputs(reply, out);
		fflush(out);
		if (strncmp(line, "QUIT", 4) == 0)
			return;
	}
}

/* Listen at server_path("socket"); what is heard goes to server_path("heard"). */
__attribute__((unused)) static void
server_start(const struct server *server)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int door = socket(AF_UNIX, SOCK_STREAM, 0);

	ck_assert_ptr_nonnull(mkdtemp(server_folder));
	strcpy(address.sun_path, server_path("socket"));
	ck_assert_int_eq(bind(door, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(door, 1), 0);
	server_pid = fork();
	if (server_pid == 0) {
		int fd = accept(door, NULL, NULL);
		FILE *in = fdopen(fd, "r"), *out = fdopen(dup(fd), "w"), *heard = fopen(server_path("heard"), "w");

		server_serve(server, in, out, heard);
		fclose(heard);
		fclose(out);
		fclose(in);
		_exit(0);
	}
	close(door);
}

/* What it heard; it is gone then, and its folder too. */
__attribute__((unused)) static const char *
server_heard(void)
{
	static char text[1 << 20];
	char command[200];
	FILE *heard;
	size_t length = 0;

	waitpid(server_pid, NULL, 0);
	heard = fopen(server_path("heard"), "r");
	if (heard != NULL) {
		length = fread(text, 1, sizeof(text) - 1, heard);
		fclose(heard);
	}
	text[length] = '\0';
	snprintf(command, sizeof(command), "rm -rf %s", server_folder);
	ck_assert_int_eq(system(command), 0);
	return text;
}

#endif
