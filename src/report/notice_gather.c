/*
 * Facts are read twice: first those with a fault, which make an entry each for a host, a domain, or a client; then the good ones of those that
 * have an entry. So peers without a fault, nearly all, cost nothing. Strangers choose names: entries and domains are bounded, and in trees.
 */
#include "report/notice_gather.h"

#include <stdio.h>

#include "report/notice_scan.h"
#include "store/query.h"

#define PLACES_MOST 131072	/* domains that are told apart, of all together */
#define PLACES_OF_ONE 16384	/* and of one */
#define NETWORK_BITS 64		/* of an IPv6 address: one customer's */

/* THE table: the faults that a peer is told of, and what has them. Whatever is not here may be the network's, or ours. */
static const struct span told[NOTICE_ABOUTS][NOTICE_FAULTS] = {
	[NOTICE_HOST] = {
		SPAN("starttls-not-supported"), SPAN("starttls-refused"), SPAN("protocol-old"), SPAN("no-shared-cipher"), SPAN("cipher-weak"),
		SPAN("key-weak"), SPAN("signature-weak"), SPAN("renegotiation-insecure"), SPAN("certificate-expired"),
		SPAN("certificate-not-yet-valid"), SPAN("certificate-name-mismatch"), SPAN("certificate-self-signed"),
		SPAN("certificate-unknown-issuer"), SPAN("certificate-wrong-purpose"), SPAN("certificate-invalid"), SPAN("dane-mismatch"),
		SPAN("dane-unusable")
	},
	[NOTICE_DOMAIN] = { SPAN("sts-policy-fetch-error"), SPAN("sts-policy-invalid"), SPAN("sts-webpki-invalid"), SPAN("sts-mx-mismatch") },
	[NOTICE_CLIENT] = { SPAN("plaintext-inbound"), SPAN("protocol-old"), SPAN("no-shared-cipher") }
};
#define NO_FAULT NOTICE_FAULTS

/*
 * Those of them that a fault of ours looks like: a firewall here that takes STARTTLS out of what we say, settings that let nobody in, no way
 * to anybody's policy host. No fresh look tells them apart, for of clients there is none, and of policies none that is judged; that it
 * goes well with others does.
 */
static const struct span doubtful[NOTICE_ABOUTS][NOTICE_FAULTS] = {
	[NOTICE_DOMAIN] = { SPAN("sts-policy-fetch-error"), SPAN("sts-webpki-invalid") },
	[NOTICE_CLIENT] = { SPAN("plaintext-inbound"), SPAN("protocol-old"), SPAN("no-shared-cipher") }
};

/* A domain that a thing with a fault was to do with. */
struct notice_place {
	RB_ENTRY(notice_place) entry;
	const struct notice_found *found;
	uint64_t hash;		/* of the domain: whoever finds two with one hash is told of one domain less */
	uint64_t sessions;
};

/* A fact, as far as it is looked at. Texts are valid until the next. */
struct row {
	int64_t row;
	enum fact_direction direction;
	uint32_t day;
	bool is_shared;
	uint64_t sessions;
	bool has_tls, has_policy;
	struct span peer, ip, domain, reason, observed, sts_fault, tlsa_fault;
};

static int
found_compare(const struct notice_found *a, const struct notice_found *b)
{
	return a->about != b->about ? (a->about < b->about ? -1 : 1) : span_compare(a->name, b->name);
}

static int
place_compare(const struct notice_place *a, const struct notice_place *b)
{
	if (a->found != b->found)
		return a->found < b->found ? -1 : 1;
	return a->hash == b->hash ? 0 : a->hash < b->hash ? -1 : 1;
}

TREE_GENERATE(notice_found_tree, notice_found, entry, found_compare)
TREE_GENERATE(notice_place_tree, notice_place, entry, place_compare)

/* --- faults --- */

