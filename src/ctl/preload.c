/* Lists of policies that count as if they had been published, and sealpost policy preload, which hands one over. */
#include "preload.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "answer.h"
#include "base/fatal.h"
#include "complain.h"
#include "conf/material.h"
#include "conf/yaml.h"
#include "ctl.h"
#include "ipc/channel.h"
#include "mail/date.h"
#include "mail/pattern.h"
#include "policy/sts.h"
#include "words.h"

#define FILE_OCTETS_MAX (16u * 1024 * 1024)
#define ARGUMENTS_OCTETS_MAX (CHANNEL_PAYLOAD_MAX - 65536)	/* the list goes over as one: it counts as a whole, or not at all */
#define DOMAIN_OCTETS_MAX 253
#define LINE_OCTETS_MAX (STS_PATTERNS * (DOMAIN_OCTETS_MAX + 4) + 512)

struct entry {
	struct span domain, mode;
	struct span mx[STS_PATTERNS];
	uint32_t mx_count;
	int64_t until_s;		/* 0 = for ever */
	unsigned line;			/* 0 in JSON */
};

/* What was read, kept until it is known to be whole. */
struct kept {
	struct span domain, argument;
	unsigned line;
};

struct reading {
	struct arena *arena;
	const char *file;
	int64_t now_s;
	struct complaints *complaints;
	struct kept *kept;
	uint32_t count, room;
};

/* Always false, for `return complain(...)`. */
static bool
complain_of(struct reading *reading, unsigned line, struct span what, const char *why)
{
	complaints_add(reading->complaints, reading->file, line, "\"%.*s\": %s", (int)(what.length > 80 ? 80 : what.length), what.data, why);
	return false;
}

static bool
is_name(struct span name)
{
	return pattern_is_name(name) && name.length <= DOMAIN_OCTETS_MAX && name.data[name.length - 1] != '.';
}

static bool
is_pattern(struct span pattern)
{
	return is_name(span_starts(pattern, SPAN("*.")) ? span_skip(pattern, 2) : pattern);
}

/* ".example.com" of STARTTLS Everywhere is what RFC 8461 4.1 writes as "*.example.com". */
static bool
mx_add(struct reading *reading, struct entry *entry, struct span pattern)
{
	char text[DOMAIN_OCTETS_MAX + 8];

	if (pattern.length > 1 && pattern.length <= DOMAIN_OCTETS_MAX && pattern.data[0] == '.') {
		snprintf(text, sizeof(text), "*%.*s", SPAN_ARG(pattern));
		pattern = arena_span(reading->arena, span_of(text));
	}
	if (!is_pattern(pattern))
		return complain_of(reading, entry->line, pattern, "a host is mx.example.org, or \"*.example.org\" (one label in front)");
	if (entry->mx_count == STS_PATTERNS)
		return complain_of(reading, entry->line, entry->domain, "more hosts than a policy may have");
	entry->mx[entry->mx_count++] = pattern;
	return true;
}

static bool
entry_check(struct reading *reading, const struct entry *entry)
{
	if (!is_name(entry->domain))
		return complain_of(reading, entry->line, entry->domain, "not a domain (internationalised ones in their ASCII form, xn--...)");
	if (!span_equal(entry->mode, SPAN("enforce")) && !span_equal(entry->mode, SPAN("testing")))
		return complain_of(reading, entry->line, entry->domain, "the mode is enforce or testing");
	if (entry->mx_count == 0)
		return complain_of(reading, entry->line, entry->domain, "names no mail hosts");
	if (entry->until_s != 0 && entry->until_s <= reading->now_s)
		return complain_of(reading, entry->line, entry->domain, "its policy is over");
	return true;
}

/* "domain mode pattern,pattern until", in lower case. */
static struct span
entry_line(struct reading *reading, const struct entry *entry)
{
	struct buf line;
	struct span kept;
	bool fits;

	buf_init(&line, LINE_OCTETS_MAX);
	fits = buf_printf(&line, "%.*s %.*s ", SPAN_ARG(entry->domain), SPAN_ARG(entry->mode));
	for (uint32_t i = 0; i < entry->mx_count && fits; i++)
		fits = buf_printf(&line, "%s%.*s", i == 0 ? "" : ",", SPAN_ARG(entry->mx[i]));
	if (!fits || !buf_printf(&line, " %" PRId64, entry->until_s))
		fatal("a policy of more than %u octets", LINE_OCTETS_MAX);
	for (size_t i = 0; i < buf_length(&line); i++)
		if (line.data[i] >= 'A' && line.data[i] <= 'Z')
			line.data[i] = (char)(line.data[i] - 'A' + 'a');
	kept = arena_span(reading->arena, buf_span(&line));
	buf_clear(&line);
	return kept;
}

