/* Envelopes and outcomes that use every field, for the messages that carry them. */
#ifndef TESTS_UNIT_LIB_IPC_SAMPLES_H
#define TESTS_UNIT_LIB_IPC_SAMPLES_H

#include "mail/envelope.h"
#include "mail/outcome.h"

/* SPAN() for what stands outside of functions. */
#define SAMPLE(literal) { (literal), sizeof(literal) - 1 }

static struct recipient sample_recipients[] = {
	{ SAMPLE("a@example.org"), SAMPLE("rfc822;a+40example.org"), NOTIFY_SUCCESS | NOTIFY_DELAY },
	{ SAMPLE("\"b c\"@example.org"), SAMPLE(""), NOTIFY_NEVER },
	{ SAMPLE("\xc3\xbc@example.net"), SAMPLE(""), NOTIFY_DEFAULT },
};

static const struct envelope sample_envelope = {
	.mid = { UINT64_C(0x3ffffffffffff), 12345 },
	.arrival_ms = INT64_C(1800000000123),
	.flags = ENVELOPE_8BIT | ENVELOPE_SMTPUTF8 | ENVELOPE_8BITMIME,
	.ret = RET_HDRS,
	.envid = SAMPLE("QQ+2B314"),
	.sender = SAMPLE("sender@example.com"),
	.client_name = SAMPLE("client.example"),
	.client_ip = { { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 }, 6 },
	.client_uid = UINT32_MAX,
	.body = { .offset = UINT64_C(1) << 40, .length = 4711, .chunks = 2, .key = { 1, 2, 3, [31] = 255 } },
	.recipients = sample_recipients,
	.recipients_count = 3,
};

static const struct outcome sample_outcomes[] = {
	{ .kind = OUTCOME_DELIVERED, .scope = OUTCOME_OF_RECIPIENT, .is_remote = true, .relayed = true, .code = 250,
	  .status = SAMPLE("2.1.5"), .text = SAMPLE("Ok: queued as 4711"), .mx = SAMPLE("mx1.example.org"),
	  .address = SAMPLE("192.0.2.25"), .tls = SAMPLE("verify:pkix") },
	{ .kind = OUTCOME_LATER, .scope = OUTCOME_OF_SITE, .is_policy = true, .status = SAMPLE("4.7.5"),
	  .reason = SAMPLE("certificate-expired"), .text = SAMPLE("its certificate has expired"), .because = SAMPLE("dane"),
	  .verdict = SAMPLE("misconfiguration"), .evidence = SAMPLE("It is its own.") },
	{ .kind = OUTCOME_FAILED, .scope = OUTCOME_OF_MESSAGE, .is_remote = true, .code = 554, .status = SAMPLE("5.6.0"),
	  .text = SAMPLE("\r\n\0\xff") },
};

#endif
