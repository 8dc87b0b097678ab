/* The table of keys for people. */
#ifndef CONF_DESCRIBE_H
#define CONF_DESCRIBE_H

#include "base/buf.h"

/*
 * A complete configuration file: every key with what it is for, commented out and with its default, or with an
 * example when there is none. Sections are not commented out, so that taking away one "#" is enough.
 */
void describe_yaml(struct buf *out);

/* The list of keys of sealpost.yaml(5), in mdoc(7). */
void describe_mdoc(struct buf *out);

#endif
