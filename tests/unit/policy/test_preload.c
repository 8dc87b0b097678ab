/* Tests of src/policy/preload.c. */
#include "tests/unit/policy/folder.h"

#include "policy/preload.h"

static const struct {
	const char *line;
	const char *fault;	/* part of it; NULL = it is good */
} lines[] = {
	{ "example.org enforce mx.example.org,*.example.org 0", NULL },
	{ "Example.ORG testing MX.example.org 1801353600", NULL },
	{ "example.org enforce mx.example.org", "a line" },
	{ "example.org enforce mx.example.org 0 more", "a line" },
	{ "", "a line" },
	{ "exa/mple enforce mx.example.org 0", "domain" },
	{ "example.org none mx.example.org 0", "mode" },
	{ "example.org must mx.example.org 0", "mode" },
	{ "example.org enforce mx.example.org never", "end" },
	{ "example.org enforce mx.example.org, 0", "pattern" },
};

START_TEST(each_line)
{
	struct arena *arena = arena_new();
	struct preload_row row;
	const char *fault = preload_parse(span_of(lines[_i].line), arena, &row);

	if (lines[_i].fault == NULL) {
		ck_assert_msg(fault == NULL, "%s: %s", lines[_i].line, fault);
		ck_span_eq(row.domain, "example.org");
		ck_span_eq(row.policy.mx[0], "mx.example.org");
	} else {
		ck_assert_msg(fault != NULL && strstr(fault, lines[_i].fault) != NULL, "%s: %s", lines[_i].line, fault);
	}
	arena_free(&arena);
}
END_TEST

static void
load(const char *const *texts, uint32_t count)
{
	struct arena *arena = arena_new();
	struct preload_row rows[4];

	for (uint32_t i = 0; i < count; i++)
		ck_assert_ptr_null(preload_parse(span_of(texts[i]), arena, &rows[i]));
	ck_assert(preload_replace(store, rows, count));
	arena_free(&arena);
}

START_TEST(a_list_takes_the_place_of_the_former)
{
	static const char *const first[] = { "a.example enforce mx.a.example 0", "b.example testing mx.b.example,*.b.example 100" };
	static const char *const second[] = { "c.example enforce mx.c.example 0" };
	struct arena *arena = arena_new();
	struct sts_policy policy;
	int64_t until_s;

	folder_begin();
	load(first, 2);
	store_again();
	ck_assert_uint_eq(preload_count(store), 2);
	ck_assert(preload_get(store, SPAN("b.example"), 99, arena, &policy, &until_s));
	ck_assert_int_eq(policy.mode, STS_TESTING);
	ck_assert_uint_eq(policy.mx_count, 2);
	ck_span_eq(policy.mx[1], "*.b.example");
	ck_assert_int_eq(until_s, 100);
	ck_assert(!preload_get(store, SPAN("b.example"), 100, arena, &policy, &until_s));
	ck_assert(preload_get(store, SPAN("a.example"), 1000, arena, &policy, &until_s));
	load(second, 1);
	ck_assert(!preload_get(store, SPAN("a.example"), 1000, arena, &policy, &until_s));
	ck_assert(preload_get(store, SPAN("c.example"), 1000, arena, &policy, &until_s));
	load(NULL, 0);
	ck_assert_uint_eq(preload_count(store), 0);
	arena_free(&arena);
	folder_end();
}
END_TEST

UNIT_MAIN_LOOPED("preload", each_line, lines, a_list_takes_the_place_of_the_former)
