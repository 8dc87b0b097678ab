/* What the octets of a conversation cost: commands, replies, header fields, content in, content out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "mail/envelope.h"
#include "mail/header.h"
#include "smtp/address.h"
#include "smtp/capability.h"
#include "smtp/command.h"
#include "smtp/data.h"
#include "smtp/dotstuff.h"
#include "smtp/params.h"
#include "smtp/reply.h"

#define SMALL 4096
#define LARGE 65536

static char small[SMALL], large[LARGE], stuffed_large[LARGE * 2], only_dots[LARGE];
static size_t stuffed_length;

static void
must(bool good)
{
	if (!good)
		abort();
}

/* Header fields and lines of 73 octets, CRLF at the end of all. */
static void
text_make(char *out, size_t size)
{
	static const char header[] = "Received: from client.example ([192.0.2.1])\r\n\tby relay.example with ESMTPS id 1;\r\n"
	    "\tSun, 22 Nov 2026 10:00:00 +0000\r\nFrom: <sender@client.example>\r\nTo: <recipient@dest.example>\r\n"
	    "Subject: a message of the usual kind\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@client.example>\r\n\r\n";
	static const char row[] = "The quick brown fox jumps over the lazy dog, and the dog lets it pass.\r\n";
	size_t length = sizeof(header) - 1;

	memcpy(out, header, length);
	while (length < size) {
		size_t part = size - length < sizeof(row) - 1 ? size - length : sizeof(row) - 1;

		memcpy(out + length, row, part);
		length += part;
	}
	memcpy(out + size - 2, "\r\n", 2);
}

static void
texts_make(void)
{
	text_make(small, SMALL);
	text_make(large, LARGE);
	for (size_t i = 0; i + 4 <= LARGE; i += 4)
		memcpy(only_dots + i, "..\r\n", 4);
	for (size_t i = 0; i < LARGE; i++) {	/* every line begins with a dot */
		if (i == 0 || large[i - 1] == '\n') {
			stuffed_large[stuffed_length++] = '.';
			stuffed_large[stuffed_length++] = '.';
		}
		stuffed_large[stuffed_length++] = large[i];
	}
}

static void
command_of(struct span line, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		struct command_reader reader = { false };
		struct command command;
		const char *why;
		size_t used;

		must(command_read(&reader, line, &used, &command, &why) == PARSE_DONE);
		bench_keep(&command);
	}
}

static void
command_mail(uint64_t count)
{
	command_of(SPAN("MAIL FROM:<sender@client.example> SIZE=4096 BODY=8BITMIME\r\n"), count);
}

static void
command_rcpt(uint64_t count)
{
	command_of(SPAN("RCPT TO:<recipient@dest.example>\r\n"), count);
}

static void
params_mail(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		struct mail_params params;

		must(mail_params_parse(SPAN(" SIZE=4096 BODY=8BITMIME RET=HDRS ENVID=QQ314159"), &params) == STATUS_NONE);
		bench_keep(&params);
	}
}

static void
reply_of(struct span text, uint64_t count)
{
	struct reply_parser parser;

	reply_parser_init(&parser);
	for (uint64_t i = 0; i < count; i++) {
		struct span octets = text;
		struct reply reply;

		must(reply_next(&parser, &octets, &reply) == PARSE_DONE);
		bench_keep(&reply);
	}
	reply_parser_clear(&parser);
}

static void
reply_short(uint64_t count)
{
	reply_of(SPAN("250 2.1.5 recipient ok\r\n"), count);
}

static void
reply_names(uint64_t count)
{
	reply_of(SPAN("250-mx.dest.example\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n"
	    "250-CHUNKING\r\n250 ENHANCEDSTATUSCODES\r\n"), count);
}

static void
header_small(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		struct header header = { .length = 0 };

		header_look(&header, span_make(small, SMALL));
		must(header_is_over(&header) && header.count[HEADER_RECEIVED] == 1);
	}
}

static void
content_in(struct span text, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		struct data data;
		struct span rest = text, piece;

		data_init(&data, true, false);
		while (data_next(&data, &rest, &piece))
			bench_keep(piece.data);
		must(data.faults == 0);
	}
}

static void
content_in_small(uint64_t count)
{
	content_in(span_make(small, SMALL), count);
}

static void
content_in_large(uint64_t count)
{
	content_in(span_make(large, LARGE), count);
}

static void
content_in_dotted(uint64_t count)
{
	content_in(span_make(stuffed_large, stuffed_length), count);
}

static void
content_in_dots(uint64_t count)
{
	content_in(span_make(only_dots, LARGE), count);
}

static void
content_out(struct span text, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		struct dotstuff dotstuff;
		struct span rest = text, piece;

		dotstuff_init(&dotstuff, true);
		while (dotstuff_next(&dotstuff, &rest, &piece))
			bench_keep(piece.data);
		bench_keep(dotstuff_end(&dotstuff).data);
		must(!dotstuff.is_bad);
	}
}

static void
content_out_small(uint64_t count)
{
	content_out(span_make(small, SMALL), count);
}

static void
content_out_large(uint64_t count)
{
	content_out(span_make(large, LARGE), count);
}

static void
content_out_dots(uint64_t count)
{
	content_out(span_make(only_dots, LARGE), count);
}

static const struct bench benches[] = {
	{ .name = "command: MAIL line", .run = command_mail },
	{ .name = "command: RCPT line", .run = command_rcpt },
	{ .name = "command: parameters of MAIL", .run = params_mail },
	{ .name = "reply: one line", .run = reply_short },
	{ .name = "reply: to EHLO, 8 lines", .run = reply_names },
	{ .name = "header: 4 KiB message", .run = header_small },
	{ .name = "data: 4 KiB in", .run = content_in_small, .octets = SMALL },
	{ .name = "data: 64 KiB in", .run = content_in_large, .octets = LARGE },
	{ .name = "data: 64 KiB in, each line dotted", .run = content_in_dotted, .octets = LARGE },
	{ .name = "data: 64 KiB in, lines of a dot", .run = content_in_dots, .octets = LARGE },
	{ .name = "dotstuff: 4 KiB out", .run = content_out_small, .octets = SMALL },
	{ .name = "dotstuff: 64 KiB out", .run = content_out_large, .octets = LARGE },
	{ .name = "dotstuff: 64 KiB out, lines of a dot", .run = content_out_dots, .octets = LARGE },
	{ .name = NULL }
};

int
main(int argc, char **argv)
{
	texts_make();
	return bench_main(argc, argv, benches);
}
