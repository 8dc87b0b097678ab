/* Tests of src/report/tlsrpt_json.c: reports on TLS, octet for octet, and what never gets into one (RFC 8460 4). */
#include "report/tlsrpt_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "tests/unit/unit.h"

#define BEGIN_S 1772323200	/* 2026-03-01, V10 */
#define END_S 1772409599
#define FFFD "\xef\xbf\xbd"

static struct buf out = { .ceiling = 4u * 1024 * 1024 };

static struct ip
address(const char *text)
{
	struct ip ip = { .family = 0 };

	ck_assert(text[0] == '\0' || ip_parse(span_of(text), &ip));
	return ip;
}

static struct tlsrpt_report
report_of(const struct tlsrpt_policy *policies, uint32_t count)
{
	return (struct tlsrpt_report){ .organization = SPAN("Example Relay"), .contact = SPAN("tls@relay.example"),
		.id = SPAN("20260301.7"), .domain = SPAN("example.net"), .begin_s = BEGIN_S, .end_s = END_S,
		.policies = policies, .policies_count = count };
}

static struct span
written(const struct tlsrpt_report *report)
{
	buf_empty(&out);
	ck_assert(tlsrpt_json_write(&out, report));
	return buf_span(&out);
}

/* The JSON of a report with one failure. */
static char *
written_with(struct tlsrpt_failure failure)
{
	struct tlsrpt_policy policy = { .type = TLSRPT_POLICY_STS, .domain = SPAN("example.net"), .failed = 1, .failures = &failure,
		.failures_count = 1 };
	struct tlsrpt_report report = report_of(&policy, 1);
	struct span text = written(&report);

	return strndup(text.data, text.length);
}

static bool
has(const char *text, const char *words)
{
	return strstr(text, words) != NULL;
}

