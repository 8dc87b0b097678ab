/* sealpost tlsa: the TLSA records of certificates and keys, and whether those that are published have all of them. No network. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "base/fatal.h"
#include "base/hex.h"
#include "complain.h"
#include "conf/material.h"
#include "ctl.h"
#include "policy/sts.h"
#include "print.h"
#include "tlsa.h"
#include "words.h"

#define FILE_OCTETS_MAX (4u * 1024 * 1024)
#define PEMS_MAX 16

enum { OPTION_NAME, OPTION_PORT, OPTION_USAGE, OPTION_PUBLISHED };

static const struct words_option tlsa_options[] = {
	{ "--name", true }, { "--port", true }, { "--usage", true }, { "--published", true }, { NULL }
};

#define NOT_FOR_MAIL "--usage: 0 and 1 lean on authorities that mail hosts have not agreed on: senders take them for unusable " \
    "(RFC 7672 3.1.3)"

/* What each usage is made with: 3 1 1 first, 2 0 1 where the authority does not change its own key unheard (RFC 7672 3.1). */
static const struct {
	const char *word;
	unsigned usage, selector, matching;
	const char *why_not;
} usages[] = {
	{ "3", 3, 1, 1, NULL },
	{ "2", 2, 0, 1, NULL },
	{ "1", 0, 0, 0, NOT_FOR_MAIL },
	{ "0", 0, 0, 0, NOT_FOR_MAIL },
};

struct tlsa_asked {
	struct arena *arena;
	struct complaints *complaints;
	struct pem pems[PEMS_MAX];
	size_t count;
	size_t usage;			/* row of usages */
	char name[TLSA_NAME];		/* "_25._tcp.mx.example.org" */
	struct tlsa_set published;
	bool has_published;
};

/* Each returns NULL, or what is wrong with the words. */

static const char *
usage_read(struct tlsa_asked *asked, const struct words *words)
{
	for (size_t i = 0; words->is_given[OPTION_USAGE] && i < sizeof(usages) / sizeof(*usages); i++) {
		if (!span_equal(words->value[OPTION_USAGE], span_of(usages[i].word)))
			continue;
		asked->usage = i;
		return usages[i].why_not;
	}
	return words->is_given[OPTION_USAGE] ? "--usage: 3 (the certificate's key) or 2 (the authority that signed it) is expected" : NULL;
}

static const char *
words_check(struct tlsa_asked *asked, const struct words *words)
{
	if (words->plain_count == 0 || words->plain_count > PEMS_MAX)
		return "files with a certificate or a key are expected: the present one first, then the next";
	return usage_read(asked, words);
}

/* The first name of a certificate that is no wildcard. */
static struct span
host_guess(struct tlsa_asked *asked)
{
	for (size_t i = 0; i < asked->count; i++) {
		struct span *names;
		uint32_t count = pem_names(&asked->pems[i], asked->arena, &names);

		for (uint32_t k = 0; k < count; k++)
			if (names[k].data[0] != '*')
				return names[k];
	}
	return SPAN("");
}

static const char *
name_make(struct tlsa_asked *asked, const struct words *words)
{
	struct span host = words->is_given[OPTION_NAME] ? words->value[OPTION_NAME] : host_guess(asked);
	uint64_t port = 25;

	if (words->is_given[OPTION_PORT] && (!span_to_u64(words->value[OPTION_PORT], 65535, &port) || port == 0))
		return "--port: not a port";
	if (host.length == 0 && !words->is_given[OPTION_NAME])
		return "--name is needed: no certificate says for which host it is";
	if (host.length > 1 && host.data[host.length - 1] == '.')
		host = span_first(host, host.length - 1);
	if (!sts_pattern_is_valid(host) || host.data[0] == '*')
		return "--name: not the name of a host";
	snprintf(asked->name, sizeof(asked->name), "_%" PRIu64 "._tcp.%.*s", port, SPAN_ARG(host));
	return NULL;
}

