/* Runs the rows of a benchmark long enough to say something about them. */
#include "bench.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double wanted_s = 1;

static double
now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

double
bench_seconds(void)
{
	return wanted_s;
}

void
bench_options(int *argc, char ***argv)
{
	(*argc)--;
	(*argv)++;
	if (*argc >= 2 && strcmp(**argv, "--seconds") == 0) {
		wanted_s = strtod((*argv)[1], NULL);
		*argc -= 2;
		*argv += 2;
	}
	if (wanted_s <= 0 || (*argc > 0 && (**argv)[0] == '-')) {
		fputs("[--seconds N] [WORD...]\n", stderr);
		exit(EXIT_FAILURE);
	}
}

void
bench_print(const char *name, uint64_t count, double seconds, size_t octets)
{
	printf("%-44s %12.0f /s %12.0f ns", name, (double)count / seconds, seconds / (double)count * 1e9);
	if (octets > 0)
		printf(" %9.1f MB/s", (double)count * (double)octets / seconds / 1e6);
	printf("\n");
	fflush(stdout);
}

static double
one_run(const struct bench *bench, uint64_t count)
{
	double began;

	if (bench->prepare != NULL)
		bench->prepare(count);
	began = now_s();
	bench->run(count);
	began = now_s() - began;
	if (bench->tidy != NULL)
		bench->tidy();
	return began;
}

/* More and more times until one run takes a tenth of the time; then runs of that length until it is over. */
static void
measure(const struct bench *bench)
{
	uint64_t count = 1, most = bench->most > 0 ? bench->most : UINT64_MAX / 4, done = 0;
	double seconds, total_s = 0;

	while ((seconds = one_run(bench, count)) < wanted_s / 10 && count < most)
		count = count * 2 < most ? count * 2 : most;
	do {
		total_s += one_run(bench, count);
		done += count;
	} while (total_s < wanted_s);
	bench_print(bench->name, done, total_s, bench->octets);
}

static bool
is_wanted(const char *name, int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (strncmp(name, argv[i], strlen(argv[i])) == 0)
			return true;
	return argc == 0;
}

int
bench_main(int argc, char **argv, const struct bench *benches)
{
	bool some = false;

	bench_options(&argc, &argv);
	for (; benches->name != NULL; benches++) {
		if (!is_wanted(benches->name, argc, argv))
			continue;
		some = true;
		measure(benches);
	}
	return some || argc > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
