/*
 * DNS responses turned into typed answers (RFC 1035 4, RFC 2308, RFC 6891). Nothing here trusts a length,
 * a count or a pointer of the message; what is not understood is DNS_FAILED, never "absent".
 */
#include "dns/answer.h"

#include <string.h>

#include "name.h"

#define HEADER_OCTETS 12
#define RECORDS_MOST 100	/* of the type asked for */
#define SECTION_MOST 400	/* of one section, signatures and all */
#define CNAMES_MOST 8
#define TTL_MOST_S (7 * 86400)

#define CLASS_IN 1
#define TYPE_NS 2
#define SOA_NUMBERS 20		/* octets behind the names of an SOA (RFC 1035 3.3.13) */
#define TYPE_OPT 41

enum rcode { RCODE_NO_ERROR = 0, RCODE_NAME_ERROR = 3 };

/* Of codes that answer nothing, by the names that tools have for them (RFC 1035 4.1.1, RFC 6895 2.3). */
static const char *
rcode_words(unsigned rcode)
{
	static const char *const names[] = { [1] = "FORMERR", [2] = "SERVFAIL", [4] = "NOTIMP", [5] = "REFUSED" };
	bool is_known = rcode < sizeof(names) / sizeof(*names) && names[rcode] != NULL;

	return is_known ? names[rcode] : "no answer that can be read";
}

struct record {
	const char *owner;	/* as name_read() writes it */
	uint16_t type, class;
	uint32_t ttl_s;
	size_t data, length;	/* where the RDATA is in the message */
};

struct message {
	struct span octets;
	size_t at;		/* first octet not yet read */
	bool bad;
	struct arena *arena;
	unsigned flags;
	unsigned rcode;		/* with the upper bits of OPT, if there is one */
	struct record *answers, *authorities, *additionals;
	unsigned answers_count, authorities_count, additionals_count;
};

static unsigned
read_number(struct message *m, size_t octets)
{
	unsigned value = 0;

	if (m->octets.length - m->at < octets) {
		m->bad = true;
		return 0;
	}
	while (octets-- > 0)
		value = value << 8 | (unsigned char)m->octets.data[m->at++];
	return value;
}

static const char *
read_name(struct message *m)
{
	char text[NAME_TEXT];

	if (!name_read(m->octets, &m->at, text)) {
		m->bad = true;
		return "";
	}
	return arena_copy(m->arena, span_of(text));
}

/* A TTL with its highest bit set counts as zero (RFC 2181 8). */
static uint32_t
ttl_read(struct message *m)
{
	uint32_t ttl_s = read_number(m, 4);

	return ttl_s > INT32_MAX ? 0 : ttl_s > TTL_MOST_S ? TTL_MOST_S : ttl_s;
}

static struct record *
section_read(struct message *m, unsigned count)
{
	struct record *records;

	if (count > SECTION_MOST)
		m->bad = true;
	if (m->bad || count == 0)
		return NULL;
	records = arena_alloc(m->arena, count * sizeof(*records));
	for (unsigned i = 0; i < count && !m->bad; i++) {
		struct record *record = &records[i];

		record->owner = read_name(m);
		record->type = (uint16_t)read_number(m, 2);
		record->class = (uint16_t)read_number(m, 2);
		/* OPT has flags and the upper half of the response code here (RFC 6891 6.1.3). */
		if (record->type == TYPE_OPT)
			m->rcode |= read_number(m, 4) >> 24 << 4;
		else
			record->ttl_s = ttl_read(m);
		record->length = read_number(m, 2);
		record->data = m->at;
		if (m->octets.length - m->at < record->length)
			m->bad = true;
		else
			m->at += record->length;
	}
	return records;
}

/* Header, question and all sections. Returns false unless this is a whole response to that question. */
static bool
message_read(struct message *m, const char *name, enum dns_type type)
{
	unsigned questions;

	read_number(m, 2);	/* the identity was the resolver's to check */
	m->flags = read_number(m, 2);
	m->rcode = m->flags & 0xf;
	questions = read_number(m, 2);
	m->answers_count = read_number(m, 2);
	m->authorities_count = read_number(m, 2);
	m->additionals_count = read_number(m, 2);
	/* QR set, opcode 0, TC clear, one question. */
	if (m->bad || (m->flags & 0xfa00) != 0x8000 || questions != 1)
		return false;
	if (strcmp(read_name(m), name) != 0 || read_number(m, 2) != (unsigned)type || read_number(m, 2) != CLASS_IN)
		return false;
	m->answers = section_read(m, m->answers_count);
	m->authorities = section_read(m, m->authorities_count);
	m->additionals = section_read(m, m->additionals_count);
	return !m->bad;
}

static bool
record_is(const struct record *record, const char *owner, unsigned type)
{
	return record->class == CLASS_IN && record->type == type && strcmp(record->owner, owner) == 0;
}

