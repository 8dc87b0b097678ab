/* Tests of src/policy/seek.c and sts_lookup.c: what is looked up, what is fetched, and that nothing that fails takes anything away. */
#include "tests/unit/policy/house.h"

#include "policy/now.h"

#define ENFORCE HOUSE_FILE("enforce", "604800")
#define TESTING HOUSE_FILE("testing", "604800")
#define NONE HOUSE_FILE("none", "604800")

START_TEST(a_policy_is_found_and_kept_over_a_restart)	/* M25 */
{
	const struct knowledge *known;

	house_begin();
	house_publish("example.org", "1", ENFORCE);
	known = house_know("example.org");
	ck_assert(known->has_sts);
	ck_assert_int_eq(known->sts.mode, STS_ENFORCE);
	ck_assert_uint_eq(known->sts.mx_count, 2);
	ck_span_eq(known->sts.mx[1], "*.mail.example.org");
	ck_span_eq(known->sts_id, "1");
	ck_assert_int_eq(known->sts_until_s, FAKE_WALL_START + 604800);
	ck_assert_int_eq(known->until_s, FAKE_WALL_START + 300);
	fake_log_expect("event=policy-change domain=example.org what=sts was=none-known now=enforce id=1");
	fake_advance(1000);
	house_restart();
	/* Not even the DNS is needed: a policy in force counts (M20). */
	fake_dns_status("_mta-sts.example.org", DNS_TXT, DNS_FAILED);
	known = house_know("example.org");
	ck_assert(known->has_sts);
	ck_assert_int_eq(known->sts.mode, STS_ENFORCE);
	ck_assert_uint_eq(known->missing.length, 0);
	ck_assert_uint_eq(fake_fetches("example.org"), 1);
	house_end();
}
END_TEST

/* What can go wrong with a policy that is in force; the id is a new one where there is one (M19, M20; peers.md 2.1). */
static const struct fault {
	const char *name;
	enum dns_status txt;
	const char *record;	/* instead of the good one */
	enum fetch_end end;
	const char *file;
} faults[] = {
	{ "the record is gone", DNS_NO_DATA, NULL, FETCH_DONE, NULL },
	{ "the name is gone", DNS_NO_NAME, NULL, FETCH_DONE, NULL },
	{ "the DNS fails", DNS_FAILED, NULL, FETCH_DONE, NULL },
	{ "the answer is bogus", DNS_BOGUS, NULL, FETCH_DONE, NULL },
	{ "the record is malformed", DNS_FOUND, "v=STSv1; id=", FETCH_DONE, NULL },
	{ "a new id, and the host cannot be reached", DNS_FOUND, "v=STSv1; id=2", FETCH_UNREACHABLE, NULL },
	{ "a new id, and the certificate is bad", DNS_FOUND, "v=STSv1; id=2", FETCH_CERTIFICATE, NULL },
	{ "a new id, and 404", DNS_FOUND, "v=STSv1; id=2", FETCH_STATUS, NULL },
	{ "a new id, and the file is malformed", DNS_FOUND, "v=STSv1; id=2", FETCH_DONE, "version: STSv1\nmode: enforced\nmax_age: 1\n" },
	{ "a new id, and the file is empty", DNS_FOUND, "v=STSv1; id=2", FETCH_DONE, "" },
};

START_TEST(a_policy_in_force_survives_each_fault)
{
	const struct fault *fault = &faults[_i];
	const struct knowledge *known;

	house_begin();
	house_publish("example.org", "1", ENFORCE);
	ck_assert(house_know("example.org")->has_sts);
	if (fault->record != NULL) {
		fake_dns_remove("_mta-sts.example.org", DNS_TXT);
		fake_dns_add("_mta-sts.example.org", DNS_TXT, fault->record);
	} else {
		fake_dns_status("_mta-sts.example.org", DNS_TXT, fault->txt);
	}
	if (fault->file != NULL)
		fake_fetch_file("example.org", fault->file);
	else if (fault->end != FETCH_DONE)
		fake_fetch_fail("example.org", fault->end);
	else
		fake_fetch_fail("example.org", FETCH_UNREACHABLE);
	/* For as long as it lasts, and no longer. */
	for (int day = 1; day < 7; day++) {
		fake_advance(HOUSE_DAY_MS);
		known = house_know("example.org");
		ck_assert_msg(known->has_sts && known->sts.mode == STS_ENFORCE, "%s, day %d", fault->name, day);
		ck_assert_int_eq(known->sts_until_s, FAKE_WALL_START + 604800);
	}
	fake_advance(HOUSE_DAY_MS + 3600 * 1000);
	known = house_know("example.org");
	ck_assert_msg(!known->has_sts, "%s", fault->name);
	/* Each was said, and that it ended. */
	while (fake_log_take("event=policy-refresh-failed domain=example.org mode=enforce *"))
		;
	(void)fake_log_take("event=policy-record-missing domain=example.org *");
	fake_log_expect("event=policy-change domain=example.org what=sts was=enforce now=none-known *");
	house_end();
}
END_TEST

