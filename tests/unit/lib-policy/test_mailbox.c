/* Tests of src/lib-policy/mailbox.c. */
#include "policy/mailbox.h"

#include "tests/unit/unit.h"

static const struct {
	const char *local;
	bool is_nobody, is_role;
} rows[] = {
	{ "postmaster", false, true },	/* N60 */
	{ "Hostmaster", false, true },
	{ "dns.team", false, true },
	{ "awsdns-hostmaster", false, true },
	{ "NOC", false, true },
	{ "abuse", false, true },
	{ "Security", false, true },
	{ "abuse_desk", false, true },
	{ "ceo", false, false },
	{ "alice.smith", false, false },
	{ "dnsx", false, false },
	{ "hostmaster+victim", false, false },
	{ "", false, false },
	{ "-", false, false },
	{ "nobody", true, false },	/* N50 */
	{ "noreply", true, false },
	{ "No-Reply-12", true, false },
	{ "MAILER-DAEMON", true, false },
	{ "owner-list", true, false },
	{ "users-request", true, false },
	{ "bounce+x=y", true, false },
};

START_TEST(who_reads_there_is_told_by_the_local_part)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_msg(mailbox_is_of_nobody(span_of(rows[i].local)) == rows[i].is_nobody, "%s", rows[i].local);
		ck_assert_msg(mailbox_is_of_role(span_of(rows[i].local)) == rows[i].is_role, "%s", rows[i].local);
	}
}
END_TEST

UNIT_MAIN("mailbox", who_reads_there_is_told_by_the_local_part)
