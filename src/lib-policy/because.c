/* The table of mechanisms. */
#include "policy/because.h"

#define WORD(literal) { literal, sizeof(literal) - 1 }
#define ROWS(table) (sizeof(table) / sizeof(*(table)))

static const struct {
	struct span word;
	const char *name, *text;
} mechanisms[] = {
	{ WORD("default"), "the rule of this relay for all mail",
	    "The rule of this relay for all mail: it goes over encrypted connections only, to servers that prove themselves as far as its operator has set." },
	{ WORD("rule"), "a rule of this relay for the domain", "A rule that the operator of this relay has made for the recipient's domain." },
	{ WORD("exception"), "an exception of this relay for the domain",
	    "An exception that the operator of this relay has made for the recipient's domain: it goes before all that was published." },
	{ WORD("sts"), "MTA-STS", "The MTA-STS policy that the recipient's domain has published: only the servers in it may have its mail, and "
	    "only with a valid certificate." },
	{ WORD("preload"), "a list of policies", "A list of policies that this relay was given: it says which servers of the recipient's domain may "
	    "have its mail, as MTA-STS would." },
	{ WORD("dane"), "DANE", "The DANE records (TLSA) in the DNS of the receiving server: they say by which key it is known." },
	{ WORD("ratchet"), "learnt policy", "The learnt policy of this relay: the recipient's domain has proved as much reliably until lately, and is held to it." },
	{ WORD("requiretls"), "REQUIRETLS", "REQUIRETLS: you, or your mail program, asked for protection all the way." },
	{ WORD("tls-optional"), "TLS-Required: No", "TLS-Required: No: you, or your mail program, asked for delivery above all. Even then no mail goes without encryption." },
};

/* Reasons that speak of one mechanism, by how they begin. */
static const struct {
	struct span prefix, word;
} of_reasons[] = {
	{ WORD("dane-"), WORD("dane") }, { WORD("sts-"), WORD("sts") }, { WORD("preload-"), WORD("preload") }, { WORD("ratchet-"), WORD("ratchet") },
	{ WORD("requiretls-"), WORD("requiretls") },
};

struct span
because_of(struct span reason, struct span because)
{
	for (size_t i = 0; i < ROWS(of_reasons); i++)
		if (span_starts(reason, of_reasons[i].prefix))
			return of_reasons[i].word;
	return because;
}

static size_t
mechanism_find(struct span because)
{
	size_t i = 0;

	while (i < ROWS(mechanisms) && !span_equal(mechanisms[i].word, because))
		i++;
	return i;
}

const char *
because_name(struct span because)
{
	size_t i = mechanism_find(because);

	return i < ROWS(mechanisms) ? mechanisms[i].name : "";
}

const char *
because_text(struct span because)
{
	size_t i = mechanism_find(because);

	return i < ROWS(mechanisms) ? mechanisms[i].text : "";
}

struct span
because_at(size_t index)
{
	return index < ROWS(mechanisms) ? mechanisms[index].word : SPAN("");
}