/* What relay is told beside, for reports (R14, R16), of a domain with a record whose policy cannot be had; with one in force, or without. */
static const struct trouble {
	const char *name, *record;
	enum fetch_end end;
	const char *file;
	const char *fault, *lines;	/* lines: without a policy in force */
} troubles[] = {
	{ "the host cannot be reached", "v=STSv1; id=2", FETCH_UNREACHABLE, NULL, "sts-policy-fetch-error: a sentence", "" },
	{ "404", "v=STSv1; id=2", FETCH_STATUS, NULL, "sts-policy-fetch-error: another status", "" },
	{ "the certificate is bad", "v=STSv1; id=2", FETCH_CERTIFICATE, NULL, "sts-webpki-invalid: a sentence", "" },
	{ "the file is malformed", "v=STSv1; id=2", FETCH_DONE, "version: STSv1\nmode: maybe\n",
	    "sts-policy-invalid: the mode is none of none, testing and enforce (RFC 8461 3.2)", "version: STSv1\nmode: maybe" },
	{ "the record is malformed", "v=STSv1; id=", FETCH_UNREACHABLE, NULL, "", "" },
	{ "there is no record", NULL, FETCH_UNREACHABLE, NULL, "", "" },
};

static void
trouble_make(const struct trouble *trouble)
{
	if (fake_dns_has("_mta-sts.example.org", DNS_TXT))
		fake_dns_remove("_mta-sts.example.org", DNS_TXT);
	if (trouble->record != NULL)
		fake_dns_add("_mta-sts.example.org", DNS_TXT, trouble->record);
	if (trouble->file != NULL)
		fake_fetch_file("example.org", trouble->file);
	else
		fake_fetch_fail("example.org", trouble->end);
}

START_TEST(what_a_policy_could_not_be_had_for_is_told)
{
	for (size_t i = 0; i < sizeof(troubles) / sizeof(*troubles); i++) {
		const struct knowledge *known;

		house_begin();
		fake_dns_ttl(60);
		trouble_make(&troubles[i]);
		known = house_know("example.org");
		ck_assert_msg(!known->has_sts && known->missing.length == 0, "%s", troubles[i].name);
		ck_assert_msg(span_equal(known->sts_fault, span_of(troubles[i].fault)), "%s: %.*s", troubles[i].name, SPAN_ARG(known->sts_fault));
		ck_assert_msg(span_equal(known->sts_lines, span_of(troubles[i].lines)), "%s: %.*s", troubles[i].name, SPAN_ARG(known->sts_lines));
		/* The next question finds it out anew only after a while, and knows it nevertheless. */
		fake_advance(61 * 1000);
		ck_assert_msg(span_equal(house_know("example.org")->sts_fault, span_of(troubles[i].fault)), "%s", troubles[i].name);
		/* Another id: nothing is known of its policy yet, and then all is well. */
		fake_advance(61 * 1000);
		house_publish("example.org", "3", "x: y\n" ENFORCE);
		known = house_know("example.org");
		ck_assert(known->has_sts);
		ck_assert_uint_eq(known->sts_fault.length, 0);
		ck_span_eq(known->sts_lines, "x: y\nversion: STSv1\nmode: enforce\nmx: mx.example.org\nmx: *.mail.example.org\nmax_age: 604800");
		house_end();
	}
}
END_TEST

