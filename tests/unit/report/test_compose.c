/* Tests of src/report/compose.c: what is returned of a message, and in what form. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>

#include "report/compose.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_log.h"
#include "tests/fake/fake_loop.h"
#include "tests/fake/fake_reader.h"
#include "tests/fake/fake_writer.h"

static char hostname[] = "relay.example.net", postmaster[] = "postmaster@example.net";
static const struct conf_report conf = { .hostname = hostname, .postmaster = postmaster, .returned_octets = 1000000 };
static struct recipient recipients[1];
static struct noticed_recipient noticed[1];
static struct notification notification;
static struct writer *writer;

static void
begin(void)
{
	char why[100];

	fake_reset();
	writer = writer_open(1, SPAN("report-0"), SPAN("key"), &conf.spool, why, sizeof(why));
	recipients[0] = (struct recipient){ .address = SPAN("bob@example.org") };
	noticed[0] = (struct noticed_recipient){ .action = ACTION_FAILED, .outcome = { .kind = OUTCOME_FAILED, .status = SPAN("5.1.1"),
		.reason = SPAN("recipient-refused"), .text = SPAN("no") } };
	notification = (struct notification){ .id = 1, .recipients = noticed, .envelope = { .sender = SPAN("alice@sender.example"),
		.recipients = recipients, .recipients_count = 1 } };
}

static void
on_committed(void *arg, int error)
{
	*(int *)arg = error;
}

/* Compose about a message with that content, and commit. Returns what was written, the caller's to free. */
static char *
composed_by(const struct conf_report *by, struct span content, size_t chunk_octets)
{
	int fd = fake_fd(), committed = -1;
	struct record *record = record_new(writer);
	struct recipient recipient;
	struct envelope envelope;
	struct span octets;

	fake_body(fd, content, chunk_octets);
	notification.envelope.body.length = content.length;
	ck_assert_int_eq(compose(record, &notification, by, fd, INT64_C(1772326800000), SPAN("")), 0);
	ck_assert_uint_eq(fake_body_readers(), 0);
	compose_envelope(&notification, INT64_C(1772326800000), &recipient, &envelope);
	record_commit(&record, &envelope, on_committed, &committed);
	fake_settle();
	ck_assert_int_eq(committed, 0);
	octets = fake_writer_message(fake_writer_count() - 1)->content;
	return strndup(octets.data, octets.length);
}

static char *
composed(struct span content, size_t chunk_octets)
{
	return composed_by(&conf, content, chunk_octets);
}

/* The last part, from behind its empty line to the final boundary; the caller's to free. */
static char *
returned(struct span content, size_t chunk_octets)
{
	char *text = composed(content, chunk_octets), *boundary = strstr(text, "boundary=\""), *part = NULL, *end;
	char line[64];

	snprintf(line, sizeof(line), "\r\n--%.32s", boundary + strlen("boundary=\""));
	for (char *at = text; (at = strstr(at, line)) != NULL && at[strlen(line)] != '-'; at++)
		part = at;
	ck_assert_ptr_nonnull(part);
	end = strstr(part + 1, line);
	ck_assert_msg(end != NULL && strcmp(end + strlen(line), "--\r\n") == 0, "%s", text);
	part = strstr(part, "\r\n\r\n") + 4;
	part = strndup(part, (size_t)(end - part));
	free(text);
	return part;
}

#define MESSAGE "Subject: x\r\nTo: y\r\n\r\nThe body.\r\n"

