/* Reports on TLS as I-JSON (RFC 8460 4, RFC 7493), and compressed. */
#include "report/tlsrpt_json.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "base/fatal.h"
#include "policy/reason.h"
#include "policy/tlsrpt.h"

#define COUNT_MOST ((1ll << 53) - 1)	/* what every reader of JSON can count to (RFC 7493 2.2) */
#define LAST_SECOND 253402300799ll	/* 9999-12-31T23:59:59Z */
#define DATETIME_TEXT 24
#define GZIP_WINDOW (15 + 16)		/* zlib: the largest window, in the format of gzip */
#define GZIP_CHUNK 16384

static const char *const policy_types[TLSRPT_POLICY_TYPES] = {
	[TLSRPT_POLICY_TLSA] = "tlsa", [TLSRPT_POLICY_STS] = "sts", [TLSRPT_POLICY_NONE] = "no-policy-found"
};

/* RFC 8460 4.3, 6.6; the first is for all that fits no other. */
static const char *const result_types[] = { "validation-failure", "starttls-not-supported", "certificate-host-mismatch",
	"certificate-expired", "certificate-not-trusted", "tlsa-invalid", "dnssec-invalid", "dane-required",
	"sts-policy-fetch-error", "sts-policy-invalid", "sts-webpki-invalid" };

struct span
tlsrpt_json_submitter(const struct tlsrpt_report *report)
{
	return span_skip(report->contact, span_find(report->contact, '@') + 1);
}

#define ALPHANUMERIC "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define ATEXT ALPHANUMERIC "!#$%&'*+-/=?^_`{|}~"	/* RFC 5322 3.2.3 */

/* No more than these octets, of a literal. */
static bool
is_made_of(struct span text, struct span set)
{
	for (size_t i = 0; i < text.length; i++)
		if (memchr(set.data, text.data[i], set.length) == NULL)
			return false;
	return true;
}

/* dot-atom-text. It is no local part of an address: names of domains stand in it, and these may be longer than the 64 octets of one. */
static bool
id_is_valid(struct span id)
{
	struct span rest = id, atom;

	if (id.length == 0 || id.length > TLSRPT_ID_OCTETS || id.data[id.length - 1] == '.')
		return false;
	while (span_cut(&rest, '.', &atom))
		if (atom.length == 0 || !is_made_of(atom, SPAN(ATEXT)))
			return false;
	return true;
}

const char *
tlsrpt_json_refuse(const struct tlsrpt_report *report)
{
	if (!tlsrpt_address_is_valid(report->contact))
		return "the contact is no plain address";
	if (!id_is_valid(report->id))
		return "the report's id cannot stand in front of an @";
	if (!is_made_of(report->part, SPAN(ALPHANUMERIC)) || report->part.length > 64)
		return "the part is not up to 64 letters and digits";
	if (!tlsrpt_domain_is_valid(report->domain))
		return "the domain is no name in A-labels";
	if (report->begin_s < 0 || report->begin_s > report->end_s || report->end_s > LAST_SECOND)
		return "the report ends before it begins";
	return NULL;
}

const char *
tlsrpt_json_result(const struct tlsrpt_failure *failure)
{
	struct span type = failure->result_type.length > 0 ? failure->result_type : span_of(reason_find(failure->reason)->report);

	for (size_t i = 0; i < sizeof(result_types) / sizeof(*result_types); i++)
		if (span_equal(type, span_of(result_types[i])))
			return result_types[i];
	return result_types[0];
}

/* --- strings --- */

/* The first character of UTF-8, in its shortest form and no surrogate (RFC 3629 4); what is none counts as one octet, U+FFFD. */
static uint32_t
character_cut(struct span *rest)
{
	static const struct {
		unsigned char mask, first;	/* of the first octet: these bits are these */
		uint32_t least;			/* what no shorter form can say */
	} forms[] = { { 0x80, 0x00, 0 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 } };
	const size_t forms_count = sizeof(forms) / sizeof(*forms);
	const unsigned char *octets = (const unsigned char *)rest->data;
	size_t more = 0;	/* octets behind the first */
	uint32_t point;
	bool is_good;

	while (more < forms_count && (octets[0] & forms[more].mask) != forms[more].first)
		more++;
	is_good = more < forms_count && more < rest->length;
	point = is_good ? octets[0] & (unsigned char)~forms[more].mask : 0;
	for (size_t i = 1; is_good && i <= more; i++) {
		is_good = (octets[i] & 0xc0) == 0x80;
		point = point << 6 | (octets[i] & 0x3f);
	}
	is_good = is_good && point >= forms[more].least && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
	*rest = span_skip(*rest, is_good ? more + 1 : 1);
	return is_good ? point : 0xfffd;
}