START_TEST(a_policy_in_force_is_told_with_what_the_next_could_not_be_had_for)
{
	for (size_t i = 0; i < sizeof(troubles) / sizeof(*troubles); i++) {
		const struct knowledge *known;

		house_begin();
		fake_dns_ttl(60);
		house_publish("example.org", "1", ENFORCE);
		ck_assert(house_know("example.org")->has_sts);
		fake_advance(61 * 1000);
		trouble_make(&troubles[i]);
		for (int life = 0; life < 2; life++) {
			known = house_know("example.org");
			ck_assert_msg(known->has_sts, "%s", troubles[i].name);
			ck_assert_msg(span_starts(known->sts_lines, SPAN("version: STSv1\nmode: enforce\n")), "%s", troubles[i].name);
			ck_assert_msg(span_equal(known->sts_fault, span_of(troubles[i].fault)), "%s: %.*s", troubles[i].name, SPAN_ARG(known->sts_fault));
			/* Another process knows as much. */
			fake_advance(1000);
			house_restart();
		}
		while (fake_log_take("event=policy-refresh-failed *") || fake_log_take("event=policy-record-missing *"))
			;
		house_end();
	}
}
END_TEST

START_TEST(nothing_known_and_no_dns_is_something_missing)
{
	const struct knowledge *known;

	house_begin();
	house_publish("example.org", "1", ENFORCE);
	fake_dns_status("_mta-sts.example.org", DNS_TXT, DNS_FAILED);
	known = house_know("example.org");
	ck_assert(!known->has_sts);
	ck_span_eq(known->missing, "sts-dns-failed");
	ck_assert_int_le(known->until_s, FAKE_WALL_START + 60);
	fake_advance(31000);
	fake_dns_status("_mta-sts.example.org", DNS_TXT, DNS_BOGUS);
	ck_span_eq(house_know("example.org")->missing, "sts-dns-failed");
	fake_advance(31000);
	fake_dns_status("_mta-sts.example.org", DNS_TXT, DNS_FOUND);
	known = house_know("example.org");
	ck_assert_uint_eq(known->missing.length, 0);
	ck_assert(known->has_sts);
	house_end();
}
END_TEST

START_TEST(no_record_is_no_policy)
{
	const struct knowledge *known;

	house_begin();
	known = house_know("example.org");
	ck_assert(!known->has_sts);
	ck_assert_uint_eq(known->missing.length, 0);
	fake_dns_add("_mta-sts.example.org", DNS_TXT, "v=spf1 -all");
	fake_advance(3601 * 1000);
	ck_assert(!house_know("example.org")->has_sts);
	ck_assert_uint_eq(fake_fetches(NULL), 0);
	house_end();
}
END_TEST

START_TEST(the_parent_has_no_say)	/* M26 */
{
	house_begin();
	house_publish("example.org", "1", ENFORCE);
	ck_assert(!house_know("mail.example.org")->has_sts);
	ck_assert_uint_eq(fake_fetches(NULL), 0);
	house_end();
}
END_TEST

START_TEST(a_record_without_its_file_is_no_policy_and_one_get)	/* M21, M24 */
{
	house_begin();
	house_publish("example.org", "1", ENFORCE);
	fake_fetch_fail("example.org", FETCH_UNREACHABLE);
	for (int i = 0; i < 60; i++) {
		const struct knowledge *known = house_know("example.org");

		ck_assert(!known->has_sts);
		ck_assert_uint_eq(known->missing.length, 0);
		fake_advance(1000);
	}
	ck_assert_uint_eq(fake_fetches("example.org"), 1);
	fake_log_expect("event=policy-fetch-failed domain=example.org id=1 reason=* failures=1");
	/* Another id may be tried at once (M5: the smaller one as well). */
	house_set_id("example.org", "0");
	fake_advance(300 * 1000);
	(void)house_know("example.org");
	ck_assert_uint_eq(fake_fetches("example.org"), 2);
	house_end();
}
END_TEST

START_TEST(pauses_double_up_to_a_day)	/* M24 */
{
	unsigned before;

	house_begin();
	house_publish("example.org", "1", ENFORCE);
	fake_fetch_fail("example.org", FETCH_UNREACHABLE);
	for (int i = 0; i < 24 * 60; i++) {
		(void)house_know("example.org");
		fake_advance(60 * 1000);
	}
	/* 5, 10, 20, 40, 80, 160, 320, 640 minutes */
	ck_assert_uint_ge(fake_fetches("example.org"), 7);
	ck_assert_uint_le(fake_fetches("example.org"), 9);
	before = fake_fetches("example.org");
	for (int i = 0; i < 10; i++) {
		fake_advance(HOUSE_DAY_MS);
		(void)house_know("example.org");
	}
	ck_assert_uint_ge(fake_fetches("example.org"), before + 4);
	fake_log_clear();
	house_end();
}
END_TEST