static bool
entry_keep(struct reading *reading, const struct entry *entry)
{
	struct span argument;

	if (!entry_check(reading, entry))
		return false;
	argument = entry_line(reading, entry);
	if (reading->count == reading->room) {
		reading->room = reading->room == 0 ? 64 : 2 * reading->room;
		reading->kept = must_realloc(reading->kept, reading->room * sizeof(*reading->kept));
	}
	reading->kept[reading->count++] = (struct kept){ span_first(argument, entry->domain.length), argument, entry->line };
	return true;
}

/* --- our own --- */

static bool
mx_read(struct reading *reading, const struct node *node, struct entry *entry)
{
	bool good = true;

	if (node->kind == NODE_SCALAR)
		return mx_add(reading, entry, node->text);
	for (const struct node *item = node->first; item != NULL; item = item->next)
		good &= item->kind == NODE_SCALAR ? mx_add(reading, entry, item->text) :
		    complain_of(reading, item->line, node->key, "hosts are expected here");
	return good && node->kind == NODE_LIST;
}

static bool
member_read(struct reading *reading, const struct node *node, struct entry *entry)
{
	if (span_equal(node->key, SPAN("mx")))
		return mx_read(reading, node, entry);
	if (node->kind != NODE_SCALAR)
		return complain_of(reading, node->line, node->key, "one value is expected here");
	if (span_equal(node->key, SPAN("mode"))) {
		entry->mode = node->text;
		return true;
	}
	if (!span_equal(node->key, SPAN("until")))
		return complain_of(reading, node->key_line, node->key, "a policy has mode, mx and until");
	return date_parse_end(node->text, &entry->until_s) || complain_of(reading, node->line, node->text,
	    "neither a date (2027-01-31: to the end of that day, UTC) nor a time (2027-01-31T12:00Z)");
}

static void
yaml_domain_read(struct reading *reading, const struct node *node)
{
	struct entry entry = { .domain = node->key, .line = node->key_line };
	bool good = true;

	if (node->kind != NODE_MAP) {
		complain_of(reading, node->line, node->key, "a policy is expected here: {mode: enforce, mx: [mx.example.org]}");
		return;
	}
	for (const struct node *member = node->first; member != NULL; member = member->next)
		good &= member_read(reading, member, &entry);
	if (good)
		entry_keep(reading, &entry);
}

static void
yaml_list_read(struct reading *reading, struct span octets)
{
	const struct node *document = yaml_read(reading->arena, reading->file, octets, reading->complaints);

	if (document == NULL)
		return;
	if (document->kind != NODE_MAP)
		complaints_add(reading->complaints, reading->file, document->line, "domains are expected here, each with its policy");
	for (const struct node *node = document->first; document->kind == NODE_MAP && node != NULL; node = node->next)
		yaml_domain_read(reading, node);
}

/* --- the list of STARTTLS Everywhere --- */

static struct span
string_of(const json_t *value)
{
	return json_is_string(value) ? span_make(json_string_value(value), json_string_length(value)) : SPAN("");
}

/* An alias stands for a policy that many domains have. NULL after a complaint. */
static const json_t *
alias_follow(struct reading *reading, const char *domain, const json_t *policy, const json_t *aliases)
{
	const json_t *alias = json_object_get(policy, "policy-alias");

	if (alias == NULL)
		return policy;
	policy = json_is_string(alias) ? json_object_get(aliases, json_string_value(alias)) : NULL;
	if (!json_is_object(policy))
		complain_of(reading, 0, span_of(domain), "its policy-alias is not among the policy-aliases");
	return json_is_object(policy) ? policy : NULL;
}

static void
json_domain_read(struct reading *reading, const char *domain, const json_t *policy, int64_t until_s)
{
	struct entry entry = { .domain = span_of(domain), .mode = string_of(json_object_get(policy, "mode")), .until_s = until_s };
	const json_t *mxs = json_object_get(policy, "mxs");
	bool good = true;

	for (size_t i = 0; i < json_array_size(mxs); i++)
		good &= mx_add(reading, &entry, string_of(json_array_get(mxs, i)));
	if (good)
		entry_keep(reading, &entry);
}

/* When the list ends: seconds, or a moment in text. */
static bool
expires_read(struct reading *reading, const json_t *list, int64_t *until_s)
{
	const json_t *expires = json_object_get(list, "expires");

	*until_s = json_is_integer(expires) ? (int64_t)json_integer_value(expires) : 0;
	if (!json_is_integer(expires) && !date_parse_moment(string_of(expires), until_s))
		return complain_of(reading, 0, SPAN("expires"), "the list does not say when it ends");
	if (*until_s <= reading->now_s)
		return complain_of(reading, 0, SPAN("expires"), "the list is over: fetch a newer one");
	return true;
}

