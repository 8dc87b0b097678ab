/* Tests of src/queue/replay.c: the last word on a place counts. */
#include "tests/unit/unit.h"

#include "base/codec.h"
#include "queue/entry.h"
#include "queue/state.h"

static struct buf entry = { .ceiling = 4096 };

static struct span
done(uint64_t generation, uint64_t offset)
{
	buf_empty(&entry);
	put_u8(&entry, ENTRY_DONE);
	put_u64(&entry, generation);
	put_u64(&entry, offset);
	return buf_span(&entry);
}

static struct span
state(uint64_t generation, uint64_t offset, uint8_t mark)
{
	buf_empty(&entry);
	put_u8(&entry, ENTRY_STATE);
	put_u64(&entry, generation);
	put_u64(&entry, offset);
	put_u8(&entry, mark);
	return buf_span(&entry);
}

static struct span
moved(uint64_t former_generation, uint64_t former_offset, uint64_t generation, uint64_t offset)
{
	buf_empty(&entry);
	put_u8(&entry, ENTRY_MOVED);
	put_u64(&entry, former_generation);
	put_u64(&entry, former_offset);
	put_u64(&entry, generation);
	put_u64(&entry, offset);
	put_u8(&entry, 'm');
	return buf_span(&entry);
}

static struct span
segment(uint64_t generation, uint64_t until, const uint64_t *offsets, uint32_t count)
{
	buf_empty(&entry);
	put_u8(&entry, ENTRY_SEGMENT);
	put_u64(&entry, generation);
	put_u64(&entry, until);
	put_u32(&entry, count);
	for (uint32_t i = 0; i < count; i++)
		put_u64(&entry, offsets[i]);
	return buf_span(&entry);
}

/* The mark of the state at a place; '-' = done, ' ' = nothing was said. */
static char
mark(const struct replay *replay, uint64_t generation, uint64_t offset)
{
	struct span found;

	switch (replay_find(replay, generation, offset, &found)) {
	case REPLAYED_NOTHING:
		return ' ';
	case REPLAYED_DONE:
		return '-';
	case REPLAYED_STATE:
		ck_assert_uint_eq(found.length, 17);
		return found.data[16];
	}
	return '!';
}

START_TEST(the_last_word_counts)
{
	struct replay *replay = replay_new();

	ck_assert_int_eq(mark(replay, 1, 4096), ' ');
	ck_assert(replay_take(replay, state(1, 4096, 'a')));
	ck_assert(replay_take(replay, state(1, 4096, 'b')));
	ck_assert(replay_take(replay, state(2, 4096, 'c')));
	ck_assert_int_eq(mark(replay, 1, 4096), 'b');
	ck_assert(replay_take(replay, done(1, 4096)));
	ck_assert_int_eq(mark(replay, 1, 4096), '-');
	ck_assert_int_eq(mark(replay, 2, 4096), 'c');
	ck_assert_int_eq(mark(replay, 2, 8192), ' ');
	replay_free(&replay);
	ck_assert_ptr_null(replay);
}
END_TEST

START_TEST(a_snapshot_ends_what_it_does_not_name)
{
	static const uint64_t living[] = { 4096, 12288 };
	struct replay *replay = replay_new();

	ck_assert(replay_take(replay, segment(1, 16384, living, 2)));
	ck_assert(replay_take(replay, state(1, 12288, 's')));
	ck_assert_int_eq(mark(replay, 1, 4096), ' ');
	ck_assert_int_eq(mark(replay, 1, 8192), '-');
	ck_assert_int_eq(mark(replay, 1, 12288), 's');
	/* What came after the snapshot is not touched by it. */
	ck_assert_int_eq(mark(replay, 1, 16384), ' ');
	ck_assert_int_eq(mark(replay, 2, 8192), ' ');
	ck_assert(replay_take(replay, done(1, 4096)));
	ck_assert_int_eq(mark(replay, 1, 4096), '-');
	/* A later snapshot replaces the earlier one. */
	ck_assert(replay_take(replay, segment(1, 20480, NULL, 0)));
	ck_assert_int_eq(mark(replay, 1, 16384), '-');
	replay_free(&replay);
}
END_TEST

START_TEST(a_move_ends_one_place_and_says_the_other)
{
	struct replay *replay = replay_new();

	ck_assert(replay_take(replay, state(1, 4096, 'a')));
	ck_assert(replay_take(replay, moved(1, 4096, 9, 4096)));
	ck_assert_int_eq(mark(replay, 1, 4096), '-');
	ck_assert_int_eq(mark(replay, 9, 4096), 'm');
	replay_free(&replay);
}
END_TEST

START_TEST(an_entry_cut_anywhere_is_refused_or_whole)
{
	static const uint64_t living[] = { 4096, 12288 };
	struct replay *replay = replay_new();
	struct span whole = segment(1, 16384, living, 2);

	for (size_t length = 0; length < whole.length; length++)
		ck_assert_msg(!replay_take(replay, span_first(whole, length)), "%zu octets", length);
	ck_assert(!replay_take(replay, SPAN("\0")));
	ck_assert(!replay_take(replay, SPAN("\x7f")));
	ck_assert_int_eq(mark(replay, 1, 8192), ' ');
	replay_free(&replay);
}
END_TEST

UNIT_MAIN("replay", the_last_word_counts, a_snapshot_ends_what_it_does_not_name, a_move_ends_one_place_and_says_the_other,
    an_entry_cut_anywhere_is_refused_or_whole)
