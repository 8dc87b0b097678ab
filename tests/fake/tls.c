/* Contexts, transports and sessions that only remember. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/hex.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_tls.h"

struct tls_context {
	unsigned holders;
};

struct tls_session {
	char unused;
};

struct peer {
	struct transport transport;	/* first: a transport is a peer */
	struct tls_context *context;
	struct tls_facts facts;
	struct tls_failure failure;
	bool is_soft;
	char doubt[64];
	void (*on_session)(void *arg, struct tls_session *session);
	void *arg;
};

static struct tls_facts facts;
static struct tls_failure failure;
static struct fake_tls_wish wish;
static const char *refusal;
static size_t credentials_count;
static bool are_facts_known, has_tickets, requests_certificate;
static unsigned contexts, transports, sessions;

static void
tls_reset(void)
{
	are_facts_known = false;
	refusal = NULL;
	contexts = transports = sessions = 0;
}

struct tls_facts *
fake_tls_facts(void)
{
	if (!are_facts_known) {
		fake_on_reset(tls_reset);
		are_facts_known = true;
		facts = (struct tls_facts){ .version = "TLSv1.3", .cipher = "TLS_AES_128_GCM_SHA256", .group = "x25519", .bits = 128,
		    .dane = "", .doubt = "" };
		failure = (struct tls_failure){ .reason = "peer-alert", .text = "scripted" };
	}
	return &facts;
}

struct tls_failure *
fake_tls_failure(void)
{
	(void)fake_tls_facts();
	return &failure;
}

void
fake_tls_refuse_context(const char *why)
{
	(void)fake_tls_facts();
	refusal = why;
}

size_t
fake_tls_credentials(void)
{
	return credentials_count;
}

bool
fake_tls_tickets(void)
{
	return has_tickets;
}

bool
fake_tls_requests_certificate(void)
{
	return requests_certificate;
}

unsigned
fake_tls_contexts(void)
{
	return contexts;
}

unsigned
fake_tls_transports(void)
{
	return transports;
}

const struct fake_tls_wish *
fake_tls_wish(void)
{
	return &wish;
}

unsigned
fake_tls_sessions(void)
{
	return sessions;
}

/* tls/context.h */

static struct tls_context *
context_new(char *why, size_t size)
{
	struct tls_context *context;

	if (refusal != NULL) {
		snprintf(why, size, "%s", refusal);
		return NULL;
	}
	context = must_alloc(sizeof(*context));
	context->holders = 1;
	contexts++;
	return context;
}

struct tls_context *
tls_context_server(const struct tls_credential *credentials, size_t count, const struct tls_choices *choices, bool tickets,
    bool request_certificate, char *why, size_t size)
{
	(void)credentials;
	(void)choices;
	(void)fake_tls_facts();
	credentials_count = count;
	has_tickets = tickets;
	requests_certificate = request_certificate;
	return context_new(why, size);
}

struct tls_context *
tls_context_client(struct span trust, const struct tls_choices *choices, char *why, size_t size)
{
	(void)trust;
	(void)choices;
	(void)fake_tls_facts();
	return context_new(why, size);
}

void
tls_prepare(void)
{
}

struct tls_context *
tls_context_hold(struct tls_context *context)
{
	context->holders++;
	return context;
}

void
tls_context_free(struct tls_context **context)
{
	if (*context != NULL && --(*context)->holders == 0) {
		free(*context);
		contexts--;
	}
	*context = NULL;
}

/* tls/handshake.h: the fake stream never calls begin, read and write */

static void
peer_end(struct transport *transport)
{
	(void)transport;
}

static void
peer_free(struct transport *transport)
{
	struct peer *peer = (struct peer *)transport;

	tls_context_free(&peer->context);
	free(peer);
	transports--;
}

static struct peer *
peer_new(struct tls_context *context)
{
	struct peer *peer = must_alloc(sizeof(*peer));

	peer->transport.end = peer_end;
	peer->transport.free = peer_free;
	peer->context = tls_context_hold(context);
	peer->facts = *fake_tls_facts();
	peer->failure = *fake_tls_failure();
	transports++;
	return peer;
}

struct transport *
tls_accept(struct tls_context *context, int fd)
{
	(void)fd;
	return &peer_new(context)->transport;
}

