/*
 * The machines of lib-auth, fed by names.c. All of them are asked what they want to know after every answer; DMARC begins when the others
 * are done (RFC 9989 5.3).
 */
#include "intake/authentication.h"

#include "auth/authres.h"
#include "intake/authentication_parts.h"
#include "intake/names.h"
#include "intake/room.h"
#include "intake/session.h"
#include "intake/transaction.h"
#include "loop/clock.h"
#include "smtp/domain.h"

#define HEADER_MOST (128u * 1024)	/* octets that are kept to be looked at: strangers may have many sessions */
#define MEMORY_MOST (512u * 1024)	/* with more than these, for one message, nothing more is asked for */

/* A question under way: whose, and which. In the transaction's arena. */
struct asked {
	LIST_ENTRY(asked) entry;
	struct authentication *authentication;
	enum method method;
	unsigned number;
	struct name_ask *ask;
};

static const struct auth_answer failed = { .status = AUTH_FAILED };

/* --- the methods --- */

static bool
mail_from_ask(struct authentication *authentication, struct auth_question *question)
{
	return authentication->mail_from != NULL && spf_ask(authentication->mail_from, question);
}

static void
mail_from_answer(struct authentication *authentication, unsigned number, const struct auth_answer *answer)
{
	spf_answer(authentication->mail_from, number, answer, clock_ms());
}

static bool
helo_ask(struct authentication *authentication, struct auth_question *question)
{
	return spf_ask(authentication->helo, question);
}

static void
helo_answer(struct authentication *authentication, unsigned number, const struct auth_answer *answer)
{
	spf_answer(authentication->helo, number, answer, clock_ms());
}

static bool
key_ask(struct authentication *authentication, struct auth_question *question)
{
	return dkim_verify_ask(authentication->dkim, question);
}

static void
key_answer(struct authentication *authentication, unsigned number, const struct auth_answer *answer)
{
	dkim_verify_answer(authentication->dkim, number, answer);
}

static bool
policy_ask(struct authentication *authentication, struct auth_question *question)
{
	return authentication->dmarc != NULL && dmarc_ask(authentication->dmarc, question);
}

static void
policy_answer(struct authentication *authentication, unsigned number, const struct auth_answer *answer)
{
	dmarc_answer(authentication->dmarc, number, answer);
}

static const struct {
	bool (*ask)(struct authentication *authentication, struct auth_question *question);
	void (*answer)(struct authentication *authentication, unsigned number, const struct auth_answer *answer);
} methods[METHODS] = {
	[METHOD_MAIL_FROM] = { mail_from_ask, mail_from_answer }, [METHOD_HELO] = { helo_ask, helo_answer },
	[METHOD_DKIM] = { key_ask, key_answer }, [METHOD_DMARC] = { policy_ask, policy_answer },
};

/* --- DMARC, of what the others came to --- */

static struct dmarc_identifier
spf_identifier(const struct spf *spf)
{
	const struct spf_finding *finding = spf_finding(spf);

	return (struct dmarc_identifier){
		DMARC_SPF, span_behind_last(span_of(finding->sender), '@'), finding->result == SPF_PASS, finding->result == SPF_TEMPERROR
	};
}

static void
dmarc_begin(struct authentication *authentication)
{
	const struct dkim_verify *dkim = authentication->dkim;
	struct dmarc_identifier identifiers[DMARC_IDENTIFIERS_MAX];
	size_t count = 0;

	authentication->author_fault = dmarc_author(dkim_verify_header(dkim), authentication->author);
	if (authentication->author_fault != NULL)
		return;
	identifiers[count++] = spf_identifier(authentication->mail_from != NULL ? authentication->mail_from : authentication->helo);
	for (uint32_t i = 0; i < dkim_verify_count(dkim) && count < DMARC_IDENTIFIERS_MAX; i++) {
		const struct dkim_result *result = dkim_verify_result(dkim, i);

		identifiers[count++] = (struct dmarc_identifier){
			DMARC_DKIM, span_of(result->domain), result->verdict == DKIM_PASS, result->verdict == DKIM_TEMPERROR
		};
	}
	authentication->dmarc = dmarc_new(authentication->author, identifiers, count);
}

/* --- memory --- */

/* Strangers write the header, and what the DNS says of their domains as well: both count against the room's budget. */
static void
memory_count(struct authentication *authentication)
{
	size_t used = spf_used(authentication->helo) + dkim_verify_used(authentication->dkim);

	if (authentication->mail_from != NULL)
		used += spf_used(authentication->mail_from);
	if (authentication->dmarc != NULL)
		used += dmarc_used(authentication->dmarc);
	authentication->room->held_octets += used - authentication->held_octets;
	authentication->held_octets = used;
}

/* --- questions and answers --- */

static void authentication_step(struct authentication *authentication);

static void
asked_forget(struct asked *asked)
{
	names_cancel(&asked->ask);
	LIST_REMOVE(asked, entry);
}

static void
on_answer(void *arg, const struct auth_answer *answer)
{
	struct asked *asked = arg;
	struct authentication *authentication = asked->authentication;

	asked->ask = NULL;
	LIST_REMOVE(asked, entry);
	methods[asked->method].answer(authentication, asked->number, answer);
	authentication_step(authentication);
	if (authentication->is_done && authentication->on_done != NULL)
		authentication->on_done(authentication->tx->session);
}

