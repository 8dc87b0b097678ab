/* `listen:`, the one key with a shape of its own. */
#ifndef LIB_CONF_LISTENS_H
#define LIB_CONF_LISTENS_H

#include "conf/settings.h"
#include "conf/yaml.h"

/*
 * Read a list of "ADDRESS:PORT", "PORT", or maps with address, tls, tickets and request_certificate. What is
 * wrong is complained of. Returns whether all was right; *out is to be cleared either way.
 */
bool listens_read(const struct node *list, const char *key, const char *file, struct complaints *complaints,
    struct settings_listens *out);

void listens_clear(struct settings_listens *listens);

#endif
