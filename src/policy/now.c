/* The clocks of the loop; which boot this is, asked of the kernel once. */
#include "policy/now.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "loop/clock.h"

static char boot_id[sizeof(((struct moment *)0)->boot)];
static bool is_asked;

/* "" where it is hidden (ProcSubset=pid): ages are then the wall clock's. A word in its place would make one boot of all. */
static const char *
boot(void)
{
	FILE *file;

	if (is_asked)
		return boot_id;
	is_asked = true;
	file = fopen("/proc/sys/kernel/random/boot_id", "re");
	if (file == NULL || fgets(boot_id, sizeof(boot_id), file) == NULL)
		boot_id[0] = '\0';
	if (file != NULL)
		fclose(file);
	boot_id[strcspn(boot_id, "\n")] = '\0';
	return boot_id;
}

void
now_set_boot(const char *text)
{
	is_asked = true;
	snprintf(boot_id, sizeof(boot_id), "%s", text);
}

void
now_moment(struct moment *now)
{
	*now = (struct moment){ .wall_s = clock_wall(), .up_s = clock_up() };
	snprintf(now->boot, sizeof(now->boot), "%s", boot());
}

int64_t
now_left_s(const struct moment *then, uint64_t age_s)
{
	struct moment now;

	now_moment(&now);
	return moment_left_s(then, (int64_t)age_s, &now);
}