static unsigned
word_find(const struct span words[NOTICE_FAULTS], struct span word)
{
	for (unsigned i = 0; word.length > 0 && i < NOTICE_FAULTS && words[i].length > 0; i++)
		if (span_equal(words[i], word))
			return i;
	return NO_FAULT;
}

static unsigned
fault_find(enum notice_about about, struct span word)
{
	return word_find(told[about], word);
}

bool
notice_fault_is_told(enum notice_about about, struct span reason)
{
	return fault_find(about, reason) != NO_FAULT;
}

bool
notice_fault_is_doubtful(enum notice_about about, struct span reason)
{
	return word_find(doubtful[about], reason) != NO_FAULT;
}

static struct span
sts_word(struct span sts_fault)
{
	return span_first(sts_fault, span_find(sts_fault, ':'));
}

/* What was in the way, or would have been; or what is wrong with what is published, whatever that meant for the mail. */
static unsigned
fault_of(enum notice_about about, const struct row *row)
{
	struct span published = about == NOTICE_HOST ? row->tlsa_fault : about == NOTICE_DOMAIN ? sts_word(row->sts_fault) : SPAN("");
	const struct span words[] = { row->reason, row->observed, published };
	unsigned fault = NO_FAULT;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words) && fault == NO_FAULT; i++)
		fault = fault_find(about, words[i]);
	return fault;
}

/* --- entries --- */

static struct notice_found *
found_get(struct notice_gathering *gathering, enum notice_about about, struct span name)
{
	struct notice_found key = { .about = about, .name = name };

	return RB_FIND(notice_found_tree, &gathering->found, &key);
}

/* NULL: there are too many. */
static struct notice_found *
found_make(struct notice_gathering *gathering, enum notice_about about, struct span name)
{
	struct notice_found *found = found_get(gathering, about, name);

	if (found != NULL)
		return found;
	if (gathering->counts[about] >= NOTICE_CASES_MOST) {
		gathering->is_cut = true;
		return NULL;
	}
	gathering->counts[about]++;
	found = arena_alloc(gathering->arena, sizeof(*found));
	found->about = about;
	found->name = arena_span(gathering->arena, name);
	RB_INSERT(notice_found_tree, &gathering->found, found);
	return found;
}

static struct notice_place *
place_make(struct notice_gathering *gathering, struct notice_found *found, struct span domain)
{
	struct notice_place key = { .found = found, .hash = span_hash(domain) }, *place;

	place = RB_FIND(notice_place_tree, &gathering->places, &key);
	if (place != NULL || gathering->places_count >= PLACES_MOST || found->domains >= PLACES_OF_ONE)
		return place;
	gathering->places_count++;
	found->domains++;
	place = arena_alloc(gathering->arena, sizeof(*place));
	*place = key;
	RB_INSERT(notice_place_tree, &gathering->places, place);
	return place;
}

static void
domain_add(struct notice_gathering *gathering, struct notice_found *found, const struct row *row)
{
	struct notice_place *place;

	if (span_is_empty(row->domain) || (place = place_make(gathering, found, row->domain)) == NULL)
		return;
	place->sessions += row->sessions;
	if (place->sessions < found->domain_sessions)
		return;
	found->domain_sessions = place->sessions;
	found->domain_row = row->row;
}

static void
sums_add(const struct notice_gathering *gathering, struct notice_sums *sums, const struct row *row)
{
	if (row->day >= gathering->since_day)
		sums->now += row->sessions;
	if (row->day >= gathering->before_day)
		sums->before += row->sessions;
}

static void
failed_add(struct notice_gathering *gathering, struct notice_found *found, const struct row *row, unsigned fault)
{
	uint32_t *sessions = &found->by_fault[fault];

	sums_add(gathering, &found->failed, row);
	if (row->day > found->last_day)
		found->last_day = row->day;
	/* A day that only the comparison needs says nothing of what is wrong now. */
	if (row->day < gathering->since_day)
		return;
	*sessions = row->sessions > UINT32_MAX - *sessions ? UINT32_MAX : *sessions + (uint32_t)row->sessions;
	if (*sessions >= found->by_fault[found->fault]) {
		found->fault = fault;
		found->row = row->row;
	}
	domain_add(gathering, found, row);
}

