/*
 * The spool and queue's journal, cut off after every write, sync, making and unlinking of a file (issue "never lost").
 *
 * day.c lives a day and records it; wreck.c puts the disk back as a crash may have left it; night.c starts queue over that
 * and holds what it finds against what was promised. README has what is tried, and how much of it when.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "day.h"
#include "decay.h"
#include "night.h"
#include "tests/fake/fake.h"

/* How much is tried. */
struct effort {
	size_t step;			/* every so many events */
	unsigned all_choices;		/* all choices where there are no more than so many */
	unsigned samples;		/* of each kind of choice where there are more */
	size_t again_step;		/* a second crash after every so many first ones ... */
	size_t again_inner_step;	/* ... at every so many events of the recovery */
	size_t decay_step;		/* every so many sectors destroyed */
};

static const struct effort efforts[] = {
#ifdef SEALPOST_SANITIZED
	{ 13, 4, 1, 160, 11, 300 },	/* what sanitizers find does not hide between two of them */
#else
	{ 1, 8, 1, 60, 4, 24 },
#endif
	{ 1, 64, 16, 3, 1, 1 },
};

static const char *const kept_names[] = { "nothing", "everything", "in order", "some", "number" };

static void
say_where(const char *when, size_t events, const struct disk *disk, struct choice choice)
{
	night_where("%scrash after event %zu of %zu, kept %s, seed %u", when, events, disk_events(disk), kept_names[choice.kept],
	    choice.seed);
}

/* The crash after so many events in every way, or in some of them. Returns how many these were. */
static size_t
crash_here(const struct day *day, const struct wreck *wreck, const char *when, size_t events, const struct effort *effort)
{
	unsigned choices = wreck_choices(wreck, effort->all_choices), samples = effort->samples;
	bool is_all = choices <= effort->all_choices;
	size_t tried = 0;

	for (unsigned n = 0; n < (is_all ? choices : 2 + 2 * samples); n++, tried++) {
		struct choice choice = { DISK_NTH, n };

		if (!is_all)
			choice = n < 2 ? (struct choice){ n == 0 ? DISK_NOTHING : DISK_EVERYTHING, 0 } :
			    (struct choice){ n % 2 ? DISK_SOME : DISK_IN_ORDER, (unsigned)events * samples + n / 2 };
		say_where(when, events, day->disk, choice);
		night_recover(wreck, choice, &day->world, events);
	}
	return tried;
}

/* What was left is started over and goes on, and there it crashes again, anywhere. */
static size_t
crash_again(const struct day *first, const struct wreck *left, size_t events, const struct effort *effort)
{
	static struct day second;
	struct choice choice = { events % 3 == 0 ? DISK_EVERYTHING : events % 3 == 1 ? DISK_IN_ORDER : DISK_SOME, (unsigned)events };
	int folders[DISK_FOLDERS];
	struct wreck *wreck;
	size_t tried = 0;
	char when[120];

	say_where("", events, first->disk, choice);
	snprintf(when, sizeof(when), "crash after event %zu, kept %s, seed %u; and then ", events, kept_names[choice.kept], choice.seed);
	second = (struct day){ .noon = 0 };
	day_house(&second.house, LIFE_SECOND);
	folders[DISK_INTAKE] = second.house.intake_folder;
	folders[DISK_QUEUE] = second.house.queue_folder;
	folders[DISK_JOURNAL] = wreck_put(left, choice, folders[DISK_INTAKE], folders[DISK_QUEUE]);
	world_at(&first->world, events, &second.world);
	second.disk = disk_record(folders);
	day_go_on(&second);
	night_check(&second.house, &second.world, disk_events(second.disk));
	house_kill_queue(&second.house);
	house_end(&second.house);
	wreck = wreck_new(second.disk);
	for (size_t i = 0; ; i++) {
		if ((i + events) % effort->again_inner_step == 0)
			tried += crash_here(&second, wreck, when, i, effort);
		if (i == disk_events(second.disk))
			break;
		wreck_step(wreck);
	}
	wreck_free(&wreck);
	disk_free(&second.disk);
	return tried;
}

int
main(int argc, char **argv)
{
	const struct effort *effort = &efforts[argc > 1 && strcmp(argv[1], "all") == 0];
	size_t crashes = 0, again = 0, decayed, silent = 0;
	static struct day day;
	struct wreck *wreck;

	/* Files are put back thousands of times: their memory is not given back in between. */
	(void)mallopt(M_MMAP_THRESHOLD, 1 << 30);
	(void)mallopt(M_TRIM_THRESHOLD, 1 << 30);
	day_live(&day);
	wreck = wreck_new(day.disk);
	for (size_t events = 0; ; events++) {
		if (events % effort->step == 0)
			crashes += crash_here(&day, wreck, "", events, effort);
		if (events % effort->again_step == effort->again_step / 2)
			again += crash_again(&day, wreck, events, effort);
		if (events == disk_events(day.disk))
			break;
		wreck_step(wreck);
	}
	wreck_free(&wreck);
	decayed = decay_try(&day, effort->decay_step, &silent);
	printf("%zu crashes, %zu crashes of what started after one, %zu sectors destroyed (%zu of them at ends "
	    "that nothing says were durable, and not seen); %zu events, %u messages: none lost, none undone, none invented\n", crashes,
	    again, decayed, silent, disk_events(day.disk), day.world.count);
	disk_free(&day.disk);
	return EXIT_SUCCESS;
}
