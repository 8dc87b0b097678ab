/* Whose a peer is, and who of them may be told: look-ups, one after the other. What is found out is written down in words as well. */
#include "policy/contact_search.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/fatal.h"
#include "policy/contact_names.h"
#include "policy/contact_spf.h"
#include "policy/mailbox.h"

#define TEXT_OCTETS 1000
#define NO_ANSWER "the DNS gives no answer"

typedef void then_fn(struct contact_search *search, const struct dns_answer *dns);

struct contact_search {
	struct policy *policy;
	void (*on_found)(void *arg, const struct contact_question *question, const struct contacts_answer *answer, bool is_lasting);
	void *arg;
	struct arena *arena;
	struct contact_question question;	/* the arena's */
	struct timer *timer;			/* until it has to be over; then until it is told */
	bool is_over;
	/* what is known so far */
	struct arena *facts;
	struct lookup *lookup;
	then_fn *then;				/* what comes behind it */
	struct contact_spf *spf;
	const char **names;			/* of the address, in their order */
	uint32_t names_count, at;
	const char *host;			/* the peer's name: whose zone is the operator's */
	const char *zone;			/* where that may begin */
	bool is_doubted;			/* something was not answered */
	char text[TEXT_OCTETS];
	struct contact contacts[CONTACTS_MOST];
	struct contacts_answer answer;
};

static void name_next(struct contact_search *search);
static void zone_ask(struct contact_search *search);
static void spf_begin(struct contact_search *search);

/* --- ends --- */

/* Add to what was found out. */
static __attribute__((format(printf, 2, 3))) void
note(struct contact_search *search, const char *format, ...)
{
	size_t length = strlen(search->text);
	va_list args;

	if (length > 0 && length < TEXT_OCTETS - 3)
		length += (size_t)snprintf(search->text + length, TEXT_OCTETS - length, "; ");
	va_start(args, format);
	(void)vsnprintf(search->text + length, TEXT_OCTETS - length, format, args);
	va_end(args);
}

/* It is told in a turn of its own: whoever is told may free the search. */
static void
over(struct contact_search *search)
{
	search->is_over = true;
	lookup_cancel(&search->lookup);
	contact_spf_free(&search->spf);
	timer_start(search->timer, 0);
}

static void
unproved(struct contact_search *search)
{
	search->answer.is_known = !search->is_doubted;
	over(search);
}

/* What was proved or found so far counts no more: nobody is written to by halves. */
static void
unknown(struct contact_search *search)
{
	search->is_doubted = true;
	search->answer.proof = CONTACT_UNPROVED;
	search->answer.operator = SPAN("");
	search->answer.count = 0;
	unproved(search);
}

static void
on_timer(void *arg)
{
	struct contact_search *search = arg;

	if (!search->is_over) {
		note(search, "the DNS takes too long");
		unknown(search);
		return;
	}
	search->answer.text = span_of(search->text);
	search->on_found(search->arg, &search->question, &search->answer, !search->is_doubted);
}

/* --- look-ups --- */

static void
on_answer(void *arg, const struct dns_answer *dns)
{
	struct contact_search *search = arg;

	search->lookup = NULL;
	search->then(search, dns);
}

static void
ask(struct contact_search *search, const char *name, enum dns_type type, then_fn *then)
{
	search->then = then;
	search->lookup = resolver_ask(search->policy->resolver, name, type, on_answer, search);
}

/* What is bogus may be forged, and is as much as nothing. */
static bool
is_lost(const struct dns_answer *dns)
{
	return dns->status == DNS_FAILED || dns->status == DNS_BOGUS;
}

static void
ask_address(struct contact_search *search, const char *name, then_fn *then)
{
	ask(search, name, search->question.ip.family == 4 ? DNS_A : DNS_AAAA, then);
}

static bool
has_the_address(const struct contact_search *search, const struct dns_answer *dns)
{
	for (uint32_t i = 0; dns->status == DNS_FOUND && i < dns->count; i++)
		if (ip_equal(dns->addresses[i], search->question.ip))
			return true;
	return false;
}

/* --- contacts --- */

static void
contact_add(struct contact_search *search, enum contact_kind kind, const char *address)
{
	struct contacts_answer *answer = &search->answer;
	struct span text = span_of(address);

	/* What is ours is no way to anybody else. */
	if (span_equal_nocase(span_behind_last(text, '@'), span_of(search->policy->conf->hostname)))
		return;
	for (uint32_t i = 0; i < answer->count; i++)
		if (span_equal_nocase(answer->contacts[i].address, text))
			return;
	if (answer->count < CONTACTS_MOST)
		answer->contacts[answer->count++] = (struct contact){ kind, arena_span(search->facts, text) };
}

/* RFC 2142 5: there is one wherever there is mail. */
static void
postmaster_add(struct contact_search *search, enum contact_kind kind, struct span domain)
{
	char address[CONTACT_ADDRESS];

	if (contact_address_make(SPAN("postmaster"), domain, address))
		contact_add(search, kind, address);
}

static void
finish(struct contact_search *search)
{
	search->answer.is_known = true;
	if (search->answer.count == 0)
		note(search, "there is nobody to write to");
	over(search);
}

