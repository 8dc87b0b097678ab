/*
 * Reports on TLS for others to read (test_tlsrpt_document.py): FOLDER gets NAME.json, NAME.gz, NAME.header and NAME.body for each row
 * of the table of samples. Standard input has what strangers say, one string a line, in hexadecimal digits: "strange" is made of that.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "report/tlsrpt_json.h"
#include "report/tlsrpt_mail.h"

#define STRINGS_MOST 4096
#define OCTETS_MOST (4u * 1024 * 1024)
#define PATH_OCTETS 1024
#define SPAN_LITERAL(literal) { (literal), sizeof(literal) - 1 }

static struct span strings[STRINGS_MOST];
static uint32_t strings_count;
static struct tlsrpt_failure strange_failures[STRINGS_MOST];

static const struct span sts_lines[] = { SPAN_LITERAL("version: STSv1"), SPAN_LITERAL("mode: enforce"), SPAN_LITERAL("mx: mx1.example.net"),
	SPAN_LITERAL("mx: *.backup.example.net"), SPAN_LITERAL("max_age: 604800") };
static const struct span sts_patterns[] = { SPAN_LITERAL("mx1.example.net"), SPAN_LITERAL("*.backup.example.net") };
static const struct span tlsa_records[] = {
	SPAN_LITERAL("3 1 1 B111DD8A1C2091A89BD4FD60C57F0716CCE50FEEFF8137CDBEE0326E02CF362B"),
	SPAN_LITERAL("2 0 1 00000000000000000000000000000000000000000000000000000000000000FF") };

/* One row for each result type that sessions can have; a session is in the first two. */
static const struct tlsrpt_failure sts_failures[] = {
	{ .reason = SPAN_LITERAL("certificate-expired"), .detail = SPAN_LITERAL("since 2026-02-20"),
	    .mx_host = SPAN_LITERAL("mx1.example.net"), .mx_helo = SPAN_LITERAL("mx1.example.net"),
	    .sending_mta = { .family = 4, .octets = { 8, 8, 4, 4 } },
	    .receiving = { .family = 4, .octets = { 203, 0, 113, 58 } }, .sessions = 100 },
	{ .reason = SPAN_LITERAL("certificate-name-mismatch"), .mx_host = SPAN_LITERAL("mx1.example.net"),
	    .sending_mta = { .family = 6, .octets = { 0x26, 0x06, 0x47, [15] = 0x11 } },
	    .receiving = { .family = 6, .octets = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } }, .sessions = 100 },
	{ .reason = SPAN_LITERAL("starttls-not-supported"), .mx_host = SPAN_LITERAL("mx2.backup.example.net"),
	    .sending_mta = { .family = 4, .octets = { 10, 0, 0, 1 } },
	    .receiving = { .family = 6, .octets = { [10] = 0xff, 0xff, 203, 0, 113, 56 } }, .sessions = 200,
	    .information = SPAN_LITERAL("https://relay.example/starttls") },
	{ .reason = SPAN_LITERAL("peer-alert"), .detail = SPAN_LITERAL("handshake_failure (40)"),
	    .mx_host = SPAN_LITERAL("mx1.example.net"), .sessions = 3 },
	{ .reason = SPAN_LITERAL("tls-error"), .result_type = SPAN_LITERAL("sts-policy-fetch-error"),
	    .detail = SPAN_LITERAL("404"), .sessions = 1 },
};
static const struct tlsrpt_failure tlsa_failures[] = {
	{ .reason = SPAN_LITERAL("dane-mismatch"), .mx_host = SPAN_LITERAL("mx1.example.net"), .sessions = 7 },
};
static const struct tlsrpt_policy full_policies[] = {
	{ .type = TLSRPT_POLICY_STS, .domain = SPAN_LITERAL("example.net"), .strings = sts_lines, .strings_count = 5,
	    .mx_hosts = sts_patterns, .mx_hosts_count = 2, .successful = 5326, .failed = 304,
	    .failures = sts_failures, .failures_count = 5 },
	{ .type = TLSRPT_POLICY_TLSA, .domain = SPAN_LITERAL("mx1.example.net"), .strings = tlsa_records, .strings_count = 2,
	    .successful = 5400, .failed = 7, .failures = tlsa_failures, .failures_count = 1 },
	{ .type = TLSRPT_POLICY_NONE, .domain = SPAN_LITERAL("example.net"), .successful = 2 },
};
static const struct tlsrpt_policy good_policies[] = {
	{ .type = TLSRPT_POLICY_NONE, .domain = SPAN_LITERAL("example.net"), .successful = 17 },
};
/* What strangers say is everywhere where strangers can say something. */
static struct tlsrpt_policy strange_policies[] = {
	{ .type = TLSRPT_POLICY_STS, .domain = SPAN_LITERAL("example.net"), .strings = strings, .mx_hosts = strings, .failed = UINT64_MAX,
	    .failures = strange_failures },
};

