/* Greeting and EHLO, before and after TLS (RFC 5321 3.1, 3.2); LHLO (RFC 2033). */
#include <stdio.h>

#include "loop/clock.h"
#include "relay/account.h"
#include "relay/client.h"
#include "relay/probe.h"

void
client_await_greeting(struct client *client)
{
	client_enter(client, CLIENT_GREETING);
	client_expect(client, CLIENT_GREETED, NULL, 0);
}

/* Is the host to prove itself by STARTTLS, and has it not yet? */
static bool
is_in_clear(const struct client *client)
{
	return !client->is_secure && client->plan->route.scheme != ROUTE_LMTP;
}

void
client_send_ehlo(struct client *client, enum client_state state)
{
	char line[300];
	int length = snprintf(line, sizeof(line), "%s %s\r\n", client->plan->route.scheme == ROUTE_LMTP ? "LHLO" : "EHLO",
	    client->relay->conf->hostname);

	client_enter(client, state);
	client_say(client, span_make(line, (size_t)length));
	client_expect(client, state == CLIENT_HELLO ? CLIENT_HELLO_SAID : CLIENT_EHLO_SAID, NULL, 0);
}

/* Whatever refuses us here may be anybody: another address, or later (RFC 7504 3 knows 521 and 554). */
static void
stranger_refuses(struct client *client, const char *word, const struct reply *reply)
{
	struct failure failure;

	failure_of_stranger(&failure, word, reply);
	client_fail_open(client, &failure);
}

void
client_got_greeting(struct client *client, const struct expectation *expectation, const struct reply *reply)
{
	(void)expectation;
	client_saw_greeting(client, reply);
	account_heard(client, reply);
	if (reply->code != 220)
		stranger_refuses(client, "greeting-refused", reply);
	else
		client_send_ehlo(client, is_in_clear(client) ? CLIENT_HELLO : CLIENT_EHLO);
}

static void
client_lacks_starttls(struct client *client, const char *word)
{
	struct failure failure;

	failure_make(&failure, word, NULL);
	client_fail_open(client, &failure);
}

/* In clear: nothing of the reply is kept but whether STARTTLS is offered (RFC 3207 4.2). */
void
client_got_hello(struct client *client, const struct expectation *expectation, const struct reply *reply)
{
	struct capability offered;

	(void)expectation;
	if (reply->code != 250) {
		stranger_refuses(client, "ehlo-refused", reply);
		return;
	}
	account_heard(client, reply);
	capability_read(reply, &offered);
	client_saw_keywords(client, &offered);
	if (offered.flags & CAPABILITY_STARTTLS)
		client_send_starttls(client);
	else
		client_lacks_starttls(client, offered.is_mangled ? "starttls-mangled" : "starttls-not-supported");
}

/* A host that greets us with our own name is us, whatever the DNS says. */
static bool
reply_has_own_name(const struct client *client, const struct reply *reply)
{
	struct span name = span_first(reply->lines, span_find(reply->lines, '\n'));

	name = span_first(name, span_find(name, ' '));
	return span_equal_nocase(name, span_of(client->relay->conf->hostname));
}

/* A socket of this machine needs no TLS, and proves nothing but where it is. */
static void
client_begin_local(struct client *client)
{
	static const struct proof none = { .name = NULL };

	client->since_ms = clock_ms();
	plan_key(client->plan, client_candidate(client), &none, client->key);
}

/*
 * A host that has proved itself and does not promise to hand such mail on as it asks for is not given it (RFC 8689 4.2.1); that is
 * its own word, so that it is final where no other host remains.
 */
static bool
client_lacks_requiretls(struct client *client)
{
	struct failure failure;

	if (client->hop->wish != WISH_REQUIRETLS || client->capability.flags & CAPABILITY_REQUIRETLS)
		return false;
	failure_make_final(&failure, "requiretls-not-offered", NULL, OUTCOME_OF_MESSAGE);
	client_part(client, &failure);
	return true;
}

void
client_got_ehlo(struct client *client, const struct expectation *expectation, const struct reply *reply)
{
	(void)expectation;
	if (reply->code != 250) {
		stranger_refuses(client, "greeting-refused", reply);
		return;
	}
	if (client->plan->route.scheme == ROUTE_MX && reply_has_own_name(client, reply)) {
		client_fail_with(client, "mail-loop", "the host has our own name");
		return;
	}
	account_heard(client, reply);
	capability_read(reply, &client->capability);
	if (client->plan->route.scheme == ROUTE_LMTP)
		client_begin_local(client);
	else if (client_lacks_requiretls(client))
		return;
	client_enter(client, CLIENT_BUSY);
	hop_client_started(client);
	account_begin(client);
	if (client->hop->is_probe) {
		probe_proved(client);
		client_leave(client);
		return;
	}
	client_go_on(client);
}
