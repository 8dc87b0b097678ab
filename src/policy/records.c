/*
 * One look-up for each question of an intake. What AD is worth is not asked: who vouches for mail does not lean on signatures (RFC 7208,
 * 6376, 9989), and a bogus answer is none.
 */
#include "policy/records.h"

#include <stdlib.h>

#include "base/fatal.h"
#include "base/log.h"
#include "ipc/intake_policy.h"
#include "ipc/room.h"

#define UNSENT_OCTETS (16u * 1024 * 1024)	/* answers that wait for an intake to read them */

struct peer_intake {
	LIST_ENTRY(peer_intake) entry;	/* on policy->intakes */
	struct policy *policy;
	uint16_t index;
	struct channel *channel;
	LIST_HEAD(, looked) looked;
	unsigned count;			/* of them */
};

/* A question under way. */
struct looked {
	LIST_ENTRY(looked) entry;
	struct peer_intake *intake;
	uint64_t id;
	enum auth_type type;
	char *name;
	struct lookup *lookup;
};

static const enum dns_type types[AUTH_TYPES] = {
	[AUTH_A] = DNS_A, [AUTH_AAAA] = DNS_AAAA, [AUTH_MX] = DNS_MX, [AUTH_PTR] = DNS_PTR, [AUTH_TXT] = DNS_TXT
};

static void
looked_free(struct looked *looked)
{
	lookup_cancel(&looked->lookup);
	looked->intake->count--;
	LIST_REMOVE(looked, entry);
	free(looked->name);
	free(looked);
}

static void
answer_send(struct peer_intake *intake, uint64_t id, enum auth_type type, const struct auth_answer *said)
{
	const struct record_answer answer = { id, type, *said };
	struct buf *out = channel_scratch();

	record_answer_encode(out, &answer);
	channel_send(intake->channel, POLICY_LOOKED, buf_span(out), -1);
}

static void
answer_fill(const struct dns_answer *dns, struct auth_mx mx[RECORDS_MAX], struct auth_answer *said)
{
	said->count = dns->count;
	if (dns->type == DNS_MX) {
		said->mx = mx;
		for (uint32_t i = 0; i < dns->count; i++)
			mx[i] = (struct auth_mx){ dns->mx[i].preference, dns->mx[i].host };
	} else if (dns->type == DNS_PTR) {
		said->names = dns->names;
	} else if (dns->type == DNS_TXT) {
		said->texts = dns->texts;
	} else {
		said->addresses = dns->addresses;
	}
}

static void
on_answer(void *arg, const struct dns_answer *dns)
{
	static const enum auth_status statuses[] = {
		[DNS_FOUND] = AUTH_FOUND, [DNS_NO_DATA] = AUTH_NO_DATA, [DNS_NO_NAME] = AUTH_NO_NAME, [DNS_BOGUS] = AUTH_FAILED,
		[DNS_FAILED] = AUTH_FAILED
	};
	struct looked *looked = arg;
	struct auth_answer said = { .status = statuses[dns->status] };
	struct auth_mx mx[RECORDS_MAX];

	looked->lookup = NULL;
	if (said.status == AUTH_FOUND && dns->count <= RECORDS_MAX)
		answer_fill(dns, mx, &said);
	answer_send(looked->intake, looked->id, looked->type, &said);
	looked_free(looked);
}

static void
looked_ask(struct looked *looked)
{
	looked->lookup = resolver_ask(looked->intake->policy->resolver, looked->name, types[looked->type], on_answer, looked);
}

static bool
on_look(void *arg, struct span payload, int fd)
{
	static const struct auth_answer failed = { .status = AUTH_FAILED };
	struct peer_intake *intake = arg;
	struct record_question question;
	struct looked *looked;

	(void)fd;
	if (!record_question_decode(payload, &question))
		return false;
	/* Who asks, and does not read what it is answered, is ended: policy has others to serve. */
	if (channel_unsent(intake->channel) > UNSENT_OCTETS)
		return false;
	if (intake->count >= RECORDS_UNDER_WAY) {
		answer_send(intake, question.id, question.type, &failed);
		return true;
	}
	looked = must_alloc(sizeof(*looked));
	*looked = (struct looked){ .intake = intake, .id = question.id, .type = question.type,
		.name = must_copy(question.name.data, question.name.length) };
	LIST_INSERT_HEAD(&intake->looked, looked, entry);
	intake->count++;
	looked_ask(looked);
	return true;
}

static void
intake_free(struct peer_intake *intake)
{
	while (!LIST_EMPTY(&intake->looked))
		looked_free(LIST_FIRST(&intake->looked));
	channel_free(&intake->channel);
	LIST_REMOVE(intake, entry);
	free(intake);
}

static void
on_intake_gone(void *arg)
{
	struct peer_intake *intake = arg;
	uint16_t index = intake->index;

	log_info("peer-gone", LOG_TEXT("room", "intake"), LOG_NUMBER("index", index));
	intake_free(intake);
	room_peer_gone(ROOM_INTAKE, index);
}

static const struct channel_row rows[INTAKE_TO_POLICY_MESSAGES] = {
	[INTAKE_LOOK] = { "look", false, on_look },
};

static const struct channel_handler handler = { rows, INTAKE_TO_POLICY_MESSAGES, on_intake_gone };

void
records_attach(struct policy *policy, uint16_t index, int fd)
{
	struct peer_intake *intake, *next;

	for (intake = LIST_FIRST(&policy->intakes); intake != NULL; intake = next) {
		next = LIST_NEXT(intake, entry);
		if (intake->index == index)
			intake_free(intake);
	}
	intake = must_alloc(sizeof(*intake));
	*intake = (struct peer_intake){ .policy = policy, .index = index };
	LIST_INIT(&intake->looked);
	intake->channel = channel_new(fd, "intake", &handler, intake);
	LIST_INSERT_HEAD(&policy->intakes, intake, entry);
}

void
records_ask_again(struct policy *policy)
{
	struct peer_intake *intake;
	struct looked *looked;

	LIST_FOREACH(intake, &policy->intakes, entry)
		LIST_FOREACH(looked, &intake->looked, entry) {
			lookup_cancel(&looked->lookup);
			looked_ask(looked);
		}
}

void
records_free(struct policy *policy)
{
	while (!LIST_EMPTY(&policy->intakes))
		intake_free(LIST_FIRST(&policy->intakes));
}
