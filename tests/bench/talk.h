/*
 * Blocking SMTP over TLS for the tools of the tests: lines in and out, in clear until talk_secure().
 * Every call returns false when the connection is of no more use. What is written is gathered, and sent before the next read.
 */
#ifndef TESTS_BENCH_TALK_H
#define TESTS_BENCH_TALK_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

#define TALK_OCTETS 65536
#define TALK_GATHERED 16384	/* what fits into one TLS record */

struct talk {
	int fd;
	SSL *ssl;		/* NULL in clear */
	size_t start, end;	/* of what was read and not taken yet */
	size_t gathered;	/* of what was written and not sent yet */
	char octets[TALK_OCTETS], out[TALK_GATHERED];
};

/* Take over a connected socket; a read or write longer than this fails. */
void talk_init(struct talk *talk, int fd, int timeout_s);
void talk_close(struct talk *talk);

/* TLS 1.2 or better, on our side as the context's method says. Octets read in clear and not taken are a failure. */
bool talk_secure(struct talk *talk, SSL_CTX *context, bool is_server);

bool talk_write(struct talk *talk, const void *octets, size_t length);
bool talk_flush(struct talk *talk);
bool talk_printf(struct talk *talk, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A line without its CRLF, cut to size - 1 octets, NUL-terminated. */
bool talk_line(struct talk *talk, char *line, size_t size);

/* One reply, of however many lines; its code, and the text of its last line when wanted. */
bool talk_reply(struct talk *talk, int *code, char *text, size_t size);

/* Some octets, at least one: *length of them, in talk's own memory, valid until the next call. */
bool talk_some(struct talk *talk, const char **octets, size_t *length, size_t most);

/* "127.0.0.1:25", "[::1]:25" into what bind and connect take; false when it is neither. */
struct sockaddr_storage;
bool talk_address(const char *text, struct sockaddr_storage *address, unsigned *length);

/* As many descriptors as this process may have. */
void talk_raise_descriptors(void);

#endif
