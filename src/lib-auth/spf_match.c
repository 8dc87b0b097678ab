/* Mechanisms that look at addresses, and the names that they look up (RFC 7208 5, 7.3). Nothing here is kept between passes. */
#include "spf_match.h"

#include <string.h>

#define HOSTS_MOST 10		/* of one mx; of the client's PTR records (RFC 7208 4.6.4) */
#define NAME_OCTETS (SPF_NAME_TEXT - 1)
#define LABEL_OCTETS 63

#define TOO_MANY_TERMS "more than 10 terms ask the DNS (RFC 7208 4.6.4)"
#define TOO_MANY_VOIDS "too many look-ups found nothing (RFC 7208 4.6.4)"
#define TOO_MANY_HOSTS "an mx has more than 10 hosts (RFC 7208 4.6.4)"
#define TOO_MANY_QUESTIONS "too many questions to the DNS (RFC 7208 4.6.4)"
#define DNS_FAILS "a question to the DNS was not answered (RFC 7208 2.6.6)"

void
spf_pass_blame(struct spf_pass *pass, const char *why, struct span about)
{
	if (pass->why != NULL)
		return;
	pass->why = why;
	pass->about = about;
}

enum spf_match
spf_pass_count(struct spf_pass *pass)
{
	if (++pass->terms <= SPF_TERMS_MOST)
		return SPF_MATCH_NO;
	spf_pass_blame(pass, TOO_MANY_TERMS, SPAN(""));
	return SPF_MATCH_PERMERROR;
}

bool
spf_name_is_good(struct span name)
{
	struct span label;

	if (name.length == 0 || name.length > NAME_OCTETS)
		return false;
	for (size_t i = 0; i < name.length; i++)
		if (name.data[i] < ' ' || name.data[i] >= 0x7f || name.data[i] == '\\')
			return false;
	while (span_cut(&name, '.', &label))
		if (label.length == 0 || label.length > LABEL_OCTETS)
			return false;
	return true;
}

/* --- questions --- */

/* YES = there are records; NO = there are none. What finds nothing is void, for who asks to count or not. */
static enum spf_match
records_get(struct spf_pass *pass, struct span name, enum auth_type type, const struct auth_answer **answer)
{
	const struct spf_fact *fact = spf_known_get(pass->known, name, type);

	if (fact == NULL) {
		spf_pass_blame(pass, TOO_MANY_QUESTIONS, SPAN(""));
		return SPF_MATCH_PERMERROR;
	}
	*answer = &fact->answer;
	if (!fact->is_answered)
		return SPF_MATCH_WAITS;
	if (fact->answer.status == AUTH_FAILED)
		return SPF_MATCH_TEMPERROR;
	return fact->answer.status == AUTH_FOUND ? SPF_MATCH_YES : SPF_MATCH_NO;
}

/* The same, for names that the domain chose: void look-ups count, and a failure is one of the evaluation. */
static enum spf_match
records_get_counted(struct spf_pass *pass, struct span name, enum auth_type type, const struct auth_answer **answer)
{
	enum spf_match match = records_get(pass, name, type, answer);

	if (match == SPF_MATCH_TEMPERROR)
		spf_pass_blame(pass, DNS_FAILS, name);
	if (match != SPF_MATCH_NO || ++pass->voids <= pass->voids_most)
		return match;
	spf_pass_blame(pass, TOO_MANY_VOIDS, name);
	return SPF_MATCH_PERMERROR;
}

/* A for a client of IPv4, AAAA for one of IPv6. */
static enum auth_type
address_type(const struct spf_pass *pass)
{
	return pass->macros->ip.family == 6 ? AUTH_AAAA : AUTH_A;
}

static bool
addresses_have(const struct auth_answer *answer, struct ip ip, unsigned prefix)
{
	for (size_t i = 0; i < answer->count; i++)
		if (answer->addresses[i].family == ip.family && ip_equal(ip_mask(answer->addresses[i], prefix), ip_mask(ip, prefix)))
			return true;
	return false;
}

/* --- names of the client (RFC 7208 5.5) --- */

/* Is it that name, or one below it? Not the other way round (erratum 4751). */
static bool
name_is_below(struct span name, struct span above)
{
	size_t more = name.length - above.length;

	return span_ends_nocase(name, above) && (more == 0 || above.length == 0 || name.data[more - 1] == '.');
}

static struct span
reverse_name(struct spf_pass *pass)
{
	return spf_macro_name(SPAN("%{ir}.%{v}.arpa"), pass->macros, pass->arena);
}