static void
on_abuse(struct contact_search *search, const struct dns_answer *dns)
{
	char address[CONTACT_ADDRESS];

	if (is_lost(dns)) {
		search->is_doubted = true;
		note(search, "the zone of abuse contacts gives no answer");
	} else if (dns->status == DNS_FOUND && contact_address_of_texts(dns->texts, dns->count, address)) {
		contact_add(search, CONTACT_ABUSE, address);
	}
	finish(search);
}

static void
abuse_ask(struct contact_search *search)
{
	char name[CONTACT_NAME];

	if (contact_reverse_name(search->question.ip, search->question.zone, name))
		ask(search, name, DNS_TXT, on_abuse);
	else
		finish(search);
}

static void
on_host(struct contact_search *search, const struct dns_answer *dns)
{
	if (is_lost(dns)) {
		search->is_doubted = true;
		note(search, NO_ANSWER " about the addresses of %s", search->host);
	}
	if (has_the_address(search, dns))
		abuse_ask(search);
	else
		finish(search);
}

/* Out, whose address it is counts only while the host has it: it may be somebody else's by now. A policy has none. */
static void
abuse_begin(struct contact_search *search)
{
	const struct contact_question *question = &search->question;

	if (span_is_empty(question->zone) || question->ip.family == 0 || (!question->is_inbound && span_is_empty(question->host)) ||
	    (ip_is_special(question->ip) && !search->policy->conf->private_destinations))
		finish(search);
	else if (question->is_inbound)
		abuse_ask(search);
	else
		ask_address(search, search->host, on_host);
}

/* --- the zone, and with it the operator --- */

/*
 * Whoever has a zone writes any address into its SOA record: a stranger's would make us write to a person who has nothing to do with it
 * (NX2). So it is a mailbox of the operator's own, or a role elsewhere: a provider's.
 */
static bool
is_of_operator(const struct contact_search *search, struct span address)
{
	return contact_name_is_within(span_behind_last(address, '@'), search->answer.operator) ||
	    mailbox_is_of_role(span_first(address, span_find(address, '@')));
}

/* In the order of contacts.h. rname is "" without a zone. */
static void
contacts_gather(struct contact_search *search, const char *rname)
{
	struct span domain = search->question.domain;
	char address[CONTACT_ADDRESS];

	if (contact_name_is_within(span_of(search->host), domain))
		postmaster_add(search, CONTACT_POSTMASTER, domain);
	postmaster_add(search, CONTACT_OPERATOR, search->answer.operator);
	if (contact_address_of_rname(rname, address) && is_of_operator(search, span_of(address)))
		contact_add(search, CONTACT_RNAME, address);
	abuse_begin(search);
}

/* Behind an alias there is the apex of another zone (RFC 1034 3.6.2, RFC 1912 2.4). */
static void
on_soa(struct contact_search *search, const struct dns_answer *dns)
{
	if (is_lost(dns)) {
		note(search, NO_ANSWER " about the zone of %s", search->host);
		unknown(search);
	} else if (dns->status == DNS_FOUND && strcasecmp(dns->name, search->zone) == 0 && contact_name_is_public(span_of(search->zone))) {
		search->answer.operator = arena_lower(search->facts, span_of(search->zone));
		contacts_gather(search, dns->soa[0].rname);
	} else {
		search->zone = contact_zone_next(search->zone);
		zone_ask(search);
	}
}

static void
zone_ask(struct contact_search *search)
{
	if (search->zone != NULL) {
		ask(search, search->zone, DNS_SOA, on_soa);
		return;
	}
	note(search, "%s is in no zone of anybody's", search->host);
	contacts_gather(search, "");
}

static void
proved(struct contact_search *search, enum contact_proof proof, const char *host)
{
	search->answer.proof = proof;
	search->host = arena_copy(search->facts, span_of(host));
	search->zone = contact_zone_first(search->host);
	zone_ask(search);
}

/* --- out: what the domain's MX records say now --- */

/* Without MX records the domain is its own host (RFC 5321 5.1). */
static bool
mx_names_host(const struct contact_search *search, const struct dns_answer *dns)
{
	struct span host = search->question.host;

	if (dns->status == DNS_NO_DATA)
		return span_equal_nocase(search->question.domain, host);
	for (uint32_t i = 0; dns->status == DNS_FOUND && i < dns->count; i++)
		if (span_equal_nocase(span_of(dns->mx[i].host), host))
			return true;
	return false;
}

static void
on_mx(struct contact_search *search, const struct dns_answer *dns)
{
	const char *domain = search->question.domain.data, *host = search->question.host.data;

	if (is_lost(dns)) {
		note(search, NO_ANSWER " about the MX records of %s", domain);
		unknown(search);
	} else if (dns->status == DNS_NO_NAME) {
		note(search, "there is no domain %s", domain);
		unproved(search);
	} else if (*host == '\0') {
		note(search, "the policy is that of %s", domain);
		proved(search, CONTACT_BY_MX, domain);
	} else if (mx_names_host(search, dns)) {
		note(search, "mail for %s goes to %s", domain, host);
		proved(search, CONTACT_BY_MX, host);
	} else {
		note(search, "no MX record of %s names %s any more", domain, host);
		unproved(search);
	}
}

