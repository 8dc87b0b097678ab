/*
 * A message streams by: its header is kept until the empty line, then every signature is read and its hash of the header made, then the
 * body goes once through each canonical form that somebody signed it in. Keys come when they come (RFC 6376 6.1).
 */
#include "auth/dkim_verify.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fatal.h"
#include "dkim_field.h"
#include "dkim_record.h"
#include "dkim_tags.h"

#define FIELD "DKIM-Signature"
#define HEADER_TOO_LONG "the header is longer than one that is read"
#define LENGTHS_MOST 2		/* different l= of one message: the body is hashed once more for each */

/* A hash of the body, or of its first octets, that signatures share. */
struct hash {
	enum dkim_form form;
	uint64_t length;	/* l=, UINT64_MAX without: so many octets of the canonical form are hashed */
	uint64_t octets;	/* of the canonical form so far */
	EVP_MD_CTX *context;
	unsigned char digest[DKIM_HASH_OCTETS];
};

/* What has to be asked, or was answered. */
struct question {
	char name[AUTH_NAME_TEXT];
	bool is_answered;
	bool is_temporary;
	const char *why;	/* there is no key; NULL = there is */
	struct dkim_record record;
};

struct signature {
	struct dkim_signature read;
	struct dkim_result result;
	bool is_over;		/* nothing has to be waited for: the result stands */
	bool has_free_from;	/* there is a From field that it does not vouch for */
	unsigned char digest[DKIM_HASH_OCTETS];
	struct question *question;
	struct hash *hash;
};

struct dkim_verify {
	enum dkim_service service;
	int64_t now_s;
	struct arena *arena;
	struct buf header;
	size_t header_most;	/* octets that are kept; of a longer one nothing is verified */
	size_t header_length;	/* up to the empty line */
	bool is_body, is_ended;
	const char *malformed;
	struct dkim_body bodies[DKIM_FORMS];
	struct hash hashes[DKIM_VERIFY_MAX];
	struct question questions[DKIM_VERIFY_MAX];
	struct signature signatures[DKIM_VERIFY_MAX];
	uint32_t hash_count, question_count, asked, answered, count, ignored;
};

static const char *const verdict_names[DKIM_VERDICTS] = {
	[DKIM_PASS] = "pass",
	[DKIM_FAIL] = "fail",
	[DKIM_POLICY] = "policy",
	[DKIM_NEUTRAL] = "neutral",
	[DKIM_TEMPERROR] = "temperror",
	[DKIM_PERMERROR] = "permerror",
};

const char *
dkim_verdict_name(enum dkim_verdict verdict)
{
	return verdict_names[verdict];
}

/* --- hashes --- */

static void
on_octets(void *context, struct span octets)
{
	if (EVP_DigestUpdate(context, octets.data, octets.length) != 1)
		fatal("cannot hash mail");
}

static EVP_MD_CTX *
hash_begin(void)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (context == NULL || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1)
		fatal("OpenSSL has no SHA-256");
	return context;
}

static void
hash_end(EVP_MD_CTX **context, unsigned char digest[DKIM_HASH_OCTETS])
{
	if (EVP_DigestFinal_ex(*context, digest, NULL) != 1)
		fatal("cannot hash mail");
	EVP_MD_CTX_free(*context);
	*context = NULL;
}

/* Octets of the body in one form: every hash of that form takes what is left of its length. */
static void
body_take(struct dkim_verify *verify, enum dkim_form form, struct span octets)
{
	for (uint32_t i = 0; i < verify->hash_count; i++) {
		struct hash *hash = &verify->hashes[i];

		if (hash->form != form)
			continue;
		if (hash->octets < hash->length) {
			uint64_t left = hash->length - hash->octets;

			on_octets(hash->context, left < octets.length ? span_first(octets, (size_t)left) : octets);
		}
		hash->octets += octets.length;
	}
}

static void
on_simple(void *verify, struct span octets)
{
	body_take(verify, DKIM_SIMPLE, octets);
}

static void
on_relaxed(void *verify, struct span octets)
{
	body_take(verify, DKIM_RELAXED, octets);
}

static dkim_take_fn *const takers[DKIM_FORMS] = { [DKIM_SIMPLE] = on_simple, [DKIM_RELAXED] = on_relaxed };

/* The hash that the signature needs: one that is there already, or another. NULL = there are too many. */
static struct hash *
hash_for(struct dkim_verify *verify, const struct dkim_signature *read)
{
	uint64_t length = read->has_length ? read->length : UINT64_MAX;
	unsigned lengths = 0;

	for (uint32_t i = 0; i < verify->hash_count; i++) {
		if (verify->hashes[i].form == read->body_form && verify->hashes[i].length == length)
			return &verify->hashes[i];
		lengths += verify->hashes[i].length < UINT64_MAX;
	}
	if (length < UINT64_MAX && lengths == LENGTHS_MOST)
		return NULL;
	verify->hashes[verify->hash_count] = (struct hash){ .form = read->body_form, .length = length, .context = hash_begin() };
	return &verify->hashes[verify->hash_count++];
}

