/* Tests of src/intake/stop.c: which recipients stop notices; what becomes of them is in tests/scenario/intake. */
#include "intake/stop.h"

#include "tests/unit/unit.h"

#define TOKEN "0123456789abcdef0123456789abcdef"
#define OURS "tls-notices@mx.example.org"

static const struct {
	const char *address, *path;
	bool is_stop;
} rows[] = {
	{ OURS, "<tls-notices+" TOKEN "@mx.example.org>", true },
	{ OURS, "<TLS-NOTICES+0123456789ABCDEF0123456789abcdef@MX.example.ORG>", true },
	{ OURS, "<\"tls-notices+" TOKEN "\"@mx.example.org>", true },
	{ OURS, "<@hop.example:tls-notices+" TOKEN "@mx.example.org>", true },
	{ OURS, "<tls-notices@mx.example.org>", false },
	{ OURS, "<tls-notices+@mx.example.org>", false },
	{ OURS, "<tls-notices" TOKEN "@mx.example.org>", false },
	{ OURS, "<tls-notices+" TOKEN "0@mx.example.org>", false },
	{ OURS, "<tls-notices+ 123456789abcdef0123456789abcdef@mx.example.org>", false },
	{ OURS, "<tls-notices+0123456789abcdef0123456789abcde@mx.example.org>", false },
	{ OURS, "<tls-notices+0123456789abcdef0123456789abcde%@mx.example.org>", false },
	{ OURS, "<tls-notices+" TOKEN "@example.org>", false },
	{ OURS, "<tls-notices+" TOKEN "@sub.mx.example.org>", false },
	{ OURS, "<tls-notice+" TOKEN "@mx.example.org>", false },
	{ OURS, "<tls-notices+" TOKEN ">", false },
	{ OURS, "<>", false },
	{ "s@b.example", "<s+" TOKEN "@b.example>", true },
};

/* N53 */
START_TEST(a_token_behind_our_address_stops_notices)
{
	struct path path = { .length = 0 };
	struct span rest = span_of(rows[_i].path);
	char token[STOP_TOKEN + 1] = "";

	if (path_parse(&rest, &path) != PATH_GOOD) {
		ck_assert_msg(!rows[_i].is_stop, "%s", rows[_i].path);
		return;
	}
	ck_assert_msg(stop_token(rows[_i].address, &path, token) == rows[_i].is_stop, "%s", rows[_i].path);
	if (rows[_i].is_stop)
		ck_assert_str_eq(token, TOKEN);
}
END_TEST

START_TEST(without_an_address_there_is_none_to_stop_them)
{
	struct path path = { .length = 0 };
	struct span rest = SPAN("<+" TOKEN "@mx.example.org>");
	char token[STOP_TOKEN + 1] = "";

	ck_assert(path_parse(&rest, &path) == PATH_GOOD);
	ck_assert(!stop_token("", &path, token));
}
END_TEST

UNIT_MAIN_LOOPED("stop", a_token_behind_our_address_stops_notices, rows, without_an_address_there_is_none_to_stop_them)