/* --- facts --- */

/* A client is an address, or one customer's network of IPv6. Returns "" when there is none. */
static struct span
client_name(struct span text, char name[IP_TEXT])
{
	struct ip ip;

	if (!ip_parse(text, &ip))
		return SPAN("");
	return span_of(ip_format(ip.family == 6 ? ip_mask(ip, NETWORK_BITS) : ip, name));
}

static struct span
name_of(enum notice_about about, const struct row *row, char name[IP_TEXT])
{
	return about == NOTICE_HOST ? row->peer : about == NOTICE_DOMAIN ? row->domain : client_name(row->ip, name);
}

static bool
is_of(enum notice_about about, const struct row *row)
{
	/* Another domain's share of a connection is no session of the host's. */
	return about == NOTICE_CLIENT ? row->direction == FACT_IN : row->direction == FACT_OUT && (about == NOTICE_DOMAIN || !row->is_shared);
}

static void
row_add(struct notice_gathering *gathering, const struct row *row, enum notice_about about, bool is_second)
{
	unsigned fault = fault_of(about, row);
	char text[IP_TEXT];
	struct span name;
	struct notice_found *found;

	if ((fault == NO_FAULT) != is_second || (name = name_of(about, row, text)).length == 0)
		return;
	found = is_second ? found_get(gathering, about, name) : found_make(gathering, about, name);
	if (found == NULL)
		return;
	if (is_second)
		sums_add(gathering, &found->good, row);
	else
		failed_add(gathering, found, row, fault);
}

/* What a doubtful fault would have been in the way of. */
static void
well_note(struct notice_gathering *gathering, const struct row *row, enum notice_about about)
{
	bool is_well = about == NOTICE_DOMAIN ? row->has_policy && row->sts_fault.length == 0 : row->has_tls;

	if (is_well && row->day > gathering->well_day[about])
		gathering->well_day[about] = row->day;
}

static void
row_read(struct query *query, struct row *row)
{
	*row = (struct row){ .row = query_number(query, 0), .direction = query_number(query, 1) == FACT_OUT ? FACT_OUT : FACT_IN,
		.day = (uint32_t)query_number(query, 2), .is_shared = query_number(query, 3) != 0, .sessions = (uint64_t)query_number(query, 4),
		.peer = query_text(query, 5), .ip = query_text(query, 6), .domain = query_text(query, 7), .reason = query_text(query, 8),
		.observed = query_text(query, 9), .sts_fault = query_text(query, 10), .tlsa_fault = query_text(query, 11),
		.has_tls = query_number(query, 12) != 0, .has_policy = query_number(query, 13) != 0 };
}

#define COLUMNS "rowid, direction, day, shared, sessions, peer, ip, domain, reason, observed, sts_fault, tlsa_fault, version <> '', sts <> ''"

static bool
read_all(struct ledger *ledger, struct notice_gathering *gathering, bool is_second)
{
	static const char first[] = "SELECT " COLUMNS " FROM fact WHERE day >= ? AND own = 0 AND sessions > 0"
	    " AND (reason <> '' OR observed <> '' OR sts_fault <> '' OR tlsa_fault <> '')";
	static const char second[] = "SELECT " COLUMNS " FROM fact WHERE day >= ? AND own = 0 AND sessions > 0 AND reason = '' AND observed = ''";
	struct query *query = query_begin(ledger_store(ledger), is_second ? second : first);
	struct row row;

	query_put_number(query, gathering->since_day < gathering->before_day ? gathering->since_day : gathering->before_day);
	while (query_next(query)) {
		row_read(query, &row);
		/* Those with something published that is wrong are in both. */
		if (!is_second || (span_is_empty(row.sts_fault) && span_is_empty(row.tlsa_fault)))
			gathering->facts++;
		if (span_equal(row.peer, SPAN(FACT_OTHERS)))
			continue;
		for (enum notice_about about = 0; about < NOTICE_ABOUTS; about++) {
			if (!is_of(about, &row))
				continue;
			row_add(gathering, &row, about, is_second);
			if (is_second)
				well_note(gathering, &row, about);
		}
	}
	return query_end(query);
}

