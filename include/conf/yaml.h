/* A YAML document as a tree of nodes that know their lines; nothing of YAML goes further than this. */
#ifndef CONF_YAML_H
#define CONF_YAML_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/span.h"
#include "conf/complaint.h"

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
	enum node_kind kind;
	unsigned line;		/* where it begins, from 1 */
	struct span text;	/* of a scalar; no NUL within, one behind */
	bool is_empty;		/* a scalar that was not written: `key:` and nothing behind it */
	struct node *first;	/* of a list or map */
	struct node *next;	/* in the list or map it is in */
	struct span key;	/* in a map */
	unsigned key_line;
};

/*
 * Read one document, into memory of the arena. No text at all is an empty map. Returns NULL after a
 * complaint about YAML itself, or about what has no place in a configuration: several documents, anchors and
 * aliases, tags, keys that are not scalars, NUL octets, nesting beyond YAML_DEPTH_MAX.
 */
struct node *yaml_read(struct arena *arena, const char *file, struct span octets, struct complaints *complaints);

#define YAML_DEPTH_MAX 8

#endif
