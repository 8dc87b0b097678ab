/* Relay control: networks and fingerprints in lists, accepted domains in a sorted one. */
#include "intake/permit.h"

#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/hex.h"
#include "base/log.h"
#include "smtp/domain.h"

#define FINGERPRINT_OCTETS 32

struct permit {
	struct ip_network *networks;
	size_t networks_count;
	unsigned char (*fingerprints)[FINGERPRINT_OCTETS];
	size_t fingerprints_count;
	char **domains;		/* sorted; lower case, A-labels, with a dot in front when it is a pattern */
	size_t domains_count;
	char hostname[DOMAIN_TEXT];
};

static bool
client_add(struct permit *permit, struct span text)
{
	static const struct span prefix = SPAN("cert:sha256:");

	if (span_starts_nocase(text, prefix)) {
		if (!hex_parse(span_skip(text, prefix.length), permit->fingerprints[permit->fingerprints_count], FINGERPRINT_OCTETS))
			return false;
		permit->fingerprints_count++;
		return true;
	}
	if (!ip_network_parse(text, &permit->networks[permit->networks_count]))
		return false;
	permit->networks_count++;
	return true;
}

static bool
domain_add(struct permit *permit, struct span text)
{
	bool is_pattern = text.length > 0 && text.data[0] == '.';
	char ascii[DOMAIN_TEXT + 1] = ".";

	if (!domain_to_ascii(span_skip(text, is_pattern), ascii + is_pattern))
		return false;
	permit->domains[permit->domains_count++] = must_copy(ascii, strlen(ascii));
	return true;
}

static int
domain_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
add_all(struct permit *permit, const struct conf_list *list, bool (*add)(struct permit *permit, struct span text), const char *what)
{
	for (size_t i = 0; i < list->count; i++)
		if (!add(permit, span_of(list->items[i])))
			log_warn("permit", LOG_TEXT("reason", "not understood"), LOG_TEXT("list", what),
			    LOG_TEXT("item", list->items[i]));
}

struct permit *
permit_new(const struct conf_list *clients, const struct conf_list *accept, const char *hostname)
{
	struct permit *permit = must_alloc(sizeof(*permit));

	permit->networks = must_alloc(clients->count * sizeof(*permit->networks));
	permit->fingerprints = must_alloc(clients->count * sizeof(*permit->fingerprints));
	permit->domains = must_alloc(accept->count * sizeof(*permit->domains));
	add_all(permit, clients, client_add, "clients");
	add_all(permit, accept, domain_add, "accept");
	qsort(permit->domains, permit->domains_count, sizeof(*permit->domains), domain_compare);
	(void)domain_to_ascii(span_of(hostname), permit->hostname);
	return permit;
}

void
permit_free(struct permit **permit)
{
	if (*permit == NULL)
		return;
	for (size_t i = 0; i < (*permit)->domains_count; i++)
		free((*permit)->domains[i]);
	free((*permit)->domains);
	free((*permit)->fingerprints);
	free((*permit)->networks);
	free(*permit);
	*permit = NULL;
}

static bool
has_fingerprint(const struct permit *permit, const char *text)
{
	unsigned char fingerprint[FINGERPRINT_OCTETS];

	if (text == NULL || !hex_parse(span_of(text), fingerprint, sizeof(fingerprint)))
		return false;
	for (size_t i = 0; i < permit->fingerprints_count; i++)
		if (memcmp(permit->fingerprints[i], fingerprint, sizeof(fingerprint)) == 0)
			return true;
	return false;
}

bool
permit_is_client(const struct permit *permit, const struct permit_client *client)
{
	if (client->is_local || has_fingerprint(permit, client->fingerprint))
		return true;
	for (size_t i = 0; i < permit->networks_count; i++)
		if (ip_network_has(&permit->networks[i], client->ip))
			return true;
	return false;
}

static bool
has_domain(const struct permit *permit, const char *name)
{
	return bsearch(&name, permit->domains, permit->domains_count, sizeof(*permit->domains), domain_compare) != NULL;
}

/* The name itself, then every pattern it is below. */
static bool
accepts_domain(const struct permit *permit, const char *name)
{
	if (has_domain(permit, name))
		return true;
	while ((name = strchr(name, '.')) != NULL) {
		if (has_domain(permit, name))
			return true;
		name++;
	}
	return false;
}

/* user%elsewhere@ours and its like: the next hop may still understand it, so strangers may not say it. */
static bool
has_route_inside(struct span local)
{
	for (size_t i = 0; i < local.length; i++)
		if (local.data[i] == '%' || local.data[i] == '!' || local.data[i] == '@')
			return true;
	return false;
}

bool
permit_may_send(const struct permit *permit, const struct permit_client *client, const struct path *to)
{
	char name[DOMAIN_TEXT];

	if (permit_is_client(permit, client))
		return true;
	if (!domain_to_ascii(path_domain(to), name) || has_route_inside(path_local(to)))
		return false;
	if (strcmp(name, permit->hostname) == 0 && span_equal_nocase(path_local(to), SPAN("postmaster")))
		return true;
	return accepts_domain(permit, name);
}
