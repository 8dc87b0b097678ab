/* Addresses to listen on. */
#include "listens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/near.h"
#include "check.h"
#include "value.h"

#define PORT_IMPLICIT 465	/* RFC 8314 7.3 */
#define PORT_PUBLIC 25

struct reading {
	const char *key, *file;
	struct complaints *complaints;
	struct settings_listens *out;
};

static bool
complain(struct reading *reading, unsigned line, struct span text, const char *why)
{
	complaints_add(reading->complaints, reading->file, line, "%s: \"%.*s\": %s", reading->key,
	    (int)(text.length > 80 ? 80 : text.length), text.data, why);
	return false;
}

static void
listen_add(struct reading *reading, struct settings_listen listen)
{
	struct settings_listens *out = reading->out;
	char text[IP_TEXT], name[IP_TEXT + 10];

	ip_format(listen.ip, text);
	snprintf(name, sizeof(name), listen.ip.family == 6 ? "[%s]:%u" : "%s:%u", text, listen.port);
	listen.name = must_copy(name, strlen(name));
	out->at = must_realloc(out->at, (out->count + 1) * sizeof(*out->at));
	out->at[out->count++] = listen;
}

/* "25" and "*:25" stand for every address of this host. Returns NULL and adds one or two, or what is wrong. */
static const char *
address_add(struct reading *reading, struct span text, struct settings_listen listen)
{
	static const struct ip any4 = { .family = 4 }, any6 = { .family = 6 };
	struct span port = span_starts(text, SPAN("*:")) ? span_skip(text, 2) : text;
	uint64_t number;
	const char *why;

	if (span_to_u64(port, 65535, &number) && number > 0) {
		listen.port = (uint16_t)number;
		listen.ip = any4;
		listen_add(reading, listen);
		listen.ip = any6;
		listen.may_lack = true;
		listen_add(reading, listen);
		return NULL;
	}
	why = check_address_port(text, &listen.ip, &listen.port);
	if (why == NULL && listen.port == 0)
		why = "lacks a port: 192.0.2.1:25, [2001:db8::1]:25";
	if (why == NULL)
		listen_add(reading, listen);
	return why;
}

/* What was not said follows from the port. */
static void
settle(struct reading *reading, size_t from, bool has_tls, bool has_tickets)
{
	for (size_t i = from; i < reading->out->count; i++) {
		struct settings_listen *listen = &reading->out->at[i];

		if (!has_tls)
			listen->is_implicit = listen->port == PORT_IMPLICIT;
		if (!has_tickets)
			listen->tickets = listen->port != PORT_PUBLIC;
	}
}

static const char *
flag_read(struct span text, bool *out)
{
	uint64_t value;
	const char *why = value_read(KEY_FLAG, text, &value);

	if (why == NULL)
		*out = value != 0;
	return why;
}

/* One key of the long form. Returns NULL, or what is wrong. */
static const char *
member_read(const struct node *node, struct settings_listen *listen, struct span *address, bool *has_tls,
    bool *has_tickets)
{
	if (node->kind != NODE_SCALAR)
		return "one value is expected here";
	if (span_equal(node->key, SPAN("address"))) {
		*address = node->text;
		return NULL;
	}
	if (span_equal(node->key, SPAN("tls"))) {
		*has_tls = true;
		listen->is_implicit = span_equal_nocase(node->text, SPAN("implicit"));
		return listen->is_implicit || span_equal_nocase(node->text, SPAN("starttls")) ? NULL :
		    "not one of starttls, implicit";
	}
	if (span_equal(node->key, SPAN("tickets"))) {
		*has_tickets = true;
		return flag_read(node->text, &listen->tickets);
	}
	listen->request_is_given = true;
	return flag_read(node->text, &listen->request_certificate);
}

static bool
is_member(struct reading *reading, const struct node *node)
{
	static const char *const names[] = { "address", "tls", "tickets", "request_certificate" };
	const size_t count = sizeof(names) / sizeof(*names);
	const char *meant;

	if (near_find(node->key, names, count, &meant) < count)
		return true;
	complaints_add(reading->complaints, reading->file, node->key_line, "unknown key \"%.*s\" in an item of %s%s%s%s",
	    (int)(node->key.length > 80 ? 80 : node->key.length), node->key.data, reading->key,
	    meant == NULL ? "" : "; did you mean ", meant == NULL ? "" : meant, meant == NULL ? "" : "?");
	return false;
}

static bool
map_read(struct reading *reading, const struct node *map)
{
	struct settings_listen listen = { .line = map->line };
	struct span address = SPAN("");
	bool has_tls = false, has_tickets = false, good = true;
	size_t from = reading->out->count;
	const char *why;

	for (const struct node *node = map->first; node != NULL; node = node->next) {
		if (!is_member(reading, node)) {
			good = false;
			continue;
		}
		why = member_read(node, &listen, &address, &has_tls, &has_tickets);
		if (why != NULL)
			good = complain(reading, node->line, node->text, why);
	}
	if (!good)
		return false;
	if (span_is_empty(address))
		return complain(reading, map->line, SPAN("address"), "is missing");
	why = address_add(reading, address, listen);
	if (why != NULL)
		return complain(reading, map->line, address, why);
	settle(reading, from, has_tls, has_tickets);
	return true;
}

static bool
item_read(struct reading *reading, const struct node *item)
{
	size_t from = reading->out->count;
	const char *why;

	if (item->kind == NODE_MAP)
		return map_read(reading, item);
	if (item->kind == NODE_LIST)
		return complain(reading, item->line, SPAN("["),
		    "an address is expected here; an IPv6 address stands between quotes: \"[::1]:25\"");
	why = address_add(reading, item->text, (struct settings_listen){ .line = item->line });
	if (why != NULL)
		return complain(reading, item->line, item->text, why);
	settle(reading, from, false, false);
	return true;
}

bool
listens_read(const struct node *list, const char *key, const char *file, struct complaints *complaints,
    struct settings_listens *out)
{
	struct reading reading = { key, file, complaints, out };
	bool good = true;

	for (const struct node *item = list->first; item != NULL; item = item->next)
		good &= item_read(&reading, item);
	return good;
}

void
listens_clear(struct settings_listens *listens)
{
	for (size_t i = 0; i < listens->count; i++)
		free(listens->at[i].name);
	free(listens->at);
	*listens = (struct settings_listens){ NULL, 0 };
}
