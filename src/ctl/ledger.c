/* sealpost peers, sealpost stats: what TLS came to, with whom and in all. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "answer.h"
#include "ctl.h"
#include "print.h"
#include "words.h"

static const struct print_column peer_columns[] = {
	{ "direction", "way", 3, false }, { "peer", "peer", 32, false }, { "tls", "tls", 7, false }, { "good", "good", 8, false },
	{ "failed", "failed", 8, false }, { "versions", "versions", 18, false }, { "certificates", "certificates", 24, false },
	{ "published", "policies", 8, false }, { "reasons", "reasons", 0, false }
};
#define PEER_COLUMNS (sizeof(peer_columns) / sizeof(*peer_columns))

/* What is asked for stands first; how it is shown is nothing that the daemon is told. */
static const struct words_option peers_options[] = {
	{ "--fault", true }, { "--direction", true }, { "--since", true }, { "--domain", true }, { "--long", false }, { NULL }
};
#define PEERS_ASKED 4
static const struct words_option stats_options[] = { { "--direction", true }, { "--since", true }, { NULL } };
#define STATS_ASKED 2

static void
peer_print(void *arg, const struct row *row)
{
	bool *has_begun = arg;

	if (!*has_begun)
		print_titles(peer_columns, PEER_COLUMNS);
	*has_begun = true;
	print_columns(row, peer_columns, PEER_COLUMNS);
}

/* All that is known of each: the suites, forward secrecy, what was proved, what was offered. */
static void
peer_print_whole(void *arg, const struct row *row)
{
	static const char *const times[] = { "expires", "first", "last", NULL };
	bool *has_begun = arg;

	if (*has_begun)
		printf("\n");
	*has_begun = true;
	print_row(row, times, false);
}

/* --- stats, on one screen --- */

/* "1234 (56 %)" of the sessions; nothing without any. */
static void
share_print(const struct row *row, const char *title, const char *field)
{
	int64_t all = print_field_number(row, "sessions"), part = print_field_number(row, field);

	if (all > 0)
		printf("  %-24s %10lld  %3lld %%\n", title, (long long)part, (long long)(part * 100 / all));
}

static void
words_print(const struct row *row, const char *title, const char *field)
{
	struct span text = print_field_text(row, field);

	if (text.length == 0)
		return;
	printf("  %-24s ", title);
	print_text(text);
	printf("\n");
}

static const struct { const char *title, *field; } shares[] = {
	{ "good", "good" }, { "failed", "failed" }, { "TLS 1.3", "tls13" }, { "TLS 1.2", "tls12" }, { "forward secret", "forward_secret" },
	{ "without usable TLS", "without_tls" }, { "resumed", "resumed" }, { "with our own mail only", "own" },
};

static const struct { const char *title, *field; } lists[] = {
	{ "proved", "proved" }, { "certificates", "certificates" }, { "reasons of failures", "reasons" },
	{ "would have stood in", "observed" }, { "most failures", "worst" },
};

static void
stats_print(void *arg, const struct row *row)
{
	bool *has_begun = arg;
	bool is_out = span_equal(print_field_text(row, "direction"), SPAN("out"));

	printf("%s%s: %lld sessions with %lld peers, %lld messages\n", *has_begun ? "\n" : "", is_out ? "outbound" : "inbound",
	    (long long)print_field_number(row, "sessions"), (long long)print_field_number(row, "peers"),
	    (long long)print_field_number(row, "messages"));
	*has_begun = true;
	for (size_t i = 0; i < sizeof(shares) / sizeof(*shares); i++)
		share_print(row, shares[i].title, shares[i].field);
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		words_print(row, lists[i].title, lists[i].field);
}

/* on_row[1] is for those who have given an option that is not asked for. */
static int
ask(const struct options *options, const char *verb, int argc, char **argv, const struct words_option *known, size_t asked,
    void (*const on_row[2])(void *arg, const struct row *row))
{
	struct arena *arena = arena_new();
	bool has_begun = false, is_other;
	struct request request;
	struct words words;
	int code;

	if (!words_read(arena, verb, argc, argv, known, &words)) {
		code = EX_USAGE;
	} else if (words.plain_count > 0) {
		code = ctl_usage("%s: takes options only", verb);
	} else {
		is_other = known[asked].name != NULL && words.is_given[asked];
		words.is_given[asked] = false;
		request.verb = span_of(verb);
		request.arguments_count = words_join(arena, &words, known, &request.arguments);
		code = answer_print(options, &request, on_row[is_other], &has_begun);
	}
	arena_free(&arena);
	return code;
}

int
peers_run(const struct options *options, int argc, char **argv)
{
	static void (*const on_row[])(void *, const struct row *) = { peer_print, peer_print_whole };

	return ask(options, "peers", argc, argv, peers_options, PEERS_ASKED, on_row);
}

int
stats_run(const struct options *options, int argc, char **argv)
{
	static void (*const on_row[])(void *, const struct row *) = { stats_print, stats_print };

	return ask(options, "stats", argc, argv, stats_options, STATS_ASKED, on_row);
}
