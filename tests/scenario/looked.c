/* Questions encoded, answers decoded and written out. */
#include "tests/scenario/looked.h"

#include <inttypes.h>
#include <stdio.h>

#include "ipc/report_asks.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_channel.h"
#include "tests/scenario/told.h"

#define ANSWERS 128
#define LINE 16384

static char lines[ANSWERS][LINE];
static unsigned transcripts[ANSWERS];
static unsigned written, taken;

static size_t
octet_write(char *out, size_t room, char octet)
{
	if (octet == '\n')
		return (size_t)snprintf(out, room, "\\n");
	if (octet < ' ' || octet > '~')
		return (size_t)snprintf(out, room, "\\x%02x", (unsigned char)octet);
	return (size_t)snprintf(out, room, "%c", octet);
}

static size_t
text_write(char *out, size_t room, const char *before, struct span text, const char *behind)
{
	size_t at = (size_t)snprintf(out, room, "%s", before);

	for (size_t i = 0; i < text.length; i++)
		at += octet_write(out + at, room - at, text.data[i]);
	if (text.length == 0 && *behind != '"')
		at += (size_t)snprintf(out + at, room - at, "-");
	return at + (size_t)snprintf(out + at, room - at, "%s", behind);
}

static void
on_other(uint16_t type, struct span payload)
{
	static const char *const ends[LOOK_ENDS] = { [LOOK_SEEN] = "seen", [LOOK_GONE] = "gone", [LOOK_UNKNOWN] = "unknown" };
	struct looked looked;
	char address[IP_TEXT], *line = lines[written % ANSWERS];
	size_t at;

	if (type != ASKS_LOOKED || !looked_decode(payload, &looked) || written - taken == ANSWERS)
		fake_fail("what is said to report is no answer to a look, or there are many");
	transcripts[written++ % ANSWERS] = (unsigned)looked.transcript.length;
	at = (size_t)snprintf(line, LINE, "%" PRIu64 " %s ", looked.id, ends[looked.end]);
	at += text_write(line + at, LINE - at, "", looked.host, " ");
	at += text_write(line + at, LINE - at, "", looked.ip.family == 0 ? SPAN("") : span_of(ip_format(looked.ip, address)), " ");
	at += text_write(line + at, LINE - at, "", looked.reason, " ");
	at += text_write(line + at, LINE - at, "", looked.verdict, " ");
	at += text_write(line + at, LINE - at, "", looked.version, " ");
	at += text_write(line + at, LINE - at, "", looked.cipher, " ");
	at += (size_t)snprintf(line + at, LINE - at, "%" PRId64 " ", looked.expires_s);
	at += text_write(line + at, LINE - at, "\"", looked.certificate, "\" ");
	at += text_write(line + at, LINE - at, "\"", looked.detail, "\" ");
	at += text_write(line + at, LINE - at, "banner=\"", looked.banner, "\" ");
	text_write(line + at, LINE - at, "talk=\"", looked.transcript, "\"");
}

bool
looked_ask(unsigned id, const char *domain, const char *host)
{
	const struct look look = { id, span_of(domain), span_of(host) };
	struct buf out = { .ceiling = 1000 };
	bool good;

	told_other(on_other);
	look_encode(&out, &look);
	good = fake_channel_deliver(fake_channel_last("report"), ASKS_LOOK, buf_span(&out), -1);
	buf_clear(&out);
	return good;
}

const char *
looked_take(void)
{
	told_read();
	return taken == written ? NULL : lines[taken++ % ANSWERS];
}

unsigned
looked_transcript(void)
{
	return transcripts[(taken - 1) % ANSWERS];
}
