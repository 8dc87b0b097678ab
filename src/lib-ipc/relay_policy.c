/* Messages between relay and policy. */
#include "ipc/relay_policy.h"

#include <assert.h>

#define PATTERN_OCTETS_LEAST sizeof(uint32_t)	/* an empty text */
#define HOST_OCTETS_LEAST 63			/* five of them, three numbers, a bit, a level and an address */

void
policy_question_encode(struct buf *out, const struct policy_question *question)
{
	put_u64(out, question->id);
	put_span(out, question->domain);
	put_bool(out, question->by_mx);
	put_bool(out, question->is_doubted);
}

bool
policy_question_decode(struct span payload, struct policy_question *question)
{
	struct codec in = codec_read(payload);

	question->id = get_u64(&in);
	question->domain = get_span(&in);
	question->by_mx = get_bool(&in);
	question->is_doubted = get_bool(&in);
	return codec_done(&in);
}

static void
names_encode(struct buf *out, const struct span *names, uint32_t count, uint32_t most)
{
	assert(count <= most);
	put_u32(out, count);
	for (uint32_t i = 0; i < count; i++)
		put_span(out, names[i]);
}

static struct span *
names_decode(struct codec *in, struct arena *arena, uint32_t most, uint32_t *count)
{
	struct span *names;

	*count = get_count(in, PATTERN_OCTETS_LEAST);
	if (*count > most) {
		in->bad = true;
		*count = 0;
	}
	names = arena_alloc(arena, *count * sizeof(*names));
	for (uint32_t i = 0; i < *count; i++)
		names[i] = get_span(in);
	return names;
}

static void
sts_encode(struct buf *out, const struct sts_policy *policy)
{
	put_u8(out, (uint8_t)policy->mode);
	put_u64(out, policy->max_age_s);
	names_encode(out, policy->mx, policy->mx_count, STS_PATTERNS);
}

static void
sts_decode(struct codec *in, struct arena *arena, struct sts_policy *policy)
{
	policy->mode = get_enum(in, STS_MODES);
	policy->max_age_s = get_u64(in);
	policy->mx = names_decode(in, arena, STS_PATTERNS, &policy->mx_count);
}

static struct span
text_decode(struct codec *in, size_t most)
{
	struct span text = get_span(in);

	if (text.length > most)
		in->bad = true;
	return text;
}

/* Each part is there if the octet before says so. */
static void
knowledge_encode(struct buf *out, const struct knowledge *knowledge)
{
	put_span(out, knowledge->missing);
	put_bool(out, knowledge->has_sts);
	if (knowledge->has_sts) {
		sts_encode(out, &knowledge->sts);
		put_span(out, knowledge->sts_id);
		put_u64(out, (uint64_t)knowledge->sts_until_s);
	}
	put_bool(out, knowledge->has_preload);
	if (knowledge->has_preload) {
		sts_encode(out, &knowledge->preload);
		put_u64(out, (uint64_t)knowledge->preload_until_s);
	}
	put_bool(out, knowledge->has_exception);
	if (knowledge->has_exception) {
		put_u8(out, (uint8_t)knowledge->exception);
		put_span(out, knowledge->exception_why);
		put_u64(out, (uint64_t)knowledge->exception_until_s);
	}
	put_bool(out, knowledge->has_ratchet);
	if (knowledge->has_ratchet) {
		put_u8(out, (uint8_t)knowledge->ratchet);
		names_encode(out, knowledge->ratchet_mx, knowledge->ratchet_mx_count, KNOWLEDGE_MX);
		put_u64(out, (uint64_t)knowledge->ratchet_until_s);
	}
	put_span(out, knowledge->sts_lines);
	put_span(out, knowledge->sts_fault);
	put_u64(out, (uint64_t)knowledge->until_s);
}

static void
knowledge_decode(struct codec *in, struct arena *arena, struct knowledge *knowledge)
{
	*knowledge = (struct knowledge){ .missing = get_span(in) };
	knowledge->has_sts = get_bool(in);
	if (knowledge->has_sts) {
		sts_decode(in, arena, &knowledge->sts);
		knowledge->sts_id = get_span(in);
		knowledge->sts_until_s = (int64_t)get_u64(in);
	}
	knowledge->has_preload = get_bool(in);
	if (knowledge->has_preload) {
		sts_decode(in, arena, &knowledge->preload);
		knowledge->preload_until_s = (int64_t)get_u64(in);
	}
	knowledge->has_exception = get_bool(in);
	if (knowledge->has_exception) {
		knowledge->exception = get_enum(in, POLICY_LEVELS);
		knowledge->exception_why = get_span(in);
		knowledge->exception_until_s = (int64_t)get_u64(in);
	}
	knowledge->has_ratchet = get_bool(in);
	if (knowledge->has_ratchet) {
		knowledge->ratchet = get_enum(in, POLICY_LEVELS);
		knowledge->ratchet_mx = names_decode(in, arena, KNOWLEDGE_MX, &knowledge->ratchet_mx_count);
		knowledge->ratchet_until_s = (int64_t)get_u64(in);
	}
	knowledge->sts_lines = text_decode(in, STS_LINES);
	knowledge->sts_fault = text_decode(in, KNOWLEDGE_FAULT);
	knowledge->until_s = (int64_t)get_u64(in);
}

