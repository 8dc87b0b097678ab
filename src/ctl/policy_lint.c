/* sealpost policy lint: a policy of one's own before it is published, and the order in which to change what is. No network. */
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>

#include "base/fatal.h"
#include "complain.h"
#include "conf/material.h"
#include "ctl.h"
#include "print.h"
#include "publish.h"
#include "words.h"

#define CERTIFICATES_MAX 32
#define HOSTS_MAX 64

enum { OPTION_MX, OPTION_CERTIFICATE, OPTION_PUBLISHED };

static const struct words_option lint_options[] = { { "--mx", true }, { "--certificate", true }, { "--published", true }, { NULL } };

/* What was asked for, read. */
struct lint {
	struct arena *arena;
	struct complaints *complaints;
	struct publish_file file, published;
	bool has_published;
	struct span domain;
	struct publish_hosts hosts;
	struct pem pems[CERTIFICATES_MAX];
	size_t pems_count;
};

/* A name as people write it, in lower case and without its last dot. Returns false when it is none. */
static bool
name_read(struct arena *arena, struct span text, struct span *name)
{
	text = span_trim(text);
	if (text.length > 1 && text.data[text.length - 1] == '.')
		text = span_first(text, text.length - 1);
	if (!sts_pattern_is_valid(text) || text.data[0] == '*')
		return false;
	*name = arena_lower(arena, text);
	return true;
}

static bool
hosts_read(struct lint *lint, struct span list)
{
	struct span word;

	lint->hosts.names = arena_alloc(lint->arena, HOSTS_MAX * sizeof(*lint->hosts.names));
	while (span_cut(&list, ',', &word)) {
		if (lint->hosts.count == HOSTS_MAX || !name_read(lint->arena, word, &lint->hosts.names[lint->hosts.count]))
			return false;
		lint->hosts.count++;
	}
	return true;
}

/* Every file that cannot be read is complained of. */
static bool
pems_load(struct lint *lint, struct span list)
{
	struct span word;
	bool is_good = true;

	while (span_cut(&list, ',', &word)) {
		const char *file = arena_copy(lint->arena, span_trim(word));
		const char *why = lint->pems_count == CERTIFICATES_MAX ? "more certificates than are looked at" :
		    pem_load(file, &lint->pems[lint->pems_count++]);

		if (why == NULL)
			continue;
		complaints_add(lint->complaints, file, 0, "%s", why);
		is_good = false;
	}
	return is_good;
}

static bool
policy_load(struct lint *lint, const char *name, struct publish_file *file)
{
	struct buf body;
	const char *why;
	bool is_good = false;

	buf_init(&body, STS_OCTETS + 2);
	why = material_read(name, STS_OCTETS + 1, &body);
	if (why != NULL)
		complaints_add(lint->complaints, name, 0, "%s", why);
	else
		is_good = publish_read(lint->arena, name, buf_span(&body), lint->complaints, file);
	buf_clear(&body);
	return is_good;
}

static void
step_print(const struct options *options, uint32_t number, const struct publish_step *step)
{
	struct row row = { .fields_count = 0 };

	if (!options->json) {
		printf("%4u. %.*s.\n", number, SPAN_ARG(step->text));
		if (step->record.length > 0)
			printf("        %.*s\n", SPAN_ARG(step->record));
		return;
	}
	row_number(&row, "step", number);
	row_text(&row, "text", step->text);
	row_text(&row, "record", step->record);
	print_json(&row);
}

static void
plan_print(const struct options *options, struct lint *lint)
{
	struct publish_step steps[PUBLISH_STEPS];
	time_t now = time(NULL);
	char id[STS_ID];
	struct tm tm;
	uint32_t count;

	/* Of the seconds, so that no two are the same. */
	strftime(id, sizeof(id), "%Y%m%d%H%M%S", gmtime_r(&now, &tm));
	count = publish_plan(lint->arena, &lint->file, lint->has_published ? &lint->published.policy : NULL, &lint->hosts, lint->domain,
	    id, steps);
	if (!options->json)
		printf("What to change, in this order (RFC 8461 8):\n");
	for (uint32_t i = 0; i < count; i++)
		step_print(options, i + 1, &steps[i]);
}

/* Returns NULL, or what is wrong with the words. */
static const char *
words_check(struct lint *lint, const struct words *words)
{
	if (words->plain_count != 2)
		return "a file and a domain are expected";
	if (!name_read(lint->arena, words->plain[1], &lint->domain))
		return "the second word is not a domain (internationalised ones in their ASCII form, xn--...)";
	if (words->is_given[OPTION_MX] && !hosts_read(lint, words->value[OPTION_MX]))
		return "--mx: names of hosts are expected, with commas between them";
	return NULL;
}

static void
judge(struct lint *lint)
{
	publish_judge(&lint->file, lint->domain, lint->complaints);
	publish_match(&lint->file, &lint->hosts, lint->complaints);
	publish_certify(&lint->file, &lint->hosts, lint->pems, lint->pems_count, lint->complaints);
}

static int
lint_do(const struct options *options, struct lint *lint, const struct words *words)
{
	const char *name = words->plain[0].data;
	bool is_good = policy_load(lint, name, &lint->file);

	if (words->is_given[OPTION_PUBLISHED]) {
		lint->has_published = policy_load(lint, words->value[OPTION_PUBLISHED].data, &lint->published);
		is_good &= lint->has_published;
	}
	if (words->is_given[OPTION_CERTIFICATE])
		is_good &= pems_load(lint, words->value[OPTION_CERTIFICATE]);
	if (is_good)
		judge(lint);
	complaints_sort(lint->complaints);
	complain(options, lint->complaints);
	is_good = lint->complaints->errors == 0;
	if (!options->json)
		printf("%s: %s\n", name, is_good ? "good" : "not good");
	if (is_good)
		plan_print(options, lint);
	return is_good ? EX_OK : 1;
}

int
policy_lint_run(const struct options *options, int argc, char **argv)
{
	struct lint *lint = must_alloc(sizeof(*lint));
	struct words words;
	int code = EX_USAGE;
	const char *why;

	lint->arena = arena_new();
	lint->complaints = must_alloc(sizeof(*lint->complaints));
	complaints_init(lint->complaints);
	if (words_read(lint->arena, "policy lint", argc, argv, lint_options, &words)) {
		why = words_check(lint, &words);
		code = why != NULL ? ctl_usage("policy lint: %s", why) : lint_do(options, lint, &words);
	}
	for (size_t i = 0; i < lint->pems_count; i++)
		pem_clear(&lint->pems[i]);
	complaints_clear(lint->complaints);
	free(lint->complaints);
	arena_free(&lint->arena);
	free(lint);
	return code;
}
