/* Signatures as others make them: any tags, any forms, any key; and messages verified, cut anywhere, with keys that are published here. */
#ifndef TESTS_UNIT_LIB_AUTH_CRAFT_H
#define TESTS_UNIT_LIB_AUTH_CRAFT_H

#include "auth/dkim_verify.h"
#include "base/arena.h"
#include "base/buf.h"
#include "football.h"
#include "src/lib-auth/dkim_canon.h"
#include "src/lib-auth/dkim_field.h"

#define CRAFT_MAX (64u * 1024 * 1024)
#define CRAFT_NOW 1528637909

/* How to sign; what is NULL or 0 is as in the RFCs' examples. */
struct craft {
	const struct dkim_key *key;
	const char *tags;		/* all but bh= and b=, with a ";" at the end; has to fit to the rest */
	enum dkim_form header_form, body_form;
	const char *names;		/* what h= in tags has */
	size_t length;			/* what l= in tags has; 0 = none */
};

struct craft_take {
	EVP_MD_CTX *hash;
	size_t left;
};

static inline void
craft_on_octets(void *arg, struct span octets)
{
	struct craft_take *take = arg;
	struct span part = span_first(octets, take->left);

	ck_assert_int_eq(EVP_DigestUpdate(take->hash, part.data, part.length), 1);
	take->left -= part.length;
}

static inline struct craft_take
craft_begin(size_t length)
{
	struct craft_take take = { EVP_MD_CTX_new(), length == 0 ? SIZE_MAX : length };

	ck_assert_int_eq(EVP_DigestInit_ex(take.hash, EVP_sha256(), NULL), 1);
	return take;
}

static inline void
craft_end(struct craft_take *take, unsigned char *digest)
{
	ck_assert_int_eq(EVP_DigestFinal_ex(take->hash, digest, NULL), 1);
	EVP_MD_CTX_free(take->hash);
}

static inline void
craft_add_base64(struct buf *out, const unsigned char *octets, size_t length)
{
	unsigned char text[2000];

	EVP_EncodeBlock(text, octets, (int)length);
	ck_assert(buf_add(out, span_of((char *)text)));
}

/* The field, CRLF at its end, appended. */
static inline void
craft_field(const struct craft *craft, struct span header, struct span body, struct buf *out)
{
	unsigned char digest[32], signature[DKIM_SIGNATURE_MAX];
	struct craft_take take = craft_begin(craft->length);
	struct span rest = span_of(craft->names), name, field;
	struct arena *arena = arena_new();
	size_t before = buf_length(out);
	struct dkim_fields fields;
	struct dkim_body canon;

	dkim_body_init(&canon, craft->body_form, craft_on_octets, &take);
	dkim_body_add(&canon, body);
	dkim_body_end(&canon);
	craft_end(&take, digest);
	ck_assert(buf_printf(out, "DKIM-Signature: %s bh=", craft->tags));
	craft_add_base64(out, digest, sizeof(digest));
	ck_assert(buf_add(out, SPAN("; b=")));
	take = craft_begin(0);
	ck_assert_ptr_null(dkim_fields_read(header, arena, &fields));
	while (span_cut(&rest, ':', &name))
		if (dkim_fields_take(&fields, span_trim(name), &field)) {
			dkim_field_canon(craft->header_form, field, craft_on_octets, &take);
			craft_on_octets(&take, SPAN("\r\n"));
		}
	dkim_field_canon(craft->header_form, span_skip(buf_span(out), before), craft_on_octets, &take);
	craft_end(&take, digest);
	craft_add_base64(out, signature, dkim_key_sign(craft->key, digest, signature));
	ck_assert(buf_add(out, SPAN("\r\n")));
	arena_free(&arena);
}

/* The whole message, signed; to be cleared. */
static inline struct buf
craft_message(const struct craft *craft, const char *header, const char *body)
{
	struct buf out;

	buf_init(&out, CRAFT_MAX);
	craft_field(craft, span_of(header), span_of(body), &out);
	ck_assert(buf_printf(&out, "%s\r\n%s", header, body));
	return out;
}

/* The TXT record of a key: the caller frees it. */
static inline char *
craft_record(const struct dkim_key *key)
{
	struct buf out;
	char *text;

	buf_init(&out, 2 * DKIM_RECORD_MAX);
	dkim_key_record(key, &out);
	text = strndup(buf_span(&out).data, buf_length(&out));
	buf_clear(&out);
	return text;
}

/* What the DNS has: one answer for whatever is asked. */
struct craft_dns {
	enum auth_status status;
	const char *texts[3];		/* as many as there are */
};

static inline void
craft_answer(struct dkim_verify *verify, const struct craft_dns *dns)
{
	struct auth_question question;

	while (dkim_verify_ask(verify, &question)) {
		struct span texts[3];
		struct auth_answer answer = { .status = dns->status, .texts = texts };

		ck_assert_int_eq(question.type, AUTH_TXT);
		for (; answer.count < 3 && dns->texts[answer.count] != NULL; answer.count++)
			texts[answer.count] = span_of(dns->texts[answer.count]);
		dkim_verify_answer(verify, question.number, &answer);
	}
}

/* Verified in pieces of so many octets; to be freed. */
static inline struct dkim_verify *
craft_verify(struct span message, size_t step, enum dkim_service service, int64_t now_s, const struct craft_dns *dns)
{
	struct dkim_verify *verify = dkim_verify_new(service, now_s);

	for (; message.length > 0; message = span_skip(message, step))
		dkim_verify_octets(verify, span_first(message, step));
	dkim_verify_end(verify);
	craft_answer(verify, dns);
	ck_assert(dkim_verify_is_done(verify));
	return verify;
}

#endif
