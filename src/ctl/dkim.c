/* sealpost dkim: keys that sign mail, what is published of them, and messages signed for trying. No daemon, no network. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "auth/dkim.h"
#include "base/arena.h"
#include "base/fatal.h"
#include "base/file.h"
#include "complain.h"
#include "conf/material.h"
#include "ctl.h"
#include "print.h"
#include "words.h"

#define STRING_OCTETS_MAX 255			/* of one string of a TXT record (RFC 1035 3.3.14) */
#define MESSAGE_OCTETS_MAX (256u * 1024 * 1024)
#define READ_OCTETS (64u * 1024)
#define FIELD_OCTETS_MAX (1024u * 1024)

enum { OPTION_DOMAIN, OPTION_SELECTOR, OPTION_FILE, OPTION_TYPE, OPTION_BITS };

/* What every command of the three is told, and the file of the key. */
static const struct words_option keygen_options[] = {
	{ "--domain", true }, { "--selector", true }, { "--out", true }, { "--type", true }, { "--bits", true }, { NULL }
};
static const struct words_option key_options[] = { { "--domain", true }, { "--selector", true }, { "--key", true }, { NULL } };

struct dkim_asked {
	const struct options *options;
	const struct words *words;
	struct complaints *complaints;
	const char *domain, *selector, *file;
	struct dkim_key *key;
};

/* What a command does once its words are known to be good. Returns NULL; or what is wrong with further words of its own. */
typedef const char *dkim_fn(struct dkim_asked *asked);

static dkim_fn keygen, record, sign;

static const struct {
	const char *name, *called;
	const struct words_option *options;
	dkim_fn *run;
} dkim_commands[] = {
	{ "keygen", "dkim keygen", keygen_options, keygen },
	{ "record", "dkim record", key_options, record },
	{ "sign", "dkim sign", key_options, sign },
};
#define DKIM_COMMANDS (sizeof(dkim_commands) / sizeof(*dkim_commands))

/* As a line of a zone file, in strings of at most 255 octets. */
static void
record_print(const struct dkim_asked *asked)
{
	struct row row = { .fields_count = 0 };
	char name[300];
	struct buf text;

	buf_init(&text, DKIM_RECORD_MAX);
	dkim_key_record(asked->key, &text);
	snprintf(name, sizeof(name), "%s._domainkey.%s", asked->selector, asked->domain);
	if (asked->options->json) {
		row_text(&row, "file", span_of(asked->file));
		row_text(&row, "name", span_of(name));
		row_text(&row, "type", span_of(dkim_key_type(asked->key)));
		row_number(&row, "bits", dkim_key_bits(asked->key));
		row_text(&row, "text", buf_span(&text));
		print_json(&row);
	} else {
		printf("%s. IN TXT", name);
		for (struct span rest = buf_span(&text); rest.length > 0; rest = span_skip(rest, STRING_OCTETS_MAX))
			printf(" \"%.*s\"", SPAN_ARG(span_first(rest, STRING_OCTETS_MAX)));
		printf("\n");
	}
	buf_clear(&text);
}

/* A new file that only its owner reads; never one that was there. Returns NULL, or why not. */
static const char *
key_keep(const struct dkim_key *key, const char *file)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	const char *why = NULL;
	struct buf pem;

	if (fd < 0)
		return errno == EEXIST ? "it is there already, and keys are never overwritten" : strerror(errno);
	buf_init(&pem, DKIM_PEM_MAX);
	dkim_key_write(key, &pem);
	if (fchmod(fd, 0600) < 0 || file_write_at(fd, buf_span(&pem).data, buf_length(&pem), 0) < 0 || fsync(fd) < 0) {
		why = strerror(errno);
		unlink(file);
	}
	buf_wipe(&pem);
	file_close(&fd);
	return why;
}

static const char *
keygen(struct dkim_asked *asked)
{
	const struct words *words = asked->words;
	struct span type = words->is_given[OPTION_TYPE] ? words->value[OPTION_TYPE] : SPAN("rsa");
	uint64_t bits = DKIM_RSA_BITS_LEAST;
	const char *why;

	if (!span_equal(type, SPAN("rsa")) && !span_equal(type, SPAN("ed25519")))
		return "--type: rsa or ed25519 is expected";
	if (words->is_given[OPTION_BITS] && !span_equal(type, SPAN("rsa")))
		return "--bits: keys of Ed25519 have one size";
	if (words->is_given[OPTION_BITS] && (!span_to_u64(words->value[OPTION_BITS], DKIM_RSA_BITS_MOST, &bits) || bits < DKIM_RSA_BITS_LEAST))
		return "--bits: 2048 to 4096 are expected, which every verifier knows (RFC 8301 3.2)";
	asked->key = dkim_key_make(type, (unsigned)bits);
	why = key_keep(asked->key, asked->file);
	if (why != NULL)
		complaints_add(asked->complaints, asked->file, 0, "%s", why);
	else
		record_print(asked);
	return NULL;
}

/* Returns false with a complaint. */
static bool
key_load(struct dkim_asked *asked)
{
	struct buf pem;
	const char *why;

	buf_init(&pem, DKIM_PEM_MAX + 1);
	why = material_read(asked->file, DKIM_PEM_MAX, &pem);
	if (why == NULL)
		why = dkim_key_read(buf_span(&pem), &asked->key);
	buf_wipe(&pem);
	if (why != NULL)
		complaints_add(asked->complaints, asked->file, 0, "%s", why);
	return why == NULL;
}

