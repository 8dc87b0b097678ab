/*
 * Replays a corpus through a fuzz target where libFuzzer is not: every file named, or every file of every
 * folder named; without arguments the target's own, tests/fuzz/corpus/<target>. Each whole, and cut off after
 * each of its first octets. No input at all is a failure. Without arguments there is a mebibyte of the same signs, too
 * (with sanitizers an eighth of that), which may take no time (standards.md PX5).
 */
#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length);

#define CUTS 4096	/* a file is also cut off after each of so many first octets */

/* Sanitizers take five times as long, and tests/run has these programs with them only: what is not linear is seen there just as well. */
#ifdef SEALPOST_SANITIZED
#define LONG_OCTETS (128u * 1024)
#else
#define LONG_OCTETS (1024u * 1024)
#endif
#define LONG_SECONDS 1.0	/* of the processor's: less than 0.1 for a parser, as some targets read the same octets sixteen times */

static unsigned replayed;

/* In memory of just this size, so that a sanitizer sees every step beyond. */
static void
replay_octets(const uint8_t *octets, size_t length)
{
	uint8_t *copy = malloc(length == 0 ? 1 : length);

	if (copy == NULL)
		abort();
	memcpy(copy, octets, length);
	LLVMFuzzerTestOneInput(copy, length);
	free(copy);
}

static void
replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *octets;
	struct stat st;
	size_t length;

	if (file == NULL || fstat(fileno(file), &st) < 0) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	length = (size_t)st.st_size;
	octets = malloc(length == 0 ? 1 : length);
	if (octets == NULL || fread(octets, 1, length, file) != length) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	fclose(file);
	for (size_t cut = 0; cut < length && cut < CUTS; cut++)
		replay_octets(octets, cut);
	replay_octets(octets, length);
	free(octets);
	replayed++;
}

static int
is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void
replay(const char *path)
{
	struct dirent **entries;
	struct stat st;
	int count;

	if (stat(path, &st) < 0) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	if (!S_ISDIR(st.st_mode)) {
		replay_file(path);
		return;
	}
	count = scandir(path, &entries, is_visible, alphasort);
	for (int i = 0; i < count; i++) {
		char *inside;

		if (asprintf(&inside, "%s/%s", path, entries[i]->d_name) < 0)
			abort();
		replay_file(inside);
		free(inside);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

/* --- what is meant to take for ever --- */

/* All that nests, escapes, separates or is looked back for, over and over. */
static const char *const signs[] = { "(", ";", "\"\\\"\"", " \t \t", "=?", "<", "a.", ",a@b", "{[", "\r\n ", "\\" };
#define SIGNS (sizeof(signs) / sizeof(*signs))

/* Half of one of the folder's files: the signs come where a parser is in the midst of something. */
static size_t
beginning_read(const char *folder, size_t which, uint8_t *octets, size_t size)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_visible, alphasort);
	size_t length = 0;

	for (int i = 0; i < count; i++) {
		char *path;
		FILE *file;

		if (asprintf(&path, "%s/%s", folder, entries[i]->d_name) < 0)
			abort();
		file = (size_t)i == which % (size_t)count ? fopen(path, "rb") : NULL;
		if (file != NULL) {
			length = fread(octets, 1, size, file) / 2;
			fclose(file);
		}
		free(path);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return length;
}

static void
replay_long(const char *name, const char *folder)
{
	uint8_t *octets = malloc(LONG_OCTETS);

	if (octets == NULL)
		abort();
	for (size_t i = 0; i < SIGNS; i++) {
		const char *sign = signs[i];
		size_t begin = beginning_read(folder, i, octets, LONG_OCTETS);
		clock_t begun;
		double took;

		for (size_t at = begin; at < LONG_OCTETS; at++)
			octets[at] = (uint8_t)sign[(at - begin) % strlen(sign)];
		begun = clock();
		replay_octets(octets, LONG_OCTETS);
		took = (double)(clock() - begun) / CLOCKS_PER_SEC;
		if (took > LONG_SECONDS) {
			fprintf(stderr, "%s: %u octets of \"%s\" behind %zu others took %.3f s\n", name, LONG_OCTETS, sign, begin, took);
			exit(EXIT_FAILURE);
		}
	}
	free(octets);
}

/* "$srcdir/tests/fuzz/corpus/smtp_reply" for fuzz_smtp_reply; make check sets srcdir. */
static char *
own_corpus(const char *program)
{
	const char *slash = strrchr(program, '/'), *srcdir = getenv("srcdir");
	const char *name = slash == NULL ? program : slash + 1;
	char *path;

	if (strncmp(name, "fuzz_", 5) == 0)
		name += 5;
	if (asprintf(&path, "%s/tests/fuzz/corpus/%s", srcdir == NULL ? "." : srcdir, name) < 0)
		abort();
	return path;
}

int
main(int argc, char **argv)
{
	if (argc == 1) {
		char *path = own_corpus(argv[0]);

		replay(path);
		replay_long(argv[0], path);
		free(path);
	}
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	if (replayed == 0) {
		fprintf(stderr, "%s: no input to replay\n", argv[0]);
		return EXIT_FAILURE;
	}
	printf("%s: %u inputs replayed\n", argv[0], replayed);
	return EXIT_SUCCESS;
}
