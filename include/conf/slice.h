/*
 * A room's configuration: one struct of plain values per room, filled by the parser in master (from
 * YAML) or by conf_decode() in the room (from master's SETUP message). One table per struct
 * drives the parser, the defaults, the encoding, `config describe` and the manual page.
 */
#ifndef CONF_SLICE_H
#define CONF_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

struct conf_list {
	char **items;		/* NUL-terminated, owned */
	size_t count;
};

struct conf_pair {
	char *key, *value;	/* NUL-terminated, owned */
};

struct conf_map {
	struct conf_pair *pairs; /* in the order of the file */
	size_t count;
};

/* What a field of a slice holds. Durations are seconds, sizes are octets, both in a uint64_t. */
enum conf_kind { CONF_NUMBER, CONF_FLAG, CONF_TEXT, CONF_LIST, CONF_MAP };

struct conf_field {
	const char *name;	/* NULL ends the table; unique in the slice, for messages about decoding */
	enum conf_kind kind;
	size_t offset;		/* in the slice */
};

/* The table of a slice; each include/conf/x.h declares its own. */
struct conf_slice {
	const char *name;	/* "intake" */
	size_t size;		/* of the struct */
	const struct conf_field *fields;
};

void conf_encode(struct buf *out, const struct conf_slice *table, const void *slice);

/*
 * Fill a slice (of table->size octets, whatever it held is not looked at) from octets of conf_encode().
 * Returns false when they are not; the slice is then zeroed. Its memory goes with conf_clear().
 */
bool conf_decode(struct span octets, const struct conf_slice *table, void *slice);

/* Give back everything the slice owns, secrets overwritten; leaves it zeroed. */
void conf_clear(const struct conf_slice *table, void *slice);

#endif