START_TEST(another_id_means_another_policy)	/* M22 */
{
	const struct knowledge *known;

	house_begin();
	house_publish("example.org", "20260301", ENFORCE);
	(void)house_know("example.org");
	fake_advance(3601 * 1000);
	house_publish("example.org", "20260228", TESTING);
	known = house_know("example.org");
	ck_assert_int_eq(known->sts.mode, STS_TESTING);
	ck_span_eq(known->sts_id, "20260228");
	fake_log_expect("event=policy-change domain=example.org what=sts was=enforce now=testing id=20260228");
	ck_assert_uint_eq(house_changes("example.org"), 1);
	house_end();
}
END_TEST

START_TEST(the_same_id_is_not_fetched_for_mail)	/* M22 */
{
	house_begin();
	house_publish("example.org", "1", ENFORCE);
	for (int i = 0; i < 20; i++) {
		(void)house_know("example.org");
		fake_advance(600 * 1000);
	}
	ck_assert_uint_eq(fake_fetches("example.org"), 1);
	house_end();
}
END_TEST

START_TEST(none_is_a_policy_that_takes_the_place_of_another)	/* M20, peers.md 2.2 */
{
	const struct knowledge *known;

	house_begin();
	house_publish("example.org", "1", ENFORCE);
	(void)house_know("example.org");
	house_publish("example.org", "2", NONE);
	fake_advance(3601 * 1000);
	known = house_know("example.org");
	ck_assert(known->has_sts);
	ck_assert_int_eq(known->sts.mode, STS_NONE);
	fake_log_expect("event=policy-change domain=example.org what=sts was=enforce now=none id=2");
	house_end();
}
END_TEST

/* max_age at its legal ends (M17; peers.md 2.2: others make a day of it). */
START_TEST(the_longest_age_is_a_year_and_zero_is_no_time)
{
	const struct knowledge *known;

	house_begin();
	house_publish("long.example", "1", HOUSE_FILE("enforce", "31557600"));
	known = house_know("long.example");
	ck_assert_int_eq(known->sts_until_s, FAKE_WALL_START + 31557600);
	house_publish("zero.example", "1", HOUSE_FILE("enforce", "0"));
	ck_assert(!house_know("zero.example")->has_sts);
	house_end();
}
END_TEST

START_TEST(a_change_of_the_clock_makes_no_policy_immortal)	/* M25; peers.md 2.9 */
{
	house_begin();
	house_publish("example.org", "1", ENFORCE);
	(void)house_know("example.org");
	fake_fetch_fail("example.org", FETCH_UNREACHABLE);
	/* Back by a year: the time that passed is what the other clock says. */
	fake_wall_step(-365 * HOUSE_DAY_MS);
	fake_advance(6 * HOUSE_DAY_MS);
	ck_assert(house_know("example.org")->has_sts);
	fake_advance(2 * HOUSE_DAY_MS);
	ck_assert(!house_know("example.org")->has_sts);
	while (fake_log_take("event=policy-refresh-failed *"))
		;
	fake_log_expect("event=policy-change domain=example.org what=sts was=enforce *");
	house_end();
}
END_TEST

START_TEST(after_another_start_of_the_machine_the_wall_clock_counts)
{
	house_begin();
	house_publish("example.org", "1", ENFORCE);
	(void)house_know("example.org");
	fake_fetch_fail("example.org", FETCH_UNREACHABLE);
	now_set_boot("second-boot");
	fake_wall_step(6 * HOUSE_DAY_MS);
	house_restart();
	ck_assert(house_know("example.org")->has_sts);
	now_set_boot("third-boot");
	fake_wall_step(2 * HOUSE_DAY_MS);
	house_restart();
	ck_assert(!house_know("example.org")->has_sts);
	/* A clock that was set back before gives it no longer than its whole age again. */
	now_set_boot("fourth-boot");
	fake_wall_step(-3650 * HOUSE_DAY_MS);
	house_restart();
	ck_assert_int_le(house_know("example.org")->sts_until_s, FAKE_WALL_START - 3640 * INT64_C(86400) + 604800);
	fake_log_clear();
	while (fake_log_take("event=policy-*"))
		;
	house_end();
}
END_TEST

/* systemd's ProcSubset=pid hides which start it is: two of them must not look like one, or nothing would age between them. */
START_TEST(where_starts_cannot_be_told_apart_the_wall_clock_counts)
{
	house_begin();
	now_set_boot("");
	house_publish("example.org", "1", ENFORCE);
	(void)house_know("example.org");
	fake_fetch_fail("example.org", FETCH_UNREACHABLE);
	fake_wall_step(8 * HOUSE_DAY_MS);
	house_restart();
	ck_assert(!house_know("example.org")->has_sts);
	fake_log_clear();
	while (fake_log_take("event=policy-*"))
		;
	house_end();
}
END_TEST