bool
notice_gather(struct ledger *ledger, struct notice_gathering *gathering)
{
	return read_all(ledger, gathering, false) && (RB_EMPTY(&gathering->found) || read_all(ledger, gathering, true));
}

/* A day that has just begun may have nobody so far; and two days, as long as faults have to last, are never within one and its next. */
bool
notice_gathered_is_doubted(const struct notice_gathering *gathering, const struct notice_found *found)
{
	return notice_fault_is_doubtful(found->about, told[found->about][found->fault]) &&
	    gathering->well_day[found->about] + 1 < found->last_day;
}

struct notice_found *
notice_gathering_next(struct notice_gathering *gathering, struct notice_found *last)
{
	return last == NULL ? RB_MIN(notice_found_tree, &gathering->found) : RB_NEXT(notice_found_tree, &gathering->found, last);
}

/* --- what is told of one --- */

static void
text_copy(char *out, size_t size, struct span text)
{
	snprintf(out, size, "%.*s", SPAN_ARG(text));
}

/* About this fault, and no other that the session had, too. */
static struct span
detail_of(struct span fault, struct query *query, int at)
{
	struct span sts_fault = query_text(query, at + 3);

	if (span_equal(fault, query_text(query, at + 1)) || span_equal(fault, query_text(query, at + 2)))
		return query_text(query, at);
	return span_equal(fault, sts_word(sts_fault)) ? span_trim(span_skip(sts_fault, fault.length + 1)) : SPAN("");
}

static bool
details_read(struct ledger *ledger, const struct notice_found *found, struct notice_case *item)
{
	static const char sql[] = "SELECT ip, peer, version, cipher, expires, detail, reason, observed, sts_fault, domain, messages"
	    " FROM fact WHERE rowid = ?";
	struct query *query = query_begin(ledger_store(ledger), sql);

	query_put_number(query, found->row);
	if (query_next(query)) {
		if (!ip_parse(query_text(query, 0), &item->ip))
			item->ip.family = 0;
		if (item->about == NOTICE_CLIENT)
			text_copy(item->helo, sizeof(item->helo), query_text(query, 1));
		item->is_taken = item->about == NOTICE_CLIENT && query_number(query, 10) > 0;
		text_copy(item->version, sizeof(item->version), query_text(query, 2));
		text_copy(item->cipher, sizeof(item->cipher), query_text(query, 3));
		item->expires_s = query_number(query, 4);
		text_copy(item->detail, sizeof(item->detail), detail_of(told[found->about][found->fault], query, 5));
		if (found->domain_row == found->row)
			text_copy(item->domain, sizeof(item->domain), query_text(query, 9));
	}
	return query_end(query);
}

static bool
domain_read(struct ledger *ledger, const struct notice_found *found, struct notice_case *item)
{
	static const char sql[] = "SELECT domain FROM fact WHERE rowid = ?";
	struct query *query = query_begin(ledger_store(ledger), sql);

	query_put_number(query, found->domain_row);
	if (query_next(query))
		text_copy(item->domain, sizeof(item->domain), query_text(query, 0));
	return query_end(query);
}

bool
notice_gathered(struct ledger *ledger, const struct notice_found *found, struct notice_case *item)
{
	item->about = found->about;
	text_copy(item->name, sizeof(item->name), found->name);
	text_copy(item->fault, sizeof(item->fault), told[found->about][found->fault]);
	item->failed = found->failed.now;
	item->good = found->good.now;
	item->domains = found->domains;
	return details_read(ledger, found, item) && (found->domain_row == found->row || domain_read(ledger, found, item));
}
