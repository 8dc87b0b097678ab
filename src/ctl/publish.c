/* The rules for a policy of one's own (RFC 8461 3.2, 4, 8, 10). */
#include "publish.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/fatal.h"
#include "print.h"

#define DAY_S 86400
#define DAYS_TO_EXPIRY_WARN 14
#define STEP_OCTETS_MAX 32768

/* --- the file --- */

struct scan {
	struct publish_file *file;
	struct complaints *complaints;
	uint32_t mx_count;
	unsigned version_line;
};

/* Of these keys the first counts. Returns whether this is it. */
static bool
is_first(struct scan *scan, unsigned *seen, unsigned line, const char *name)
{
	if (*seen == 0) {
		*seen = line;
		return true;
	}
	complaints_warn(scan->complaints, scan->file->name, line, "%s is here twice: the first counts (RFC 8461 3.2)", name);
	return false;
}

static void
version_seen(struct scan *scan, unsigned line, struct span value)
{
	(void)value;
	(void)is_first(scan, &scan->version_line, line, "version");
}

static void
mode_seen(struct scan *scan, unsigned line, struct span value)
{
	(void)value;
	(void)is_first(scan, &scan->file->mode_line, line, "mode");
}

static void
age_seen(struct scan *scan, unsigned line, struct span value)
{
	uint64_t age_s = 0;

	if (is_first(scan, &scan->file->age_line, line, "max_age") && span_to_u64(value, UINT64_MAX, &age_s) && age_s > STS_AGE_MOST_S)
		complaints_warn(scan->complaints, scan->file->name, line, "max_age is more than the %d that there may be (RFC 8461 3.2)",
		    STS_AGE_MOST_S);
}

/* The parser has taken them in this order. */
static void
mx_seen(struct scan *scan, unsigned line, struct span value)
{
	const struct sts_policy *policy = &scan->file->policy;
	uint32_t here = scan->mx_count++;

	scan->file->mx_line[here] = line;
	for (uint32_t i = 0; i < here; i++)
		if (span_equal(policy->mx[i], policy->mx[here]))
			complaints_warn(scan->complaints, scan->file->name, line, "mx %.*s is here twice", SPAN_ARG(value));
}

static const struct {
	const char *name;
	void (*seen)(struct scan *scan, unsigned line, struct span value);
} keys[] = { { "version", version_seen }, { "mode", mode_seen }, { "max_age", age_seen }, { "mx", mx_seen } };

static void
line_scan(struct scan *scan, unsigned number, struct span line)
{
	struct span name, value = line;

	if (!span_cut(&value, ':', &name))
		return;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (!span_equal(name, span_of(keys[i].name)))
			continue;
		keys[i].seen(scan, number, span_trim(value));
		return;
	}
	complaints_warn(scan->complaints, scan->file->name, number,
	    "\"%.*s\" is no key of a policy: everybody passes it over (RFC 8461 3.2)", SPAN_ARG(name));
}

bool
publish_read(struct arena *arena, const char *name, struct span body, struct complaints *complaints, struct publish_file *file)
{
	struct scan scan = { .file = file, .complaints = complaints };
	struct span rest = body, line;
	const char *why;

	*file = (struct publish_file){ .name = name };
	why = sts_policy_parse(body, arena, &file->policy);
	if (why != NULL) {
		complaints_add(complaints, name, file->policy.wrong_line, "%s", why);
		return false;
	}
	for (unsigned number = 1; span_cut(&rest, '\n', &line); number++) {
		if (line.length > 0 && line.data[line.length - 1] == '\r')
			line = span_first(line, line.length - 1);
		if (span_trim(line).length > 0)
			line_scan(&scan, number, line);
	}
	return true;
}

/* --- the policy alone --- */

static struct span
pattern_suffix(struct span pattern)
{
	return span_skip(pattern, 2);
}

static bool
is_wild(struct span pattern)
{
	return span_starts(pattern, SPAN("*."));
}

/* The name itself, or one below it. */
static bool
is_within(struct span name, struct span domain)
{
	return span_equal(name, domain) || (name.length > domain.length && span_ends_nocase(name, domain) &&
	    name.data[name.length - domain.length - 1] == '.');
}

