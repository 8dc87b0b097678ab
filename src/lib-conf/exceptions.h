/* `exceptions:`, maps in a list: less is demanded of a domain, or more, for a while and for a reason. */
#ifndef LIB_CONF_EXCEPTIONS_H
#define LIB_CONF_EXCEPTIONS_H

#include "conf/settings.h"
#include "conf/yaml.h"
#include "key.h"

/*
 * Read a list of maps with domain, require, until and why, none of which may be missing. What is wrong is complained of, two
 * for one domain among it. Returns whether all was right; *out is to be cleared either way.
 */
bool exceptions_read(const struct node *list, const struct key *key, const char *file, struct complaints *complaints,
    struct settings_exceptions *out);

/* Warn of those that are over. */
void exceptions_check(const struct settings *settings, int64_t now_s, struct complaints *complaints);

void exceptions_clear(struct settings_exceptions *exceptions);

#endif