/* Nobody to ask, no room for an answer, and no time to wait, are answers as well. */
static void
question_put(struct authentication *authentication, enum method method, const struct auth_question *question)
{
	struct asked *asked;

	if (!authentication->is_late && authentication->held_octets <= MEMORY_MOST) {
		asked = arena_alloc(authentication->tx->arena, sizeof(*asked));
		*asked = (struct asked){ .authentication = authentication, .method = method, .number = question->number };
		asked->ask = names_ask(authentication->room->names, question->name, question->type, on_answer, asked);
		if (asked->ask != NULL) {
			LIST_INSERT_HEAD(&authentication->asked, asked, entry);
			return;
		}
	}
	methods[method].answer(authentication, question->number, &failed);
}

static void
questions_put(struct authentication *authentication)
{
	struct auth_question question;

	for (enum method method = 0; method < METHODS; method++)
		while (methods[method].ask(authentication, &question))
			question_put(authentication, method, &question);
}

static bool
is_ready_for_dmarc(const struct authentication *authentication)
{
	return (authentication->mail_from == NULL || spf_is_done(authentication->mail_from)) && spf_is_done(authentication->helo) &&
	    dkim_verify_is_done(authentication->dkim);
}

static void
authentication_step(struct authentication *authentication)
{
	memory_count(authentication);
	questions_put(authentication);
	if (!is_ready_for_dmarc(authentication) || authentication->is_done)
		return;
	if (authentication->dmarc == NULL) {
		dmarc_begin(authentication);
		questions_put(authentication);
	}
	authentication->is_done = authentication->author_fault != NULL || dmarc_is_done(authentication->dmarc);
}

static void
questions_forget(struct authentication *authentication)
{
	while (!LIST_EMPTY(&authentication->asked))
		asked_forget(LIST_FIRST(&authentication->asked));
}

/* --- its life --- */

/* An address as lib-auth takes it: its domain in A-labels. What is no name stays as it is (RFC 7208 4.3). */
static struct span
address_ascii(struct arena *arena, struct span address)
{
	struct span domain = span_behind_last(address, '@');
	size_t local = address.length - domain.length;
	char ascii[DOMAIN_TEXT];
	struct buf out;

	if (!domain_to_ascii(domain, ascii))
		return address;
	buf_init(&out, local + sizeof(ascii));
	if (buf_add(&out, span_first(address, local)) && buf_add(&out, span_of(ascii)))
		address = arena_span(arena, buf_span(&out));
	buf_clear(&out);
	return address;
}

struct authentication *
authentication_new(struct session *session)
{
	struct transaction *tx = session->tx;
	struct authentication *authentication = arena_alloc(tx->arena, sizeof(*authentication));
	struct spf_asked asked = { .identity = SPF_HELO, .ip = session->ip, .helo = span_of(session->name),
		.mail_from = address_ascii(tx->arena, tx->sender), .receiver = span_of(session->room->conf->hostname), .now_s = clock_wall(),
		.deadline_ms = clock_ms() + SPF_TIME_MS, .voids_most = SPF_VOIDS_MOST };

	authentication->room = session->room;
	authentication->tx = tx;
	authentication->sid = session->sid;
	authentication->sender = tx->sender;
	authentication->name = arena_span(tx->arena, span_of(session->name));
	authentication->id = arena_copy(tx->arena, span_of(session->room->conf->authserv_id));
	LIST_INIT(&authentication->asked);
	authentication->helo = spf_new(&asked);
	asked.identity = SPF_MAIL_FROM;
	authentication->mail_from = tx->sender.length == 0 ? NULL : spf_new(&asked);
	authentication->dkim = dkim_verify_new(DKIM_SERVICE_EMAIL, clock_wall());
	dkim_verify_bound(authentication->dkim, HEADER_MOST);
	authentication_step(authentication);
	return authentication;
}

void
authentication_free(struct authentication **handle)
{
	struct authentication *authentication = *handle;

	if (authentication == NULL)
		return;
	questions_forget(authentication);
	authentication->room->held_octets -= authentication->held_octets;
	if (authentication->mail_from != NULL)
		spf_free(&authentication->mail_from);
	spf_free(&authentication->helo);
	dkim_verify_free(&authentication->dkim);
	dmarc_free(&authentication->dmarc);
	*handle = NULL;
}

void
authentication_octets(struct authentication *authentication, struct span octets)
{
	struct auth_question question;

	dkim_verify_octets(authentication->dkim, octets);
	while (key_ask(authentication, &question))
		question_put(authentication, METHOD_DKIM, &question);
	if (authentication->is_header_over)
		return;
	memory_count(authentication);
	authentication->header_octets += octets.length;
	/* Of a longer one no more is kept. */
	authentication->is_header_over = authres_strip_is_over(authentication->tx->strip) ||
	    authentication->header_octets >= HEADER_MOST;
}

bool
authentication_holds_header(const struct authentication *authentication)
{
	return !authentication->is_header_over;
}

bool
authentication_end(struct authentication *authentication, void (*on_done)(struct session *session))
{
	dkim_verify_end(authentication->dkim);
	authentication_step(authentication);
	authentication->on_done = on_done;
	return authentication->is_done;
}

void
authentication_expire(struct authentication *authentication)
{
	authentication->is_late = true;
	while (!LIST_EMPTY(&authentication->asked)) {
		struct asked *asked = LIST_FIRST(&authentication->asked);

		asked_forget(asked);
		methods[asked->method].answer(authentication, asked->number, &failed);
	}
	authentication_step(authentication);
}

enum spf_result
authentication_sender(const struct authentication *authentication)
{
	return authentication->mail_from == NULL ? SPF_NONE : spf_finding(authentication->mail_from)->result;
}
