/* What code under test prints on stdout, as text. */
#ifndef TESTS_UNIT_CTL_PRINTED_H
#define TESTS_UNIT_CTL_PRINTED_H

#include <stdio.h>
#include <stdlib.h>

static FILE *printed_real;
static char *printed_octets;
static size_t printed_length;

static inline void
printed_begin(void)
{
	printed_real = stdout;
	stdout = open_memstream(&printed_octets, &printed_length);
}

/* To be freed. */
static inline char *
printed_end(void)
{
	fclose(stdout);
	stdout = printed_real;
	return printed_octets;
}

#endif
