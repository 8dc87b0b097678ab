/* Handing a message to intake over its local socket: SMTP without TLS, which a Unix-domain socket does not need. */
#ifndef CTL_SUBMIT_H
#define CTL_SUBMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

struct submit {
	int fd;
	bool is_verbose;		/* the conversation goes to standard error */
	char host[256];			/* the server's own name, from its greeting */
	bool has_dsn, has_8bitmime, has_smtputf8;
	char text[1024];		/* the last reply, or why there is none */
	char in[4096];			/* octets read and not looked at yet */
	size_t in_length;
};

struct submission {
	struct span sender;		/* "" = the null one */
	const struct span *recipients;
	uint32_t recipients_count;
	struct span message;		/* with CRLF, no dots stuffed */
	bool has_8bit;
	struct span notify;		/* as NOTIFY= has it, "" = not said */
	struct span ret;		/* FULL or HDRS, "" = not said */
	struct span envid;		/* xtext, "" = not said */
	bool requiretls;		/* said whether it is offered or not: what cannot be promised is refused (RFC 8689) */
};

/* Connect and hear the greeting. Returns 0, or a sysexits code with submit->text. */
int submit_open(struct submit *submit, const char *path, bool is_verbose);

/*
 * Say EHLO and hand over one message: to all recipients, or to none. Returns 0 when the server took responsibility,
 * else a sysexits code with submit->text.
 */
int submit_message(struct submit *submit, const struct submission *submission);

void submit_close(struct submit *submit);

/* Carry octets between standard input and output and the socket, until both ways have ended. Returns 0, or a sysexits code. */
int submit_carry(const char *path);

#endif
