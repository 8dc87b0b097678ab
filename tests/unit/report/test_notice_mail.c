/* Tests of src/report/notice_mail.c and notice_xarf.c: notices as messages, whatever peers have said. */
#include "report/notice_mail.h"

#include <jansson.h>
#include <stdio.h>

#include "auth/dkim_key.h"
#include "tests/unit/unit.h"
#include "tests/unit/report/letters.h"

#define SMALL 4096

static struct buf out = { .ceiling = 65536 };

/* NUL-terminated. */
static const char *
compose(void)
{
	const char *why;

	buf_empty(&out);
	why = notice_compose(&out, &letter, &conf);
	ck_assert_msg(why == NULL, "%s", why);
	ck_assert_uint_le(buf_length(&out), NOTICE_MAIL_OCTETS);
	ck_assert_uint_eq(strnlen(buf_span(&out).data, buf_length(&out)), buf_length(&out));
	ck_assert(buf_add(&out, span_make("", 1)));
	return buf_span(&out).data;
}

static size_t
count_of(const char *text, const char *mark)
{
	size_t count = 0;

	for (; (text = strstr(text, mark)) != NULL; text += strlen(mark))
		count++;
	return count;
}

/* Fields of the header, each by its name, one behind the other. */
static void
names_of_header(const char *text, char *names, size_t size)
{
	names[0] = '\0';
	while (strncmp(text, "\r\n", 2) != 0) {
		if (*text != ' ' && *text != '\t')
			snprintf(names + strlen(names), size - strlen(names), "%.*s ", (int)strcspn(text, ":"), text);
		text = strstr(text, "\r\n") + 2;
	}
}

#define HEADER "From To Subject Date Message-ID Auto-Submitted X-Auto-Response-Suppress TLS-Required List-Unsubscribe MIME-Version Content-Type "

static void
check_shape(const char *text)
{
	char names[600], boundary[40];
	const char *at = strstr(text, "boundary=\"");

	names_of_header(text, names, sizeof(names));
	ck_assert_str_eq(names, HEADER);
	ck_assert_ptr_nonnull(at);
	snprintf(boundary, sizeof(boundary), "--%.32s", at + 10);
	ck_assert_uint_eq(count_of(text, boundary), 3);
	ck_assert_uint_eq(count_of(text, "\nContent-Type: "), 3);
	ck_assert_uint_eq(count_of(text, "\n."), 0);
	for (const char *line = text; *line != '\0'; line = strstr(line, "\r\n") + 2) {
		size_t length = strcspn(line, "\r\n");

		ck_assert_uint_le(length, 998);
		ck_assert(strncmp(line + length, "\r\n", 2) == 0);
		for (size_t i = 0; i < length; i++)
			ck_assert_msg(line[i] >= ' ' && line[i] < 0x7f, "%.*s", (int)length, line);
	}
}

/* Issue 6, 6; N52, N53, N54: who it is from and to, and that no program answers. */
START_TEST(the_header_is_this)
{
	static const char begin[] =
	    "From: Mail relay <tls@relay.example>\r\n"
	    "To: <postmaster@example.net>\r\n"
	    "Subject: URGENT security problem: mx.example.net offers no STARTTLS\r\n"
	    "Date: Wed, 4 Mar 2026 04:53:20 +0000\r\n"
	    "Message-ID: <0000000001-2@mx.relay.example>\r\n"
	    "Auto-Submitted: auto-generated\r\n"
	    "X-Auto-Response-Suppress: All\r\n"
	    "TLS-Required: No\r\n"
	    "List-Unsubscribe: <mailto:stop+" LETTER_TOKEN "@relay.example>\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/mixed;\r\n";

	letter_begin("en", "starttls-not-supported");
	ck_assert_msg(strncmp(compose(), begin, sizeof(begin) - 1) == 0, "%s", buf_span(&out).data);
	check_shape(buf_span(&out).data);
}
END_TEST

/* The last is of nobody's software. */
static const char *const banners[] = { "Postfix", "Exim 4.96", "Sendmail 8.17", "Microsoft ESMTP MAIL Service", "OpenSMTPD", "qmail", "Haraka/3.0", "Courier", "" };
#define BANNERS (sizeof(banners) / sizeof(*banners))