START_TEST(questions_for_one_domain_share_the_work)
{
	house_begin();
	house_publish("example.org", "1", ENFORCE);
	fake_fetch_hold();
	for (uint64_t i = 1; i <= 20; i++)
		house_ask(i, "example.org");
	fake_settle();
	ck_assert_ptr_null(house_told(1));
	ck_assert_uint_eq(fake_fetches_open(), 1);
	ck_assert_uint_eq(fake_dns_questions(), 1);
	fake_fetch_release();
	fake_settle();
	for (uint64_t i = 1; i <= 20; i++)
		ck_assert(house_told(i)->has_sts);
	house_end();
}
END_TEST

START_TEST(a_doubted_policy_is_looked_for_but_not_all_the_time)	/* M34 */
{
	unsigned before;

	house_begin();
	house_publish("example.org", "1", ENFORCE);
	fake_dns_ttl(3600);
	(void)house_know("example.org");
	house_publish("example.org", "2", TESTING);
	/* For mail that is well the record is fresh; for mail that fails it may be too old. */
	fake_advance(29 * 1000);
	ck_assert_int_eq(house_know("example.org")->sts.mode, STS_ENFORCE);
	before = fake_dns_questions();
	house_ask_doubted(1, "example.org");
	fake_settle();
	ck_assert_int_eq(house_told(1)->sts.mode, STS_ENFORCE);
	ck_assert_uint_eq(fake_dns_questions(), before);
	fake_advance(1000);
	house_ask_doubted(2, "example.org");
	fake_settle();
	ck_assert_int_eq(house_told(2)->sts.mode, STS_TESTING);
	ck_assert_uint_eq(fake_dns_questions(), before + 1);
	fake_log_expect("event=policy-change * was=enforce now=testing id=2");
	house_end();
}
END_TEST

START_TEST(the_record_is_fresh_for_a_minute_at_least_and_an_hour_at_most)
{
	house_begin();
	fake_dns_ttl(1);
	(void)house_know("example.org");
	fake_advance(59 * 1000);
	(void)house_know("example.org");
	ck_assert_uint_eq(fake_dns_questions(), 1);
	fake_advance(1000);
	fake_dns_ttl(100000);
	(void)house_know("example.org");
	ck_assert_uint_eq(fake_dns_questions(), 2);
	fake_advance(3599 * 1000);
	(void)house_know("example.org");
	ck_assert_uint_eq(fake_dns_questions(), 2);
	fake_advance(1000);
	(void)house_know("example.org");
	ck_assert_uint_eq(fake_dns_questions(), 3);
	house_end();
}
END_TEST

START_TEST(a_new_configuration_asks_anew)
{
	const struct setup setup = { 0 };

	house_begin();
	house_publish("example.org", "1", ENFORCE);
	fake_dns_hold();
	house_ask(1, "example.org");
	fake_settle();
	policy_room_handler.on_setup(&house_policy, &setup, &house_conf);
	fake_dns_release();
	fake_settle();
	ck_assert(house_told(1)->has_sts);
	house_end();
}
END_TEST

UNIT_MAIN_LOOPED("seek", a_policy_in_force_survives_each_fault, faults, a_policy_is_found_and_kept_over_a_restart,
    what_a_policy_could_not_be_had_for_is_told, a_policy_in_force_is_told_with_what_the_next_could_not_be_had_for,
    nothing_known_and_no_dns_is_something_missing, no_record_is_no_policy, the_parent_has_no_say,
    a_record_without_its_file_is_no_policy_and_one_get, pauses_double_up_to_a_day, another_id_means_another_policy,
    the_same_id_is_not_fetched_for_mail, none_is_a_policy_that_takes_the_place_of_another,
    the_longest_age_is_a_year_and_zero_is_no_time, a_change_of_the_clock_makes_no_policy_immortal,
    after_another_start_of_the_machine_the_wall_clock_counts, where_starts_cannot_be_told_apart_the_wall_clock_counts,
    questions_for_one_domain_share_the_work, a_doubted_policy_is_looked_for_but_not_all_the_time,
    the_record_is_fresh_for_a_minute_at_least_and_an_hour_at_most, a_new_configuration_asks_anew)
