/* What was not given and this machine knows: its name, its processors, its resolvers, its addresses. */
#include "conf/settings.h"

#include <ifaddrs.h>
#include <limits.h>
#include <netdb.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fatal.h"
#include "check.h"
#include "conf/relay.h"
#include "exceptions.h"

#define WORKERS_MOST 64
#define SERVERS_MOST 8
#define RESOLV_CONF "/etc/resolv.conf"
#define ADDRESS_TEXT 300		/* "postmaster@" and a name of 253 octets */

static void
text_replace(char **text, const char *with)
{
	free(*text);
	*text = must_copy(with, strlen(with));
}

static void
list_add(struct conf_list *list, const char *text)
{
	list->items = must_realloc(list->items, (list->count + 1) * sizeof(*list->items));
	list->items[list->count++] = must_copy(text, strlen(text));
}

/* The fully qualified name: what the system is called, or what the resolver makes of that. */
static void
hostname_complete(struct settings *settings, struct complaints *complaints)
{
	struct addrinfo hints = { .ai_flags = AI_CANONNAME, .ai_socktype = SOCK_STREAM }, *found = NULL;
	char name[HOST_NAME_MAX + 1] = "localhost";

	if (settings->hostname[0] != '\0')
		return;
	(void)gethostname(name, sizeof(name));
	name[sizeof(name) - 1] = '\0';
	text_replace(&settings->hostname, name);
	if (strchr(name, '.') == NULL && getaddrinfo(name, NULL, &hints, &found) == 0) {
		if (found->ai_canonname != NULL && strchr(found->ai_canonname, '.') != NULL)
			text_replace(&settings->hostname, found->ai_canonname);
		freeaddrinfo(found);
	}
	if (strchr(settings->hostname, '.') == NULL && check_pattern(span_of(settings->hostname)) == NULL)
		complaints_warn(complaints, settings->file, 0,
		    "the system's name is \"%s\", which is not fully qualified: give hostname", settings->hostname);
	else if (check_host(span_of(settings->hostname)) != NULL)
		complaints_add(complaints, settings->file, 0,
		    "the system's name is \"%s\", which is not a host name: give hostname", settings->hostname);
}

static uint64_t
cores(void)
{
	cpu_set_t set;
	int count;

	if (sched_getaffinity(0, sizeof(set), &set) < 0 || (count = CPU_COUNT(&set)) < 1)
		return 1;
	return count > WORKERS_MOST ? WORKERS_MOST : (uint64_t)count;
}

/* The servers of resolv.conf(5); without any, the one on this host. */
void
settings_complete_servers(struct settings *settings)
{
	FILE *file = settings->dns_servers.count > 0 ? NULL : fopen(RESOLV_CONF, "re");
	char line[512];

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		struct span rest = span_of(line), text;
		char address[IP_TEXT];
		struct ip ip;

		if (!span_starts(rest, SPAN("nameserver")) || settings->dns_servers.count == SERVERS_MOST)
			continue;
		text = span_trim(span_first(span_skip(rest, 10), span_find(span_skip(rest, 10), '\n')));
		if (ip_parse(text, &ip))
			list_add(&settings->dns_servers, ip_format(ip, address));
	}
	if (file != NULL)
		fclose(file);
	if (settings->dns_servers.count == 0)
		list_add(&settings->dns_servers, "127.0.0.1");
}

/* What a resolver elsewhere says of validation can be forged on its way (RFC 7672 2.2, RFC 4033 7). */
static void
servers_check(const struct settings *settings, struct complaints *complaints)
{
	struct ip ip = { .family = 0 };
	uint16_t port;

	for (size_t i = 0; settings->dns_dnssec == CONF_DNSSEC_REQUIRED && i < settings->dns_servers.count; i++)
		if (check_address_port(span_of(settings->dns_servers.items[i]), &ip, &port) == NULL && !ip_is_loopback(ip))
			complaints_add(complaints, settings->file, settings_line(settings, "dns.dnssec"),
			    "dns.dnssec: required, and the resolver %s is not on this host%s", settings->dns_servers.items[i],
			    settings_line(settings, "dns.servers") == 0 ? " (it is from " RESOLV_CONF ": give dns.servers)" : "");
}

