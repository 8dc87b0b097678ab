/* Tests of src/lib-conf/complaint.c. */
#include "complaints.h"

START_TEST(complaints_say_where_and_what)
{
	struct complaints complaints;

	complaints_init(&complaints);
	complaints_add(&complaints, "a.yaml", 12, "unknown key \"%s\"", "sise");
	complaints_warn(&complaints, "a.pem", 0, "it expires in %d days", 3);
	complaints_add(&complaints, "", 0, "nothing works");
	ck_assert_str_eq(complaints_text(&complaints),
	    "a.yaml:12: unknown key \"sise\"\na.pem: warning: it expires in 3 days\nnothing works");
	ck_assert_uint_eq(complaints.errors, 2);
	complaints_clear(&complaints);
	ck_assert_uint_eq(complaints.count, 0);
}
END_TEST

START_TEST(they_are_sorted_by_line_within_their_file)
{
	struct complaints complaints;

	complaints_init(&complaints);
	complaints_add(&complaints, "a", 9, "1");
	complaints_add(&complaints, "b", 1, "2");
	complaints_add(&complaints, "b", 1, "3");
	complaints_sort(&complaints);
	ck_assert_str_eq(complaints_text(&complaints), "a:9: 1\nb:1: 2\nb:1: 3");
	complaints_clear(&complaints);
	complaints_add(&complaints, "a", 9, "1");
	complaints_add(&complaints, "a", 2, "2");
	complaints_add(&complaints, "a", 2, "3");
	complaints_sort(&complaints);
	ck_assert_str_eq(complaints_text(&complaints), "a:2: 2\na:2: 3\na:9: 1");
	complaints_clear(&complaints);
}
END_TEST

START_TEST(beyond_the_ceiling_they_are_only_counted)
{
	struct complaints complaints;

	complaints_init(&complaints);
	for (unsigned i = 0; i < COMPLAINTS_MAX + 50; i++)
		complaints_add(&complaints, "a", i, "x");
	ck_assert_uint_eq(complaints.count, COMPLAINTS_MAX);
	ck_assert_uint_eq(complaints.errors, COMPLAINTS_MAX + 50);
	complaints_clear(&complaints);
}
END_TEST

START_TEST(no_control_character_reaches_a_terminal)
{
	struct complaints complaints;

	complaints_init(&complaints);
	complaints_add(&complaints, "a", 1, "%s", "\x1b[31m\n\x7f.");
	ck_assert_str_eq(complaints_text(&complaints), "a:1: ?[31m??.");
	complaints_clear(&complaints);
}
END_TEST

UNIT_MAIN("complaint", complaints_say_where_and_what, they_are_sorted_by_line_within_their_file,
    beyond_the_ceiling_they_are_only_counted, no_control_character_reaches_a_terminal)