/* "org", "co.uk": where registries let anybody have a name. No list of all such names: the common ones of countries. */
static bool
is_public(struct span suffix)
{
	static const char *const labels[] = {
		"ac", "co", "com", "edu", "gob", "gouv", "gov", "go", "gv", "mil", "ne", "net", "nom", "or", "org"
	};
	struct span rest = suffix, label = SPAN("");

	if (span_find(suffix, '.') == suffix.length)
		return true;
	(void)span_cut(&rest, '.', &label);
	for (size_t i = 0; rest.length == 2 && i < sizeof(labels) / sizeof(*labels); i++)
		if (span_equal(label, span_of(labels[i])))
			return true;
	return false;
}

static bool
is_address(struct span pattern)
{
	struct span rest = pattern, label = SPAN("");
	uint64_t number;

	while (span_cut(&rest, '.', &label))
		;
	return span_to_u64(label, UINT64_MAX, &number);
}

/* NULL, or why the pattern does not help (10.4). */
static const char *
pattern_weakness(struct span pattern, struct span domain)
{
	if (is_address(pattern))
		return "this matches no host: a mail host is a name (RFC 8461 4.1)";
	if (!is_wild(pattern) || is_within(pattern_suffix(pattern), domain))
		return NULL;
	if (is_public(pattern_suffix(pattern)))
		return "anybody can have a host that matches: name the hosts (RFC 8461 10.4)";
	return "not below the domain: other customers of the same provider match as well; name the hosts (RFC 8461 10.4)";
}

void
publish_judge(const struct publish_file *file, struct span domain, struct complaints *complaints)
{
	const struct sts_policy *policy = &file->policy;

	if (policy->mode == STS_ENFORCE && policy->max_age_s < DAY_S)
		complaints_warn(complaints, file->name, file->age_line,
		    "max_age is less than a day: whoever holds the policy back so long is rid of it; weeks are right, once it was in "
		    "testing (RFC 8461 3.2, 10.2)");
	if (policy->mode == STS_NONE && policy->max_age_s > DAY_S)
		complaints_warn(complaints, file->name, file->age_line,
		    "max_age is more than a day: a policy that takes the former one back ends soon itself (RFC 8461 8.3)");
	for (uint32_t i = 0; i < policy->mx_count && policy->mode != STS_NONE; i++) {
		const char *why = pattern_weakness(policy->mx[i], domain);

		if (why != NULL)
			complaints_warn(complaints, file->name, file->mx_line[i], "mx %.*s: %s", SPAN_ARG(policy->mx[i]), why);
	}
}

/* --- the policy and the hosts --- */

/* An error where the policy is enforced, a warning in testing; with "none" nothing comes of it. */
__attribute__((format(printf, 5, 6))) static void
complain_by_mode(struct complaints *complaints, enum sts_mode mode, const char *file, unsigned line, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (mode == STS_ENFORCE)
		complaints_add(complaints, file, line, "%s", text);
	else if (mode == STS_TESTING)
		complaints_warn(complaints, file, line, "%s", text);
}

/* Names and patterns end with a NUL in the arena, as sts_match() wants them. */
static bool
matches(const struct sts_policy *policy, struct span host)
{
	return sts_match(policy->mx, policy->mx_count, host.data);
}

void
publish_match(const struct publish_file *file, const struct publish_hosts *hosts, struct complaints *complaints)
{
	const struct sts_policy *policy = &file->policy;

	for (uint32_t i = 0; i < hosts->count; i++)
		if (!matches(policy, hosts->names[i]))
			complain_by_mode(complaints, policy->mode, file->name, file->mode_line,
			    "no mx matches the mail host %.*s: mail to it is %s (RFC 8461 4.1, 5)", SPAN_ARG(hosts->names[i]),
			    policy->mode == STS_ENFORCE ? "refused by whoever sends" :
			    "reported, and will be refused once this is enforced");
	for (uint32_t i = 0; i < policy->mx_count && hosts->count > 0 && policy->mode != STS_NONE; i++) {
		bool is_used = false;

		for (uint32_t k = 0; k < hosts->count; k++)
			is_used |= sts_match(&policy->mx[i], 1, hosts->names[k].data);
		if (!is_used)
			complaints_warn(complaints, file->name, file->mx_line[i],
			    "mx %.*s: no mail host matches: right only for one that is still to come (RFC 8461 8.1)",
			    SPAN_ARG(policy->mx[i]));
	}
}

