/* Tests of src/lib-conf/key.c: the table holds together. */
#include "src/lib-conf/key.h"

#include "conf/relay.h"
#include "tests/unit/unit.h"

START_TEST(every_row_is_complete)
{
	size_t count = 0;

	for (const struct key *key = keys; key->name != NULL; key++, count++) {
		size_t length = strlen(key->about);

		ck_assert_msg(key_find(span_of(key->name)) == key, "%s is there twice", key->name);
		ck_assert_msg(length > 0 && key->about[length - 1] == '.', "%s: about is no sentence", key->name);
		if (key->form == KEY_SECTION)
			continue;
		ck_assert_msg((key->initial == NULL) != (key->example == NULL), "%s: a default or an example", key->name);
		ck_assert_msg(key->form != KEY_CHOICE || key->choices != NULL, "%s: choices", key->name);
		ck_assert_msg(key->form < KEY_COUNT || key->form > KEY_MODE || key->most > key->least, "%s: bounds", key->name);
		ck_assert_msg((key->form != KEY_MAP) || (key->check_value != NULL) != (key->choices != NULL), "%s: values",
		    key->name);
	}
	ck_assert_uint_le(count, SETTINGS_KEYS_MAX);
}
END_TEST

START_TEST(keys_follow_their_section)
{
	const struct key *section = NULL;

	for (const struct key *key = keys; key->name != NULL; key++) {
		ck_assert_msg(key_is_in(key, NULL) || key_is_in(key, section), "%s is not in its section", key->name);
		if (key->form == KEY_SECTION)
			section = key;
	}
}
END_TEST

START_TEST(no_two_rows_write_to_one_place)
{
	for (const struct key *a = keys; a->name != NULL; a++)
		for (const struct key *b = keys; b < a; b++)
			if (a->form != KEY_SECTION && b->form != KEY_SECTION)
				ck_assert_msg(a->offset != b->offset, "%s and %s", a->name, b->name);
}
END_TEST

START_TEST(a_leaf_is_the_last_part_of_a_name)
{
	ck_span_eq(key_leaf(key_find(SPAN("limits.size"))), "size");
	ck_span_eq(key_leaf(key_find(SPAN("hostname"))), "hostname");
	ck_span_eq(key_leaf(key_find(SPAN("dns.canaries.signed"))), "signed");
	ck_assert(key_is_in(key_find(SPAN("dns.canaries.signed")), key_find(SPAN("dns.canaries"))));
	ck_assert(!key_is_in(key_find(SPAN("dns.canaries.signed")), key_find(SPAN("dns"))));
	ck_assert_ptr_null(key_find(SPAN("size")));
}
END_TEST

START_TEST(a_value_has_its_word)
{
	ck_assert_str_eq(key_word(key_find(SPAN("policy.default")), CONF_POLICY_DANE), "dane");
	ck_assert_str_eq(key_word(key_find(SPAN("policy.default")), 77), "");
}
END_TEST

UNIT_MAIN("key", every_row_is_complete, keys_follow_their_section, no_two_rows_write_to_one_place,
    a_leaf_is_the_last_part_of_a_name, a_value_has_its_word)
