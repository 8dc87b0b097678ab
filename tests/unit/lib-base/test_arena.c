/* Tests of src/lib-base/arena.c. */
#include "base/arena.h"

#include <stdalign.h>

#include "tests/unit/unit.h"

START_TEST(memory_is_zeroed_aligned_and_apart)
{
	static const size_t sizes[] = { 0, 1, 3, 16, 17, 1000, 1024, 1025, 5, 70000, 2 };
	struct arena *arena = arena_new();
	char *rooms[sizeof(sizes) / sizeof(*sizes)];

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		rooms[i] = arena_alloc(arena, sizes[i]);
		ck_assert_uint_eq((uintptr_t)rooms[i] % alignof(max_align_t), 0);
		for (size_t n = 0; n < sizes[i]; n++)
			ck_assert_int_eq(rooms[i][n], 0);
		memset(rooms[i], (int)i + 1, sizes[i]);
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		for (size_t n = 0; n < sizes[i]; n++)
			ck_assert_int_eq(rooms[i][n], (int)i + 1);
	arena_free(&arena);
	ck_assert_ptr_null(arena);
	arena_free(&arena);
}
END_TEST

START_TEST(copies_end_with_a_nul_and_keep_inner_ones)
{
	struct arena *arena = arena_new();
	struct span copy = arena_span(arena, span_make("a\0b", 3));

	ck_assert_uint_eq(copy.length, 3);
	ck_assert_int_eq(memcmp(copy.data, "a\0b", 4), 0);
	ck_assert_str_eq(arena_copy(arena, span_of(NULL)), "");
	ck_assert_uint_eq(arena_span(arena, SPAN("")).length, 0);
	arena_free(&arena);
}
END_TEST

START_TEST(names_are_copied_in_lower_case)
{
	struct arena *arena = arena_new();

	struct span copy = arena_lower(arena, span_make("MX-1.Example_@[Z\xc9\0Z", 19));

	ck_assert_uint_eq(copy.length, 19);
	ck_assert_int_eq(memcmp(copy.data, "mx-1.example_@[z\xc9\0z", 20), 0);
	ck_assert_str_eq(arena_lower(arena, SPAN("")).data, "");
	arena_free(&arena);
}
END_TEST

START_TEST(what_was_handed_out_is_counted)
{
	struct arena *arena = arena_new();

	ck_assert_uint_eq(arena_used(arena), 0);
	arena_alloc(arena, 100);
	ck_assert_uint_ge(arena_used(arena), 100);
	arena_alloc(arena, 100000);
	ck_assert_uint_ge(arena_used(arena), 100100);
	ck_assert_uint_lt(arena_used(arena), 100200);
	arena_free(&arena);
}
END_TEST

UNIT_MAIN("arena", memory_is_zeroed_aligned_and_apart, copies_end_with_a_nul_and_keep_inner_ones,
    names_are_copied_in_lower_case, what_was_handed_out_is_counted)
