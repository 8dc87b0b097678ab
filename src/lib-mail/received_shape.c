/* The tables of shapes and of forms. Matching is by templates, so that another software is another row. */
#include "received_shape.h"

#include <string.h>

enum mark { MARK_NONE, MARK_BY, MARK_BY_NOTE, MARK_WITH, MARK_FROM_NOTE, MARK_LEAD_NOTE, MARK_NOTE, MARK_TAIL };

#define NAME_OR_ADDRESS (SHAPE_FROM_IS_RDNS | SHAPE_FROM_IS_SEEN)

/* Every mark of a row must be there; '*' is any octets. The first row that fits counts: those that name themselves stand first. */
static const struct {
	struct received_shape shape;
	struct {
		enum mark where;
		struct span pattern;
	} marks[2];
} shapes[] = {
	{ { "postfix", SHAPE_CLEAR_ESMTP | SHAPE_EARLY | SHAPE_PROVES_RDNS }, { { MARK_BY_NOTE, { "Postfix*", 8 } } } },
	{ { "amavis", SHAPE_EARLY }, { { MARK_BY_NOTE, { "amavis*", 7 } } } },
	{ { "opensmtpd", SHAPE_CLEAR_ESMTP | SHAPE_CLEAR_SMTP }, { { MARK_BY_NOTE, { "OpenSMTPD*", 10 } } } },
	{ { "haraka", SHAPE_CLEAR_ESMTP | SHAPE_CLEAR_SMTP }, { { MARK_BY_NOTE, { "Haraka*", 7 } } } },
	{ { "communigate", SHAPE_CLEAR_ESMTP | SHAPE_FROM_IS_SEEN }, { { MARK_BY_NOTE, { "CommuniGate Pro*", 16 } } } },
	{ { "sendmail", SHAPE_CLEAR_ESMTP | SHAPE_PROVES_RDNS }, { { MARK_BY_NOTE, { "8.*/8.*", 7 } } } },
	{ { "exim", SHAPE_CLEAR_ESMTP | SHAPE_CLEAR_SMTP | NAME_OR_ADDRESS | SHAPE_PROVES_RDNS }, { { MARK_NOTE, { "Exim 4*", 7 } } } },
	{ { "microsoft", 0 }, { { MARK_WITH, { "Microsoft SMTP*", 15 } } } },
	{ { "microsoft", 0 }, { { MARK_BY, { "*.outlook.com", 13 } } } },
	{ { "google", SHAPE_CLEAR_ESMTP }, { { MARK_BY, { "*.google.com", 12 } } } },
	{ { "google", SHAPE_CLEAR_ESMTP }, { { MARK_BY, { "*.gmail.com", 11 } } } },
	{ { "google", SHAPE_CLEAR_ESMTP }, { { MARK_BY, { "2002:a05:*", 10 } } } },
	{ { "yahoo", 0 }, { { MARK_BY_NOTE, { "* Hermes SMTP Server", 20 } } } },
	{ { "yahoo", NAME_OR_ADDRESS }, { { MARK_BY, { "*.yahoo.com", 11 } } } },
	{ { "yahoo", NAME_OR_ADDRESS }, { { MARK_FROM_NOTE, { "EHLO *", 6 } }, { MARK_NOTE, { "version=*", 9 } } } },
	{ { "zimbra", NAME_OR_ADDRESS }, { { MARK_FROM_NOTE, { "LHLO *", 6 } } } },
	{ { "courier", SHAPE_EARLY }, { { MARK_FROM_NOTE, { "TLS: *", 6 } } } },
	{ { "courier", SHAPE_EARLY }, { { MARK_FROM_NOTE, { "AUTH: *", 7 } } } },
	{ { "courier", SHAPE_EARLY }, { { MARK_FROM_NOTE, { "*[::ffff:*", 10 } } } },
	{ { "courier", SHAPE_EARLY }, { { MARK_TAIL, { "* id *.*.*", 10 } } } },
	{ { "dovecot", SHAPE_EARLY }, { { MARK_WITH, { "LMTP*", 5 } }, { MARK_NOTE, { "envelope-from *", 15 } } } },
	{ { "qmail", NAME_OR_ADDRESS }, { { MARK_LEAD_NOTE, { "qmail *", 7 } } } },
	{ { "qmail", NAME_OR_ADDRESS }, { { MARK_FROM_NOTE, { "HELO *", 6 } } } },
	{ { "qmail", NAME_OR_ADDRESS }, { { MARK_NOTE, { "* encrypted", 11 } } } },
};
#define SHAPES (sizeof(shapes) / sizeof(*shapes))

static const struct received_shape no_shape = { "", 0 };

