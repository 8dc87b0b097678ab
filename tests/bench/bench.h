/* Benchmarks of single functions: rows of a table, a line of figures for each. */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <stddef.h>
#include <stdint.h>

struct bench {
	const char *name;			/* NULL ends the table */
	void (*run)(uint64_t count);		/* do it so many times: what is measured */
	size_t octets;				/* of one time; 0 = a rate of octets says nothing */
	void (*prepare)(uint64_t count);	/* before each run, not measured; may be NULL */
	void (*tidy)(void);			/* after each run, not measured; may be NULL */
	uint64_t most;				/* times per run, at most; 0 = any */
};

/*
 * Run them all, or those whose names begin with one of the words: PROGRAM [--seconds N] [WORD...]. Returns an exit status.
 */
int bench_main(int argc, char **argv, const struct bench *benches);

/* The seconds that each is to take. Valid once bench_options() has looked. */
double bench_seconds(void);
void bench_options(int *argc, char ***argv);

/* One line: name, operations per second, ns per operation, octets per second when octets > 0. */
void bench_print(const char *name, uint64_t count, double seconds, size_t octets);

/* Use a value, so that the work that made it is done. */
static inline void
bench_keep(const void *value)
{
	__asm__ volatile("" : : "r"(value) : "memory");
}

#endif
