/* THE lists of local parts: who reads nothing, and who looks after what. */
#include "policy/mailbox.h"

#include <stddef.h>

bool
mailbox_is_of_nobody(struct span local)
{
	static const char *const whole[] = { "devnull", "dev-null", "list", "lists", "listserv", "majordomo", "mailman", "nobody", "none",
		"null", "owner" };
	static const char *const begins[] = { "bounce", "do-not-reply", "donotreply", "list-", "mailer-daemon", "no-reply", "no_reply",
		"noreply", "owner-" };
	static const char *const ends[] = { "-bounce", "-bounces", "-list", "-noreply", "-owner", "-request", "-subscribe",
		"-unsubscribe" };

	for (size_t i = 0; i < sizeof(whole) / sizeof(*whole); i++)
		if (span_equal_nocase(local, span_of(whole[i])))
			return true;
	for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++)
		if (span_starts_nocase(local, span_of(begins[i])))
			return true;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (span_ends_nocase(local, span_of(ends[i])))
			return true;
	return false;
}

static bool
is_role(struct span word)
{
	static const char *const roles[] = { "abuse", "admin", "administrator", "dns", "dnsadmin", "dnsmaster", "domains", "hostmaster", "mail",
		"mailmaster", "netadmin", "network", "noc", "operations", "ops", "postmaster", "registry", "root", "security", "support",
		"sysadmin", "webmaster" };

	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++)
		if (span_equal_nocase(word, span_of(roles[i])))
			return true;
	return false;
}

bool
mailbox_is_of_role(struct span local)
{
	size_t length = 0;

	/* What is behind a "+" is a person's own affair. */
	if (span_find(local, '+') < local.length)
		return false;
	for (size_t at = 0; at <= local.length; at++) {
		bool is_end = at == local.length || local.data[at] == '-' || local.data[at] == '.' || local.data[at] == '_';

		if (is_end && is_role(span_make(local.data + at - length, length)))
			return true;
		length = is_end ? 0 : length + 1;
	}
	return false;
}