/* --- in: names of the address that have the address --- */

static void
on_forward(struct contact_search *search, const struct dns_answer *dns)
{
	const char *name = search->names[search->at++];
	char address[IP_TEXT];

	search->is_doubted = search->is_doubted || is_lost(dns);
	if (!has_the_address(search, dns)) {
		name_next(search);
		return;
	}
	search->is_doubted = false;
	note(search, "%s is the name of %s, and has that address", name, ip_format(search->question.ip, address));
	proved(search, CONTACT_BY_RDNS, name);
}

static void
name_next(struct contact_search *search)
{
	if (search->at < search->names_count && search->at < CONTACT_PTR_NAMES) {
		ask_address(search, search->names[search->at], on_forward);
		return;
	}
	note(search, "no name of the address has it");
	spf_begin(search);
}

static int
names_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Servers send records in any order: sorted, the same of several names is found every time. */
static void
on_ptr(struct contact_search *search, const struct dns_answer *dns)
{
	search->is_doubted = is_lost(dns);
	if (dns->status == DNS_FOUND) {
		search->names = arena_alloc(search->facts, dns->count * sizeof(*search->names));
		for (uint32_t i = 0; i < dns->count; i++)
			if (contact_name_is_public(span_of(dns->names[i])))
				search->names[search->names_count++] = arena_lower(search->facts, span_of(dns->names[i])).data;
		qsort(search->names, search->names_count, sizeof(*search->names), names_compare);
	}
	name_next(search);
}

/* --- in: SPF --- */

static void
on_spf(void *arg, enum contact_spf_end end, const char *why)
{
	struct contact_search *search = arg;

	note(search, "%s", why);
	contact_spf_free(&search->spf);
	if (end == CONTACT_SPF_PASSES) {
		search->is_doubted = false;
		proved(search, CONTACT_BY_SPF, search->question.domain.data);
		return;
	}
	search->is_doubted = search->is_doubted || end == CONTACT_SPF_UNKNOWN;
	unproved(search);
}

/* What a client calls itself proves nothing, and is not even asked for. */
static void
spf_begin(struct contact_search *search)
{
	if (contact_name_is_public(search->question.domain)) {
		search->spf = contact_spf_start(search->policy, search->question.ip, search->question.domain, on_spf, search);
		return;
	}
	note(search, "no domain was named that could vouch for it");
	unproved(search);
}

/* --- a search --- */

static void
in_begin(struct contact_search *search)
{
	char name[CONTACT_NAME];

	if (contact_reverse_name(search->question.ip, SPAN(""), name)) {
		ask(search, name, DNS_PTR, on_ptr);
		return;
	}
	note(search, "the address is not known");
	unproved(search);
}

static void
out_begin(struct contact_search *search)
{
	const struct contact_question *question = &search->question;

	if (contact_name_is_public(question->domain) && (span_is_empty(question->host) || contact_name_is_public(question->host))) {
		ask(search, question->domain.data, DNS_MX, on_mx);
		return;
	}
	note(search, "that is the name of nothing that is anybody's");
	unproved(search);
}

static void
search_begin(struct contact_search *search)
{
	arena_free(&search->facts);
	search->facts = arena_new();
	search->names_count = search->at = 0;
	search->is_doubted = false;
	search->text[0] = '\0';
	search->answer = (struct contacts_answer){ .id = search->question.id, .operator = SPAN(""), .contacts = search->contacts };
	timer_start(search->timer, CONTACT_SEARCH_MS);
	if (search->question.is_inbound)
		in_begin(search);
	else
		out_begin(search);
}

static void
question_keep(struct contact_search *search, const struct contact_question *question)
{
	search->question = *question;
	search->question.domain = arena_span(search->arena, question->domain);
	search->question.host = arena_span(search->arena, question->host);
	search->question.zone = arena_span(search->arena, question->zone);
}

struct contact_search *
contact_search_start(struct policy *policy, const struct contact_question *question,
    void (*on_found)(void *arg, const struct contact_question *question, const struct contacts_answer *answer, bool is_lasting), void *arg)
{
	struct contact_search *search = must_alloc(sizeof(*search));

	search->policy = policy;
	search->on_found = on_found;
	search->arg = arg;
	search->arena = arena_new();
	search->timer = timer_new(on_timer, search);
	question_keep(search, question);
	search_begin(search);
	return search;
}

void
contact_search_again(struct contact_search *search)
{
	if (search->is_over)
		return;
	lookup_cancel(&search->lookup);
	contact_spf_free(&search->spf);
	search_begin(search);
}

void
contact_search_free(struct contact_search **search)
{
	if (*search == NULL)
		return;
	lookup_cancel(&(*search)->lookup);
	contact_spf_free(&(*search)->spf);
	timer_free(&(*search)->timer);
	arena_free(&(*search)->facts);
	arena_free(&(*search)->arena);
	free(*search);
	*search = NULL;
}