static char
lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* '*' goes back to its last place only: linear in text times pattern. */
static bool
matches(struct span text, struct span pattern)
{
	size_t t = 0, p = 0, star = SIZE_MAX, from = 0;

	while (t < text.length) {
		if (p < pattern.length && pattern.data[p] == '*') {
			star = p++;
			from = t;
		} else if (p < pattern.length && lower(pattern.data[p]) == lower(text.data[t])) {
			p++;
			t++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			t = ++from;
		} else {
			return false;
		}
	}
	while (p < pattern.length && pattern.data[p] == '*')
		p++;
	return p == pattern.length;
}

/* Comments of one clause, or of everything from BY on. */
static bool
comment_matches(const struct received_tokens *tokens, enum received_clause clause, struct span pattern)
{
	for (size_t i = 0; i < tokens->count; i++) {
		enum received_clause here = tokens->all[i].clause;

		if (tokens->all[i].is_comment && (here == clause || (clause == CLAUSES && here != CLAUSE_LEAD && here != CLAUSE_FROM)) &&
		    matches(tokens->all[i].text, pattern))
			return true;
	}
	return false;
}

static bool
mark_is_there(const struct received_tokens *tokens, enum mark where, struct span pattern)
{
	static const enum received_clause clauses[] = {
		[MARK_BY_NOTE] = CLAUSE_BY, [MARK_FROM_NOTE] = CLAUSE_FROM, [MARK_LEAD_NOTE] = CLAUSE_LEAD, [MARK_NOTE] = CLAUSES,
	};

	if (where == MARK_BY)
		return matches(received_word(tokens, CLAUSE_BY), pattern);
	if (where == MARK_WITH)
		return matches(received_words(tokens, CLAUSE_WITH), pattern);
	if (where == MARK_TAIL)
		return matches(tokens->tail, pattern);
	return where == MARK_NONE || comment_matches(tokens, clauses[where], pattern);
}

const struct received_shape *
received_shape_find(const struct received_tokens *tokens)
{
	for (size_t i = 0; i < SHAPES; i++)
		if (mark_is_there(tokens, shapes[i].marks[0].where, shapes[i].marks[0].pattern) &&
		    mark_is_there(tokens, shapes[i].marks[1].where, shapes[i].marks[1].pattern))
			return &shapes[i].shape;
	return &no_shape;
}

/* --- what is said of TLS --- */

/*
 * %v a version, %c a cipher, %b bits, %x what became of the client's certificate; '*' at the end is anything. The longer of two
 * forms that begin alike stands first.
 */
static const char *const forms[] = {
	"using %v with cipher %c (%b/*",		/* Postfix, Dovecot, Amavis */
	"using %v with cipher %c*",
	"version=%v cipher=%c bits=%b verify=%x",	/* Sendmail, OpenSMTPD before 6 */
	"version=%v, cipher=%c, bits=%b, verify=%x",
	"version=%v cipher=%c bits=%b/*",		/* Google */
	"version=%v cipher=%c bits=%b",
	"version=%v cipher=%c verify=%x",		/* Haraka before 2.8.24 */
	"version=%v cipher=%c",				/* Yahoo */
	"version=%v, cipher=%c",			/* Microsoft */
	"%v:%c:%b:%x",					/* OpenSMTPD */
	"%v:%c:%b",					/* Exim before 4.94 */
	"%v:%c",
	"TLS: %v,%bbits,%c",				/* Courier */
	"AUTH: *, TLS: %v,%bbits,%c",
	"%c encrypted",					/* qmail with the patch for TLS */
	"TLS",						/* Exchange 2010 */
	"%v",						/* Exim, whose cipher is in a clause of its own (RFC 8314 4.3) */
};
#define FORMS (sizeof(forms) / sizeof(*forms))

static const struct {
	struct span written, means;
} versions[] = {
	{ { "TLSv1", 5 }, { "TLSv1.0", 7 } }, { { "TLS1", 4 }, { "TLSv1.0", 7 } }, { { "TLS1.0", 6 }, { "TLSv1.0", 7 } },
	{ { "TLS1_0", 6 }, { "TLSv1.0", 7 } }, { { "TLSv1.1", 7 }, { "TLSv1.1", 7 } }, { { "TLS1.1", 6 }, { "TLSv1.1", 7 } },
	{ { "TLS1_1", 6 }, { "TLSv1.1", 7 } }, { { "TLSv1.2", 7 }, { "TLSv1.2", 7 } }, { { "TLS1.2", 6 }, { "TLSv1.2", 7 } },
	{ { "TLS1_2", 6 }, { "TLSv1.2", 7 } }, { { "TLSv1.3", 7 }, { "TLSv1.3", 7 } }, { { "TLS1.3", 6 }, { "TLSv1.3", 7 } },
	{ { "TLS1_3", 6 }, { "TLSv1.3", 7 } },
};