static bool
is_form_used(const struct dkim_verify *verify, enum dkim_form form)
{
	for (uint32_t i = 0; i < verify->hash_count; i++)
		if (verify->hashes[i].form == form)
			return true;
	return false;
}

/* --- the header, when it is over --- */

/* Sets what came of it. */
static void
conclude(struct signature *signature, enum dkim_verdict verdict, const char *why)
{
	signature->result.verdict = verdict;
	signature->result.why = why;
	signature->is_over = true;
}

/* The field with b= emptied goes last, and nothing behind it (RFC 6376 3.7). */
static void
own_field_hash(struct dkim_verify *verify, const struct dkim_signature *read, struct span field, EVP_MD_CTX *context)
{
	size_t before = (size_t)(read->value.data - field.data);
	char *text = arena_alloc(verify->arena, field.length + 1);

	memcpy(text, field.data, before);
	memcpy(text + before, read->value.data + read->value.length, field.length - before - read->value.length);
	dkim_field_canon(read->header_form, span_make(text, field.length - read->value.length), on_octets, context);
}

/* The fields of h=, each the lowest that is left; the signature's own never is one of them (RFC 6376 5.4.2, 3.5). */
static void
header_hash(struct dkim_verify *verify, struct dkim_fields *fields, struct signature *signature, struct span own)
{
	EVP_MD_CTX *context = hash_begin();
	struct span rest = signature->read.names, name, field;

	dkim_fields_rewind(fields);
	while (dkim_tags_cut(&rest, &name)) {
		bool is_there = dkim_fields_take(fields, name, &field);

		if (is_there && field.data == own.data)
			is_there = dkim_fields_take(fields, name, &field);
		if (!is_there)
			continue;
		dkim_field_canon(signature->read.header_form, field, on_octets, context);
		on_octets(context, SPAN("\r\n"));
	}
	signature->has_free_from = dkim_fields_take(fields, SPAN("From"), &field);
	own_field_hash(verify, &signature->read, own, context);
	hash_end(&context, signature->digest);
}

/* The question for its key: one that is there already, or another. */
static struct question *
question_for(struct dkim_verify *verify, const struct dkim_signature *read)
{
	char name[sizeof(read->selector) + sizeof("._domainkey.") + sizeof(read->domain)];
	size_t length = (size_t)snprintf(name, sizeof(name), "%s._domainkey.%s", read->selector, read->domain);

	assert(length < AUTH_NAME_TEXT);	/* or dkim_signature_read() had refused it */
	for (uint32_t i = 0; i < verify->question_count; i++)
		if (strcmp(verify->questions[i].name, name) == 0)
			return &verify->questions[i];
	memcpy(verify->questions[verify->question_count].name, name, length + 1);
	return &verify->questions[verify->question_count++];
}

/* What the field alone says. */
static void
result_fill(struct signature *signature)
{
	const struct dkim_signature *read = &signature->read;
	size_t length = 0;

	signature->result = (struct dkim_result){
		.domain = read->domain, .selector = read->selector, .identity = read->identity,
		.algorithm = read->algorithm == NULL ? "" : read->algorithm->name, .has_length = read->has_length,
		.signed_s = read->signed_s, .ends_s = read->ends_s, .why = "",
	};
	for (size_t i = 0; i < read->value.length && length < sizeof(signature->result.mark) - 1; i++)
		if (!dkim_tags_is_space(read->value.data[i]))
			signature->result.mark[length++] = read->value.data[i];
}

static void
signature_read(struct dkim_verify *verify, struct dkim_fields *fields, struct span field)
{
	struct signature *signature = &verify->signatures[verify->count++];
	const char *why = dkim_signature_read(field, verify->arena, &signature->read);

	result_fill(signature);
	if (why != NULL) {
		conclude(signature, DKIM_NEUTRAL, why);
		return;
	}
	why = dkim_signature_wrong(&signature->read, verify->now_s);
	if (why != NULL) {
		conclude(signature, DKIM_PERMERROR, why);
		return;
	}
	signature->hash = hash_for(verify, &signature->read);
	if (signature->hash == NULL) {
		conclude(signature, DKIM_POLICY, "there are more lengths (l=) than are looked at");
		return;
	}
	header_hash(verify, fields, signature, field);
	signature->question = question_for(verify, &signature->read);
}

