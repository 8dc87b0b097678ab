/* Tests of src/lib-spool/seal.c. */
#include "tests/unit/unit.h"

#include "spool/seal.h"
#include "spool_fixture.h"

static const unsigned char key[SEAL_KEY_OCTETS] = { 1, 2, 3 }, nonce[SEAL_NONCE_OCTETS] = { 9 };

START_TEST(what_was_wrapped_is_unwrapped_by_the_private_half_alone)
{
	struct fixture fixture;
	unsigned char wrapped[SEAL_WRAPPED_MAX], again[SEAL_KEY_OCTETS] = { 0 };
	char why[128];
	struct seal_pair *public_half, *private_half;
	size_t length;

	fixture_begin(&fixture);
	public_half = seal_pair_public(fixture.public_key, why, sizeof(why));
	private_half = seal_pair_private(fixture.private_key, why, sizeof(why));
	ck_assert_ptr_nonnull(public_half);
	ck_assert_ptr_nonnull(private_half);
	ck_assert_mem_eq(seal_pair_id(public_half), seal_pair_id(private_half), SEAL_KEY_ID_OCTETS);
	length = seal_wrap(public_half, key, wrapped);
	ck_assert(seal_unwrap(private_half, span_make(wrapped, length), again));
	ck_assert_mem_eq(again, key, sizeof(key));
	ck_assert(!seal_unwrap(public_half, span_make(wrapped, length), again));
	wrapped[10] ^= 1;
	ck_assert(!seal_unwrap(private_half, span_make(wrapped, length), again));
	ck_assert(!seal_unwrap(private_half, SPAN(""), again));
	seal_pair_free(&public_half);
	seal_pair_free(&private_half);
	ck_assert_ptr_null(public_half);
	fixture_end(&fixture);
}
END_TEST

START_TEST(a_text_that_is_no_key_is_refused_with_a_reason)
{
	static const char *const texts[] = { "", "nonsense", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n" };
	struct fixture fixture;
	char why[128];

	fixture_begin(&fixture);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		why[0] = '\0';
		ck_assert_ptr_null(seal_pair_public(span_of(texts[i]), why, sizeof(why)));
		ck_assert_str_ne(why, "");
		why[0] = '\0';
		ck_assert_ptr_null(seal_pair_private(span_of(texts[i]), why, sizeof(why)));
		ck_assert_str_ne(why, "");
	}
	/* A public key is not taken for a private one. */
	ck_assert_ptr_null(seal_pair_private(fixture.public_key, why, sizeof(why)));
	fixture_end(&fixture);
}
END_TEST

START_TEST(a_seal_opens_only_when_every_octet_is_the_same)
{
	struct seal *seal = seal_new();
	char sealed[5 + SEAL_TAG_OCTETS], opened[sizeof(sealed)];

	seal_set_key(seal, key);
	seal_octets(seal, nonce, SPAN("beside"), SPAN("plain"), sealed);
	ck_assert_mem_ne(sealed, "plain", 5);
	ck_assert(seal_open(seal, nonce, SPAN("beside"), span_make(sealed, sizeof(sealed)), opened));
	ck_assert_mem_eq(opened, "plain", 5);
	for (size_t i = 0; i < sizeof(sealed); i++) {
		sealed[i] ^= 1;
		ck_assert(!seal_open(seal, nonce, SPAN("beside"), span_make(sealed, sizeof(sealed)), opened));
		sealed[i] ^= 1;
	}
	ck_assert(!seal_open(seal, nonce, SPAN("besidE"), span_make(sealed, sizeof(sealed)), opened));
	ck_assert(!seal_open(seal, nonce, SPAN("beside"), span_make(sealed, sizeof(sealed) - 1), opened));
	ck_assert(!seal_open(seal, nonce, SPAN("beside"), span_make(sealed, 3), opened));
	/* In place, and after all those failures. */
	ck_assert(seal_open(seal, nonce, SPAN("beside"), span_make(sealed, sizeof(sealed)), sealed));
	ck_assert_mem_eq(sealed, "plain", 5);
	seal_free(&seal);
}
END_TEST

START_TEST(nothing_at_all_can_be_sealed)
{
	struct seal *seal = seal_new();
	char sealed[SEAL_TAG_OCTETS];

	seal_set_key(seal, key);
	seal_octets(seal, nonce, SPAN("beside"), SPAN(""), sealed);
	ck_assert(seal_open(seal, nonce, SPAN("beside"), span_make(sealed, sizeof(sealed)), sealed));
	seal_free(&seal);
}
END_TEST

UNIT_MAIN("seal", what_was_wrapped_is_unwrapped_by_the_private_half_alone,
    a_text_that_is_no_key_is_refused_with_a_reason, a_seal_opens_only_when_every_octet_is_the_same,
    nothing_at_all_can_be_sealed)
