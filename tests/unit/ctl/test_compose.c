/* Tests of src/ctl/compose.c. */
#include "src/ctl/compose.h"

#include <stdio.h>

#include "tests/unit/unit.h"

#define ALL "From: a@b.example\nTo: c@d.example\nDate: x\nMessage-ID: <y>\n"
#define ALL_OUT "From: a@b.example\r\nTo: c@d.example\r\nDate: x\r\nMessage-ID: <y>\r\n"
#define DATE "Date: Sun, 22 Nov 2026 02:18:21 +0000\r\n"
#define ID "Message-ID: <1795313901.0000000008@host.example>\r\n"
#define FROM "From: <joe@host.example>\r\n"
#define NOBODY "To: undisclosed-recipients:;\r\n"

static const struct {
	const char *what;
	const char *in;
	bool keeps_dot, takes_recipients;
	const char *out;
	const char *recipients;		/* with spaces behind */
} rows[] = {
	{ "complete", ALL "\nhello\n", false, false, ALL_OUT "\r\nhello\r\n", "" },
	{ "CRLF stays", "From: a@b.example\r\n" "To: c@d.example\r\n" "Date: x\r\nMessage-ID: <y>\r\n\r\nhello\r\n", false, false,
	    ALL_OUT "\r\nhello\r\n", "" },
	{ "lone CR is a line end", ALL "\none\rtwo\r\rthree\r\n", false, false, ALL_OUT "\r\none\r\ntwo\r\n\r\nthree\r\n", "" },
	{ "no line end at the end", ALL "\nhello", false, false, ALL_OUT "\r\nhello\r\n", "" },
	{ "header only", ALL, false, false, ALL_OUT "\r\n", "" },
	{ "nothing", "", false, false, DATE ID FROM NOBODY "\r\n", "" },
	{ "no header", "hello\nworld\n", false, false, DATE ID FROM NOBODY "\r\nhello\r\nworld\r\n", "" },
	{ "empty line first", "\nhello\n", false, false, DATE ID FROM NOBODY "\r\nhello\r\n", "" },
	{ "text with a colon is no field", "Dear Bob: hello\n", false, false, DATE ID FROM NOBODY "\r\nDear Bob: hello\r\n", "" },
	{ "header without an empty line", ALL "hello\n", false, false, ALL_OUT "\r\nhello\r\n", "" },
	{ "missing fields", "Subject: s\nTo: c@d.example\n\nhello\n", false, false,
	    DATE ID FROM "Subject: s\r\nTo: c@d.example\r\n\r\nhello\r\n", "" },
	{ "letters of any case", "FROM: a@b.example\nto: c@d.example\nDATE: x\nmessage-id: <y>\n\n", false, false,
	    "FROM: a@b.example\r\nto: c@d.example\r\nDATE: x\r\nmessage-id: <y>\r\n\r\n", "" },
	{ "folded", "From: a@b.example\nTo: c@d.example,\n\te@f.example\nDate: x\nMessage-ID: <y>\n\n", false, false,
	    "From: a@b.example\r\nTo: c@d.example,\r\n\te@f.example\r\nDate: x\r\nMessage-ID: <y>\r\n\r\n", "" },
	{ "a mailbox's line", "From joe Sun Nov 22 02:18:21 2026\n" ALL "\nhello\n", false, false, ALL_OUT "\r\nhello\r\n", "" },
	{ "a dot ends it", ALL "\none\n.\ntwo\n", false, false, ALL_OUT "\r\none\r\n", "" },
	{ "a dot does not with -i", ALL "\none\n.\ntwo\n", true, false, ALL_OUT "\r\none\r\n.\r\ntwo\r\n", "" },
	{ "two dots do not", ALL "\n..\n", false, false, ALL_OUT "\r\n..\r\n", "" },
	{ "Bcc stays without -t", "Bcc: z@z.example\n" ALL "\n", false, false, "Bcc: z@z.example\r\n" ALL_OUT "\r\n", "" },
	{ "-t takes To, Cc, Bcc and leaves Bcc out", "Bcc: z@z.example,\n y\n" ALL "Cc: e@f.example\n\n", false, true,
	    ALL_OUT "Cc: e@f.example\r\n\r\n", "z@z.example y@host.example c@d.example e@f.example " },
	{ "-t with Bcc alone", "Bcc: z@z.example\n\nhello\n", false, true, DATE ID FROM NOBODY "\r\nhello\r\n", "z@z.example " },
	{ "-t with Resent fields", ALL "Resent-To: r@r.example\nResent-Bcc: s@s.example\n\n", false, true,
	    ALL_OUT "Resent-To: r@r.example\r\n\r\n", "r@r.example s@s.example " },
	{ "-t does not look at the body", ALL "\nTo: x@x.example\n", false, true, ALL_OUT "\r\nTo: x@x.example\r\n",
	    "c@d.example " },
	{ "8 bits stay", ALL "\n\xc3\xbc\n", false, false, ALL_OUT "\r\n\xc3\xbc\r\n", "" },
};

static struct compose
compose_of(bool keeps_dot, bool takes_recipients, const char *name)
{
	return (struct compose){
		.dot_ends = !keeps_dot, .takes_recipients = takes_recipients, .full_name = name,
		.author = SPAN("joe@host.example"), .host = SPAN("host.example"), .now = 1795313901, .unique = 8
	};
}

