/* Tests of src/lib-conf/value.c. */
#include "src/lib-conf/value.h"

#include "tests/unit/unit.h"

static const struct {
	enum key_form form;
	const char *text;
	bool good;
	uint64_t value;
} rows[] = {
	{ KEY_COUNT, "12", true, 12 },
	{ KEY_COUNT, "0", true, 0 },
	{ KEY_COUNT, "12K", false, 0 },
	{ KEY_COUNT, "-1", false, 0 },
	{ KEY_COUNT, "", false, 0 },
	{ KEY_OCTETS, "50M", true, UINT64_C(50) << 20 },
	{ KEY_OCTETS, "1k", true, 1024 },
	{ KEY_OCTETS, "2G", true, UINT64_C(2) << 30 },
	{ KEY_OCTETS, "0", true, 0 },
	{ KEY_OCTETS, "50", false, 0 },
	{ KEY_OCTETS, "50 M", false, 0 },
	{ KEY_OCTETS, "50MB", false, 0 },
	{ KEY_OCTETS, "1.5M", false, 0 },
	{ KEY_OCTETS, "M", false, 0 },
	{ KEY_OCTETS, "18446744073709551615K", false, 0 },
	{ KEY_OCTETS, "99999999999999999999K", false, 0 },
	{ KEY_SECONDS, "90s", true, 90 },
	{ KEY_SECONDS, "5m", true, 300 },
	{ KEY_SECONDS, "4h", true, 14400 },
	{ KEY_SECONDS, "5D", true, 432000 },
	{ KEY_SECONDS, "300", false, 0 },
	{ KEY_SECONDS, "10ms", false, 0 },
	{ KEY_SECONDS, "1h30m", false, 0 },
	{ KEY_MILLISECONDS, "250ms", true, 250 },
	{ KEY_MILLISECONDS, "3s", true, 3000 },
	{ KEY_MILLISECONDS, "3", false, 0 },
	{ KEY_FLAG, "yes", true, 1 },
	{ KEY_FLAG, "On", true, 1 },
	{ KEY_FLAG, "true", true, 1 },
	{ KEY_FLAG, "no", true, 0 },
	{ KEY_FLAG, "off", true, 0 },
	{ KEY_FLAG, "false", true, 0 },
	{ KEY_FLAG, "1", false, 0 },
	{ KEY_MODE, "0660", true, 0660 },
	{ KEY_MODE, "666", true, 0666 },
	{ KEY_MODE, "0o660", false, 0 },
	{ KEY_MODE, "680", false, 0 },
	{ KEY_MODE, "66", false, 0 },
};

START_TEST(values_are_read)
{
	uint64_t value = 0;
	const char *why = value_read(rows[_i].form, span_of(rows[_i].text), &value);

	ck_assert_msg((why == NULL) == rows[_i].good, "\"%s\": %s", rows[_i].text, why == NULL ? "taken" : why);
	ck_assert_uint_eq(value, rows[_i].value);
}
END_TEST

START_TEST(values_are_written_in_their_largest_unit)
{
	static const struct { enum key_form form; uint64_t value; const char *text; } written[] = {
		{ KEY_COUNT, 1000000, "1000000" }, { KEY_OCTETS, 1 << 20, "1M" }, { KEY_OCTETS, (1 << 20) + 1024, "1025K" },
		{ KEY_OCTETS, 0, "0" }, { KEY_OCTETS, 1, "1" }, { KEY_SECONDS, 90, "90s" }, { KEY_SECONDS, 86400, "1d" },
		{ KEY_MILLISECONDS, 3000, "3s" }, { KEY_MILLISECONDS, 50, "50ms" }, { KEY_MODE, 0660, "0660" },
		{ KEY_FLAG, 1, "yes" },
	};
	char text[VALUE_TEXT];

	for (size_t i = 0; i < sizeof(written) / sizeof(*written); i++)
		ck_assert_str_eq(value_format(written[i].form, written[i].value, text), written[i].text);
}
END_TEST

UNIT_MAIN_LOOPED("value", values_are_read, rows, values_are_written_in_their_largest_unit)