static void
small_check(const char *language, const char *fault, size_t software)
{
	static char session[2000], banner[100];
	const char *text;
	size_t length = 0;

	letter_begin(language, fault);
	snprintf(banner, sizeof(banner), "220 mx.example.net %s", banners[software]);
	for (int i = 0; i < 20; i++)
		length += (size_t)snprintf(session + length, sizeof(session) - length, "S: 250-KEYWORD-NUMBER-%d OF A LONG LIST\n", i);
	looked.banner = span_of(banner);
	looked.transcript = span_of(session);
	letter.is_reminder = true;
	letter_cases(NOTICE_CASES_SHOWN);
	letter.more = 95;
	check_shape(compose());
	text = buf_span(&out).data;
	ck_assert_msg(strlen(text) <= SMALL, "%s %s %s: %zu", language, fault, banner, strlen(text));
	ck_assert_msg(letter.looked == NULL || strstr(text, "  S: 250-KEYWORD-NUMBER-2") != NULL, "%s", text);
	ck_assert_msg(strstr(text, " openssl s_client") != NULL || strstr(text, " curl ") != NULL, "%s", text);
	ck_assert_msg(strstr(text, language[0] == 'e' ? "\nWhat to change: " : "\nWas zu =C3=A4ndern ist: ") != NULL, "%s", text);
	ck_assert_ptr_nonnull(strstr(text, "\n  stop+" LETTER_TOKEN));
	ck_assert_ptr_nonnull(strstr(text, language[0] == 'e' ? "\n  and " : "\n  und "));
	if (letter.looked != NULL && strncmp(fault, "sts-", 4) != 0 && strncmp(fault, "dane-", 5) != 0 && software + 1 < BANNERS)
		ck_assert_msg(strstr(text, language[0] == 'e' ? "\nYour server seems to run " : "\nAuf Ihrem Server l=C3=A4uft ") != NULL, "%s", text);
}

/* N52: 4 KiB, whatever the fault and the software, with a long session, as a reminder, and of many hosts; nothing that is asked for is cut. */
START_TEST(a_notice_is_small_and_says_all)
{
	static const char *const words[] = LETTER_FAULTS;

	for (size_t language = 0; language < 2; language++)
		for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
			for (size_t software = 0; software < BANNERS; software++)
				small_check(letter_languages[language], words[i], software);
}
END_TEST

static char large[10240];

static const struct span hostile[] = { SPAN("x\r\nBcc: victim@y\r\n\r\nspam"), SPAN("x\nBcc: victim@y\n\nspam"), SPAN("a\0b"), SPAN("\xff\xfe\x80\xc3"),
	SPAN("\xc3\xa4\xe2\x80\xae"), SPAN("{subject}"), SPAN("{{name}"), SPAN("{"), SPAN("=?utf-8?q?Bcc:?="), SPAN("--boundary\r\n"), SPAN("\r\n.\r\nMAIL FROM:<>\r\n"),
	SPAN("[opening]"), SPAN("-oX;$(reboot)`id`"), SPAN("\"\\"), SPAN("\x1b[2J\x07\x7f"), SPAN("From victim@y"), { large, sizeof(large) } };

#define FIELDS 15

/* The text of a field is made hostile; texts of a case are arrays, and cut by them. */
static void
field_put(size_t field, struct span text)
{
	struct { char *data; size_t size; } arrays[] = { { letter_items[0].name, NOTICE_NAME }, { letter_items[0].domain, NOTICE_NAME },
		{ letter_items[0].helo, NOTICE_NAME }, { letter_items[0].detail, sizeof(letter_items[0].detail) },
		{ letter_items[0].version, sizeof(letter_items[0].version) }, { letter_items[0].cipher, sizeof(letter_items[0].cipher) } };
	struct span *spans[] = { &looked.host, &looked.detail, &looked.banner, &looked.transcript, &looked.certificate, &looked.cipher,
		&looked.version, &looked.reason, &letter.operator };

	if (field < sizeof(arrays) / sizeof(*arrays))
		snprintf(arrays[field].data, arrays[field].size, "%.*s", SPAN_ARG(span_first(text, arrays[field].size - 1)));
	else
		*spans[field - sizeof(arrays) / sizeof(*arrays)] = text;
}

/* Of a case: its name, domain and HELO; of the look: its host; of the contacts: the operator. */
static bool
is_name(size_t field)
{
	return field < 3 || field == 6 || field == FIELDS - 1;
}

/* N57, NX3: whatever stands in whichever field, the header and the number of parts are the same, and nobody's address is told. */
START_TEST(nothing_that_a_peer_says_is_more_than_data)
{
	static const char *const words[] = { "starttls-not-supported", "certificate-invalid", "cipher-weak", "sts-policy-invalid", "plaintext-inbound" };

	memset(large, 'A', sizeof(large));
	for (size_t language = 0; language < 2; language++)
		for (size_t word = 0; word < sizeof(words) / sizeof(*words); word++)
			for (size_t field = 0; field < FIELDS; field++)
				for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
					letter_begin(letter_languages[language], words[word]);
					field_put(field, hostile[i]);
					check_shape(compose());
					ck_assert_uint_eq(count_of(buf_span(&out).data, "victim@"), 0);
					/* Names stand in commands: they are no options, and the shell finds nothing in them. */
					ck_assert_uint_eq(count_of(buf_span(&out).data, "-connect -"), 0);
					ck_assert(strstr(buf_span(&out).data, "$(reboot)") == NULL || !is_name(field));
				}
}
END_TEST