/* R12, R15, R16, R17, V10 */
START_TEST(a_report_is_this_to_the_octet)
{
	static const char expected[] =
	    "{\n"
	    "  \"organization-name\": \"Example Relay\",\n"
	    "  \"date-range\": {\n"
	    "    \"start-datetime\": \"2026-03-01T00:00:00Z\",\n"
	    "    \"end-datetime\": \"2026-03-01T23:59:59Z\"\n"
	    "  },\n"
	    "  \"contact-info\": \"tls@relay.example\",\n"
	    "  \"report-id\": \"20260301.7@relay.example\",\n"
	    "  \"policies\": [\n"
	    "    {\n"
	    "      \"policy\": {\n"
	    "        \"policy-type\": \"sts\",\n"
	    "        \"policy-string\": [\n"
	    "          \"version: STSv1\",\n"
	    "          \"mode: testing\",\n"
	    "          \"mx: *.example.net\",\n"
	    "          \"max_age: 86400\"\n"
	    "        ],\n"
	    "        \"policy-domain\": \"example.net\",\n"
	    "        \"mx-host\": [\n"
	    "          \"*.example.net\"\n"
	    "        ]\n"
	    "      },\n"
	    "      \"summary\": {\n"
	    "        \"total-successful-session-count\": 5326,\n"
	    "        \"total-failure-session-count\": 303\n"
	    "      },\n"
	    "      \"failure-details\": [\n"
	    "        {\n"
	    "          \"result-type\": \"starttls-not-supported\",\n"
	    "          \"sending-mta-ip\": \"2a00:1450:4013::1\",\n"
	    "          \"receiving-mx-hostname\": \"mx2.example.net\",\n"
	    "          \"receiving-ip\": \"203.0.113.56\",\n"
	    "          \"failed-session-count\": 203,\n"
	    "          \"additional-information\": \"https://relay.example/tls\",\n"
	    "          \"failure-reason-code\": \"starttls-mangled\"\n"
	    "        },\n"
	    "        {\n"
	    "          \"result-type\": \"certificate-expired\",\n"
	    "          \"sending-mta-ip\": \"8.8.4.4\",\n"
	    "          \"receiving-mx-hostname\": \"mx1.example.net\",\n"
	    "          \"receiving-mx-helo\": \"mx1.example.net\",\n"
	    "          \"receiving-ip\": \"2001:db8::7\",\n"
	    "          \"failed-session-count\": 100,\n"
	    "          \"failure-reason-code\": \"certificate-expired: 10 days ago\"\n"
	    "        }\n"
	    "      ]\n"
	    "    },\n"
	    "    {\n"
	    "      \"policy\": {\n"
	    "        \"policy-type\": \"no-policy-found\",\n"
	    "        \"policy-domain\": \"example.net\"\n"
	    "      },\n"
	    "      \"summary\": {\n"
	    "        \"total-successful-session-count\": 1,\n"
	    "        \"total-failure-session-count\": 0\n"
	    "      },\n"
	    "      \"failure-details\": []\n"
	    "    },\n"
	    "    {\n"
	    "      \"policy\": {\n"
	    "        \"policy-type\": \"tlsa\",\n"
	    "        \"policy-string\": [\n"
	    "          \"3 1 1 0A0B\"\n"
	    "        ],\n"
	    "        \"policy-domain\": \"mx1.example.net\"\n"
	    "      },\n"
	    "      \"summary\": {\n"
	    "        \"total-successful-session-count\": 2,\n"
	    "        \"total-failure-session-count\": 0\n"
	    "      },\n"
	    "      \"failure-details\": []\n"
	    "    }\n"
	    "  ]\n"
	    "}\n";
	struct span lines[] = { SPAN("version: STSv1"), SPAN("mode: testing"), SPAN("mx: *.example.net"), SPAN("max_age: 86400") };
	struct span patterns[] = { SPAN("*.example.net") }, records[] = { SPAN("3 1 1 0A0B") };
	struct tlsrpt_failure failures[] = {
		{ .reason = SPAN("certificate-expired"), .detail = SPAN("10 days ago"), .sending_mta = address("8.8.4.4"), .sessions = 100,
		    .mx_host = SPAN("mx1.example.net"), .mx_helo = SPAN("mx1.example.net"), .receiving = address("2001:db8:0:0:0:0:0:7") },
		{ .reason = SPAN("starttls-mangled"), .sending_mta = address("2a00:1450:4013::1"), .mx_host = SPAN("mx2.example.net"),
		    .receiving = address("203.0.113.56"), .sessions = 203, .information = SPAN("https://relay.example/tls") },
	};
	struct tlsrpt_policy policies[] = {
		{ .type = TLSRPT_POLICY_TLSA, .domain = SPAN("mx1.example.net"), .strings = records, .strings_count = 1, .successful = 2 },
		{ .type = TLSRPT_POLICY_NONE, .domain = SPAN("example.net"), .successful = 1 },
		{ .type = TLSRPT_POLICY_STS, .domain = SPAN("example.net"), .strings = lines, .strings_count = 4, .mx_hosts = patterns,
		    .mx_hosts_count = 1, .successful = 5326, .failed = 303, .failures = failures, .failures_count = 2 },
	};
	struct tlsrpt_report report = report_of(policies, 3);

	ck_span_eq(written(&report), expected);
}
END_TEST

START_TEST(order_of_what_is_known_does_not_matter)
{
	struct tlsrpt_failure failures[] = {
		{ .reason = SPAN("tls-error"), .detail = SPAN("a"), .sessions = 1 },
		{ .reason = SPAN("tls-error"), .detail = SPAN("b"), .sessions = 1 },
		{ .reason = SPAN("tls-error"), .mx_host = SPAN("x"), .sessions = 1 },
		{ .reason = SPAN("tls-error"), .mx_helo = SPAN("x"), .sessions = 1 },
		{ .reason = SPAN("tls-error"), .receiving = address("192.0.2.1"), .sessions = 1 },
		{ .reason = SPAN("tls-error"), .receiving = address("2001:db8::1"), .sessions = 1 },
		{ .reason = SPAN("dane-required"), .sessions = 1 },
		{ .reason = SPAN("not-tls"), .sessions = 7 },
	};
	const uint32_t count = sizeof(failures) / sizeof(*failures);
	struct span line = SPAN("mode: none");
	struct tlsrpt_policy policies[] = {
		{ .type = TLSRPT_POLICY_STS, .domain = SPAN("b"), .failures = failures, .failures_count = count },
		{ .type = TLSRPT_POLICY_TLSA, .domain = SPAN("b") }, { .type = TLSRPT_POLICY_STS, .domain = SPAN("a") },
		{ .type = TLSRPT_POLICY_STS, .domain = SPAN("b"), .strings = &line, .strings_count = 1 },
	};
	struct tlsrpt_report report = report_of(policies, 4);
	struct span text = written(&report);
	char *first = strndup(text.data, text.length);

	for (uint32_t turn = 0; turn < count; turn++) {
		struct tlsrpt_failure moved = failures[0];
		struct tlsrpt_policy policy = policies[0];

		memmove(failures, failures + 1, (count - 1) * sizeof(*failures));
		failures[count - 1] = moved;
		memmove(policies, policies + 1, 3 * sizeof(*policies));
		policies[3] = policy;
		ck_span_eq(written(&report), first);
	}
	free(first);
}
END_TEST

