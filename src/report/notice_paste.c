/* From a notification to the case behind it, if its party could not be reached. */
#include "report/notice_paste.h"

#include <string.h>

#include "loop/clock.h"
#include "report/notice_mail.h"
#include "report/notice_store.h"
#include "report/room.h"

/* The host that was tried has the fault, or the domain's own policy has. */
static bool
is_about(const struct notice_case *of, struct span host, struct span domain)
{
	return (of->about == NOTICE_HOST && span_equal_nocase(span_of(of->name), host)) ||
	    (of->about == NOTICE_DOMAIN && span_equal_nocase(span_of(of->name), domain));
}

static bool
is_unreached(const struct report *report, const struct notice_case *of)
{
	struct notice_party party;

	return *of->party != '\0' && notices_party_get(report->notices, of->party, &party) && party.state == NOTICE_UNREACHED &&
	    !notices_is_stopped(report->notices, of->party, SPAN(""), SPAN(""), of->ip);
}

static const struct notice_case *
case_find(const struct report *report, struct span host, struct span domain)
{
	for (size_t i = 0; i < report->notice_cases.count; i++) {
		const struct notice_case *of = &report->notice_cases.items[i];

		if (is_about(of, host, domain) && is_unreached(report, of))
			return of;
	}
	return NULL;
}

static void
paste_write(const struct report *report, const struct notice_case *of, struct span domain, struct buf *out)
{
	const struct notice_letter letter = { .cases = &of, .count = 1, .operator = domain, .to = SPAN(""), .token = "", .now_s = clock_wall() };

	/* Without it the notification is as it ever was. */
	if (notice_write_text(out, &letter, report->conf, true) != NULL)
		buf_empty(out);
}

void
notice_paste(const struct report *report, const struct notification *notification, struct buf *out)
{
	if (report->notices == NULL || report->conf->notices_mode != CONF_NOTICES_ON)
		return;
	for (uint32_t i = 0; i < notification->envelope.recipients_count && buf_length(out) == 0; i++) {
		const struct noticed_recipient *noticed = &notification->recipients[i];
		struct span domain = span_behind_last(notification->envelope.recipients[i].address, '@');
		const struct notice_case *of = noticed->outcome.is_policy ? case_find(report, noticed->outcome.mx, domain) : NULL;

		if (of != NULL)
			paste_write(report, of, domain, out);
	}
}
