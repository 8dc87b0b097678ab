/* Tests of src/policy/exceptions.c. */
#include "tests/unit/policy/folder.h"

#include "policy/exceptions.h"

#define DAY 86400

static struct exceptions *exceptions;

static void
begin(void)
{
	folder_begin();
	exceptions = exceptions_new(store);
}

static void
end(void)
{
	exceptions_free(&exceptions);
	folder_end();
}

static const char *
add(const char *domain, enum policy_level level, int64_t until_s, const char *why)
{
	return exceptions_add(exceptions, &(struct exception){ .domain = span_of(domain), .level = level, .until_s = until_s,
	    .why = span_of(why) });
}

/* "encrypt reason", or "". */
static const char *
found(const char *domain)
{
	static char text[200];
	struct exception exception;

	if (!exceptions_find(exceptions, span_of(domain), &exception))
		return "";
	snprintf(text, sizeof(text), "%s %.*s", policy_level_name(exception.level), SPAN_ARG(exception.why));
	return text;
}

START_TEST(one_by_command_counts_until_it_ends)
{
	begin();
	ck_assert_ptr_null(add("old.example", POLICY_ENCRYPT, FAKE_WALL_START + DAY, "told them"));
	ck_assert_str_eq(found("old.example"), "encrypt told them");
	ck_assert_str_eq(found("OLD.example"), "encrypt told them");
	ck_assert_str_eq(found("www.old.example"), "");
	exceptions_free(&exceptions);
	store_again();
	exceptions = exceptions_new(store);
	ck_assert_str_eq(found("old.example"), "encrypt told them");
	fake_advance(DAY * 1000);
	ck_assert_str_eq(found("old.example"), "");
	fake_log_expect("event=exception-ended domain=old.example require=encrypt until=1772409600 why=\"told them\" *");
	/* That is said once. */
	exceptions_reload(exceptions);
	ck_assert_str_eq(found("old.example"), "");
	end();
}
END_TEST

START_TEST(those_of_the_configuration_count_and_the_command_comes_first)
{
	static char a[] = "a.example encrypt 1801353600 certificate expired, told 2026-12-01", b[] = ".b.example verify 1801353600 all of them",
	    over[] = "over.example encrypt 1000 long ago",
	    all_over[] = ".over.example encrypt 1000 all below";
	static char *items[] = { a, b, over, all_over };
	const struct conf_list list = { items, 4 };

	begin();
	exceptions_configure(exceptions, &list);
	fake_log_expect("event=exception-ended domain=over.example *");
	fake_log_expect("event=exception-ended domain=.over.example *");
	exceptions_reload(exceptions);
	ck_assert_str_eq(found("a.example"), "encrypt certificate expired, told 2026-12-01");
	ck_assert_str_eq(found("x.b.example"), "verify all of them");
	ck_assert_str_eq(found("b.example"), "");
	ck_assert_str_eq(found("over.example"), "");
	ck_assert_ptr_null(add("a.example", POLICY_SECURE, FAKE_WALL_START + DAY, "by command"));
	ck_assert_str_eq(found("a.example"), "secure by command");
	ck_assert_ptr_null(add("x.b.example", POLICY_ENCRYPT, FAKE_WALL_START + DAY, "this one"));
	ck_assert_str_eq(found("x.b.example"), "encrypt this one");
	/* When the command's ends the configuration's is left. */
	fake_advance(DAY * 1000);
	ck_assert_str_eq(found("a.example"), "encrypt certificate expired, told 2026-12-01");
	fake_log_expect("event=exception-ended domain=a.example *");
	fake_log_expect("event=exception-ended domain=x.b.example *");
	end();
}
END_TEST

static const struct { const char *name, *domain; int64_t until_s; const char *why, *fault; } refused[] = {
	{ "an end that has passed", "a.example", FAKE_WALL_START, "why", "passed" },
	{ "no reason", "a.example", FAKE_WALL_START + DAY, "", "reason" },
	{ "all domains", "*", FAKE_WALL_START + DAY, "why", "not for all" },
	{ "no domain", "a b", FAKE_WALL_START + DAY, "why", "pattern" },
};

START_TEST(what_is_refused)
{
	const char *fault;

	begin();
	fault = add(refused[_i].domain, POLICY_ENCRYPT, refused[_i].until_s, refused[_i].why);
	ck_assert_msg(fault != NULL && strstr(fault, refused[_i].fault) != NULL, "%s", refused[_i].name);
	ck_assert_str_eq(found("a.example"), "");
	end();
}
END_TEST

START_TEST(only_those_by_command_can_be_removed)
{
	static char a[] = "a.example encrypt 1801353600 configured";
	static char *items[] = { a };
	const struct conf_list list = { items, 1 };
	struct exception exception;

	begin();
	exceptions_configure(exceptions, &list);
	ck_assert_ptr_null(add("b.example", POLICY_ENCRYPT, FAKE_WALL_START + DAY, "why"));
	ck_assert(exceptions_at(exceptions, 1, &exception));
	ck_assert(exception.is_configured);
	ck_assert(!exceptions_at(exceptions, 2, &exception));
	ck_assert(!exceptions_remove(exceptions, SPAN("a.example")));
	ck_assert(exceptions_remove(exceptions, SPAN("B.example")));
	ck_assert(!exceptions_remove(exceptions, SPAN("b.example")));
	ck_assert_str_eq(found("b.example"), "");
	ck_assert_str_eq(found("a.example"), "encrypt configured");
	end();
}
END_TEST

START_TEST(a_clock_that_is_set_back_is_noticed)
{
	begin();
	ck_assert_ptr_null(add("a.example", POLICY_ENCRYPT, FAKE_WALL_START + DAY, "why"));
	fake_wall_step(2 * DAY * INT64_C(1000));
	ck_assert_str_eq(found("a.example"), "");
	fake_log_expect("event=exception-ended *");
	fake_wall_step(-2 * DAY * INT64_C(1000));
	ck_assert_str_eq(found("a.example"), "encrypt why");
	end();
}
END_TEST

UNIT_MAIN_LOOPED("exceptions", what_is_refused, refused, one_by_command_counts_until_it_ends,
    those_of_the_configuration_count_and_the_command_comes_first, only_those_by_command_can_be_removed,
    a_clock_that_is_set_back_is_noticed)