static const struct {
	struct span word;
	enum received_verified verified;
} verdicts[] = {
	{ { "OK", 2 }, RECEIVED_VERIFIED }, { { "YES", 3 }, RECEIVED_VERIFIED }, { { "NO", 2 }, RECEIVED_NOT_VERIFIED },
	{ { "NOT", 3 }, RECEIVED_NOT_VERIFIED }, { { "NONE", 4 }, RECEIVED_NOT_VERIFIED }, { { "FAIL", 4 }, RECEIVED_NOT_VERIFIED },
};

/* What a template has taken out of a comment. */
struct taken {
	struct span version, cipher, bits, verdict;
};

static bool
is_cipher(struct span text)
{
	for (size_t i = 0; i < text.length; i++) {
		char c = lower(text.data[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && strchr("_-+/.", c) == NULL)
			return false;
	}
	return text.length > 2 && text.length < 80;
}

/* A version has a digit behind SSL or TLS; it may be said as of a cipher: "TLSv1/SSLv3". */
static bool
is_version(struct span text)
{
	bool has_digit = false;

	if (!span_starts_nocase(text, SPAN("TLS")) && !span_starts_nocase(text, SPAN("SSL")))
		return false;
	for (size_t i = 3; i < text.length && i < 5; i++)
		has_digit |= text.data[i] >= '0' && text.data[i] <= '9';
	return has_digit && text.length < 16 && is_cipher(text);
}

static bool
is_verdict(struct span text, enum received_verified *verified)
{
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++)
		if (span_equal_nocase(text, verdicts[i].word)) {
			*verified = verdicts[i].verified;
			return true;
		}
	return false;
}

static bool
take(struct taken *taken, char what, struct span text)
{
	enum received_verified verified;
	uint64_t bits;

	if (what == 'v')
		taken->version = text;
	else if (what == 'c')
		taken->cipher = text;
	else if (what == 'b')
		taken->bits = text;
	else
		taken->verdict = text;
	return what == 'v' ? is_version(text) : what == 'c' ? is_cipher(text) : what == 'b' ? span_to_u64(text, 100000, &bits) :
	    is_verdict(text, &verified);
}

/* How far the part goes that a '%' or a '*' stands for: up to what follows in the template, or to the end. */
static size_t
part_length(struct span text, const char *behind)
{
	size_t length = strcspn(behind, "%*");
	struct span next = span_make(behind, length);

	for (size_t i = 0; length > 0 && i < text.length; i++)
		if (span_starts_nocase(span_skip(text, i), next))
			return i;
	if (behind[0] == '*')		/* up to where a cipher ends */
		for (size_t i = 0; i < text.length; i++)
			if (text.data[i] == ' ')
				return i;
	return text.length;
}

static bool
form_fits(struct span text, const char *form, struct taken *taken)
{
	*taken = (struct taken){ .version = SPAN("") };
	while (*form != '\0') {
		bool is_star = *form == '*', is_part = *form == '%';
		size_t length = is_part ? part_length(text, form + 2) : is_star ? part_length(text, form + 1) : 1;

		if (is_star && form[1] == '\0')
			return true;
		if (!is_part && !is_star && (text.length == 0 || lower(text.data[0]) != lower(*form)))
			return false;
		if (is_part && !take(taken, form[1], span_first(text, length)))
			return false;
		text = span_skip(text, length);
		form += is_part ? 2 : 1;
	}
	return text.length == 0;
}

static struct span
version_settle(struct span version)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++)
		if (span_equal_nocase(version, versions[i].written))
			return versions[i].means;
	return version;
}

/* Postfix's words of the client's certificate. Its names are the client's: what counts stands behind them. */
static void
certificate_read(struct span comment, struct received_facts *facts)
{
	if (span_equal(comment, SPAN("No client certificate requested")) ||
	    span_equal(comment, SPAN("Client did not present a certificate")))
		facts->verified = RECEIVED_NOT_VERIFIED;
	else if (span_starts(comment, SPAN("Client CN ")))
		facts->verified = span_ends_nocase(comment, SPAN("(verified OK)")) ? RECEIVED_VERIFIED : RECEIVED_NOT_VERIFIED;
}

bool
received_form_read(struct span comment, struct received_facts *facts)
{
	struct taken taken;
	uint64_t bits = 0;
	size_t form = 0;

	if (facts->verified == RECEIVED_UNSAID)
		certificate_read(comment, facts);
	while (form < FORMS && !form_fits(comment, forms[form], &taken))
		form++;
	if (form == FORMS)
		return false;
	if (facts->version.length == 0)
		facts->version = version_settle(taken.version);
	if (facts->cipher.length == 0)
		facts->cipher = taken.cipher;
	if (facts->bits == 0 && span_to_u64(taken.bits, 100000, &bits))
		facts->bits = (uint32_t)bits;
	if (facts->verified == RECEIVED_UNSAID)
		(void)is_verdict(taken.verdict, &facts->verified);
	return true;
}
