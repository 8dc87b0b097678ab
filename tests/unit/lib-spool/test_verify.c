/* Tests of src/lib-spool/verify.c. */
#include "tests/unit/unit.h"

#include "spool/verify.h"
#include "spool_fixture.h"

struct findings {
	enum finding_kind kinds[16];
	struct mid mids[16];
	unsigned count;
};

static void
on_finding(void *arg, const struct spool_finding *finding)
{
	struct findings *findings = arg;

	ck_assert_uint_lt(findings->count, 16);
	findings->mids[findings->count] = finding->mid;
	findings->kinds[findings->count++] = finding->kind;
}

static void
verify(struct fixture *fixture, struct span key, struct findings *findings, struct verify_figures *figures)
{
	char why[128];

	*findings = (struct findings){ .count = 0 };
	*figures = (struct verify_figures){ 0 };
	ck_assert_int_eq(spool_verify(fixture->directory, "intake-0", key, on_finding, findings, figures, why, sizeof(why)), 0);
}

START_TEST(a_healthy_folder_has_no_findings)
{
	struct fixture fixture;
	struct findings findings;
	struct verify_figures figures;
	struct writer *writer;

	fixture_begin(&fixture);
	writer = fixture_writer(&fixture);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(fixture_commit(writer, "a@example.org", 100000, i, NULL), 0);
	writer_close(&writer);
	verify(&fixture, fixture.private_key, &findings, &figures);
	ck_assert_uint_eq(findings.count, 0);
	ck_assert_uint_eq(figures.messages, 3);
	ck_assert_uint_eq(figures.segments, 1);
	verify(&fixture, SPAN(""), &findings, &figures);
	ck_assert_uint_eq(findings.count, 0);
	ck_assert_uint_eq(figures.segments, 1);
	fixture_end(&fixture);
}
END_TEST

START_TEST(a_damaged_body_is_named_with_its_message)
{
	struct fixture fixture;
	struct findings findings;
	struct verify_figures figures;
	struct writer *writer;
	struct mid first;

	fixture_begin(&fixture);
	writer = fixture_writer(&fixture);
	ck_assert_int_eq(fixture_commit(writer, "a@example.org", 100000, 0, &first), 0);
	ck_assert_int_eq(fixture_commit(writer, "b@example.org", 100000, 1, NULL), 0);
	writer_close(&writer);
	fixture_overwrite(&fixture, "segment-00000001", 4096 + 70000, SPAN("x"));
	verify(&fixture, fixture.private_key, &findings, &figures);
	ck_assert_uint_eq(findings.count, 1);
	ck_assert_int_eq(findings.kinds[0], FINDING_BODY);
	ck_assert_int_eq(mid_compare(findings.mids[0], first), 0);
	ck_assert_uint_eq(figures.messages, 2);
	fixture_end(&fixture);
}
END_TEST

START_TEST(a_damaged_header_and_a_wrong_key_are_named)
{
	struct fixture fixture;
	struct findings findings;
	struct verify_figures figures;
	struct writer *writer;
	char why[128] = "";

	fixture_begin(&fixture);
	writer = fixture_writer(&fixture);
	ck_assert_int_eq(fixture_commit(writer, "a@example.org", 100, 0, NULL), 0);
	writer_close(&writer);
	verify(&fixture, fixture_other_key(), &findings, &figures);
	ck_assert_uint_eq(findings.count, 1);
	ck_assert_int_eq(findings.kinds[0], FINDING_KEY);
	fixture_overwrite(&fixture, "segment-00000001", 100, SPAN("x"));
	verify(&fixture, fixture.private_key, &findings, &figures);
	ck_assert_uint_eq(findings.count, 1);
	ck_assert_int_eq(findings.kinds[0], FINDING_HEADER);
	ck_assert_int_eq(spool_verify(fixture.directory, "intake-0", SPAN("no key"), on_finding, &findings, &figures, why,
	    sizeof(why)), -1);
	ck_assert_str_ne(why, "");
	fixture_end(&fixture);
}
END_TEST

UNIT_MAIN("verify", a_healthy_folder_has_no_findings, a_damaged_body_is_named_with_its_message,
    a_damaged_header_and_a_wrong_key_are_named)
