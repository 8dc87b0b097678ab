/* XARF v4: github.com/xarf/xarf-spec, schemas/v4/xarf-core.json and types/vulnerability-misconfiguration.json. */
#include "report/notice_xarf.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "base/fatal.h"
#include "base/random.h"
#include "report/notice_value.h"

#define XARF_VERSION "4.2.0"
#define UUID 37			/* octets of one in text, and a NUL */
#define NAME_MOST 253
#define MOMENT 24

/* A random one (RFC 9562 5.4). */
static char *
uuid_make(char out[UUID])
{
	unsigned char u[16];

	random_bytes(u, sizeof(u));
	u[6] = (unsigned char)((u[6] & 0x0f) | 0x40);
	u[8] = (unsigned char)((u[8] & 0x3f) | 0x80);
	snprintf(out, UUID, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0], u[1], u[2], u[3], u[4], u[5], u[6],
	    u[7], u[8], u[9], u[10], u[11], u[12], u[13], u[14], u[15]);
	return out;
}

static void
set(json_t *object, const char *key, json_t *value)
{
	if (value == NULL || json_object_set_new(object, key, value) != 0)
		fatal("out of memory");
}

static void
set_time(json_t *object, const char *key, int64_t when_s)
{
	time_t when = (time_t)when_s;
	char text[MOMENT];
	struct tm tm;

	if (when_s > 0 && gmtime_r(&when, &tm) != NULL && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0)
		set(object, key, json_string(text));
}

static void
set_name(json_t *object, const char *key, struct span name)
{
	struct buf safe;

	buf_init(&safe, NAME_MOST + 1);
	notice_value_name(&safe, name, NAME_MOST);
	set(object, key, json_stringn(buf_length(&safe) > 0 ? buf_span(&safe).data : "", buf_length(&safe)));
	buf_clear(&safe);
}

/* Who says it. The organization is a host's name: nobody else is behind it. */
static json_t *
ourselves(const struct conf_report *conf)
{
	json_t *who = json_object();

	set(who, "org", json_string(conf->hostname));
	set(who, "contact", json_string(conf->notices_from));
	set(who, "domain", json_string(conf->notices_from + span_find(span_of(conf->notices_from), '@') + 1));
	return who;
}

/* An address where one is known: that is what providers look for. */
static void
set_source(json_t *report, const struct notice_letter *letter)
{
	const struct notice_case *item = letter->cases[0];
	struct ip ip = letter->looked != NULL && letter->looked->ip.family != 0 ? letter->looked->ip : item->ip;
	char text[IP_TEXT];

	set_name(report, "source_identifier", ip.family != 0 ? span_of(ip_format(ip, text)) : span_of(item->name));
}

static json_t *
report_make(const struct notice_letter *letter, const struct conf_report *conf)
{
	const struct notice_case *item = letter->cases[0];
	bool is_inbound = item->about == NOTICE_CLIENT, is_policy = item->about == NOTICE_DOMAIN;
	json_t *report = json_object();
	char uuid[UUID];

	set(report, "xarf_version", json_string(XARF_VERSION));
	set(report, "report_id", json_string(uuid_make(uuid)));
	set_time(report, "timestamp", letter->now_s);
	set(report, "reporter", ourselves(conf));
	set(report, "sender", ourselves(conf));
	set_source(report, letter);
	set(report, "category", json_string("vulnerability"));
	set(report, "type", json_string("misconfiguration"));
	set(report, "evidence_source", json_string(is_inbound ? "traffic_analysis" : "automated_scan"));
	set(report, "service", json_string(is_policy ? "mta-sts" : "smtp"));
	if (!is_inbound)
		set(report, "port", json_integer(is_policy ? 443 : 25));
	set_name(report, "misconfiguration_type", notice_value_fault(letter, 0));
	set(report, "severity", json_string("high"));
	set_name(report, "host", span_of(item->name));
	set_time(report, "first_seen", item->first_s);
	set_time(report, "last_seen", item->last_s);
	set(report, "sessions_failed", json_integer((json_int_t)(item->failed & INT64_MAX)));
	return report;
}

bool
notice_xarf_write(struct buf *out, const struct notice_letter *letter, const struct conf_report *conf)
{
	json_t *report = report_make(letter, conf);
	char *text = json_dumps(report, JSON_INDENT(1) | JSON_COMPACT | JSON_ENSURE_ASCII);
	struct span rest = span_of(text), line;
	bool fits = rest.length > 0;

	while (fits && span_cut(&rest, '\n', &line))
		fits = buf_add(out, span_trim(line)) && buf_add(out, SPAN("\r\n"));
	free(text);
	json_decref(report);
	return fits;
}
