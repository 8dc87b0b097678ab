/*
 * Exceptions: what the operator demands of a domain instead of everything else, until a day, for a reason. Those of the
 * configuration and those that were added by command; of two for the same name the command's counts.
 */
#ifndef POLICY_ROOM_EXCEPTIONS_H
#define POLICY_ROOM_EXCEPTIONS_H

#include "base/arena.h"
#include "conf/slice.h"
#include "policy/level.h"
#include "store/store.h"

struct exceptions;

struct exception {
	struct span domain;		/* "old.example", or ".old.example" for every name below it */
	enum policy_level level;
	int64_t until_s;		/* UTC */
	struct span why;
	bool is_configured;		/* it stands in the configuration */
};

struct exceptions *exceptions_new(struct store *store);
void exceptions_free(struct exceptions **exceptions);

/* Those of the configuration, "old.example encrypt 1801353600 certificate expired"; borrowed until the next call. */
void exceptions_configure(struct exceptions *exceptions, const struct conf_list *configured);

/* The one that a domain falls under, in force; borrowed until the next change. */
bool exceptions_find(struct exceptions *exceptions, struct span domain, struct exception *found);

/* All, one after the other, those that have ended too; false behind the last. */
bool exceptions_at(struct exceptions *exceptions, size_t index, struct exception *exception);

/* By command. Returns NULL, or what is wrong as a static sentence. */
const char *exceptions_add(struct exceptions *exceptions, const struct exception *exception);
bool exceptions_remove(struct exceptions *exceptions, struct span domain);	/* was there one, by command? */

/* Read the store again: it was begun anew. */
void exceptions_reload(struct exceptions *exceptions);

#endif
