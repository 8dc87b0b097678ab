/* MAIL and RCPT parameters: one row per keyword. */
#include "smtp/params.h"

#include "base/utf8.h"
#include "mail/xtext.h"

#define SIZE_DIGITS 20		/* RFC 1870 4 */
#define ENVID_OCTETS 100	/* RFC 3461 5.4 */
#define ORCPT_OCTETS 500	/* RFC 3461 5.4 */

/* What a row writes to. */
struct target {
	struct mail_params *mail;
	struct rcpt_params *rcpt;
	bool is_smtputf8;
};

struct row {
	struct span keyword;
	/* value.data is NULL when there was no "="; returns STATUS_NONE or the refusal */
	enum status (*take)(struct target *target, struct span value);
};

static enum status
size_take(struct target *target, struct span value)
{
	uint64_t octets;

	if (value.length == 0 || value.length > SIZE_DIGITS)
		return STATUS_BAD_PARAMETER;
	for (size_t i = 0; i < value.length; i++)
		if (value.data[i] < '0' || value.data[i] > '9')
			return STATUS_BAD_PARAMETER;
	if (!span_to_u64(value, UINT64_MAX, &octets))
		octets = UINT64_MAX;
	target->mail->size_octets = octets;
	return STATUS_NONE;
}

static enum status
body_take(struct target *target, struct span value)
{
	if (span_equal_nocase(value, SPAN("BINARYMIME")))
		return STATUS_BODY_NOT_OFFERED;
	target->mail->is_8bitmime = span_equal_nocase(value, SPAN("8BITMIME"));
	return target->mail->is_8bitmime || span_equal_nocase(value, SPAN("7BIT")) ? STATUS_NONE : STATUS_BAD_PARAMETER;
}

static enum status
smtputf8_take(struct target *target, struct span value)
{
	target->mail->is_smtputf8 = true;
	return value.data == NULL ? STATUS_NONE : STATUS_BAD_PARAMETER;
}

static enum status
ret_take(struct target *target, struct span value)
{
	if (span_equal_nocase(value, SPAN("FULL")))
		target->mail->ret = RET_FULL;
	else if (span_equal_nocase(value, SPAN("HDRS")))
		target->mail->ret = RET_HDRS;
	else
		return STATUS_BAD_PARAMETER;
	return STATUS_NONE;
}

static enum status
envid_take(struct target *target, struct span value)
{
	target->mail->envid = value;
	return value.length > 0 && value.length <= ENVID_OCTETS && xtext_is_valid(value) ?
	    STATUS_NONE : STATUS_BAD_PARAMETER;
}

/* Nobody here is trusted to say who authenticated: well-formed, and forgotten (RFC 4954 5). */
static enum status
auth_take(struct target *target, struct span value)
{
	(void)target;
	return value.length > 0 && (span_equal(value, SPAN("<>")) || xtext_is_valid(value)) ?
	    STATUS_NONE : STATUS_BAD_PARAMETER;
}

/* RFC 8689 2: no value goes with it. */
static enum status
requiretls_take(struct target *target, struct span value)
{
	target->mail->is_requiretls = true;
	return value.data == NULL ? STATUS_NONE : STATUS_BAD_PARAMETER;
}

static enum status
notify_take(struct target *target, struct span value)
{
	static const struct {
		struct span word;
		enum notify bit;
	} words[] = { { { "SUCCESS", 7 }, NOTIFY_SUCCESS }, { { "FAILURE", 7 }, NOTIFY_FAILURE }, { { "DELAY", 5 }, NOTIFY_DELAY } };
	struct span rest = value, word;
	unsigned all = 0;

	if (span_equal_nocase(value, SPAN("NEVER"))) {
		target->rcpt->notify = NOTIFY_NEVER;
		return STATUS_NONE;
	}
	while (span_cut(&rest, ',', &word)) {
		unsigned bit = 0;

		for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
			if (span_equal_nocase(word, words[i].word))
				bit = words[i].bit;
		if (bit == 0 || (all & bit) != 0)
			return STATUS_BAD_PARAMETER;
		all |= bit;
	}
	target->rcpt->notify = (uint8_t)all;
	return all != 0 ? STATUS_NONE : STATUS_BAD_PARAMETER;
}