/* R14: the type of the reason, or the one that is given; never one that is unknown. */
START_TEST(result_types_are_those_of_the_rfc)
{
	static const struct { const char *reason, *type, *expected; } types[] = {
		{ "starttls-not-supported", "", "starttls-not-supported" },
		{ "starttls-refused", "", "starttls-not-supported" },
		{ "certificate-name-mismatch", "", "certificate-host-mismatch" },
		{ "certificate-expired", "", "certificate-expired" },
		{ "certificate-self-signed", "", "certificate-not-trusted" },
		{ "peer-alert", "", "validation-failure" },
		{ "dane-mismatch", "tlsa-invalid", "tlsa-invalid" },
		{ "dns-bogus", "", "dnssec-invalid" },
		{ "dane-required", "", "dane-required" },
		{ "tls-error", "sts-policy-fetch-error", "sts-policy-fetch-error" },
		{ "sts-policy-invalid", "", "sts-policy-invalid" },
		{ "sts-webpki-invalid", "", "sts-webpki-invalid" },
		{ "no such reason", "", "validation-failure" },
		{ "certificate-expired", "no-such-type", "validation-failure" },
		{ "", "", "validation-failure" },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		struct tlsrpt_failure failure = { .reason = span_of(types[i].reason), .result_type = span_of(types[i].type) };

		ck_assert_str_eq(tlsrpt_json_result(&failure), types[i].expected);
	}
}
END_TEST

/* R17, RX1 */
START_TEST(addresses_are_of_hosts_and_in_one_form)
{
	static const struct { const char *sending, *receiving, *expected; bool has_sending; } forms[] = {
		{ "1.1.1.1", "2001:DB8:0:0:1:0:0:1", "\"receiving-ip\": \"2001:db8::1:0:0:1\"", true },
		{ "1.1.1.1", "2001:db8:0:1:1:1:1:1", "\"receiving-ip\": \"2001:db8:0:1:1:1:1:1\"", true },
		{ "2606:4700::1111", "192.0.2.1", "\"receiving-ip\": \"192.0.2.1\"", true },
		{ "10.0.0.1", "192.0.2.1", "\"receiving-ip\": \"192.0.2.1\"", false },
		{ "fd00::1", "192.0.2.1", "\"receiving-ip\": \"192.0.2.1\"", false },
		{ "", "", "\"failed-session-count\"", false },
	};
	struct ip mapped = { .family = 6, .octets = { [10] = 0xff, [11] = 0xff, 192, 0, 2, 1 } };
	char *text;

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		text = written_with((struct tlsrpt_failure){ .sending_mta = address(forms[i].sending),
		    .receiving = address(forms[i].receiving) });
		ck_assert_msg(has(text, forms[i].expected), "%s", text);
		ck_assert(has(text, "sending-mta-ip") == forms[i].has_sending);
		ck_assert(has(text, "receiving-ip") == (forms[i].receiving[0] != '\0'));
		free(text);
	}
	text = written_with((struct tlsrpt_failure){ .receiving = mapped });
	ck_assert(has(text, "\"receiving-ip\": \"192.0.2.1\""));
	free(text);
}
END_TEST

