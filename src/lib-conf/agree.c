/* Keys against keys. */
#include "agree.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "auth/dkim.h"
#include "check.h"
#include "conf/material.h"
#include "conf/relay.h"
#include "conf/report.h"
#include "key.h"
#include "mail/pattern.h"
#include "mail/route.h"
#include "value.h"

/* The first is at most the second. */
static const char *const orders[][2] = {
	{ "limits.sessions_per_client", "limits.sessions" },
	{ "limits.idle", "limits.session" },
	{ "queue.retry_first", "queue.retry_most" },
	{ "queue.delay_notice", "queue.expire" },
	{ "queue.expire_policy", "queue.expire" },
	{ "queue.connections_first", "queue.connections" },
	{ "spool.staged", "limits.memory" },
	{ "spool.staged", "spool.segment" },
};

static void
order_check(struct settings *settings, struct complaints *complaints, const char *less_name, const char *more_name)
{
	const struct key *less = key_find(span_of(less_name)), *more = key_find(span_of(more_name));
	uint64_t *less_at = (uint64_t *)((char *)settings + less->offset);
	uint64_t more_value = *(uint64_t *)((char *)settings + more->offset);
	unsigned line = settings->lines[key_index(less)];
	char less_text[VALUE_TEXT], more_text[VALUE_TEXT];

	if (*less_at <= more_value)
		return;
	if (line == 0) {
		*less_at = more_value;
		return;
	}
	complaints_add(complaints, settings->file, line, "%s (%s) is more than %s (%s%s)", less_name,
	    value_format(less->form, *less_at, less_text), more_name, value_format(more->form, more_value, more_text),
	    settings->lines[key_index(more)] == 0 ? ", the default" : "");
}

/* Keys of certificates stand in the certificates' files, or there is one for each. */
static void
keys_check(const struct settings *settings, struct complaints *complaints)
{
	if (settings->key.count == 0 || settings->key.count == settings->certificate.count)
		return;
	complaints_add(complaints, settings->file, settings_line(settings, "key"), settings->certificate.count == 0 ?
	    "key: there is no certificate for it" : "key: %zu for %zu certificates", settings->key.count,
	    settings->certificate.count);
}

static void
listens_check(const struct settings *settings, struct complaints *complaints)
{
	const struct settings_listens *listens = &settings->listen;

	for (size_t i = 1; i < listens->count; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(listens->at[i].name, listens->at[j].name) == 0) {
				complaints_add(complaints, settings->file, listens->at[i].line, "listen: %s is here twice",
				    listens->at[i].name);
				break;
			}
}

/* Is there something else at this place? */
static bool
metrics_meets(const struct settings *settings, size_t index)
{
	const char *item = settings->metrics_listen.items[index];
	struct ip ip = { .family = 0 };
	uint16_t port = 0;

	for (size_t i = 0; i < index; i++)
		if (strcmp(settings->metrics_listen.items[i], item) == 0)
			return true;
	if (span_starts(span_of(item), SPAN("unix:")))
		return strcmp(item + 5, settings->control) == 0 || strcmp(item + 5, settings->submission_socket) == 0 ||
		    strcmp(item + 5, settings->ledger_socket) == 0;
	(void)check_address_port(span_of(item), &ip, &port);
	for (size_t i = 0; i < settings->listen.count; i++)
		if (ip_equal(settings->listen.at[i].ip, ip) && settings->listen.at[i].port == port)
			return true;
	return false;
}

static void
metrics_check(const struct settings *settings, struct complaints *complaints)
{
	for (size_t i = 0; i < settings->metrics_listen.count; i++)
		if (metrics_meets(settings, i))
			complaints_add(complaints, settings->file, settings_line(settings, "metrics.listen"),
			    "metrics.listen: %s is here twice, or something else listens there", settings->metrics_listen.items[i]);
}

static bool
clients_have_certificates(const struct settings *settings)
{
	for (size_t i = 0; i < settings->clients.count; i++)
		if (span_starts_nocase(span_of(settings->clients.items[i]), SPAN("cert:")))
			return true;
	return false;
}

/* Fingerprints as intake compares them: lower case, no colons between the octets. */
static void
fingerprint_settle(char *item)
{
	char *out = item + strlen("cert:sha256:");

	for (char *c = item; c < out; c++)
		*c = (char)tolower((unsigned char)*c);
	for (const char *in = out; *in != '\0'; in++)
		if (*in != ':')
			*out++ = (char)tolower((unsigned char)*in);
	*out = '\0';
}