/* "3 1 1 abcd,2 0 1 ef" */
static void
tlsa_write(const struct tls_wish *wished)
{
	for (size_t i = 0; i < wished->tlsa_count; i++) {
		const struct tls_tlsa *record = &wished->tlsa[i];
		size_t at = strlen(wish.tlsa);

		if (at + 2 * record->data.length + 32 > sizeof(wish.tlsa))
			fake_fail("more TLSA records than fit");
		at += (size_t)snprintf(wish.tlsa + at, sizeof(wish.tlsa) - at, "%s%u %u %u ", i == 0 ? "" : ",", record->usage,
		    record->selector, record->matching);
		hex_format(record->data, wish.tlsa + at);
	}
}

static void
wish_remember(const struct tls_wish *wished, struct peer *peer)
{
	memset(&wish, 0, sizeof(wish));
	snprintf(wish.sni, sizeof(wish.sni), "%s", wished->sni == NULL ? "" : wished->sni);
	wish.authenticate = wished->authenticate;
	wish.resumes = peer->facts.resumed;
	wish.is_soft = wished->is_soft;
	for (size_t i = 0; i < wished->names_count && i < sizeof(wish.names) / sizeof(*wish.names); i++)
		snprintf(wish.names[wish.names_count++], sizeof(*wish.names), "%s", wished->names[i]);
	tlsa_write(wished);
	wish.transport = &peer->transport;
}

struct transport *
tls_connect(struct tls_context *context, int fd, const struct tls_wish *wished)
{
	struct peer *peer = peer_new(context);
	bool is_dane = wished->authenticate && wished->tlsa_count > 0;

	(void)fd;
	if (is_dane && wished->names_count == 0)
		fake_fail("TLSA records without their base domain");
	peer->on_session = is_dane ? NULL : wished->on_session;
	peer->arg = wished->arg;
	peer->is_soft = wished->is_soft;
	peer->facts.authenticated = wished->authenticate;
	peer->facts.resumed = wished->resume != NULL && !is_dane;
	if (is_dane)
		peer->facts.dane = wished->tlsa[0].usage == 3 ? "dane-ee" : "dane-ta";
	if (wished->authenticate && wished->names_count > 0)
		snprintf(peer->facts.name, sizeof(peer->facts.name), "%s", wished->names[0]);
	wish_remember(wished, peer);
	return &peer->transport;
}

void
tls_forget_owner(struct transport *transport)
{
	((struct peer *)transport)->on_session = NULL;
}

bool
fake_tls_ticket(struct transport *transport)
{
	struct peer *peer = (struct peer *)transport;

	if (peer->on_session == NULL)
		return false;
	sessions++;
	peer->on_session(peer->arg, must_alloc(sizeof(struct tls_session)));
	return true;
}

void
tls_session_free(struct tls_session **session)
{
	if (*session == NULL)
		return;
	free(*session);
	*session = NULL;
	sessions--;
}

struct tls_facts *
fake_tls_facts_of(struct transport *transport)
{
	return &((struct peer *)transport)->facts;
}

struct tls_failure *
fake_tls_failure_of(struct transport *transport)
{
	return &((struct peer *)transport)->failure;
}

void
fake_tls_doubt(struct transport *transport, const char *reason)
{
	struct peer *peer = (struct peer *)transport;

	if (!peer->is_soft || !peer->facts.authenticated)
		fake_fail("what is not judged softly is not doubted");
	snprintf(peer->doubt, sizeof(peer->doubt), "%s", reason);
	peer->facts.authenticated = false;
	peer->facts.name[0] = '\0';
	peer->facts.dane = "";
	peer->facts.doubt = peer->doubt;
}

/* tls/describe.h */

void
tls_describe(struct transport *transport, struct tls_facts *out)
{
	*out = ((struct peer *)transport)->facts;
}

void
tls_explain(struct transport *transport, struct tls_failure *out)
{
	*out = ((struct peer *)transport)->failure;
}

void
tls_digest(struct span octets, char out[TLS_FINGERPRINT_TEXT])
{
	uint64_t sum = 14695981039346656037u;

	for (size_t i = 0; i < octets.length; i++)
		sum = (sum ^ (unsigned char)octets.data[i]) * 1099511628211u;
	snprintf(out, TLS_FINGERPRINT_TEXT, "%064llx", (unsigned long long)sum);
}

bool
tls_fingerprint(struct span pem, char out[TLS_FINGERPRINT_TEXT])
{
	if (pem.length == 0)
		return false;
	snprintf(out, TLS_FINGERPRINT_TEXT, "%064zx", pem.length);
	return true;
}