/* Does the certificate belong to any of it? */
static bool
has_use(const struct publish_file *file, const struct publish_hosts *hosts, const struct pem *pem)
{
	struct arena *arena = arena_new();
	struct span *names;
	uint32_t count = pem_names(pem, arena, &names);
	bool is_found = false;

	for (uint32_t i = 0; i < hosts->count; i++)
		is_found |= pem_is_for(pem, hosts->names[i]);
	for (uint32_t i = 0; i < count && hosts->count == 0; i++)
		is_found |= matches(&file->policy, names[i]);
	arena_free(&arena);
	return is_found;
}

static void
certificate_judge(const struct publish_file *file, const struct publish_hosts *hosts, const struct pem *pem, struct complaints *complaints)
{
	enum sts_mode mode = file->policy.mode;
	int days;

	if (pem->chain == NULL) {
		complaints_add(complaints, pem->file, 0, "there is no certificate in it");
		return;
	}
	days = pem_days_left(pem);
	if (!pem_has_begun(pem))
		complain_by_mode(complaints, mode, pem->file, 0, "the certificate is not valid yet (RFC 8461 4.2)");
	else if (days < 0)
		complain_by_mode(complaints, mode, pem->file, 0, "the certificate has expired (RFC 8461 4.2)");
	else if (days < DAYS_TO_EXPIRY_WARN && mode != STS_NONE)
		complaints_warn(complaints, pem->file, 0, "the certificate expires in %d days", days);
	if (pem_is_self_signed(pem))
		complain_by_mode(complaints, mode, pem->file, 0,
		    "the certificate is signed by itself: no authority vouches for it (RFC 8461 4.2)");
	if (mode != STS_NONE && !has_use(file, hosts, pem))
		complaints_warn(complaints, pem->file, 0, "the certificate names none of the mail hosts");
}

static void
host_certify(const struct publish_file *file, struct span host, const struct pem *pems, size_t count, struct complaints *complaints)
{
	for (size_t i = 0; i < count; i++)
		if (pem_is_for(&pems[i], host))
			return;
	complain_by_mode(complaints, file->policy.mode, file->name, 0,
	    "no certificate names the mail host %.*s among its DNS names (RFC 8461 4.2)", SPAN_ARG(host));
}

void
publish_certify(const struct publish_file *file, const struct publish_hosts *hosts, const struct pem *pems, size_t count,
    struct complaints *complaints)
{
	const struct sts_policy *policy = &file->policy;

	for (size_t i = 0; i < count; i++)
		certificate_judge(file, hosts, &pems[i], complaints);
	for (uint32_t i = 0; i < hosts->count && count > 0; i++)
		host_certify(file, hosts->names[i], pems, count, complaints);
	for (uint32_t i = 0; i < policy->mx_count && hosts->count == 0 && count > 0; i++)
		if (!is_wild(policy->mx[i]) && !is_address(policy->mx[i]))
			host_certify(file, policy->mx[i], pems, count, complaints);
}

/* --- the order --- */

struct plan {
	struct arena *arena;
	struct publish_step *steps;
	uint32_t count;
	struct span domain;
};