static bool
is_control(uint32_t point)
{
	return point < 0x20 || (point >= 0x7f && point < 0xa0);
}

/* Code points that no text may have (RFC 7493 2.1). */
static bool
is_noncharacter(uint32_t point)
{
	return (point & 0xfffe) == 0xfffe || (point >= 0xfdd0 && point <= 0xfdef);
}

/* Characters of JSON between strangers, of which out's ceiling is not passed: line ends and tabs as spaces, no other controls. */
static void
clean(struct buf *out, struct span text)
{
	while (text.length > 0) {
		struct span before = text;
		uint32_t point = character_cut(&text);
		struct span octets = span_first(before, before.length - text.length);

		if (is_control(point) && (point > '\r' || point < '\t'))
			continue;
		if (is_control(point))
			octets = SPAN(" ");
		else if (point == 0xfffd || is_noncharacter(point))
			octets = SPAN("\xef\xbf\xbd");
		if (!buf_add(out, octets))
			break;
	}
}

/* A word with an "@" may be somebody's address: "*" stands for it. */
static void
hide_addresses(struct buf *out, struct span text)
{
	struct span word;

	for (bool is_first = true; span_cut(&text, ' ', &word); is_first = false) {
		if (span_find(word, '@') < word.length)
			word = SPAN("*");
		/* Nothing becomes longer: it fits where the text did. */
		if ((!is_first && !buf_add(out, SPAN(" "))) || !buf_add(out, word))
			fatal("a text has grown");
	}
}

/* At most so many octets, and only whole characters. The text is valid UTF-8. */
static struct span
cut_off(struct span text, size_t most)
{
	size_t length = most;

	if (text.length <= most)
		return text;
	while (length > 0 && ((unsigned char)text.data[length] & 0xc0) == 0x80)
		length--;
	return span_first(text, length);
}

static json_t *
string_make(struct span text)
{
	return json_stringn(text.length == 0 ? "" : text.data, text.length);
}

/* Any octets as a string of at most so many. */
static json_t *
text_make(struct span text, size_t most)
{
	struct buf tame;
	json_t *string;

	buf_init(&tame, most);
	clean(&tame, text);
	string = string_make(buf_span(&tame));
	buf_clear(&tame);
	return string;
}

/* The same of what a peer may have said. Addresses are hidden before the end is cut off, so that no half of one is left. */
static json_t *
words_make(struct span text)
{
	struct buf tame, hidden;
	json_t *string;

	buf_init(&tame, 8 * TLSRPT_TEXT_OCTETS);
	buf_init(&hidden, 8 * TLSRPT_TEXT_OCTETS);
	clean(&tame, text);
	if (buf_length(&tame) > 0)
		hide_addresses(&hidden, buf_span(&tame));
	string = string_make(cut_off(buf_span(&hidden), TLSRPT_TEXT_OCTETS));
	buf_clear(&tame);
	buf_clear(&hidden);
	return string;
}

/* --- values --- */

static void
put(json_t *object, const char *name, json_t *value)
{
	if (json_object_set_new(object, name, value) != 0)
		fatal("no memory for a report");
}

static void
append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) != 0)
		fatal("no memory for a report");
}

/* Left out when there are none. */
static void
put_words(json_t *object, const char *name, struct span text)
{
	if (text.length > 0)
		put(object, name, words_make(text));
}

static void
put_count(json_t *object, const char *name, uint64_t count)
{
	put(object, name, json_integer(count > COUNT_MOST ? COUNT_MOST : (json_int_t)count));
}