/* RFC 6533 3: in an address of type utf-8, characters beyond ASCII may stand as they are under SMTPUTF8. */
static bool
utf8_address_is_valid(struct span text)
{
	while (text.length > 0) {
		size_t n = (unsigned char)text.data[0] >= 0x80 ? utf8_length(text) : xtext_is_valid(span_first(text, 1));

		if (n == 0)
			return false;
		text = span_skip(text, n);
	}
	return true;
}

static bool
is_atom(struct span text)
{
	for (size_t i = 0; i < text.length; i++) {
		char c = text.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'))
			return false;
	}
	return text.length > 0;
}

/* addr-type ";" xtext */
static enum status
orcpt_take(struct target *target, struct span value)
{
	struct span type = span_first(value, span_find(value, ';'));
	struct span address = span_skip(value, type.length + 1);
	bool is_utf8 = target->is_smtputf8 && span_equal_nocase(type, SPAN("utf-8"));

	target->rcpt->orcpt = value;
	if (value.length > ORCPT_OCTETS || !is_atom(type) || address.length == 0)
		return STATUS_BAD_PARAMETER;
	return xtext_is_valid(address) || (is_utf8 && utf8_address_is_valid(address)) ? STATUS_NONE : STATUS_BAD_PARAMETER;
}

static const struct row mail_rows[] = {
	{ { "SIZE", 4 }, size_take },
	{ { "BODY", 4 }, body_take },
	{ { "SMTPUTF8", 8 }, smtputf8_take },
	{ { "RET", 3 }, ret_take },
	{ { "ENVID", 5 }, envid_take },
	{ { "AUTH", 4 }, auth_take },
	{ { "REQUIRETLS", 10 }, requiretls_take },
	{ { NULL, 0 }, NULL }
};

static const struct row rcpt_rows[] = {
	{ { "NOTIFY", 6 }, notify_take },
	{ { "ORCPT", 5 }, orcpt_take },
	{ { NULL, 0 }, NULL }
};

/* One "keyword" or "keyword=value"; `seen` has a bit per row. */
static enum status
param_take(const struct row *rows, struct target *target, struct span param, unsigned *seen)
{
	size_t equals = span_find(param, '=');
	struct span keyword = span_first(param, equals);
	struct span value = equals < param.length ? span_skip(param, equals + 1) : (struct span){ NULL, 0 };

	if (keyword.length == 0)
		return STATUS_BAD_PARAMETER;
	for (unsigned i = 0; rows[i].take != NULL; i++) {
		if (!span_equal_nocase(keyword, rows[i].keyword))
			continue;
		if (*seen & 1u << i)
			return STATUS_BAD_PARAMETER;
		*seen |= 1u << i;
		return rows[i].take(target, value);
	}
	return STATUS_UNKNOWN_PARAMETER;
}

static enum status
params_parse(const struct row *rows, struct target *target, struct span text)
{
	enum status status = STATUS_NONE;
	unsigned seen = 0;
	struct span param;

	if (text.length == 0)
		return STATUS_NONE;
	if (text.data[0] != ' ')
		return STATUS_BAD_PARAMETER;
	text = span_skip(text, 1);
	while (status == STATUS_NONE && span_cut(&text, ' ', &param))
		status = param_take(rows, target, param, &seen);
	return status;
}

enum status
mail_params_parse(struct span text, struct mail_params *params)
{
	struct target target = { .mail = params };

	*params = (struct mail_params){ .ret = RET_DEFAULT };
	return params_parse(mail_rows, &target, text);
}

enum status
rcpt_params_parse(struct span text, bool is_smtputf8, struct rcpt_params *params)
{
	struct target target = { .rcpt = params, .is_smtputf8 = is_smtputf8 };

	*params = (struct rcpt_params){ .notify = NOTIFY_DEFAULT };
	return params_parse(rcpt_rows, &target, text);
}