/* Whether connecting to the port of MX hosts at this address would reach us. */
static bool
listens_on(const struct settings *settings, struct ip ip)
{
	const struct ip any4 = { .family = 4 }, any6 = { .family = 6 };

	for (size_t i = 0; i < settings->listen.count; i++) {
		struct ip on = settings->listen.at[i].ip;

		if (settings->listen.at[i].port == settings->relay_port &&
		    (ip_equal(on, ip) || ip_equal(on, ip.family == 4 ? any4 : any6)))
			return true;
	}
	return false;
}

/* The addresses that lead back to us: an MX host that has one of them is this one. */
static void
own_addresses_complete(struct settings *settings)
{
	struct ifaddrs *interfaces;
	char text[IP_TEXT];

	/* One that is listened on may be no interface's: another of loopback's, or one that is routed here. */
	for (size_t i = 0; i < settings->listen.count; i++)
		if (settings->listen.at[i].port == settings->relay_port)
			list_add(&settings->own_addresses, ip_format(settings->listen.at[i].ip, text));
	if (getifaddrs(&interfaces) < 0)
		return;
	for (const struct ifaddrs *i = interfaces; i != NULL; i = i->ifa_next) {
		struct ip ip;

		if (i->ifa_addr == NULL)
			continue;
		ip = ip_from_sockaddr(i->ifa_addr);
		if (ip.family != 0 && listens_on(settings, ip))
			list_add(&settings->own_addresses, ip_format(ip, text));
	}
	freeifaddrs(interfaces);
}

static void
spool_key_complete(struct settings *settings)
{
	char path[PATH_MAX];

	if (settings->spool_key[0] != '\0')
		return;
	snprintf(path, sizeof(path), "%s/keys/spool.pem", settings->spool_directory);
	text_replace(&settings->spool_key, path);
}

static void
postmaster_complete(struct settings *settings)
{
	char address[ADDRESS_TEXT];

	if (settings->report_postmaster[0] != '\0')
		return;
	snprintf(address, sizeof(address), "postmaster@%s", settings->hostname);
	text_replace(&settings->report_postmaster, address);
}

/* Whoever signs is whom it is from (RFC 8460 3). */
static void
contact_complete(struct settings *settings)
{
	char address[ADDRESS_TEXT];

	if (settings->tlsrpt_contact[0] != '\0')
		return;
	snprintf(address, sizeof(address), "postmaster@%s", settings->dkim_domain);
	text_replace(&settings->tlsrpt_contact, settings->dkim_domain[0] != '\0' ? address : settings->report_postmaster);
}

/* Where mail comes that stops notices, and the text of these. */
static void
notices_complete(struct settings *settings)
{
	static const char *const languages[] = { [SETTINGS_EN] = "en", [SETTINGS_DE] = "de" };
	char text[PATH_MAX];

	if (settings->notices_stop[0] == '\0') {
		snprintf(text, sizeof(text), "tls-notices@%s", settings->hostname);
		text_replace(&settings->notices_stop, text);
	}
	if (settings->notices_template[0] == '\0') {
		snprintf(text, sizeof(text), "%s/%s.txt", SEALPOST_NOTICEDIR, languages[settings->notices_language]);
		text_replace(&settings->notices_template, text);
	}
}

void
settings_complete(struct settings *settings, struct complaints *complaints)
{
	hostname_complete(settings, complaints);
	if (settings->workers_intake == 0)
		settings->workers_intake = cores();
	if (settings->workers_relay == 0)
		settings->workers_relay = cores();
	settings_complete_servers(settings);
	servers_check(settings, complaints);
	exceptions_check(settings, time(NULL), complaints);
	own_addresses_complete(settings);
	spool_key_complete(settings);
	postmaster_complete(settings);
	contact_complete(settings);
	notices_complete(settings);
}