static bool
is_signature(struct span field)
{
	return span_equal_nocase(span_trim_end(span_first(field, span_find(field, ':'))), SPAN(FIELD));
}

static void
header_over(struct dkim_verify *verify)
{
	struct arena *arena = arena_new();	/* a list of all fields is larger than they are: not for as long as the message */
	struct dkim_fields fields;
	const char *why = dkim_fields_read(dkim_verify_header(verify), arena, &fields);

	verify->is_body = true;
	if (why != NULL)
		verify->malformed = why;
	for (size_t i = 0; why == NULL && i < fields.count; i++) {
		if (!is_signature(fields.at[i]))
			continue;
		if (verify->count < DKIM_VERIFY_MAX)
			signature_read(verify, &fields, fields.at[i]);
		else
			verify->ignored++;
	}
	arena_free(&arena);
}

/* --- the message, piece by piece --- */

struct dkim_verify *
dkim_verify_new(enum dkim_service service, int64_t now_s)
{
	struct dkim_verify *verify = must_alloc(sizeof(*verify));

	verify->service = service;
	verify->now_s = now_s;
	verify->malformed = "";
	verify->arena = arena_new();
	verify->header_most = DKIM_VERIFY_HEADER_MAX;
	buf_init(&verify->header, DKIM_VERIFY_HEADER_MAX);
	for (int form = 0; form < DKIM_FORMS; form++)
		dkim_body_init(&verify->bodies[form], (enum dkim_form)form, takers[form], verify);
	return verify;
}

void
dkim_verify_bound(struct dkim_verify *verify, size_t octets)
{
	verify->header_most = octets < DKIM_VERIFY_HEADER_MAX ? octets : DKIM_VERIFY_HEADER_MAX;
}

void
dkim_verify_free(struct dkim_verify **verify)
{
	if (*verify == NULL)
		return;
	for (uint32_t i = 0; i < (*verify)->hash_count; i++)
		EVP_MD_CTX_free((*verify)->hashes[i].context);
	for (uint32_t i = 0; i < (*verify)->question_count; i++)
		dkim_record_clear(&(*verify)->questions[i].record);
	buf_clear(&(*verify)->header);
	arena_free(&(*verify)->arena);
	free(*verify);
	*verify = NULL;
}

/* Where the empty line behind the header ends; 0 = not yet. What was looked at before, up to there, is not looked at again. */
static size_t
header_end(struct span text, size_t before)
{
	size_t from = before < 3 ? 0 : before - 3;
	const char *found = memmem(text.data + from, text.length - from, "\r\n\r\n", 4);

	if (span_starts(text, SPAN("\r\n")))
		return 2;
	return found == NULL ? 0 : (size_t)(found - text.data) + 4;
}

/* Take what belongs to the header. Returns what is left. */
static struct span
header_add(struct dkim_verify *verify, struct span octets)
{
	size_t before = buf_length(&verify->header), end;
	struct span part = span_first(octets, verify->header_most - before);

	if (part.length == 0 || !buf_add(&verify->header, part)) {
		verify->malformed = HEADER_TOO_LONG;
		verify->is_body = true;
		return octets;
	}
	end = header_end(buf_span(&verify->header), before);
	if (end == 0)
		return span_skip(octets, part.length);
	verify->header_length = end - 2;
	header_over(verify);
	return span_skip(octets, end - before);
}

void
dkim_verify_octets(struct dkim_verify *verify, struct span octets)
{
	while (!verify->is_body && octets.length > 0)
		octets = header_add(verify, octets);
	if (octets.length == 0)
		return;
	for (int form = 0; form < DKIM_FORMS; form++)
		if (is_form_used(verify, (enum dkim_form)form))
			dkim_body_add(&verify->bodies[form], octets);
}

bool
dkim_verify_ask(struct dkim_verify *verify, struct auth_question *question)
{
	if (verify->asked == verify->question_count)
		return false;
	*question = (struct auth_question){ .number = verify->asked, .name = verify->questions[verify->asked].name, .type = AUTH_TXT };
	verify->asked++;
	return true;
}

/* Returns NULL, or why there is no key. */
static const char *
answer_read(struct dkim_verify *verify, struct question *question, const struct auth_answer *answer)
{
	const char *why;

	if (answer->status != AUTH_FOUND || answer->count == 0)
		return "there is no key: the name has no TXT record (RFC 6376 6.1.2)";
	if (answer->count > 1)
		return "there are several TXT records where the key should be, and which one counts nobody says (RFC 6376 3.6.2.2)";
	why = dkim_record_read(answer->texts[0], &question->record);
	/* It is judged later, when the answer is gone. */
	if (question->record.hashes.data != NULL)
		question->record.hashes = arena_span(verify->arena, question->record.hashes);
	return why;
}