static void
pems_load(struct tlsa_asked *asked, const struct words *words)
{
	for (uint32_t i = 0; i < words->plain_count; i++) {
		const char *why = pem_load(words->plain[i].data, &asked->pems[asked->count++]);

		if (why != NULL)
			complaints_add(asked->complaints, words->plain[i].data, 0, "%s", why);
	}
}

static void
published_load(struct tlsa_asked *asked, const char *file)
{
	struct buf text;
	const char *why;

	buf_init(&text, FILE_OCTETS_MAX + 1);
	why = material_read(file, FILE_OCTETS_MAX, &text);
	if (why != NULL)
		complaints_add(asked->complaints, file, 0, "%s", why);
	else
		tlsa_read(asked->arena, file, buf_span(&text), asked->name, asked->complaints, &asked->published);
	asked->has_published = why == NULL;
	buf_clear(&text);
}

static void
record_print(const struct options *options, const struct tlsa_asked *asked, const struct pem *pem, const struct dns_tlsa *record)
{
	struct span text = tlsa_text(asked->arena, record);
	struct row row = { .fields_count = 0 };

	if (!options->json) {
		printf("%s. IN TLSA %.*s\n", asked->name, SPAN_ARG(text));
		return;
	}
	row_text(&row, "file", span_of(pem->file));
	row_text(&row, "name", span_of(asked->name));
	row_number(&row, "usage", record->usage);
	row_number(&row, "selector", record->selector);
	row_number(&row, "matching", record->matching);
	row_text(&row, "data", span_of(hex_format(record->data, arena_alloc(asked->arena, 2 * record->data.length + 1))));
	print_json(&row);
}

static void
records_print(const struct options *options, struct tlsa_asked *asked)
{
	for (size_t i = 0; i < asked->count; i++) {
		struct dns_tlsa record;
		const char *why = tlsa_make(asked->arena, &asked->pems[i], usages[asked->usage].usage, usages[asked->usage].selector,
		    usages[asked->usage].matching, &record);

		if (why != NULL)
			complaints_add(asked->complaints, asked->pems[i].file, 0, "%s", why);
		else
			record_print(options, asked, &asked->pems[i], &record);
	}
}

static int
tlsa_do(const struct options *options, struct tlsa_asked *asked, const struct words *words)
{
	const char *why;

	pems_load(asked, words);
	if (asked->complaints->errors == 0) {
		why = name_make(asked, words);
		if (why != NULL)
			return ctl_usage("tlsa: %s", why);
		records_print(options, asked);
		if (words->is_given[OPTION_PUBLISHED])
			published_load(asked, words->value[OPTION_PUBLISHED].data);
		if (asked->has_published && asked->complaints->errors == 0)
			tlsa_judge(&asked->published, asked->pems, asked->count, asked->complaints);
	}
	complain(options, asked->complaints);
	/* A comment in a zone file, as all of this may be going into one. */
	if (asked->has_published && !options->json)
		printf("; %s: %s\n", asked->published.file, asked->complaints->errors == 0 ? "good" : "not good");
	return asked->complaints->errors == 0 ? EX_OK : 1;
}

int
tlsa_run(const struct options *options, int argc, char **argv)
{
	struct tlsa_asked *asked = must_alloc(sizeof(*asked));
	struct words words;
	int code = EX_USAGE;
	const char *why;

	asked->arena = arena_new();
	asked->complaints = must_alloc(sizeof(*asked->complaints));
	complaints_init(asked->complaints);
	if (words_read(asked->arena, "tlsa", argc, argv, tlsa_options, &words)) {
		why = words_check(asked, &words);
		code = why != NULL ? ctl_usage("tlsa: %s", why) : tlsa_do(options, asked, &words);
	}
	for (size_t i = 0; i < asked->count; i++)
		pem_clear(&asked->pems[i]);
	complaints_clear(asked->complaints);
	free(asked->complaints);
	arena_free(&asked->arena);
	free(asked);
	return code;
}