static void
ttl_lower(struct dns_answer *answer, uint32_t ttl_s)
{
	if (ttl_s < answer->ttl_s)
		answer->ttl_s = ttl_s;
}

/* The name that RDATA at this place consists of, or ends with. */
static bool
data_name(const struct message *m, const struct record *record, size_t skip, const char **name)
{
	size_t at = record->data + skip;
	char text[NAME_TEXT];

	if (record->length < skip || !name_read(m->octets, &at, text) || at != record->data + record->length)
		return false;
	*name = arena_copy(m->arena, span_of(text));
	return true;
}

/* Where does an alias of that name lead? Returns false on nonsense; *target stays NULL without an alias. */
static bool
alias_find(const struct message *m, const char *name, const char **target, struct dns_answer *answer)
{
	*target = NULL;
	for (unsigned i = 0; i < m->answers_count; i++) {
		const char *found;

		if (!record_is(&m->answers[i], name, DNS_CNAME))
			continue;
		if (!data_name(m, &m->answers[i], 0, &found) || (*target != NULL && strcmp(*target, found) != 0))
			return false;
		*target = found;
		ttl_lower(answer, m->answers[i].ttl_s);
	}
	return true;
}

/* Follow aliases from the name asked for, in whatever order they stand. A question for the alias itself is not led on. */
static bool
aliases_follow(const struct message *m, struct dns_answer *answer)
{
	for (unsigned steps = 0; answer->type != DNS_CNAME; steps++) {
		const char *target;

		if (!alias_find(m, answer->name, &target, answer))
			return false;
		if (target == NULL)
			return true;
		if (steps == CNAMES_MOST)
			return false;
		answer->name = target;
	}
	return true;
}

static bool
address_read(const struct message *m, const struct record *record, struct ip *out)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	const char *data = m->octets.data + record->data;

	if (record->type == DNS_A && record->length == 4) {
		memcpy(&v4.sin_addr, data, 4);
		*out = ip_from_sockaddr((const struct sockaddr *)&v4);
	} else if (record->type == DNS_AAAA && record->length == 16) {
		memcpy(&v6.sin6_addr, data, 16);
		*out = ip_from_sockaddr((const struct sockaddr *)&v6);
	} else {
		return false;
	}
	return true;
}

static bool
mx_read(const struct message *m, const struct record *record, struct dns_mx *out)
{
	const char *data = m->octets.data + record->data;

	if (!data_name(m, record, 2, &out->host))
		return false;
	out->preference = (uint16_t)((unsigned char)data[0] << 8 | (unsigned char)data[1]);
	return true;
}

/* The strings of one record belong together, without anything between them (RFC 7208 3.3). */
static bool
text_read(const struct message *m, const struct record *record, struct span *out)
{
	struct span data = span_make(m->octets.data + record->data, record->length);
	char *text = arena_alloc(m->arena, record->length + 1);
	size_t length = 0;

	while (data.length > 0) {
		size_t part = (unsigned char)data.data[0];

		if (data.length - 1 < part)
			return false;
		memcpy(text + length, data.data + 1, part);
		length += part;
		data = span_skip(data, part + 1);
	}
	*out = span_make(text, length);
	return true;
}

/* A record too short to have parameters counts as one that is there and unusable (RFC 7672 2.2). */
static void
tlsa_read(const struct message *m, const struct record *record, struct dns_tlsa *out)
{
	struct span data = span_make(m->octets.data + record->data, record->length);

	*out = (struct dns_tlsa){ 255, 255, 255, SPAN("") };
	if (data.length < 3)
		return;
	out->usage = (uint8_t)data.data[0];
	out->selector = (uint8_t)data.data[1];
	out->matching = (uint8_t)data.data[2];
	out->data = arena_span(m->arena, span_skip(data, 3));
}

/* The two names of an SOA; *at is moved to the numbers behind them. */
static bool
soa_names(const struct message *m, const struct record *record, size_t *at, char mname[NAME_TEXT], char rname[NAME_TEXT])
{
	size_t end = record->data + record->length;

	*at = record->data;
	return name_read(m->octets, at, mname) && name_read(m->octets, at, rname) && *at <= end && end - *at == SOA_NUMBERS;
}

static bool
soa_read(const struct message *m, const struct record *record, struct dns_soa *out)
{
	char mname[NAME_TEXT], rname[NAME_TEXT];
	size_t at;

	if (!soa_names(m, record, &at, mname, rname))
		return false;
	out->mname = arena_copy(m->arena, span_of(mname));
	out->rname = arena_copy(m->arena, span_of(rname));
	return true;
}