/* RFC 3339, in UTC. */
static json_t *
datetime_make(int64_t when_s)
{
	time_t when = (time_t)when_s;
	char text[DATETIME_TEXT];
	struct tm tm;

	if (gmtime_r(&when, &tm) == NULL || strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		fatal("a year beyond 9999");
	return json_string(text);
}

/* An IPv4 address in the clothes of IPv6 is an IPv4 address (4.4). */
static struct ip
unmapped(struct ip ip)
{
	static const unsigned char prefix[12] = { [10] = 0xff, [11] = 0xff };
	struct ip plain = { .family = 4 };

	if (ip.family != 6 || memcmp(ip.octets, prefix, sizeof(prefix)) != 0)
		return ip;
	memcpy(plain.octets, ip.octets + sizeof(prefix), 4);
	return plain;
}

char *
tlsrpt_json_address(struct ip ip, char out[IP_TEXT])
{
	return ip_format(unmapped(ip), out);
}

static void
put_address(json_t *object, const char *name, struct ip ip)
{
	char text[IP_TEXT];

	if (ip.family != 0)
		put(object, name, json_string(tlsrpt_json_address(ip, text)));
}

static json_t *
strings_make(const struct span *strings, uint32_t count, size_t most)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < count; i++)
		append(array, text_make(strings[i], most));
	return array;
}

/* --- order --- */

static int
compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int
compare_addresses(struct ip a, struct ip b)
{
	return a.family != b.family ? compare_numbers(a.family, b.family) : memcmp(a.octets, b.octets, a.family == 6 ? 16 : 4);
}

/* The most frequent first, then by all that is written. */
static int
compare_failures(const void *left, const void *right)
{
	const struct tlsrpt_failure *a = *(const struct tlsrpt_failure *const *)left, *b = *(const struct tlsrpt_failure *const *)right;
	int orders[] = { compare_numbers(b->sessions, a->sessions), strcmp(tlsrpt_json_result(a), tlsrpt_json_result(b)),
		span_compare(a->reason, b->reason), span_compare(a->mx_host, b->mx_host), compare_addresses(a->receiving, b->receiving),
		compare_addresses(a->sending_mta, b->sending_mta), span_compare(a->mx_helo, b->mx_helo), span_compare(a->detail, b->detail),
		span_compare(a->information, b->information) };

	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++)
		if (orders[i] != 0)
			return orders[i];
	return 0;
}

static int
compare_strings(const struct span *a, uint32_t a_count, const struct span *b, uint32_t b_count)
{
	int order = compare_numbers(a_count, b_count);

	for (uint32_t i = 0; order == 0 && i < a_count; i++)
		order = span_compare(a[i], b[i]);
	return order;
}

static int
compare_policies(const void *left, const void *right)
{
	const struct tlsrpt_policy *a = *(const struct tlsrpt_policy *const *)left, *b = *(const struct tlsrpt_policy *const *)right;
	int orders[] = { span_compare(a->domain, b->domain), compare_numbers(a->type, b->type),
		compare_strings(a->strings, a->strings_count, b->strings, b->strings_count),
		compare_strings(a->mx_hosts, a->mx_hosts_count, b->mx_hosts, b->mx_hosts_count) };

	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++)
		if (orders[i] != 0)
			return orders[i];
	return 0;
}

/* --- the report --- */

/* "certificate-expired", or "peer-alert: " and what it was. */
static json_t *
reason_code_make(const struct tlsrpt_failure *failure)
{
	struct buf text;
	json_t *string;

	if (failure->detail.length == 0)
		return words_make(failure->reason);
	buf_init(&text, 16 * TLSRPT_TEXT_OCTETS);
	if (!buf_add(&text, span_first(failure->reason, TLSRPT_TEXT_OCTETS)) || !buf_add(&text, SPAN(": ")) ||
	    !buf_add(&text, span_first(failure->detail, 8 * TLSRPT_TEXT_OCTETS)))
		fatal("a text has grown");
	string = words_make(buf_span(&text));
	buf_clear(&text);
	return string;
}

static json_t *
failure_make(const struct tlsrpt_failure *failure)
{
	json_t *object = json_object();

	put(object, "result-type", json_string(tlsrpt_json_result(failure)));
	if (!ip_is_special(failure->sending_mta))
		put_address(object, "sending-mta-ip", failure->sending_mta);
	put_words(object, "receiving-mx-hostname", failure->mx_host);
	put_words(object, "receiving-mx-helo", failure->mx_helo);
	put_address(object, "receiving-ip", failure->receiving);
	put_count(object, "failed-session-count", failure->sessions);
	put_words(object, "additional-information", failure->information);
	put(object, "failure-reason-code", reason_code_make(failure));
	return object;
}

