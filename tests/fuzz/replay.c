/*
 * main() for a fuzz target without libFuzzer: every file of tests/fuzz/corpus/<target>/ goes through it, whole and cut
 * off after each of its first octets. A missing or empty corpus is a failure.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_OCTETS (1024 * 1024)	/* of one corpus file, at most */
#define CUTS 4096			/* cut off after each of so many first octets */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In memory of its own exact size, so that a sanitizer sees every step beyond. */
static void
run(const char *octets, size_t size)
{
	uint8_t *copy = malloc(size == 0 ? 1 : size);

	if (copy == NULL)
		abort();
	memcpy(copy, octets, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static int
replay_file(const char *path)
{
	static char octets[FILE_OCTETS];
	FILE *file = fopen(path, "rb");
	size_t size;

	if (file == NULL)
		return -1;
	size = fread(octets, 1, sizeof(octets), file);
	fclose(file);
	for (size_t cut = 0; cut < size && cut < CUTS; cut++)
		run(octets, cut);
	run(octets, size);
	return 0;
}

static int
replay_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char path[4096];
	int count = 0;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (replay_file(path) < 0) {
			perror(path);
			return 1;
		}
		count++;
	}
	if (dir != NULL)
		closedir(dir);
	printf("%d files of %s\n", count, folder);
	return count == 0;
}

int
main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir"), *slash = strrchr(argv[0], '/');
	char folder[4096];

	if (argc > 1)
		return replay_folder(argv[1]);
	snprintf(folder, sizeof(folder), "%s/tests/fuzz/corpus/%s", srcdir == NULL ? "." : srcdir,
	    slash == NULL ? argv[0] : slash + 1);
	return replay_folder(folder);
}
