/* A policy of one's own, and what is published now behind a NUL: it is one or was complained of, and has an order of change. */
#include "src/ctl/publish.h"

#include <stdlib.h>

#include "base/fatal.h"
#include "fuzz.h"
#include "src/ctl/ctl.h"

int
ctl_usage(const char *format, ...)
{
	(void)format;
	return 64;
}

static void
plan_holds(struct arena *arena, const struct publish_file *file, const struct sts_policy *former)
{
	struct publish_hosts hosts = { file->policy.mx, file->policy.mx_count };
	struct publish_step steps[PUBLISH_STEPS];
	uint32_t count = publish_plan(arena, file, former, &hosts, SPAN("example.org"), "20261122081530", steps);

	fuzz_holds(count >= 2 && count <= PUBLISH_STEPS);
	for (uint32_t i = 0; i < count; i++)
		fuzz_holds(steps[i].text.length > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	struct complaints *complaints = must_alloc(sizeof(*complaints));
	struct arena *arena = arena_new();
	struct span rest = span_make(octets, length), body = SPAN("");
	struct publish_file file, former;
	bool has_former;

	complaints_init(complaints);
	(void)span_cut(&rest, '\0', &body);
	has_former = publish_read(arena, "g", rest, complaints, &former);
	complaints_clear(complaints);
	if (publish_read(arena, "f", body, complaints, &file)) {
		fuzz_holds(complaints->errors == 0 && file.mode_line > 0 && file.age_line > 0);
		for (uint32_t i = 0; i < file.policy.mx_count; i++)
			fuzz_holds(file.mx_line[i] > 0);
		publish_judge(&file, SPAN("example.org"), complaints);
		plan_holds(arena, &file, has_former ? &former.policy : NULL);
	} else {
		fuzz_holds(complaints->errors > 0);
	}
	complaints_clear(complaints);
	free(complaints);
	arena_free(&arena);
	return 0;
}