static bool
record_read(const struct message *m, const struct record *record, struct dns_answer *answer)
{
	switch (answer->type) {
	case DNS_A:
	case DNS_AAAA:
		return address_read(m, record, &answer->addresses[answer->count]);
	case DNS_PTR:
		return data_name(m, record, 0, &answer->names[answer->count]);
	case DNS_MX:
		return mx_read(m, record, &answer->mx[answer->count]);
	case DNS_TXT:
		return text_read(m, record, &answer->texts[answer->count]);
	case DNS_TLSA:
		tlsa_read(m, record, &answer->tlsa[answer->count]);
		return true;
	case DNS_SOA:
		return soa_read(m, record, &answer->soa[answer->count]);
	case DNS_CNAME:
		return data_name(m, record, 0, &answer->alias);
	}
	return false;
}

/* All records of the type at the end of the aliases. Returns false on nonsense. */
static bool
records_read(const struct message *m, struct dns_answer *answer)
{
	static const size_t sizes[] = {
		[DNS_A] = sizeof(struct ip), [DNS_AAAA] = sizeof(struct ip), [DNS_PTR] = sizeof(char *), [DNS_MX] = sizeof(struct dns_mx),
		[DNS_TXT] = sizeof(struct span), [DNS_TLSA] = sizeof(struct dns_tlsa), [DNS_SOA] = sizeof(struct dns_soa), [DNS_CNAME] = 1
	};
	const char *alias = NULL;

	if (answer->type != DNS_CNAME)
		answer->records = arena_alloc(m->arena, RECORDS_MOST * sizes[answer->type]);
	for (unsigned i = 0; i < m->answers_count; i++) {
		if (!record_is(&m->answers[i], answer->name, answer->type))
			continue;
		if (answer->count == RECORDS_MOST || !record_read(m, &m->answers[i], answer))
			return false;
		/* One name has one alias. */
		if (answer->type == DNS_CNAME && alias != NULL && strcmp(alias, answer->alias) != 0)
			return false;
		alias = answer->alias;
		answer->count++;
		ttl_lower(answer, m->answers[i].ttl_s);
	}
	return true;
}

/* How long an absence may be believed: the smaller of the SOA's TTL and its last field (RFC 2308 5). */
static uint32_t
absence_ttl(const struct message *m, const struct record *soa, uint32_t otherwise)
{
	struct message fields = *m;
	char mname[NAME_TEXT], rname[NAME_TEXT];
	uint32_t minimum_s;
	size_t at;

	if (!soa_names(m, soa, &at, mname, rname))
		return otherwise;
	fields.at = at + SOA_NUMBERS - 4;
	minimum_s = ttl_read(&fields);
	return minimum_s < soa->ttl_s ? minimum_s : soa->ttl_s;
}

/* No record came: is that a proper "there is none"? A referral is not (RFC 2308 2.2). */
static enum dns_status
absence_judge(const struct message *m, struct dns_answer *answer)
{
	bool is_referral = false;

	for (unsigned i = 0; i < m->authorities_count; i++) {
		const struct record *record = &m->authorities[i];

		if (record->class != CLASS_IN)
			continue;
		if (record->type == DNS_SOA) {
			ttl_lower(answer, absence_ttl(m, record, 0));
			return m->rcode == RCODE_NAME_ERROR ? DNS_NO_NAME : DNS_NO_DATA;
		}
		if (record->type == TYPE_NS)
			is_referral = true;
	}
	answer->ttl_s = 0;
	if (m->rcode == RCODE_NAME_ERROR)
		return DNS_NO_NAME;
	return is_referral ? DNS_FAILED : DNS_NO_DATA;
}

static enum dns_status
message_judge(const struct message *m, struct dns_answer *answer)
{
	if (m->rcode != RCODE_NO_ERROR && m->rcode != RCODE_NAME_ERROR)
		return DNS_FAILED;
	if (!aliases_follow(m, answer))
		return DNS_FAILED;
	if (m->rcode == RCODE_NAME_ERROR)
		return absence_judge(m, answer);
	if (!records_read(m, answer))
		return DNS_FAILED;
	return answer->count > 0 ? DNS_FOUND : absence_judge(m, answer);
}

void
dns_answer_decode(struct span response, const char *name, enum dns_type type, struct arena *arena,
    struct dns_answer *answer)
{
	struct message m = { .octets = response, .arena = arena };
	char asked[NAME_TEXT];

	*answer = (struct dns_answer){ .status = DNS_FAILED, .type = type, .name = "", .alias = "", .ttl_s = TTL_MOST_S };
	if (name_normalise(name, asked)) {
		answer->name = arena_copy(arena, span_of(asked));
		if (message_read(&m, asked, type))
			answer->status = message_judge(&m, answer);
	}
	if (answer->status == DNS_FAILED) {
		answer->why = rcode_words(m.rcode);
		answer->count = 0;
		answer->ttl_s = 0;
		return;
	}
	answer->secure = (m.flags & 0x20) != 0;	/* AD (RFC 4035 3.2.3) */
}