static json_t *
failures_make(const struct tlsrpt_policy *policy)
{
	const struct tlsrpt_failure **sorted = must_alloc((policy->failures_count + 1) * sizeof(*sorted));
	json_t *array = json_array();

	for (uint32_t i = 0; i < policy->failures_count; i++)
		sorted[i] = &policy->failures[i];
	qsort(sorted, policy->failures_count, sizeof(*sorted), compare_failures);
	for (uint32_t i = 0; i < policy->failures_count; i++)
		append(array, failure_make(sorted[i]));
	free(sorted);
	return array;
}

/* The policy, its totals, its failures. Both lists of the policy are arrays, also when one thing is in them (erratum 6241). */
static json_t *
policy_make(const struct tlsrpt_policy *policy)
{
	json_t *entry = json_object(), *said = json_object(), *summary = json_object();

	put(said, "policy-type", json_string(policy_types[policy->type]));
	if (policy->strings_count > 0)
		put(said, "policy-string", strings_make(policy->strings, policy->strings_count, TLSRPT_POLICY_OCTETS));
	put(said, "policy-domain", text_make(policy->domain, TLSRPT_TEXT_OCTETS));
	if (policy->mx_hosts_count > 0)
		put(said, "mx-host", strings_make(policy->mx_hosts, policy->mx_hosts_count, TLSRPT_TEXT_OCTETS));
	put_count(summary, "total-successful-session-count", policy->successful);
	put_count(summary, "total-failure-session-count", policy->failed);
	put(entry, "policy", said);
	put(entry, "summary", summary);
	put(entry, "failure-details", failures_make(policy));
	return entry;
}

static json_t *
policies_make(const struct tlsrpt_report *report)
{
	const struct tlsrpt_policy **sorted = must_alloc((report->policies_count + 1) * sizeof(*sorted));
	json_t *array = json_array();

	for (uint32_t i = 0; i < report->policies_count; i++)
		sorted[i] = &report->policies[i];
	qsort(sorted, report->policies_count, sizeof(*sorted), compare_policies);
	for (uint32_t i = 0; i < report->policies_count; i++)
		append(array, policy_make(sorted[i]));
	free(sorted);
	return array;
}

/* The id as the subject of mail has it (5.3), without its brackets. */
static json_t *
id_make(const struct tlsrpt_report *report)
{
	struct span submitter = tlsrpt_json_submitter(report);

	return json_sprintf("%.*s@%.*s", SPAN_ARG(report->id), SPAN_ARG(submitter));
}

static json_t *
report_make(const struct tlsrpt_report *report)
{
	json_t *object = json_object(), *range = json_object();

	put(range, "start-datetime", datetime_make(report->begin_s));
	put(range, "end-datetime", datetime_make(report->end_s));
	put(object, "organization-name", text_make(report->organization, TLSRPT_TEXT_OCTETS));
	put(object, "date-range", range);
	put(object, "contact-info", string_make(report->contact));
	put(object, "report-id", id_make(report));
	put(object, "policies", policies_make(report));
	return object;
}

static int
on_octets(const char *octets, size_t length, void *out)
{
	return buf_add(out, span_make(octets, length)) ? 0 : -1;
}

bool
tlsrpt_json_write(struct buf *out, const struct tlsrpt_report *report)
{
	json_t *object;
	bool is_written;

	if (tlsrpt_json_refuse(report) != NULL)
		return false;
	/* Left to itself jansson would open /dev/urandom, and the room has no files: the names in our objects are all our own. */
	json_object_seed(1);
	object = report_make(report);
	is_written = json_dump_callback(object, on_octets, out, JSON_INDENT(2)) == 0 && buf_add(out, SPAN("\n"));
	json_decref(object);
	return is_written;
}

bool
tlsrpt_json_compress(struct buf *out, struct span octets)
{
	/* zlib does not write to what it reads; its type is older than const. */
	z_stream stream = { .next_in = (Bytef *)(uintptr_t)octets.data, .avail_in = (uInt)octets.length };
	unsigned char chunk[GZIP_CHUNK];
	int result = Z_OK;
	bool fits = true;

	if (octets.length > UINT32_MAX ||
	    deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		fatal("no memory to compress a report");
	while (fits && result == Z_OK) {
		stream.next_out = chunk;
		stream.avail_out = sizeof(chunk);
		result = deflate(&stream, Z_FINISH);
		fits = buf_add(out, span_make(chunk, sizeof(chunk) - stream.avail_out));
	}
	deflateEnd(&stream);
	return fits && result == Z_STREAM_END;
}