START_TEST(as_much_comes_back_as_was_asked_for)
{
	static const struct { enum notice_action action; enum notify_ret ret; uint32_t flags; const char *content, *expected; } rows[] = {
		{ ACTION_FAILED, RET_DEFAULT, 0, MESSAGE, MESSAGE },
		{ ACTION_FAILED, RET_FULL, 0, MESSAGE, MESSAGE },
		{ ACTION_FAILED, RET_HDRS, 0, MESSAGE, "Subject: x\r\nTo: y\r\n\r\n" },
		{ ACTION_DELAYED, RET_FULL, 0, MESSAGE, "Subject: x\r\nTo: y\r\n\r\n" },
		{ ACTION_RELAYED, RET_FULL, 0, MESSAGE, "Subject: x\r\nTo: y\r\n\r\n" },
		/* N3: REQUIRETLS is as RET=HDRS, whatever RET says and whatever has become of it */
		{ ACTION_FAILED, RET_DEFAULT, ENVELOPE_REQUIRETLS, MESSAGE, "Subject: x\r\nTo: y\r\n\r\n" },
		{ ACTION_FAILED, RET_FULL, ENVELOPE_REQUIRETLS, MESSAGE, "Subject: x\r\nTo: y\r\n\r\n" },
		{ ACTION_FAILED, RET_HDRS, ENVELOPE_REQUIRETLS, MESSAGE, "Subject: x\r\nTo: y\r\n\r\n" },
		{ ACTION_DELAYED, RET_FULL, ENVELOPE_REQUIRETLS, MESSAGE, "Subject: x\r\nTo: y\r\n\r\n" },
		{ ACTION_RELAYED, RET_FULL, ENVELOPE_REQUIRETLS, MESSAGE, "Subject: x\r\nTo: y\r\n\r\n" },
		{ ACTION_DELIVERED, RET_FULL, ENVELOPE_REQUIRETLS, MESSAGE, "Subject: x\r\nTo: y\r\n\r\n" },
		{ ACTION_FAILED, RET_FULL, ENVELOPE_TLS_OPTIONAL, MESSAGE, MESSAGE },
		/* a last line without end is ended, so that the boundary stands on its own */
		{ ACTION_FAILED, RET_FULL, 0, "Subject: x\r\n\r\nno end", "Subject: x\r\n\r\nno end\r\n" },
		{ ACTION_FAILED, RET_FULL, 0, "", "" },
		{ ACTION_FAILED, RET_HDRS, 0, "Subject: x\r\n", "Subject: x\r\n" },
		/* what may have more than seven bits: the header, in base64 (RFC 6522 3) */
		{ ACTION_FAILED, RET_FULL, ENVELOPE_8BIT, "Subject: \xc3\xbc\r\n\r\nbody\xff\r\n", "U3ViamVjdDogw7wNCg0K\r\n" },
		{ ACTION_FAILED, RET_FULL, ENVELOPE_SMTPUTF8, "Subject: \xc3\xbc\r\n\r\nbody\r\n", "U3ViamVjdDogw7wNCg0K\r\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (size_t chunk = 1; chunk <= 64; chunk += 21) {
			char *text;

			begin();
			noticed[0].action = rows[i].action;
			notification.envelope.ret = rows[i].ret;
			notification.envelope.flags = rows[i].flags;
			text = returned(span_of(rows[i].content), chunk);
			ck_assert_msg(strncmp(text, rows[i].expected, strlen(rows[i].expected)) == 0 &&
			    strspn(text + strlen(rows[i].expected), "\r\n") == strlen(text + strlen(rows[i].expected)), "row %zu: %s", i, text);
			free(text);
		}
}
END_TEST

START_TEST(what_is_no_header_is_not_returned_for_one)
{
	char *text;

	begin();
	notification.envelope.ret = RET_HDRS;
	text = returned(SPAN("no header at all\r\n"), 65536);
	ck_assert_str_eq(text, "");
	free(text);
	/* Wherever its first line is cut by a chunk: N3, RFC 8689 5. */
	for (size_t chunk = 1; chunk <= 24; chunk++) {
		begin();
		notification.envelope.flags = ENVELOPE_REQUIRETLS;
		text = returned(SPAN("S: x\r\nno field\r\nbody\r\n"), chunk);
		ck_assert_msg(strncmp(text, "S: x\r\n", 6) == 0 && strspn(text + 6, "\r\n") == strlen(text + 6), "chunk %zu: %s", chunk, text);
		free(text);
	}
}
END_TEST

START_TEST(base64_stands_in_lines_of_76_columns)
{
	char content[400], *text;

	begin();
	memset(content, 'x', sizeof(content));
	memcpy(content, "S: ", 3);
	memcpy(content + sizeof(content) - 4, "\r\n\r\n", 4);
	notification.envelope.flags = ENVELOPE_8BIT;
	text = returned(span_make(content, sizeof(content)), 33);
	ck_assert_uint_eq(strcspn(text, "\r"), 76);
	for (char *line = text; line != NULL && *line != '\0'; line = strchr(line, '\n') == NULL ? NULL : strchr(line, '\n') + 1)
		ck_assert_uint_le(strcspn(line, "\r"), 76);
	free(text);
}
END_TEST

/* standards.md NX5: a header without end does not make a large notification out of a small one. */
START_TEST(a_header_without_end_is_cut)
{
	size_t length = 4 * 1024 * 1024;
	char *content = malloc(length), *text;

	begin();
	for (size_t i = 0; i < length; i++)
		content[i] = "X: x\r\n"[i % 6];
	notification.envelope.ret = RET_HDRS;
	text = returned(span_make(content, length), 65536);
	ck_assert_uint_le(strlen(text), 128 * 1024 + 4);
	free(text);
	free(content);
}
END_TEST

/*
 * NX5: what a sender of a hundred octets gets back, with everything that its server says as long as it may be: some KiB, however long the
 * message is, when its header comes back alone.
 */
START_TEST(a_small_message_makes_no_large_notification)
{
	static char said[2000], name[256];
	static const struct { size_t length; uint64_t returned; size_t most; } rows[] = {
		{ 100, 51200, 100 + 8192 }, { 51200, 51200, 51200 + 8192 }, { 51300, 51200, 8192 }, { 10000000, 51200, 8192 },
	};
	struct conf_report usual = conf;

	memset(said, 'x', sizeof(said) - 1);
	memset(name, 'n', sizeof(name) - 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *content = malloc(rows[i].length), *text;

		begin();
		memset(content, 'x', rows[i].length);
		memcpy(content, "S: x\r\n\r\n", 8);
		memcpy(content + rows[i].length - 2, "\r\n", 2);
		noticed[0].outcome = (struct outcome){ .kind = OUTCOME_FAILED, .is_remote = true, .code = 550, .status = SPAN("5.1.1"),
			.reason = SPAN("recipient-refused"), .text = span_of(said), .evidence = span_of(said), .mx = span_of(name) };
		notification.envelope.client_name = span_of(name);
		usual.returned_octets = rows[i].returned;
		text = composed_by(&usual, span_make(content, rows[i].length), 65536);
		ck_assert_msg(strlen(text) <= rows[i].most, "row %zu: %zu", i, strlen(text));
		free(text);
		free(content);
	}
}
END_TEST

/* NX3: whoever has had one notification, and writes its boundary into the next message, has written a line of text. */
START_TEST(a_boundary_that_was_seen_is_of_no_use)
{
	char *first, *second, content[200], boundary[33];

	begin();
	first = composed(SPAN(MESSAGE), 65536);
	snprintf(boundary, sizeof(boundary), "%s", strstr(first, "boundary=\"") + strlen("boundary=\""));
	ck_assert_uint_eq(strspn(boundary, "0123456789abcdef"), 32);
	snprintf(content, sizeof(content), "S: x\r\n\r\n--%s\r\nContent-Type: text/html\r\n\r\nx\r\n--%s--\r\n", boundary, boundary);
	second = returned(span_of(content), 65536);
	ck_assert_msg(strncmp(second, content, strlen(content)) == 0, "%s", second);
	free(first);
	free(second);
}
END_TEST

START_TEST(a_damaged_body_is_left_out_and_the_rest_is_told)
{
	int fd = fake_fd();
	struct record *record;

	begin();
	record = record_new(writer);
	fake_body(fd, SPAN(MESSAGE), 100);
	fake_body_fail(fd, 0, EBADMSG);
	ck_assert_int_eq(compose(record, &notification, &conf, fd, 0, SPAN("")), 0);
	ck_assert_uint_gt(record_length(record), 500);
	ck_assert_uint_eq(fake_body_readers(), 0);
	fake_log_expect("event=damaged *");
	record_abort(&record);
	fake_finish();
}
END_TEST

START_TEST(a_disk_that_takes_nothing_is_said)
{
	int fd = fake_fd();
	struct record *record;

	begin();
	record = record_new(writer);
	fake_body(fd, SPAN(MESSAGE), 100);
	fake_writer_refuse_content(ENOSPC);
	ck_assert_int_eq(compose(record, &notification, &conf, fd, 0, SPAN("")), ENOSPC);
	ck_assert_uint_eq(fake_body_readers(), 0);
	record_abort(&record);
}
END_TEST

/* standards.md N1: from nobody, to the sender alone, who never hears of it again. */
START_TEST(its_own_envelope_can_cause_no_other)
{
	struct recipient recipient;
	struct envelope envelope;

	begin();
	notification.envelope.ret = RET_FULL;
	notification.envelope.envid = SPAN("id");
	compose_envelope(&notification, 5, &recipient, &envelope);
	ck_assert_uint_eq(envelope.sender.length, 0);
	ck_assert_uint_eq(envelope.recipients_count, 1);
	ck_span_eq(envelope.recipients[0].address, "alice@sender.example");
	ck_assert_uint_eq(envelope.recipients[0].notify, NOTIFY_NEVER);
	ck_assert_uint_eq(envelope.recipients[0].orcpt.length, 0);
	ck_assert_int_eq(envelope.ret, RET_DEFAULT);
	ck_assert_uint_eq(envelope.envid.length, 0);
	ck_assert_uint_eq(envelope.flags, ENVELOPE_OWN);
	notification.envelope.sender = SPAN("\xc3\xbc@sender.example");
	compose_envelope(&notification, 5, &recipient, &envelope);
	ck_assert_uint_eq(envelope.flags, ENVELOPE_OWN | ENVELOPE_SMTPUTF8 | ENVELOPE_8BIT | ENVELOPE_8BITMIME);
}
END_TEST

/* N16 */
START_TEST(it_is_protected_as_its_message_was)
{
	static const struct { uint32_t of_message, own; } rows[] = {
		{ 0, 0 }, { ENVELOPE_8BIT | ENVELOPE_8BITMIME | ENVELOPE_SMTPUTF8, 0 }, { ENVELOPE_REQUIRETLS, ENVELOPE_REQUIRETLS },
		{ ENVELOPE_REQUIRETLS | ENVELOPE_8BIT, ENVELOPE_REQUIRETLS }, { ENVELOPE_TLS_OPTIONAL, ENVELOPE_TLS_OPTIONAL },
	};
	struct recipient recipient;
	struct envelope envelope;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (enum notice_action action = 0; action < ACTIONS; action++) {
			begin();
			noticed[0].action = action;
			notification.envelope.flags = rows[i].of_message;
			compose_envelope(&notification, 5, &recipient, &envelope);
			ck_assert_uint_eq(envelope.flags, ENVELOPE_OWN | rows[i].own);
			ck_assert_uint_eq(envelope.sender.length, 0);
		}
}
END_TEST

UNIT_MAIN("compose", as_much_comes_back_as_was_asked_for, what_is_no_header_is_not_returned_for_one, base64_stands_in_lines_of_76_columns, a_header_without_end_is_cut,
    a_small_message_makes_no_large_notification, a_boundary_that_was_seen_is_of_no_use,
    a_damaged_body_is_left_out_and_the_rest_is_told, a_disk_that_takes_nothing_is_said, its_own_envelope_can_cause_no_other, it_is_protected_as_its_message_was)