/* The client's names by its PTR records, the first ten: those that are below `above` and lead back to its address. */
struct names {
	struct span at[HOSTS_MOST];
	size_t count;
};

/* Those whose addresses are not there yet are asked for all at once. What fails is no name of the client (RFC 7208 5.5). */
static enum spf_match
names_validate(struct spf_pass *pass, const struct auth_answer *ptr, struct span above, struct names *names)
{
	enum spf_match result = SPF_MATCH_YES;

	for (size_t i = 0; i < ptr->count && i < HOSTS_MOST; i++) {
		struct span name = span_of(ptr->names[i]);
		const struct auth_answer *addresses;
		enum spf_match match;

		if (!spf_name_is_good(name) || !name_is_below(name, above))
			continue;
		match = records_get(pass, name, address_type(pass), &addresses);
		if (match == SPF_MATCH_WAITS || match == SPF_MATCH_PERMERROR)
			result = match;
		else if (match == SPF_MATCH_YES && addresses_have(addresses, pass->macros->ip, 128))
			names->at[names->count++] = name;
	}
	return result;
}

/*
 * YES with names, if any; or WAITS. Only the question for PTR records is the domain's: whoever connects chooses what they say, and must
 * not be able to use up what the domain may look up in vain.
 */
static enum spf_match
names_find(struct spf_pass *pass, struct span above, bool is_counted, struct names *names)
{
	const struct auth_answer *ptr;
	enum spf_match match = records_get(pass, reverse_name(pass), AUTH_PTR, &ptr);

	names->count = 0;
	if (match == SPF_MATCH_YES)
		return names_validate(pass, ptr, above, names);
	if (match == SPF_MATCH_NO && is_counted && ++pass->voids > pass->voids_most) {
		spf_pass_blame(pass, TOO_MANY_VOIDS, SPAN("the client's PTR records"));
		return SPF_MATCH_PERMERROR;
	}
	return match == SPF_MATCH_WAITS || match == SPF_MATCH_PERMERROR ? match : SPF_MATCH_YES;
}

/* %{p}: the domain itself, or else a name below it, or else any (RFC 7208 7.3). */
static struct span
names_pick(const struct names *names, struct span domain)
{
	struct span picked = SPAN("unknown");

	for (size_t i = names->count; i > 0; i--)
		picked = names->at[i - 1];
	for (size_t i = names->count; i > 0; i--)
		if (name_is_below(names->at[i - 1], domain))
			picked = names->at[i - 1];
	for (size_t i = 0; i < names->count; i++)
		if (span_equal_nocase(names->at[i], domain))
			picked = names->at[i];
	return picked;
}

/* --- names of the record --- */

enum spf_match
spf_match_macros(struct spf_pass *pass, struct span text, struct span domain, struct spf_macros *macros)
{
	struct names names;
	enum spf_match match;

	*macros = *pass->macros;
	macros->domain = domain;
	macros->validated = SPAN("unknown");
	if (!spf_macro_uses(text, 'p'))
		return SPF_MATCH_YES;
	match = names_find(pass, SPAN(""), false, &names);
	if (match == SPF_MATCH_YES)
		macros->validated = names_pick(&names, domain);
	return match;
}

enum spf_match
spf_match_name(struct spf_pass *pass, struct span spec, struct span domain, struct span *name)
{
	struct spf_macros macros;
	enum spf_match match;

	*name = domain;
	if (spec.length == 0)
		return SPF_MATCH_YES;
	match = spf_match_macros(pass, spec, domain, &macros);
	if (match != SPF_MATCH_YES)
		return match;
	if (!pass->is_local_ascii && (spf_macro_uses(spec, 's') || spf_macro_uses(spec, 'l')))
		return SPF_MATCH_NO;
	*name = spf_macro_name(spec, &macros, pass->arena);
	return spf_name_is_good(*name) ? SPF_MATCH_YES : SPF_MATCH_NO;
}

/* --- mechanisms --- */

static enum spf_match
all_match(struct spf_pass *pass, const struct spf_term *term, struct span name)
{
	(void)pass;
	(void)term;
	(void)name;
	return SPF_MATCH_YES;
}

static enum spf_match
a_match(struct spf_pass *pass, const struct spf_term *term, struct span name)
{
	const struct auth_answer *addresses;
	enum spf_match match = records_get_counted(pass, name, address_type(pass), &addresses);
	struct ip ip = pass->macros->ip;

	if (match != SPF_MATCH_YES)
		return match;
	return addresses_have(addresses, ip, ip.family == 6 ? term->prefix6 : term->prefix4) ? SPF_MATCH_YES : SPF_MATCH_NO;
}