static void
clients_settle(struct settings *settings)
{
	bool request = clients_have_certificates(settings);

	for (size_t i = 0; i < settings->clients.count; i++)
		if (span_starts_nocase(span_of(settings->clients.items[i]), SPAN("cert:")))
			fingerprint_settle(settings->clients.items[i]);
	for (size_t i = 0; i < settings->listen.count; i++)
		if (!settings->listen.at[i].request_is_given)
			settings->listen.at[i].request_certificate = request;
}

static void
source_check(const struct settings *settings, struct complaints *complaints)
{
	unsigned of_family[7] = { 0 };
	struct ip ip;

	for (size_t i = 0; i < settings->relay_source.count; i++)
		if (ip_parse(span_of(settings->relay_source.items[i]), &ip) && of_family[ip.family]++ > 0)
			complaints_add(complaints, settings->file, settings_line(settings, "relay.source"),
			    "relay.source: more than one address of IPv%u", ip.family);
}

/* Is the pattern about the host of this next hop? */
static bool
pattern_has_host(const struct pattern_table *pattern, struct span hop)
{
	struct route route;

	return hop.length > 0 && route_parse(hop, &route) == NULL && pattern_table_find(pattern, route.host).length > 0;
}

static bool
pattern_has_any_host(const struct settings *settings, const struct pattern_table *pattern)
{
	const struct conf_map *maps[] = { &settings->accept, &settings->routes };

	for (size_t m = 0; m < sizeof(maps) / sizeof(*maps); m++)
		for (size_t i = 0; i < maps[m]->count; i++)
			if (pattern_has_host(pattern, span_of(maps[m]->pairs[i].value)))
				return true;
	return pattern_has_host(pattern, span_of(settings->relayhost));
}

static void
routes_add(struct route_table *table, const struct conf_map *map)
{
	for (size_t i = 0; i < map->count; i++)
		(void)route_table_add(table, span_of(map->pairs[i].key), span_of(map->pairs[i].value));
}

/*
 * A level is of the host that is asked: one for a domain whose mail all goes to the host of a route would be obeyed by
 * nobody, which nobody would notice.
 */
static void
level_check(const struct settings *settings, const struct route_table *routes, const char *key, struct complaints *complaints)
{
	struct pattern_table *pattern = pattern_table_new();
	char below[300];
	struct span hop;

	snprintf(below, sizeof(below), "%s%s", key[0] == '.' ? "any" : "", key);
	hop = route_table_find(routes, span_of(below));
	if (strcmp(key, "*") != 0 && hop.length > 0 && pattern_table_add(pattern, span_of(key), SPAN("level")) == NULL &&
	    !pattern_has_any_host(settings, pattern))
		complaints_add(complaints, settings->file, settings_line(settings, "policy.domains"),
		    "policy.domains: %s: its mail goes to %.*s: write the level for that host", key, SPAN_ARG(hop));
	pattern_table_free(&pattern);
}

static void
levels_check(const struct settings *settings, struct complaints *complaints)
{
	struct route_table *routes = route_table_new();

	routes_add(routes, &settings->accept);
	routes_add(routes, &settings->routes);
	if (settings->relayhost[0] != '\0')
		(void)route_table_add(routes, SPAN("*"), span_of(settings->relayhost));
	for (size_t i = 0; i < settings->policy_domains.count; i++)
		level_check(settings, routes, settings->policy_domains.pairs[i].key, complaints);
	route_table_free(&routes);
}

/* A level that nothing could prove would hold mail back for ever. */
static void
dane_check(const struct settings *settings, struct complaints *complaints)
{
	const char *lacks = !settings->policy_dane ? "policy.dane is off" :
	    settings->dns_dnssec == CONF_DNSSEC_OFF ? "dns.dnssec is off" : NULL;

	if (lacks == NULL)
		return;
	if (settings->policy_default == CONF_POLICY_DANE)
		complaints_add(complaints, settings->file, settings_line(settings, "policy.default"), "policy.default: dane, and %s",
		    lacks);
	for (size_t i = 0; i < settings->policy_domains.count; i++)
		if (strcmp(settings->policy_domains.pairs[i].value, "dane") == 0)
			complaints_add(complaints, settings->file, settings_line(settings, "policy.domains"),
			    "policy.domains: %s: dane, and %s", settings->policy_domains.pairs[i].key, lacks);
}

/* Nothing is known to be forged while nobody looks. */
static void
forged_check(const struct settings *settings, struct complaints *complaints)
{
	if (!settings->report_forged && !settings->authentication_results)
		complaints_add(complaints, settings->file, settings_line(settings, "report.forged"),
		    "report.forged: no, and authentication.results is off");
}

