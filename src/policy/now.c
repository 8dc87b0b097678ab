/* The clocks of the loop; which boot this is, asked of the kernel once. */
#include "policy/now.h"

#include <stdio.h>
#include <string.h>

#include "loop/clock.h"

static char boot_id[sizeof(((struct moment *)0)->boot)];

static const char *
boot(void)
{
	FILE *file;

	if (boot_id[0] != '\0')
		return boot_id;
	file = fopen("/proc/sys/kernel/random/boot_id", "re");
	if (file == NULL || fgets(boot_id, sizeof(boot_id), file) == NULL)
		snprintf(boot_id, sizeof(boot_id), "unknown");
	if (file != NULL)
		fclose(file);
	boot_id[strcspn(boot_id, "\n")] = '\0';
	return boot_id;
}

void
now_set_boot(const char *text)
{
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