__attribute__((format(printf, 2, 3))) static struct span
text_make(struct plan *plan, const char *format, ...)
{
	char text[STEP_OCTETS_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return arena_span(plan->arena, span_of(text));
}

static void
step_add(struct plan *plan, struct span text, struct span record)
{
	if (plan->count == PUBLISH_STEPS)
		fatal("a plan of more than %d steps", PUBLISH_STEPS);
	plan->steps[plan->count++] = (struct publish_step){ text, record };
}

/* How long the former policy still counts with those who have it. */
static struct span
wait_text(struct plan *plan, const struct sts_policy *former)
{
	char text[PRINT_SPAN_TEXT];

	return former == NULL ? SPAN("the max_age of the policy that was published before") :
	    text_make(plan, "%" PRIu64 " s, the max_age of the policy that was published before (%s)", former->max_age_s,
		print_duration((int64_t)former->max_age_s, text));
}

/* Those of the names that the policy does not match, "a, b"; "" = none. A policy of NULL matches nothing. */
static struct span
unmatched(struct plan *plan, const struct sts_policy *policy, const struct span *names, uint32_t count)
{
	struct span text = SPAN("");

	for (uint32_t i = 0; i < count; i++)
		if (!matches(policy, names[i]))
			text = text_make(plan, "%.*s%s%.*s", SPAN_ARG(text), text.length == 0 ? "" : ", ", SPAN_ARG(names[i]));
	return text;
}

/* 8.1: a sender whose copy is older or newer than that of another has to find a host that matches, whichever it has. */
static void
hosts_leave(struct plan *plan, const struct sts_policy *policy, const struct sts_policy *former)
{
	struct span gone = former == NULL ? SPAN("") : unmatched(plan, policy, former->mx, former->mx_count);

	if (gone.length > 0)
		step_add(plan, text_make(plan, "Take the hosts that only the published policy has (%.*s) out of the MX records, and wait "
		    "until the TTL of these is over", SPAN_ARG(gone)), SPAN(""));
}

static void
hosts_come(struct plan *plan, const struct sts_policy *policy, const struct sts_policy *former, const struct publish_hosts *hosts)
{
	struct span come, wait;

	if (former != NULL && former->mode == STS_NONE)
		return;
	wait = wait_text(plan, former);
	if (former == NULL) {
		step_add(plan, text_make(plan, "A host that a policy published before does not have becomes an MX record only after "
		    "%.*s: who has that one would refuse it", SPAN_ARG(wait)), SPAN(""));
		return;
	}
	come = hosts->count > 0 ? unmatched(plan, former, hosts->names, hosts->count) :
	    unmatched(plan, former, policy->mx, policy->mx_count);
	if (come.length > 0)
		step_add(plan, text_make(plan, "Wait %.*s, then make the new hosts (%.*s) MX records", SPAN_ARG(wait), SPAN_ARG(come)),
		    SPAN(""));
}

/* The file first: who sees a new id fetches at once, and would keep the old file under it. */
static void
file_changes(struct plan *plan, const char *id)
{
	step_add(plan, text_make(plan, "Serve this file as https://mta-sts.%.*s/.well-known/mta-sts.txt: text/plain, no redirect, "
	    "a certificate for mta-sts.%.*s", SPAN_ARG(plan->domain), SPAN_ARG(plan->domain)), SPAN(""));
	step_add(plan, SPAN("When every server of that name has it, give the record its new id"),
	    text_make(plan, "_mta-sts.%.*s. IN TXT \"v=STSv1; id=%s;\"", SPAN_ARG(plan->domain), id));
}

static void
policy_ends(struct plan *plan, const struct sts_policy *former)
{
	struct span wait = wait_text(plan, former);

	step_add(plan, text_make(plan, "Wait %.*s, or longer where an earlier one had more", SPAN_ARG(wait)), SPAN(""));
	step_add(plan, text_make(plan, "Remove the record _mta-sts.%.*s", SPAN_ARG(plan->domain)), SPAN(""));
	step_add(plan, text_make(plan, "When its TTL is over, remove the host mta-sts.%.*s", SPAN_ARG(plan->domain)), SPAN(""));
}

uint32_t
publish_plan(struct arena *arena, const struct publish_file *file, const struct sts_policy *former,
    const struct publish_hosts *hosts, struct span domain, const char *id, struct publish_step *steps)
{
	const struct sts_policy *policy = &file->policy;
	struct plan plan = { arena, steps, 0, domain };

	if (policy->mode == STS_NONE) {
		file_changes(&plan, id);
		policy_ends(&plan, former);
		return plan.count;
	}
	if (policy->mode == STS_ENFORCE && (former == NULL || former->mode == STS_NONE))
		step_add(&plan, SPAN("Unless it was there already, publish it with \"mode: testing\" for some weeks, and enforce it when "
		    "reports (TLSRPT) show no failures"), SPAN(""));
	hosts_leave(&plan, policy, former);
	file_changes(&plan, id);
	hosts_come(&plan, policy, former, hosts);
	return plan.count;
}
