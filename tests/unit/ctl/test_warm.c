/* Tests of src/ctl/warm.c: a list of domains, and portions of it. */
#include "src/ctl/warm.h"

#include <stdio.h>
#include <unistd.h>

#include "src/ctl/answer.h"
#include "src/ctl/ctl.h"
#include "tests/unit/lib-conf/complaints.h"

static unsigned asked, domains_asked, portion_most;
static int answer_code;

int
ctl_usage(const char *format, ...)
{
	(void)format;
	return 64;
}

/* In place of the daemon's: it counts. */
int
answer_ask(const struct options *options, const struct request *request, void (*on_row)(void *arg, const struct row *row), void *arg,
    struct buf *text)
{
	struct row row = { .fields_count = 0 };

	(void)options;
	ck_span_eq(request->verb, "policy warm");
	asked++;
	domains_asked += request->arguments_count;
	if (request->arguments_count > portion_most)
		portion_most = request->arguments_count;
	row_number(&row, "domains", request->arguments_count);
	row_number(&row, "policies", 3);
	row_number(&row, "took_ms", 500);
	on_row(arg, &row);
	buf_init(text, 100);
	ck_assert(answer_code == 0 || buf_add(text, SPAN("not now")));
	return answer_code;
}

static const struct {
	const char *octets;
	const char *domains;	/* NULL = refused */
	const char *said;
} rows[] = {
	{ "example.org\n", "example.org|", "" },
	{ "# all of them\n\n  Example.ORG  # the first\r\nb.example", "example.org|b.example|", "" },
	{ "\xef\xbb\xbf" "a.example\n", NULL,
	    "f:1: \"\xef\xbb\xbf" "a.example\": not a domain (internationalised ones in their ASCII form, xn--...)" },
	{ "a.example\nb example\n.c.example\n", NULL,
	    "f:2: \"b example\": not a domain (internationalised ones in their ASCII form, xn--...)\n"
	    "f:3: \".c.example\": not a domain (internationalised ones in their ASCII form, xn--...)" },
	{ "# nothing\n", NULL, "f: there is no domain in it" },
	{ "", NULL, "f: there is no domain in it" },
};

START_TEST(lists_are_read_or_complained_of)
{
	struct arena *arena = arena_new();
	struct complaints complaints;
	struct domain_list list;
	char text[500] = "";

	complaints_init(&complaints);
	ck_assert(warm_read(arena, "f", span_of(rows[_i].octets), &complaints, &list) == (rows[_i].domains != NULL));
	ck_assert_str_eq(complaints_text(&complaints), rows[_i].said);
	for (uint32_t i = 0; i < list.count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%.*s|", SPAN_ARG(list.domains[i]));
	if (rows[_i].domains != NULL)
		ck_assert_str_eq(text, rows[_i].domains);
	complaints_clear(&complaints);
	arena_free(&arena);
}
END_TEST

START_TEST(a_long_list_goes_in_portions)
{
	char path[] = "/tmp/sealpost-test-warm-XXXXXX", name[] = "warm";
	char *arguments[] = { name, path, NULL };
	const struct options options = { .json = true };
	FILE *file = fdopen(mkstemp(path), "w");

	for (int i = 0; i < 12345; i++)
		fprintf(file, "d%d.example\n", i);
	fclose(file);
	ck_assert_int_eq(warm_run(&options, 2, arguments), 0);
	ck_assert_uint_eq(domains_asked, 12345);
	ck_assert_uint_eq(asked, 3);
	ck_assert_uint_le(portion_most, 5000);
	/* Where one is refused, the rest is not asked for. */
	answer_code = 75;
	asked = 0;
	ck_assert_int_eq(warm_run(&options, 2, arguments), 75);
	ck_assert_uint_eq(asked, 1);
	unlink(path);
	ck_assert_int_eq(warm_run(&options, 2, arguments), 66);
	ck_assert_int_eq(warm_run(&options, 1, arguments), 64);
}
END_TEST

UNIT_MAIN_LOOPED("warm", lists_are_read_or_complained_of, rows, a_long_list_goes_in_portions)