static void
json_list_take(struct reading *reading, json_t *list)
{
	json_t *policies = json_object_get(list, "policies"), *policy;
	const char *domain;
	int64_t until_s;

	if (!expires_read(reading, list, &until_s))
		return;
	if (!json_is_object(policies)) {
		complain_of(reading, 0, SPAN("policies"), "there are none: is this a list of STARTTLS Everywhere?");
		return;
	}
	json_object_foreach(policies, domain, policy) {
		const json_t *followed = alias_follow(reading, domain, policy, json_object_get(list, "policy-aliases"));

		if (followed != NULL)
			json_domain_read(reading, domain, followed, until_s);
	}
}

static void
json_list_read(struct reading *reading, struct span octets)
{
	json_error_t error;
	json_t *list = json_loadb(octets.data, octets.length, JSON_REJECT_DUPLICATES, &error);

	if (list == NULL) {
		complaints_add(reading->complaints, reading->file, error.line > 0 ? (unsigned)error.line : 0, "not JSON: %s", error.text);
		return;
	}
	json_list_take(reading, list);
	json_decref(list);
}

/* --- both --- */

static int
by_domain(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;
	int order = span_compare(x->domain, y->domain);

	return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

static void
domains_check(struct reading *reading)
{
	qsort(reading->kept, reading->count, sizeof(*reading->kept), by_domain);
	for (uint32_t i = 1; i < reading->count; i++)
		if (span_equal(reading->kept[i].domain, reading->kept[i - 1].domain))
			complain_of(reading, reading->kept[i].line, reading->kept[i].domain, "is here twice");
}

static void
preload_take(struct reading *reading, struct preload *preload)
{
	size_t octets = 0;

	preload->arguments = arena_alloc(reading->arena, (reading->count + 1) * sizeof(*preload->arguments));
	for (uint32_t i = 0; i < reading->count; i++) {
		preload->arguments[preload->count++] = reading->kept[i].argument;
		octets += reading->kept[i].argument.length + sizeof(uint32_t);
	}
	if (octets > ARGUMENTS_OCTETS_MAX)
		complaints_add(reading->complaints, reading->file, 0, "more than %u octets of policies", ARGUMENTS_OCTETS_MAX);
	else if (preload->count == 0 && reading->complaints->errors == 0)
		complaints_add(reading->complaints, reading->file, 0, "there is no policy in it (--clear removes the list that was loaded)");
}

bool
preload_read(struct arena *arena, const char *file, struct span octets, int64_t now_s, struct complaints *complaints,
    struct preload *preload)
{
	struct reading reading = { .arena = arena, .file = file, .now_s = now_s, .complaints = complaints };
	size_t start = 0;

	*preload = (struct preload){ .count = 0 };
	while (start < octets.length && strchr(" \t\r\n", octets.data[start]) != NULL && octets.data[start] != '\0')
		start++;
	if (start < octets.length && octets.data[start] == '{')
		json_list_read(&reading, octets);
	else
		yaml_list_read(&reading, octets);
	if (reading.count > 0)
		domains_check(&reading);
	preload_take(&reading, preload);
	free(reading.kept);
	complaints_sort(complaints);
	return complaints->errors == 0;
}

/* --- the command --- */

static void
on_row(void *arg, const struct row *row)
{
	(void)arg;
	(void)row;
}

static int
file_load(const struct options *options, struct arena *arena, const char *file)
{
	struct complaints *complaints = must_alloc(sizeof(*complaints));
	struct preload preload = { .count = 0 };
	int code = EX_DATAERR;
	struct buf octets;
	const char *why;

	complaints_init(complaints);
	buf_init(&octets, FILE_OCTETS_MAX + 1);
	why = material_read(file, FILE_OCTETS_MAX, &octets);
	if (why != NULL) {
		complaints_add(complaints, file, 0, "%s", why);
		code = EX_NOINPUT;
	} else if (preload_read(arena, file, buf_span(&octets), time(NULL), complaints, &preload)) {
		code = answer_print(options, &(struct request){ SPAN("policy preload"), preload.arguments, preload.count }, on_row, NULL);
	}
	complain(options, complaints);
	complaints_clear(complaints);
	free(complaints);
	buf_clear(&octets);
	return code;
}

int
preload_run(const struct options *options, int argc, char **argv)
{
	static const struct words_option preload_options[] = { { "--clear", false }, { NULL } };
	struct span clear = SPAN("--clear");
	struct arena *arena = arena_new();
	struct words words;
	int code = EX_USAGE;

	if (words_read(arena, "policy preload", argc, argv, preload_options, &words)) {
		if (words.plain_count + words.is_given[0] != 1)
			code = ctl_usage("policy preload: one file is expected, or --clear");
		else if (words.is_given[0])
			code = answer_print(options, &(struct request){ SPAN("policy preload"), &clear, 1 }, on_row, NULL);
		else
			code = file_load(options, arena, words.plain[0].data);
	}
	arena_free(&arena);
	return code;
}