START_TEST(messages_are_made_whole)
{
	struct compose compose = compose_of(rows[_i].keeps_dot, rows[_i].takes_recipients, "");
	struct arena *arena = arena_new();
	struct buf out, recipients;

	buf_init(&out, 1 << 20);
	buf_init(&recipients, 1 << 20);
	ck_assert_ptr_null(compose_message(&compose, arena, span_of(rows[_i].in), &out));
	ck_span_eq(buf_span(&out), rows[_i].out);
	for (uint32_t i = 0; i < compose.recipients_count; i++)
		ck_assert(buf_printf(&recipients, "%.*s ", SPAN_ARG(compose.recipients[i])));
	ck_span_eq(buf_span(&recipients), rows[_i].recipients);
	ck_assert_int_eq(compose.has_8bit, strchr(rows[_i].in, '\xc3') != NULL);
	buf_clear(&out);
	buf_clear(&recipients);
	arena_free(&arena);
}
END_TEST

START_TEST(full_names_are_quoted)
{
	static const struct { const char *name, *expected; } names[] = {
		{ "Joe Doe", "From: \"Joe Doe\" <joe@host.example>\r\n" },
		{ "Joe \"the\\x\" Doe", "From: \"Joe \\\"the\\\\x\\\" Doe\" <joe@host.example>\r\n" },
		{ "Joe\nBcc: x", "From: \"Joe?Bcc: x\" <joe@host.example>\r\n" },
		{ "J\xc3\xb6", "From: \"J??\" <joe@host.example>\r\n" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct compose compose = compose_of(false, false, names[i].name);
		struct arena *arena = arena_new();
		struct buf out;

		buf_init(&out, 1 << 20);
		ck_assert_ptr_null(compose_message(&compose, arena, SPAN("Date: x\nMessage-ID: y\nTo: z\n\n"), &out));
		ck_assert_msg(span_starts(buf_span(&out), span_of(names[i].expected)), "%.*s", SPAN_ARG(buf_span(&out)));
		buf_clear(&out);
		arena_free(&arena);
	}
}
END_TEST

static bool
on_address(void *arg, struct span address)
{
	char *out = arg;

	sprintf(out + strlen(out), "%.*s|", SPAN_ARG(address));
	return true;
}

START_TEST(addresses_are_found_in_lists)
{
	static const struct { const char *list, *expected; } lists[] = {
		{ "", "" }, { " , ,", "" }, { "a@b.example", "a@b.example|" }, { "a@b.example, c", "a@b.example|c|" },
		{ "Joe Doe <a@b.example>", "a@b.example|" }, { "\"Doe, Joe\" <a@b.example>, c@d.example", "a@b.example|c@d.example|" },
		{ "a@b.example (Joe, of <course>)", "a@b.example|" }, { "a@b.example (x (y) \\) z), c@d.example", "a@b.example|c@d.example|" },
		{ "\"a b\"@c.example", "\"a b\"@c.example|" }, { "\"a\\\"b\"@c.example", "\"a\\\"b\"@c.example|" },
		{ "friends: a@b.example, c@d.example;, e@f.example", "a@b.example|c@d.example|e@f.example|" },
		{ "undisclosed-recipients:;", "" }, { "<@x.example,@y.example:a@b.example>", "a@b.example|" },
		{ "a@[IPv6:2001:db8::1]", "a@[IPv6:2001:db8::1]|" }, { "<>", "" }, { "a @ b.example", "a@b.example|" },
		{ "<a@b.example> <c@d.example>", "c@d.example|" }, { "\"unclosed", "\"unclosed\"|" }, { "(unclosed", "" },
		{ "<a@b.example", "a@b.example|" }, { "a@b.example\r\n c", "a@b.example c|" },
		{ "not an address", "not an address|" }, { "a@b.example c@d.example", "a@b.example c@d.example|" },
		{ "a.\r\n b (x) @\tc.example", "a.b@c.example|" }, { "a(x)b@c.example", "a b@c.example|" },
		{ "Joe <a b@c.example>", "a b@c.example|" },
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		struct arena *arena = arena_new();
		char out[512] = "";

		ck_assert(compose_addresses(arena, span_of(lists[i].list), on_address, out));
		ck_assert_msg(strcmp(out, lists[i].expected) == 0, "\"%s\": %s", lists[i].list, out);
		arena_free(&arena);
	}
}
END_TEST

START_TEST(addresses_without_a_domain_get_the_host)
{
	struct arena *arena = arena_new();

	ck_span_eq(compose_qualify(arena, SPAN("root"), SPAN("h.example")), "root@h.example");
	ck_span_eq(compose_qualify(arena, SPAN("root@x"), SPAN("h.example")), "root@x");
	ck_span_eq(compose_qualify(arena, SPAN(""), SPAN("h.example")), "");
	arena_free(&arena);
}
END_TEST

START_TEST(recipients_are_bounded)
{
	struct compose compose = compose_of(false, true, "");
	struct arena *arena = arena_new();
	struct buf in, out;

	buf_init(&in, 1 << 24);
	buf_init(&out, 1 << 24);
	ck_assert(buf_add(&in, SPAN("To: a")));
	for (int i = 0; i < COMPOSE_RECIPIENTS_MAX; i++)
		ck_assert(buf_add(&in, SPAN(",a")));
	ck_assert_str_eq(compose_message(&compose, arena, buf_span(&in), &out), "too many recipients");
	buf_clear(&in);
	buf_clear(&out);
	arena_free(&arena);
}
END_TEST

UNIT_MAIN_LOOPED("compose", messages_are_made_whole, rows, full_names_are_quoted, addresses_are_found_in_lists,
    addresses_without_a_domain_get_the_host, recipients_are_bounded)
