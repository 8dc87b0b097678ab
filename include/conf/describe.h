/* The table of keys for people. */
#ifndef CONF_DESCRIBE_H
#define CONF_DESCRIBE_H

#include "base/buf.h"
#include "conf/settings.h"

/*
 * A complete configuration file: every key with what it is for, commented out and with its default, or with an
 * example when there is none. Sections are not commented out, so that taking away one "#" is enough.
 */
void describe_yaml(struct buf *out);

/* The list of keys of sealpost.yaml(5), in mdoc(7). */
void describe_mdoc(struct buf *out);

/* One key; strings are static, "" where there is nothing. */
struct described {
	const char *name;	/* "limits.size" */
	const char *form;	/* "size", "one or a list", ...; "section" */
	const char *initial;	/* the default, when it is not found out at start */
	const char *example;
	const char *about;
};

void describe_keys(void (*on_key)(void *arg, const struct described *key), void *arg);

/*
 * What settings come to: every key (sections left out) with its value as it would be written, borrowed for the call,
 * and the line where it was given, 0 = it is the default.
 */
void describe_settings(const struct settings *settings,
    void (*on_value)(void *arg, const char *name, struct span value, unsigned line), void *arg);

#endif
