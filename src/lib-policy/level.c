/* The names of levels. */
#include "policy/level.h"

static const char *const names[POLICY_LEVELS] = {
	[POLICY_ENCRYPT] = "encrypt", [POLICY_VERIFY] = "verify", [POLICY_SECURE] = "secure", [POLICY_DANE] = "dane"
};

const char *
policy_level_name(enum policy_level level)
{
	return names[level];
}

bool
policy_level_parse(struct span name, enum policy_level *level)
{
	for (int i = 0; i < POLICY_LEVELS; i++) {
		if (!span_equal(name, span_of(names[i])))
			continue;
		*level = (enum policy_level)i;
		return true;
	}
	return false;
}