/* --- the end: when all is known --- */

static void
key_told(const struct question *question, struct dkim_result *result)
{
	result->key_bits = question->record.bits;
	result->services = question->record.services;
	result->is_testing = question->record.is_testing;
}

/* NULL, or why a good signature is not enough. */
static const char *
unvouched(const struct dkim_verify *verify, const struct signature *signature)
{
	if (signature->has_free_from)
		return "there is a From field that it does not vouch for (RFC 6376 8.15)";
	if (verify->service == DKIM_SERVICE_TLSRPT && signature->read.has_length)
		return "it has l=, which signatures of reports on TLS must not (RFC 8460 3)";
	if (signature->read.has_length && signature->hash->octets > signature->read.length)
		return "the body goes on behind what it vouches for: l= (RFC 6376 8.2)";
	return NULL;
}

static bool
is_body_good(const struct signature *signature)
{
	return (!signature->read.has_length || signature->read.length <= signature->hash->octets) &&
	    CRYPTO_memcmp(signature->hash->digest, signature->read.body_hash, DKIM_HASH_OCTETS) == 0;
}

/* What is certain for ever comes before what may be known tomorrow. */
static void
signature_judge(struct dkim_verify *verify, struct signature *signature)
{
	const struct question *question = signature->question;
	const char *why;

	key_told(question, &signature->result);
	why = question->why != NULL || question->is_temporary ? question->why :
	    dkim_record_unfit(&question->record, &signature->read, verify->service);
	if (why != NULL)
		conclude(signature, DKIM_PERMERROR, why);
	else if (!is_body_good(signature))
		conclude(signature, DKIM_FAIL, "the body is not what was signed (RFC 6376 6.1.3)");
	else if (question->is_temporary)
		conclude(signature, DKIM_TEMPERROR, "the key could not be looked up (RFC 6376 6.1.2)");
	else if (!dkim_record_verify(&question->record, &signature->read, signature->digest))
		conclude(signature, DKIM_FAIL, "the header is not what was signed, or the key is another (RFC 6376 6.1.3)");
	else if ((why = unvouched(verify, signature)) != NULL)
		conclude(signature, DKIM_POLICY, why);
	else
		conclude(signature, DKIM_PASS, "");
}

size_t
dkim_verify_used(const struct dkim_verify *verify)
{
	return sizeof(*verify) + buf_length(&verify->header) + arena_used(verify->arena);
}

bool
dkim_verify_is_done(const struct dkim_verify *verify)
{
	return verify->is_ended && verify->answered == verify->question_count;
}

static void
judge_when_done(struct dkim_verify *verify)
{
	if (!dkim_verify_is_done(verify))
		return;
	for (uint32_t i = 0; i < verify->count; i++)
		if (!verify->signatures[i].is_over)
			signature_judge(verify, &verify->signatures[i]);
}

void
dkim_verify_answer(struct dkim_verify *verify, unsigned number, const struct auth_answer *answer)
{
	struct question *question = &verify->questions[number];

	assert(number < verify->asked && !question->is_answered);
	question->is_answered = true;
	question->is_temporary = answer->status == AUTH_FAILED;
	if (!question->is_temporary)
		question->why = answer_read(verify, question, answer);
	verify->answered++;
	judge_when_done(verify);
}

void
dkim_verify_end(struct dkim_verify *verify)
{
	/* A message may end without an empty line: it is all header. */
	if (!verify->is_body) {
		verify->header_length = buf_length(&verify->header);
		header_over(verify);
	}
	for (int form = 0; form < DKIM_FORMS; form++)
		if (is_form_used(verify, (enum dkim_form)form))
			dkim_body_end(&verify->bodies[form]);
	for (uint32_t i = 0; i < verify->hash_count; i++)
		hash_end(&verify->hashes[i].context, verify->hashes[i].digest);
	verify->is_ended = true;
	judge_when_done(verify);
}

uint32_t
dkim_verify_count(const struct dkim_verify *verify)
{
	return verify->count;
}

uint32_t
dkim_verify_ignored(const struct dkim_verify *verify)
{
	return verify->ignored;
}

const struct dkim_result *
dkim_verify_result(const struct dkim_verify *verify, uint32_t i)
{
	assert(i < verify->count && verify->signatures[i].is_over);
	return &verify->signatures[i].result;
}

const char *
dkim_verify_malformed(const struct dkim_verify *verify)
{
	return verify->malformed;
}

struct span
dkim_verify_header(const struct dkim_verify *verify)
{
	return span_first(buf_span(&verify->header), verify->header_length);
}