void
policy_answer_encode(struct buf *out, const struct policy_answer *answer)
{
	put_u64(out, answer->id);
	knowledge_encode(out, &answer->knowledge);
}

bool
policy_answer_decode(struct span payload, struct arena *arena, struct policy_answer *answer)
{
	/* One copy of the whole message: every span of the knowledge points into it. */
	struct codec in = codec_read(arena_span(arena, payload));

	answer->id = get_u64(&in);
	knowledge_decode(&in, arena, &answer->knowledge);
	return codec_done(&in);
}

void
policy_sight_encode(struct buf *out, const struct policy_sight *sight)
{
	put_span(out, sight->domain);
	put_span(out, sight->host);
	put_u8(out, (uint8_t)sight->level);
	put_bool(out, sight->is_delivered);
	put_span(out, sight->reason);
	put_span(out, sight->because);
	put_bool(out, sight->is_observed);
}

bool
policy_sight_decode(struct span payload, struct policy_sight *sight)
{
	struct codec in = codec_read(payload);

	sight->domain = get_span(&in);
	sight->host = get_span(&in);
	sight->level = get_enum(&in, POLICY_LEVELS);
	sight->is_delivered = get_bool(&in);
	sight->reason = get_span(&in);
	sight->because = get_span(&in);
	sight->is_observed = get_bool(&in);
	return codec_done(&in);
}

void
policy_change_encode(struct buf *out, const struct policy_change *change)
{
	put_span(out, change->domain);
}

bool
policy_change_decode(struct span payload, struct policy_change *change)
{
	struct codec in = codec_read(payload);

	change->domain = get_span(&in);
	return codec_done(&in);
}

void
policy_names_encode(struct buf *out, const struct policy_names *names)
{
	names_encode(out, names->names, names->count, POLICY_HOSTS);
}

bool
policy_names_decode(struct span payload, struct arena *arena, struct policy_names *names)
{
	struct codec in = codec_read(payload);

	names->names = names_decode(&in, arena, POLICY_HOSTS, &names->count);
	return codec_done(&in);
}

static void
host_encode(struct buf *out, const struct policy_host *host)
{
	put_span(out, host->host);
	put_u64(out, host->sessions);
	put_u64(out, (uint64_t)host->first_s);
	put_u64(out, (uint64_t)host->last_s);
	put_bool(out, host->has_starttls);
	put_span(out, host->keywords);
	put_u8(out, (uint8_t)host->level);
	put_span(out, host->version);
	put_span(out, host->fingerprint);
	put_span(out, host->issuer);
	put_ip(out, host->ip);
}

static struct policy_host
host_decode(struct codec *in)
{
	struct policy_host host = { .host = get_span(in) };

	host.sessions = get_u64(in);
	host.first_s = (int64_t)get_u64(in);
	host.last_s = (int64_t)get_u64(in);
	host.has_starttls = get_bool(in);
	host.keywords = get_span(in);
	host.level = get_enum(in, POLICY_LEVELS);
	host.version = get_span(in);
	host.fingerprint = get_span(in);
	host.issuer = get_span(in);
	host.ip = get_ip(in);
	return host;
}

void
policy_hosts_encode(struct buf *out, const struct policy_hosts *hosts)
{
	assert(hosts->count <= POLICY_HOSTS);
	put_u32(out, hosts->count);
	for (uint32_t i = 0; i < hosts->count; i++)
		host_encode(out, &hosts->hosts[i]);
}

bool
policy_hosts_decode(struct span payload, struct arena *arena, struct policy_hosts *hosts)
{
	struct codec in = codec_read(payload);

	hosts->count = get_count(&in, HOST_OCTETS_LEAST);
	if (hosts->count > POLICY_HOSTS)
		return false;
	hosts->hosts = arena_alloc(arena, hosts->count * sizeof(*hosts->hosts));
	for (uint32_t i = 0; i < hosts->count; i++)
		hosts->hosts[i] = host_decode(&in);
	return codec_done(&in);
}