#define LABEL "a23456789-123456789-123456789-123456789-123456789-123456789-123."

#define REPORT(of, a_domain, a_contact, an_id, a_part) \
	{ .organization = SPAN_LITERAL("Example Relay"), .contact = SPAN_LITERAL(a_contact), .id = SPAN_LITERAL(an_id), \
	    .part = SPAN_LITERAL(a_part), .domain = SPAN_LITERAL(a_domain), .begin_s = 1772323200, .end_s = 1772409599, .policies = of, \
	    .policies_count = sizeof(of) / sizeof(*(of)) }

static const struct {
	const char *name;
	struct tlsrpt_report report;
} samples[] = {
	{ "full", REPORT(full_policies, "example.net", "tls@relay.example", "20260301.7", "") },
	{ "good", REPORT(good_policies, "example.net", "tls@relay.example", "20260301.7", "2") },
	{ "strange", REPORT(strange_policies, "example.net", "tls@relay.example", "20260301.7", "") },
	{ "long", REPORT(good_policies, LABEL LABEL LABEL "example.net", "tls@" LABEL LABEL LABEL "relay.example",
	    "2026-03-01+tlsa." LABEL LABEL LABEL "example.net+" LABEL LABEL LABEL "mx.relay.example", "") },
};

static void
strings_read(struct arena *arena)
{
	static char line[2 * OCTETS_MOST];

	while (strings_count < STRINGS_MOST && fgets(line, sizeof(line), stdin) != NULL) {
		size_t length = strcspn(line, "\n") / 2;
		char *octets = arena_alloc(arena, length + 1);

		for (size_t i = 0; i < length; i++) {
			char digits[3] = { line[2 * i], line[2 * i + 1], '\0' };

			octets[i] = (char)strtoul(digits, NULL, 16);
		}
		strings[strings_count] = span_make(octets, length);
		strange_failures[strings_count] = (struct tlsrpt_failure){ .reason = SPAN("peer-alert"), .detail = strings[strings_count],
			.mx_host = strings[strings_count], .mx_helo = strings[strings_count], .information = strings[strings_count],
			.result_type = strings_count % 2 ? SPAN("") : strings[strings_count], .sessions = STRINGS_MOST - strings_count };
		strings_count++;
	}
	strange_policies[0].strings_count = strange_policies[0].mx_hosts_count = strange_policies[0].failures_count = strings_count;
}

/* Give up when anything cannot be written: there is no sample then. */
static void
write_file(const char *folder, const char *name, const char *end, const struct buf *octets)
{
	char path[PATH_OCTETS];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.%s", folder, name, end);
	file = fopen(path, "w");
	if (file == NULL || fwrite(octets->data + octets->start, 1, buf_length(octets), file) != buf_length(octets) || fclose(file) != 0) {
		perror(path);
		exit(1);
	}
}

static void
must_be_true(bool is_written, const char *what)
{
	if (is_written)
		return;
	fprintf(stderr, "%s is refused\n", what);
	exit(1);
}

static void
sample_write(const char *folder, const char *name, const struct tlsrpt_report *report)
{
	struct buf json, compressed, text;
	struct tlsrpt_mail mail = { .report = report, .to = SPAN("reports@example.net"), .hostname = "mx.relay.example", .mid = { 1, 2 },
		.now_s = 1772416800 };

	buf_init(&json, TLSRPT_JSON_OCTETS);
	buf_init(&compressed, TLSRPT_JSON_OCTETS);
	buf_init(&text, TLSRPT_BODY_OCTETS);
	must_be_true(tlsrpt_json_write(&json, report), name);
	write_file(folder, name, "json", &json);
	must_be_true(tlsrpt_json_compress(&compressed, buf_span(&json)), name);
	write_file(folder, name, "gz", &compressed);
	tlsrpt_mail_begin(&mail);
	mail.compressed = buf_span(&compressed);
	must_be_true(tlsrpt_mail_write_header(&text, &mail), name);
	write_file(folder, name, "header", &text);
	buf_empty(&text);
	must_be_true(tlsrpt_mail_write_body(&text, &mail), name);
	write_file(folder, name, "body", &text);
	buf_clear(&json);
	buf_clear(&compressed);
	buf_clear(&text);
}

int
main(int argc, char *argv[])
{
	struct arena *arena = arena_new();

	if (argc != 2) {
		fprintf(stderr, "usage: tlsrpt_samples FOLDER < STRINGS\n");
		return 2;
	}
	strings_read(arena);
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++)
		sample_write(argv[1], samples[i].name, &samples[i].report);
	arena_free(&arena);
	return 0;
}
