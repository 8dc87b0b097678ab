/* Tests of src/intake/transaction.c. */
#include "intake/transaction.h"

#include <stdio.h>

#include "tests/fake/fake.h"
#include "tests/fake/fake_writer.h"
#include "tests/unit/unit.h"

START_TEST(recipients_stay_as_they_were_said_however_many_come)
{
	const struct mail_params mail = { .envid = SPAN("E1"), .ret = RET_HDRS };
	struct transaction *tx = transaction_new(NULL, SPAN("s@b.example"), &mail);
	char address[32], orcpt[32];

	for (int i = 0; i < 1000; i++) {
		struct rcpt_params params = { .notify = (uint8_t)(i % 16) };

		snprintf(address, sizeof(address), "%d@x.example", i);
		snprintf(orcpt, sizeof(orcpt), "rfc822;%d", i);
		params.orcpt = span_of(orcpt);
		transaction_add(tx, span_of(address), &params);
	}
	memset(address, 'x', sizeof(address));
	ck_assert_uint_eq(tx->recipients_count, 1000);
	ck_span_eq(tx->sender, "s@b.example");
	ck_span_eq(tx->params.envid, "E1");
	ck_span_eq(tx->recipients[0].address, "0@x.example");
	ck_span_eq(tx->recipients[999].address, "999@x.example");
	ck_span_eq(tx->recipients[999].orcpt, "rfc822;999");
	ck_assert_uint_eq(tx->recipients[999].notify, 999 % 16);
	transaction_free(&tx);
	ck_assert_ptr_null(tx);
	transaction_free(&tx);
}
END_TEST

START_TEST(its_record_goes_with_it)
{
	const struct mail_params mail = { .ret = RET_DEFAULT };
	const struct conf_spool conf = { .staged_octets = 1000 };
	char why[64];
	struct writer *writer = writer_open(-1, SPAN("x"), SPAN("key"), &conf, why, sizeof(why));
	struct transaction *tx = transaction_new(NULL, SPAN(""), &mail);

	tx->record = record_new(writer);
	ck_assert_uint_eq(fake_writer_records(), 1);
	transaction_free(&tx);
	ck_assert_uint_eq(fake_writer_records(), 0);
	writer_close(&writer);
	fake_finish();
}
END_TEST

UNIT_MAIN("transaction", recipients_stay_as_they_were_said_however_many_come, its_record_goes_with_it)