/* R18, R19, RX1: what a peer says as its name, and what is written. */
START_TEST(words_of_peers_are_tamed)
{
	static const struct { struct span said; const char *expected; } words[] = {
		{ SPAN("mx.example"), "mx.example" },
		{ SPAN("\"},\\{"), "\\\"},\\\\{" },
		{ SPAN("a\r\nb\tc"), "a  b c" },
		{ SPAN("a\0b\x01\x1b[31m\x7f"), "ab[31m" },
		{ SPAN("\xc2\x80\xc2\x9f\xc2\xa0"), "\xc2\xa0" },
		{ SPAN("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"), "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ SPAN("\xc3"), FFFD },
		{ SPAN("\xc3("), FFFD "(" },
		{ SPAN("\xff\xfe"), FFFD FFFD },
		{ SPAN("\xc0\x80"), FFFD FFFD },
		{ SPAN("\xe0\x80\xaf"), FFFD FFFD FFFD },
		{ SPAN("\xed\xa0\x80"), FFFD FFFD FFFD },
		{ SPAN("\xed\xbf\xbf"), FFFD FFFD FFFD },
		{ SPAN("\xf4\x90\x80\x80"), FFFD FFFD FFFD FFFD },
		{ SPAN("\xf8\x88\x80\x80\x80"), FFFD FFFD FFFD FFFD FFFD },
		{ SPAN("\xef\xbf\xbe\xef\xbf\xbf"), FFFD FFFD },
		{ SPAN("\xef\xb7\x90\xef\xb7\xaf"), FFFD FFFD },
		{ SPAN("\xf0\x9f\xbf\xbe"), FFFD },
		{ SPAN("no user <alice@example.net> here"), "no user * here" },
		{ SPAN("alice@example.net"), "*" },
		{ SPAN("@ @"), "* *" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		char expected[200], *text = written_with((struct tlsrpt_failure){ .mx_helo = words[i].said });

		snprintf(expected, sizeof(expected), "\"receiving-mx-helo\": \"%s\"", words[i].expected);
		ck_assert_msg(has(text, expected), "%zu: %s", i, text);
		free(text);
		text = written_with((struct tlsrpt_failure){ .reason = SPAN("peer-alert"), .detail = words[i].said });
		ck_assert(!has(text, "alice"));
		free(text);
	}
}
END_TEST

/* R19: a name of 1 MiB, characters of several octets at the end of what is kept, and an address there. */
START_TEST(strings_have_an_end)
{
	static char name[1024 * 1024];
	struct span policy_string = span_make(name, sizeof(name));
	struct tlsrpt_policy policy = { .type = TLSRPT_POLICY_STS, .domain = SPAN("x"), .strings = &policy_string, .strings_count = 1 };
	struct tlsrpt_report report = report_of(&policy, 1);
	char *text;

	memset(name, 'x', sizeof(name));
	text = written_with((struct tlsrpt_failure){ .mx_helo = span_make(name, sizeof(name)), .detail = span_make(name, sizeof(name)) });
	ck_assert_uint_lt(strlen(text), 3 * TLSRPT_TEXT_OCTETS + 1000);
	ck_assert_uint_eq(strspn(strstr(text, "xxx"), "x"), TLSRPT_TEXT_OCTETS);
	free(text);
	ck_assert_uint_lt(written(&report).length, TLSRPT_POLICY_OCTETS + 1000);
	memcpy(name + TLSRPT_TEXT_OCTETS - 1, "\xc3\xa4", 2);
	text = written_with((struct tlsrpt_failure){ .mx_helo = span_make(name, sizeof(name)) });
	ck_assert_uint_eq(strspn(strstr(text, "xxx"), "x\xc3\xa4"), TLSRPT_TEXT_OCTETS - 1);
	free(text);
	memcpy(name + TLSRPT_TEXT_OCTETS - 6, " alice@example.net ", 19);
	text = written_with((struct tlsrpt_failure){ .mx_helo = span_make(name, sizeof(name)) });
	ck_assert(!has(text, "alice"));
	free(text);
}
END_TEST

/* R11, R18: counts may overlap, and stay what others can read. */
START_TEST(counts_are_what_they_are)
{
	struct tlsrpt_failure failures[] = { { .reason = SPAN("certificate-expired"), .sessions = 1 },
		{ .reason = SPAN("certificate-name-mismatch"), .sessions = 1 } };
	struct tlsrpt_policy policy = { .type = TLSRPT_POLICY_STS, .domain = SPAN("example.net"), .successful = UINT64_MAX, .failed = 1,
		.failures = failures, .failures_count = 2 };
	struct tlsrpt_report report = report_of(&policy, 1);
	struct span text = written(&report);
	char *copy = strndup(text.data, text.length);

	ck_assert(has(copy, "\"total-failure-session-count\": 1\n"));
	ck_assert(has(strstr(copy, "\"failed-session-count\": 1,") + 1, "\"failed-session-count\": 1,"));
	ck_assert(has(copy, "\"total-successful-session-count\": 9007199254740991,"));
	free(copy);
}
END_TEST

START_TEST(what_cannot_be_written_is_refused)
{
	struct tlsrpt_policy policy = { .type = TLSRPT_POLICY_NONE, .domain = SPAN("x") };
	struct tlsrpt_report good = report_of(&policy, 1), report;
	struct buf small = { .ceiling = 100 };
	char long_id[TLSRPT_ID_OCTETS + 1];

	memset(long_id, 'a', sizeof(long_id));
	good.id = span_make(long_id, TLSRPT_ID_OCTETS);
	ck_assert_ptr_null(tlsrpt_json_refuse(&good));
#define REFUSED(field, value) \
	do { \
		report = good; \
		report.field = value; \
		ck_assert_ptr_nonnull(tlsrpt_json_refuse(&report)); \
		ck_assert(!tlsrpt_json_write(&out, &report)); \
	} while (0)
	REFUSED(contact, SPAN("tls@relay.example\r\nBcc: a@b"));
	REFUSED(contact, SPAN("relay.example"));
	REFUSED(contact, SPAN(""));
	REFUSED(id, SPAN(""));
	REFUSED(id, SPAN("a b"));
	REFUSED(id, SPAN("a\0b"));
	REFUSED(id, SPAN("a@b"));
	REFUSED(id, SPAN("a>\r\nb"));
	REFUSED(id, SPAN(".a"));
	REFUSED(id, SPAN("a."));
	REFUSED(id, SPAN("a..b"));
	REFUSED(id, span_make(long_id, TLSRPT_ID_OCTETS + 1));
	REFUSED(part, SPAN("a/b"));
	REFUSED(part, SPAN("a!b"));
	REFUSED(domain, SPAN("example.net\""));
	REFUSED(domain, SPAN("../../etc"));
	REFUSED(domain, SPAN("ex\xc3\xa4mple.net"));
	REFUSED(domain, SPAN(""));
	REFUSED(begin_s, -1);
	REFUSED(begin_s, END_S + 1);
	REFUSED(end_s, INT64_MAX);
#undef REFUSED
	ck_assert(!tlsrpt_json_write(&small, &good));
	buf_clear(&small);
}
END_TEST

/* R30 */
START_TEST(what_is_compressed_is_always_the_same)
{
	static char text[200000], again[sizeof(text)];
	struct buf packed = { .ceiling = sizeof(text) }, small = { .ceiling = 20 };
	z_stream stream = { .next_out = (Bytef *)again, .avail_out = sizeof(again) };

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * i / 7);
	for (size_t length = 0; length <= sizeof(text); length += sizeof(text) / 2) {
		buf_empty(&packed);
		ck_assert(tlsrpt_json_compress(&packed, span_make(text, length)));
		/* RFC 1952 2.3: no flags, no time. */
		ck_assert_mem_eq(packed.data + packed.start, "\x1f\x8b\x08\0\0\0\0\0", 8);
		stream = (z_stream){ .next_in = (Bytef *)packed.data + packed.start, .avail_in = (uInt)buf_length(&packed),
			.next_out = (Bytef *)again, .avail_out = sizeof(again) };
		ck_assert_int_eq(inflateInit2(&stream, 15 + 16), Z_OK);
		ck_assert_int_eq(inflate(&stream, Z_FINISH), Z_STREAM_END);
		ck_assert_uint_eq(stream.total_out, length);
		ck_assert_uint_eq(stream.avail_in, 0);
		ck_assert_mem_eq(again, text, length);
		inflateEnd(&stream);
	}
	ck_assert(!tlsrpt_json_compress(&small, span_make(text, sizeof(text))));
	buf_clear(&packed);
	buf_clear(&small);
}
END_TEST

UNIT_MAIN("tlsrpt_json", a_report_is_this_to_the_octet, order_of_what_is_known_does_not_matter, result_types_are_those_of_the_rfc,
    addresses_are_of_hosts_and_in_one_form, words_of_peers_are_tamed, strings_have_an_end, counts_are_what_they_are,
    what_cannot_be_written_is_refused, what_is_compressed_is_always_the_same)
