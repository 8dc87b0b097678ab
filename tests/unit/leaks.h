/*
 * Under the address sanitizer every process looks for leaks when it ends, and Check has one process for each test. Most of
 * that time goes into the zeros that the libraries of the sanitizers reserve (ten megabytes, all of it read, none of it ever pointing to
 * what a test allocated): they are not shown to it. All else is: what points to memory from anywhere else is found, what nothing
 * points to is a leak.
 */
#ifndef TESTS_UNIT_LEAKS_H
#define TESTS_UNIT_LEAKS_H

#ifdef SEALPOST_SANITIZED

#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>

/* More segments than any of their libraries has. */
#define LEAKS_SEGMENTS 32

typedef int leaks_show(struct dl_phdr_info *, size_t, void *);

struct leaks_shown {
	leaks_show *show;
	void *argument;
};

/* A library of theirs without what its file does not fill. */
static inline int
leaks_show_shorter(struct dl_phdr_info *library, size_t size, void *argument)
{
	const struct leaks_shown *shown = argument;
	struct dl_phdr_info shorter = *library;
	ElfW(Phdr) segments[LEAKS_SEGMENTS];

	if ((strstr(library->dlpi_name, "/libasan.so") == NULL && strstr(library->dlpi_name, "/libubsan.so") == NULL) ||
	    library->dlpi_phnum > LEAKS_SEGMENTS)
		return shown->show(library, size, shown->argument);
	for (size_t i = 0; i < library->dlpi_phnum; i++) {
		segments[i] = library->dlpi_phdr[i];
		segments[i].p_memsz = segments[i].p_filesz;
	}
	shorter.dlpi_phdr = segments;
	return shown->show(&shorter, size, shown->argument);
}

/* Set before main(), after the sanitizers began: while they do, nothing may be done that they have a part in. */
__attribute__((weak)) bool leaks_are_near;

__attribute__((constructor)) static void
leaks_come_near(void)
{
	leaks_are_near = true;
}

/* Instead of libc's, for all that is linked to this program; weak, as several of its files may have it. */
__attribute__((weak, no_sanitize("address", "undefined"))) int
dl_iterate_phdr(leaks_show *show, void *argument)
{
	static int (*libc_iterate)(leaks_show *, void *);
	struct leaks_shown shown;

	if (libc_iterate == NULL)
		*(void **)&libc_iterate = dlsym(RTLD_NEXT, "dl_iterate_phdr");
	if (!leaks_are_near)
		return libc_iterate(show, argument);
	shown.show = show;
	shown.argument = argument;
	return libc_iterate(leaks_show_shorter, &shown);
}

#endif
#endif
