/* What tests of lib-conf share: complaints as text. */
#ifndef TESTS_UNIT_LIB_CONF_COMPLAINTS_H
#define TESTS_UNIT_LIB_CONF_COMPLAINTS_H

#include "conf/complaint.h"
#include "tests/unit/unit.h"

/* All of them, one to a line; valid until the next call. */
static inline const char *
complaints_text(const struct complaints *complaints)
{
	static char text[65536];
	struct buf out;

	buf_init(&out, sizeof(text) - 1);
	for (size_t i = 0; i < complaints->count; i++) {
		if (i > 0)
			ck_assert(buf_add(&out, SPAN("\n")));
		complaint_format(&complaints->at[i], &out);
	}
	memcpy(text, buf_length(&out) == 0 ? "" : buf_span(&out).data, buf_length(&out));
	text[buf_length(&out)] = '\0';
	buf_clear(&out);
	return text;
}

#endif