/* NX6, N54: addresses and names that become part of the header are refused unless they are plain. */
START_TEST(what_is_no_plain_address_is_refused)
{
	static const char *const bad[] = { "", "x", "a@b\r\nBcc: c@d", "a@b,c@d", "a b@c.example", "\"a\"@b.example", "a@b?cc=d" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		letter_begin("en", "cipher-weak");
		buf_empty(&out);
		letter.to = span_of(bad[i]);
		ck_assert_ptr_nonnull(notice_compose(&out, &letter, &conf));
		letter.to = SPAN("a@b.example");
		conf.notices_from = LETTER_TEXT(bad[i]);
		ck_assert_ptr_nonnull(notice_compose(&out, &letter, &conf));
		conf.notices_from = LETTER_TEXT("a@b.example");
		conf.notices_stop = LETTER_TEXT(bad[i]);
		ck_assert((notice_compose(&out, &letter, &conf) == NULL) == (i == 0));
		buf_empty(&out);
		letter.token = "0123";
		ck_assert((notice_compose(&out, &letter, &conf) == NULL) == (i == 0));
		conf.hostname = LETTER_TEXT("a\r\nb");
		ck_assert_ptr_nonnull(notice_compose(&out, &letter, &conf));
	}
}
END_TEST

static void
check_contact(json_t *who)
{
	ck_assert_str_eq(json_string_value(json_object_get(who, "org")), "mx.relay.example");
	ck_assert_str_eq(json_string_value(json_object_get(who, "contact")), "tls@relay.example");
	ck_assert_str_eq(json_string_value(json_object_get(who, "domain")), "relay.example");
	ck_assert_uint_eq(json_object_size(who), 3);
}

/* N65: what XARF v4 asks of each report, and of vulnerability/misconfiguration. */
START_TEST(the_attachment_is_xarf)
{
	static const char *const needed[] = { "xarf_version", "report_id", "timestamp", "reporter", "sender", "source_identifier", "category", "type",
		"service" };
	json_t *report;
	const char *id;

	letter_begin("en", "certificate-expired");
	report = json_loads(strstr(compose(), "\r\n{"), JSON_DISABLE_EOF_CHECK, NULL);
	ck_assert_ptr_nonnull(report);
	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
		ck_assert_msg(json_object_get(report, needed[i]) != NULL, "%s", needed[i]);
	ck_assert_str_eq(json_string_value(json_object_get(report, "xarf_version")), "4.2.0");
	ck_assert_str_eq(json_string_value(json_object_get(report, "category")), "vulnerability");
	ck_assert_str_eq(json_string_value(json_object_get(report, "type")), "misconfiguration");
	ck_assert_str_eq(json_string_value(json_object_get(report, "timestamp")), "2026-03-04T04:53:20Z");
	ck_assert_str_eq(json_string_value(json_object_get(report, "source_identifier")), "192.0.2.1");
	ck_assert_str_eq(json_string_value(json_object_get(report, "misconfiguration_type")), "certificate-expired");
	check_contact(json_object_get(report, "reporter"));
	check_contact(json_object_get(report, "sender"));
	id = json_string_value(json_object_get(report, "report_id"));
	ck_assert(strlen(id) == 36 && id[8] == '-' && id[14] == '4' && strchr("89ab", id[19]) != NULL);
	json_decref(report);
}
END_TEST

/* N54: it passes DKIM: each key signs. */
START_TEST(each_key_signs_it)
{
	struct dkim_key *key = dkim_key_make(SPAN("ed25519"), 0);
	struct buf pem = { .ceiling = 4096 };
	char *selectors[] = { LETTER_TEXT("a"), LETTER_TEXT("b") }, *keys[2];

	dkim_key_write(key, &pem);
	ck_assert(buf_add(&pem, span_make("", 1)));
	keys[0] = keys[1] = (char *)(uintptr_t)buf_span(&pem).data;
	letter_begin("de", "starttls-refused");
	conf.dkim_domain = LETTER_TEXT("relay.example");
	conf.dkim_selectors = (struct conf_list){ selectors, 2 };
	conf.dkim_keys = (struct conf_list){ keys, 2 };
	ck_assert_uint_eq(count_of(compose(), "DKIM-Signature: "), 2);
	ck_assert(strncmp(buf_span(&out).data, "DKIM-Signature: ", 16) == 0);
	dkim_key_free(&key);
	buf_clear(&pem);
}
END_TEST

/* NX3: 128 random bits; two are not alike. */
START_TEST(boundaries_cannot_be_foreseen)
{
	char first[33];

	letter_begin("en", "cipher-weak");
	snprintf(first, sizeof(first), "%s", strstr(compose(), "boundary=\"") + 10);
	ck_assert_uint_eq(strspn(first, "0123456789abcdef"), 32);
	ck_assert(strncmp(first, strstr(compose(), "boundary=\"") + 10, 32) != 0);
}
END_TEST

UNIT_MAIN("notice_mail", the_header_is_this, a_notice_is_small_and_says_all, nothing_that_a_peer_says_is_more_than_data,
    what_is_no_plain_address_is_refused, the_attachment_is_xarf, each_key_signs_it, boundaries_cannot_be_foreseen)