static const char *
record(struct dkim_asked *asked)
{
	if (key_load(asked))
		record_print(asked);
	return NULL;
}

/* Append it with CRLF for every line end that is a lone LF: mail is signed as it travels (RFC 6376 5.3). */
static bool
lines_add(struct buf *message, struct span octets, char *last)
{
	for (size_t i = 0; i < octets.length; i++) {
		bool is_lone = octets.data[i] == '\n' && *last != '\r';

		if ((is_lone && !buf_add(message, SPAN("\r"))) || !buf_add(message, span_make(octets.data + i, 1)))
			return false;
		*last = octets.data[i];
	}
	return true;
}

/* The message of standard input. Returns NULL, or why not. */
static const char *
message_read(struct buf *message)
{
	char octets[READ_OCTETS], last = '\0';
	size_t length;

	while ((length = fread(octets, 1, sizeof(octets), stdin)) > 0)
		if (!lines_add(message, span_make(octets, length), &last))
			return "the message is larger than 256 MiB";
	return ferror(stdin) ? strerror(errno) : NULL;
}

/* Where the header ends: behind the line end in front of the first empty line. */
static size_t
header_length(struct span message)
{
	const char *end = message.length == 0 ? NULL : memmem(message.data, message.length, "\r\n\r\n", 4);

	if (span_starts(message, SPAN("\r\n")))
		return 0;
	return end == NULL ? message.length : (size_t)(end - message.data) + 2;
}

static void
signed_print(const struct dkim_asked *asked, struct span field, struct span message)
{
	struct row row = { .fields_count = 0 };

	if (asked->options->json) {
		row_text(&row, "field", field);
		print_json(&row);
		return;
	}
	fwrite(field.data, 1, field.length, stdout);
	fwrite(message.data, 1, message.length, stdout);
}

static const char *
message_sign(struct dkim_asked *asked, struct span message, struct buf *field)
{
	struct dkim_signer *signer = dkim_signer_new(asked->key, asked->domain, asked->selector);
	size_t header = header_length(message);
	const char *why;

	dkim_signer_body(signer, span_skip(message, header + 2));
	why = dkim_signer_end(signer, span_first(message, header), time(NULL), field);
	dkim_signer_free(&signer);
	return why;
}

static const char *
sign(struct dkim_asked *asked)
{
	struct buf message, field;
	const char *why;

	if (!key_load(asked))
		return NULL;
	buf_init(&message, MESSAGE_OCTETS_MAX);
	buf_init(&field, FIELD_OCTETS_MAX);
	why = message_read(&message);
	if (why == NULL)
		why = message_sign(asked, buf_span(&message), &field);
	if (why != NULL)
		complaints_add(asked->complaints, "", 0, "%s", why);
	else
		signed_print(asked, buf_span(&field), buf_span(&message));
	buf_clear(&field);
	buf_clear(&message);
	return NULL;
}

/* Fills what all three need. Returns NULL, or what is wrong with the words. */
static const char *
words_check(struct dkim_asked *asked, struct arena *arena, const struct words_option *options)
{
	const struct words *words = asked->words;
	struct span domain = words->value[OPTION_DOMAIN];

	if (words->plain_count > 0 || !words->is_given[OPTION_DOMAIN] || !words->is_given[OPTION_SELECTOR] || !words->is_given[OPTION_FILE])
		return options == keygen_options ? "--domain, --selector and --out are all needed, and no other words" :
		    "--domain, --selector and --key are all needed, and no other words";
	if (domain.length > 1 && domain.data[domain.length - 1] == '.')
		domain = span_first(domain, domain.length - 1);
	asked->domain = arena_lower(arena, domain).data;
	asked->selector = words->value[OPTION_SELECTOR].data;
	asked->file = words->value[OPTION_FILE].data;
	return dkim_names_wrong(domain, words->value[OPTION_SELECTOR]);
}

static int
dkim_do(const struct options *options, struct arena *arena, size_t command, const struct words *words)
{
	struct dkim_asked asked = { .options = options, .words = words, .complaints = must_alloc(sizeof(*asked.complaints)) };
	const char *why = words_check(&asked, arena, dkim_commands[command].options);
	int code;

	complaints_init(asked.complaints);
	if (why == NULL)
		why = dkim_commands[command].run(&asked);
	complain(options, asked.complaints);
	code = asked.complaints->errors == 0 ? EX_OK : 1;
	if (why != NULL)
		code = ctl_usage("%s: %s", dkim_commands[command].called, why);
	dkim_key_free(&asked.key);
	complaints_clear(asked.complaints);
	free(asked.complaints);
	return code;
}

int
dkim_run(const struct options *options, int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct words words;
	size_t command = 0;
	int code = EX_USAGE;

	while (command < DKIM_COMMANDS - 1 && strcmp(dkim_commands[command].name, argv[0]) != 0)
		command++;
	if (words_read(arena, dkim_commands[command].called, argc, argv, dkim_commands[command].options, &words))
		code = dkim_do(options, arena, command, &words);
	arena_free(&arena);
	return code;
}
