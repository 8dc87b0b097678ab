/* The tags of a DMARC record: THE table of them, a reader each. */
#include "dmarc_record.h"

#include <string.h>

#define VERSION_1 "DMARC1"

const char *
dmarc_policy_name(enum dmarc_policy policy)
{
	static const char *const names[DMARC_POLICIES] = {
		[DMARC_POLICY_NONE] = "none", [DMARC_POLICY_QUARANTINE] = "quarantine", [DMARC_POLICY_REJECT] = "reject",
	};

	return names[policy];
}

/* What a tag says goes into the record. One that was wrong, there twice or with octets that it may not have, has an empty value. */
typedef void tag_fn(struct dmarc_record *record, struct span value);

static void
request_read(struct dmarc_request *request, struct span value)
{
	*request = (struct dmarc_request){ .said = DMARC_INVALID };
	for (int i = 0; i < DMARC_POLICIES; i++)
		if (span_equal_nocase(value, span_of(dmarc_policy_name((enum dmarc_policy)i))))
			*request = (struct dmarc_request){ DMARC_SAID, (enum dmarc_policy)i };
}

static void
p_read(struct dmarc_record *record, struct span value)
{
	request_read(&record->p, value);
}

static void
sp_read(struct dmarc_record *record, struct span value)
{
	request_read(&record->sp, value);
}

static void
np_read(struct dmarc_record *record, struct span value)
{
	request_read(&record->np, value);
}

static void
adkim_read(struct dmarc_record *record, struct span value)
{
	record->is_strict[DMARC_DKIM] = span_equal_nocase(value, SPAN("s"));
}

static void
aspf_read(struct dmarc_record *record, struct span value)
{
	record->is_strict[DMARC_SPF] = span_equal_nocase(value, SPAN("s"));
}

static void
t_read(struct dmarc_record *record, struct span value)
{
	record->is_testing = span_equal_nocase(value, SPAN("y"));
}

static void
psd_read(struct dmarc_record *record, struct span value)
{
	if (span_equal_nocase(value, SPAN("y")))
		record->psd = DMARC_PSD_YES;
	else
		record->psd = span_equal_nocase(value, SPAN("n")) ? DMARC_PSD_NO : DMARC_PSD_UNSAID;
}

static bool
is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* A scheme, a colon and something behind it, in the octets of URIs (RFC 3986 2, 3.1); a size behind "!" is no part of it any more. */
static bool
is_uri(struct span text)
{
	struct span uri = span_first(text, span_find(text, '!'));
	size_t colon = span_find(uri, ':');

	if (colon == 0 || colon + 1 >= uri.length)
		return false;
	for (size_t i = 0; i < uri.length; i++) {
		const char *further = i < colon ? "+-." : "-._~:/?#[]@$&'()*+=%";

		if (!is_letter_or_digit(uri.data[i]) && strchr(further, uri.data[i]) == NULL)
			return false;
	}
	return true;
}

static void
rua_read(struct dmarc_record *record, struct span value)
{
	struct span rest = value, uri;

	record->rua = value;
	record->has_report = false;
	while (span_cut(&rest, ',', &uri))
		record->has_report = record->has_report || is_uri(span_trim(uri));
}

/* Whom to tell of single messages is for those who do (fo=, ruf=); what RFC 9989 does not have is not known (pct=, rf=, ri=). */
static const struct {
	const char *name;
	tag_fn *read;
} tags_known[] = {
	{ "p", p_read }, { "sp", sp_read }, { "np", np_read }, { "adkim", adkim_read }, { "aspf", aspf_read }, { "t", t_read },
	{ "psd", psd_read }, { "rua", rua_read },
};
#define TAGS_KNOWN (sizeof(tags_known) / sizeof(*tags_known))

/* dmarc-value: printable octets */
static bool
is_printable(struct span value)
{
	for (size_t i = 0; i < value.length; i++)
		if (value.data[i] < 0x20 || value.data[i] > 0x7e)
			return false;
	return true;
}

static void
tag_read(struct dmarc_record *record, struct span tag, bool is_there[TAGS_KNOWN])
{
	size_t equals = span_find(tag, '=');
	struct span name = span_trim(span_first(tag, equals)), value = span_trim(span_skip(tag, equals + 1));

	for (size_t i = 0; equals < tag.length && i < TAGS_KNOWN; i++)
		if (span_equal_nocase(name, span_of(tags_known[i].name))) {
			tags_known[i].read(record, is_there[i] || !is_printable(value) ? SPAN("") : value);
			is_there[i] = true;
		}
}

/* "v" equals %s"DMARC1" */
static bool
is_version(struct span tag)
{
	size_t equals = span_find(tag, '=');

	return equals < tag.length && span_equal_nocase(span_trim_end(span_first(tag, equals)), SPAN("v")) &&
	    span_equal(span_trim(span_skip(tag, equals + 1)), SPAN(VERSION_1));
}

bool
dmarc_record_read(struct span text, struct dmarc_record *record)
{
	bool is_there[TAGS_KNOWN] = { false };
	struct span rest = text, tag;

	*record = (struct dmarc_record){ .psd = DMARC_PSD_UNSAID };
	if (!span_cut(&rest, ';', &tag) || !is_version(tag))
		return false;
	while (span_cut(&rest, ';', &tag))
		tag_read(record, tag, is_there);
	return true;
}

bool
dmarc_record_settle(struct dmarc_record *record)
{
	if (record->p.said == DMARC_SAID && record->sp.said != DMARC_INVALID && record->np.said != DMARC_INVALID)
		return true;
	record->p = (struct dmarc_request){ DMARC_SAID, DMARC_POLICY_NONE };
	record->sp = record->np = (struct dmarc_request){ .said = DMARC_ABSENT };
	return record->has_report;
}
