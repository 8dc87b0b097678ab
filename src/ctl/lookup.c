/* One resolver, and how many of its answers have not come. */
#include "lookup.h"

#include <stdlib.h>

#include "base/fatal.h"
#include "conf/settings.h"
#include "dns/resolver.h"
#include "loop/loop.h"

#define TIMEOUT_MS 4000
#define TRIES 2

struct asked {
	void (*on_answer)(void *arg, const struct dns_answer *answer);
	void *arg;
};

static struct resolver *resolver;
static unsigned under_way;

/* What the relay would ask without a configuration. */
static struct resolver *
default_open(char *why, size_t size)
{
	struct complaints *complaints = must_alloc(sizeof(*complaints));
	struct resolver *opened;
	struct settings settings;

	complaints_init(complaints);
	settings_parse(&settings, "", SPAN(""), complaints);
	settings_complete(&settings, complaints);
	opened = resolver_new((const char *const *)settings.dns_servers.items, settings.dns_servers.count, TIMEOUT_MS, TRIES, why, size);
	settings_clear(&settings);
	complaints_clear(complaints);
	free(complaints);
	return opened;
}

const char *
lookup_open(const char *dns_server)
{
	static char why[200];

	resolver = dns_server[0] == '\0' ? default_open(why, sizeof(why)) :
	    resolver_new(&dns_server, 1, TIMEOUT_MS, TRIES, why, sizeof(why));
	return resolver == NULL ? why : NULL;
}

void
lookup_close(void)
{
	resolver_free(&resolver);
}

static void
on_resolved(void *arg, const struct dns_answer *answer)
{
	struct asked *asked = arg;

	under_way--;
	asked->on_answer(asked->arg, answer);
	free(asked);
	if (under_way == 0)
		loop_stop();
}

void
lookup_ask(const char *name, enum dns_type type, void (*on_answer)(void *arg, const struct dns_answer *answer), void *arg)
{
	struct asked *asked = must_alloc(sizeof(*asked));

	*asked = (struct asked){ on_answer, arg };
	under_way++;
	resolver_ask(resolver, name, type, on_resolved, asked);
}

void
lookup_run(void)
{
	if (under_way > 0)
		loop_run();
}

struct auth_answer
lookup_texts(const struct dns_answer *answer)
{
	static const enum auth_status statuses[] = {
		[DNS_FOUND] = AUTH_FOUND,
		[DNS_NO_DATA] = AUTH_NO_DATA,
		[DNS_NO_NAME] = AUTH_NO_NAME,
		[DNS_BOGUS] = AUTH_FAILED,
		[DNS_FAILED] = AUTH_FAILED,
	};

	return (struct auth_answer){ .status = statuses[answer->status], .count = answer->count, .texts = answer->texts };
}