/* That of the first of its keys which was written. */
static unsigned
dkim_line(const struct settings *settings)
{
	static const char *const names[] = { "dkim.selectors", "dkim.keys", "dkim.domain" };
	unsigned line = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && line == 0; i++)
		line = settings_line(settings, names[i]);
	return line;
}

/* At one name there is one key: of two, verifiers would find the signature of one good. */
static bool
is_before(const struct conf_list *list, size_t i)
{
	size_t j = 0;

	while (!span_equal_nocase(span_of(list->items[j]), span_of(list->items[i])))
		j++;
	return j < i;
}

/* Where keys are published must be a name, and the domain that signs the one it is from: else the signature proves nothing (RFC 8460 3). */
static void
dkim_check(const struct settings *settings, struct complaints *complaints)
{
	const struct conf_list *selectors = &settings->dkim_selectors;
	struct span contact = span_of(settings->tlsrpt_contact), domain = span_of(settings->dkim_domain);
	unsigned line = dkim_line(settings);
	const char *why;

	if (selectors->count != settings->dkim_keys.count || (selectors->count > 0) != (domain.length > 0))
		complaints_add(complaints, settings->file, line, "dkim: a domain, and a key for each selector are needed: there are %zu selectors, "
		    "and %zu keys", selectors->count, settings->dkim_keys.count);
	if (selectors->count > DKIM_KEYS)
		complaints_add(complaints, settings->file, line, "dkim.selectors: %d are the most", DKIM_KEYS);
	for (size_t i = 0; i < selectors->count && i < DKIM_KEYS; i++)
		if (is_before(selectors, i))
			complaints_add(complaints, settings->file, line, "dkim.selectors: \"%s\" is here twice", selectors->items[i]);
	for (size_t i = 0; i < selectors->count && domain.length > 0; i++)
		if ((why = dkim_names_wrong(domain, span_of(selectors->items[i]))) != NULL)
			complaints_add(complaints, settings->file, line, "dkim.selectors: %s: %s", selectors->items[i], why);
	if (domain.length > 0 && contact.length > 0 && !span_equal_nocase(span_behind_last(contact, '@'), domain))
		complaints_add(complaints, settings->file, settings_line(settings, "tlsrpt.contact"),
		    "tlsrpt.contact: has to be at dkim.domain (%s), which signs", settings->dkim_domain);
}

/* Whoever names a sender wants them sent, unless it is said outright. */
static void
notices_settle(struct settings *settings)
{
	if (settings_line(settings, "notices.mode") == 0 && settings->notices_from[0] != '\0')
		settings->notices_mode = CONF_NOTICES_ON;
}

static void
notices_check(const struct settings *settings, struct complaints *complaints)
{
	struct span from = span_of(settings->notices_from), domain = span_of(settings->dkim_domain);
	unsigned line = settings_line(settings, "notices.mode");

	if (line == 0)
		line = settings_line(settings, "notices.from");
	if (settings->notices_mode == CONF_NOTICES_ON && from.length == 0)
		complaints_add(complaints, settings->file, line, "notices.mode: on, and there is no notices.from");
	if (settings->notices_mode == CONF_NOTICES_ON && settings->ledger_keep_s == 0)
		complaints_add(complaints, settings->file, line, "notices.mode: on, and ledger.keep is off: faults are seen in the ledger");
	if (domain.length > 0 && from.length > 0 && !span_equal_nocase(span_behind_last(from, '@'), domain))
		complaints_add(complaints, settings->file, settings_line(settings, "notices.from"),
		    "notices.from: has to be at dkim.domain (%s), which signs", settings->dkim_domain);
}

void
agree_check(struct settings *settings, struct complaints *complaints)
{
	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++)
		order_check(settings, complaints, orders[i][0], orders[i][1]);
	keys_check(settings, complaints);
	listens_check(settings, complaints);
	metrics_check(settings, complaints);
	source_check(settings, complaints);
	levels_check(settings, complaints);
	dane_check(settings, complaints);
	forged_check(settings, complaints);
	dkim_check(settings, complaints);
	notices_settle(settings);
	notices_check(settings, complaints);
	clients_settle(settings);
	if (strcmp(settings->control, settings->submission_socket) == 0)
		complaints_add(complaints, settings->file, settings_line(settings, "submission.socket"),
		    "submission.socket: is the control socket");
	if (*settings->ledger_socket != '\0' &&
	    (strcmp(settings->ledger_socket, settings->control) == 0 || strcmp(settings->ledger_socket, settings->submission_socket) == 0))
		complaints_add(complaints, settings->file, settings_line(settings, "ledger.socket"),
		    "ledger.socket: is the control socket, or that of submission");
}