/* The most preferred first, others as they came. */
static void
hosts_sort(const struct auth_answer *mx, struct span hosts[HOSTS_MOST])
{
	uint16_t preferences[HOSTS_MOST];

	for (size_t i = 0; i < mx->count; i++) {
		size_t at = i;

		for (; at > 0 && preferences[at - 1] > mx->mx[i].preference; at--) {
			preferences[at] = preferences[at - 1];
			hosts[at] = hosts[at - 1];
		}
		preferences[at] = mx->mx[i].preference;
		hosts[at] = span_of(mx->mx[i].host);
	}
}

/* Addresses of all hosts are asked for at once, and looked at in the hosts' order (RFC 7208 5.4). */
static enum spf_match
mx_match(struct spf_pass *pass, const struct spf_term *term, struct span name)
{
	struct span hosts[HOSTS_MOST];
	const struct auth_answer *mx;
	enum spf_match match = records_get_counted(pass, name, AUTH_MX, &mx);

	if (match != SPF_MATCH_YES)
		return match;
	if (mx->count > HOSTS_MOST) {
		spf_pass_blame(pass, TOO_MANY_HOSTS, name);
		return SPF_MATCH_PERMERROR;
	}
	hosts_sort(mx, hosts);
	for (size_t i = 0; i < mx->count; i++)
		if (spf_name_is_good(hosts[i]))
			(void)spf_known_get(pass->known, hosts[i], address_type(pass));
	match = SPF_MATCH_NO;
	for (size_t i = 0; match == SPF_MATCH_NO && i < mx->count; i++)
		if (spf_name_is_good(hosts[i]))
			match = a_match(pass, term, hosts[i]);
	return match;
}

static enum spf_match
ptr_match(struct spf_pass *pass, const struct spf_term *term, struct span name)
{
	struct names names;
	enum spf_match match = names_find(pass, name, true, &names);

	(void)term;
	if (match == SPF_MATCH_YES && names.count == 0)
		return SPF_MATCH_NO;
	return match;
}

static enum spf_match
ip4_match(struct spf_pass *pass, const struct spf_term *term, struct span name)
{
	struct ip ip = { .family = 4 };

	(void)name;
	memcpy(ip.octets, term->network, 4);
	return addresses_have(&(struct auth_answer){ .count = 1, .addresses = &ip }, pass->macros->ip, term->prefix4) ?
	    SPF_MATCH_YES : SPF_MATCH_NO;
}

static enum spf_match
ip6_match(struct spf_pass *pass, const struct spf_term *term, struct span name)
{
	struct ip ip = { .family = 6 };

	(void)name;
	memcpy(ip.octets, term->network, sizeof(ip.octets));
	return addresses_have(&(struct auth_answer){ .count = 1, .addresses = &ip }, pass->macros->ip, term->prefix6) ?
	    SPF_MATCH_YES : SPF_MATCH_NO;
}

/* A, whatever the client's family (RFC 7208 5.7). */
static enum spf_match
exists_match(struct spf_pass *pass, const struct spf_term *term, struct span name)
{
	const struct auth_answer *addresses;

	(void)term;
	return records_get_counted(pass, name, AUTH_A, &addresses);
}

static const struct {
	bool asks;
	enum spf_match (*match)(struct spf_pass *pass, const struct spf_term *term, struct span name);
} mechanisms[SPF_KINDS] = {
	[SPF_ALL] = { false, all_match },
	[SPF_A] = { true, a_match },
	[SPF_MX] = { true, mx_match },
	[SPF_PTR] = { true, ptr_match },
	[SPF_IP4] = { false, ip4_match },
	[SPF_IP6] = { false, ip6_match },
	[SPF_EXISTS] = { true, exists_match },
};

enum spf_match
spf_match_term(struct spf_pass *pass, const struct spf_term *term, struct span domain)
{
	struct span name = domain;
	enum spf_match match = SPF_MATCH_YES;

	if (mechanisms[term->kind].asks) {
		match = spf_pass_count(pass);
		if (match == SPF_MATCH_NO)
			match = spf_match_name(pass, term->target, domain, &name);
	}
	return match == SPF_MATCH_YES ? mechanisms[term->kind].match(pass, term, name) : match;
}
