/* sealpost policy warm: the policies of many domains are fetched before there is mail for them. */
#include "warm.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "answer.h"
#include "base/fatal.h"
#include "complain.h"
#include "conf/material.h"
#include "ctl.h"
#include "mail/pattern.h"
#include "print.h"

#define FILE_OCTETS_MAX (64u * 1024 * 1024)
#define DOMAIN_OCTETS_MAX 253
#define PORTION 5000		/* domains of one request: far below what fits (ipc/channel.h), and an answer comes now and then */

/* --- the list --- */

static size_t
lines_count(struct span octets)
{
	struct span line;
	size_t count = 0;

	while (span_cut(&octets, '\n', &line))
		count++;
	return count;
}

bool
warm_read(struct arena *arena, const char *file, struct span octets, struct complaints *complaints, struct domain_list *list)
{
	struct span line;

	*list = (struct domain_list){ arena_alloc(arena, (lines_count(octets) + 1) * sizeof(*list->domains)), 0 };
	for (unsigned number = 1; span_cut(&octets, '\n', &line); number++) {
		line = span_first(line, span_find(line, '#'));
		line = span_trim(span_first(line, span_find(line, '\r')));
		if (line.length == 0)
			continue;
		if (pattern_is_name(line) && line.length <= DOMAIN_OCTETS_MAX)
			list->domains[list->count++] = arena_lower(arena, line);
		else
			complaints_add(complaints, file, number, "\"%.*s\": not a domain (internationalised ones in their ASCII form, xn--...)",
			    (int)(line.length > 80 ? 80 : line.length), line.data);
	}
	if (list->count == 0 && complaints->errors == 0)
		complaints_add(complaints, file, 0, "there is no domain in it");
	return complaints->errors == 0;
}

/* --- the command --- */

/* What the rows of all portions say, and how long it took. */
struct sums {
	int64_t domains, policies, enforce, none, failed, took_ms;
};

static void
on_row(void *arg, const struct row *row)
{
	struct sums *sums = arg;

	sums->domains += print_field_number(row, "domains");
	sums->policies += print_field_number(row, "policies");
	sums->enforce += print_field_number(row, "enforce");
	sums->none += print_field_number(row, "none");
	sums->failed += print_field_number(row, "failed");
	sums->took_ms += print_field_number(row, "took_ms");
}

static void
sums_print(const struct options *options, const struct sums *sums)
{
	int64_t per_second = sums->took_ms == 0 ? 0 : sums->domains * 1000 / sums->took_ms;
	struct row row = { .fields_count = 0 };

	row_number(&row, "domains", sums->domains);
	row_number(&row, "policies", sums->policies);
	row_number(&row, "enforce", sums->enforce);
	row_number(&row, "none", sums->none);
	row_number(&row, "failed", sums->failed);
	row_number(&row, "took_ms", sums->took_ms);
	row_number(&row, "per_second", per_second);
	if (options->json)
		print_json(&row);
	else
		printf("%" PRId64 " domains in %.1f s, %" PRId64 " per second: %" PRId64 " with a policy (%" PRId64 " enforce it), %" PRId64
		    " without, %" PRId64 " could not be fetched\n", sums->domains, (double)sums->took_ms / 1000, per_second, sums->policies,
		    sums->enforce, sums->none, sums->failed);
}

/* One portion after the other, up to the first that is not done. */
static int
list_warm(const struct options *options, const struct domain_list *list)
{
	struct sums sums = { 0 };
	int code = EX_OK;

	for (uint32_t from = 0; from < list->count && code == EX_OK; from += PORTION) {
		uint32_t count = list->count - from < PORTION ? list->count - from : PORTION;
		const struct request request = { SPAN("policy warm"), list->domains + from, count };
		struct buf text;

		code = answer_ask(options, &request, on_row, &sums, &text);
		if (code != EX_OK)
			fprintf(stderr, "sealpost: %.*s\n", SPAN_ARG(buf_span(&text)));
		buf_clear(&text);
	}
	if (sums.domains > 0)
		sums_print(options, &sums);
	return code;
}

int
warm_run(const struct options *options, int argc, char **argv)
{
	struct complaints *complaints = must_alloc(sizeof(*complaints));
	struct arena *arena = arena_new();
	struct domain_list list;
	int code = EX_DATAERR;
	struct buf octets;
	const char *why;

	complaints_init(complaints);
	buf_init(&octets, FILE_OCTETS_MAX + 1);
	why = argc == 2 && argv[1][0] != '-' ? material_read(argv[1], FILE_OCTETS_MAX, &octets) : "";
	if (why != NULL && why[0] == '\0') {
		code = ctl_usage("policy warm: one file is expected, with a domain to a line");
	} else if (why != NULL) {
		complaints_add(complaints, argv[1], 0, "%s", why);
		code = EX_NOINPUT;
	} else if (warm_read(arena, argv[1], buf_span(&octets), complaints, &list)) {
		code = list_warm(options, &list);
	}
	complain(options, complaints);
	complaints_clear(complaints);
	free(complaints);
	buf_clear(&octets);
	arena_free(&arena);
	return code;
}
