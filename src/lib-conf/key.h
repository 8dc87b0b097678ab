/* The table of keys: what may stand in a configuration, and everything there is to know about each key. */
#ifndef LIB_CONF_KEY_H
#define LIB_CONF_KEY_H

#include "base/span.h"
#include "conf/settings.h"

enum key_form {
	KEY_SECTION,		/* a map of the keys that follow it in the table and begin with its name and a dot; may stand in another */
	KEY_TEXT,		/* char * */
	KEY_LIST,		/* struct conf_list; one scalar is a list of one */
	KEY_MAP,		/* struct conf_map of scalars */
	KEY_COUNT,		/* uint64_t, digits */
	KEY_OCTETS,		/* uint64_t, digits and K, M or G */
	KEY_SECONDS,		/* uint64_t, digits and s, m, h or d */
	KEY_MILLISECONDS,	/* the same, in milliseconds, and ms */
	KEY_MODE,		/* uint64_t, octal digits */
	KEY_FLAG,		/* bool, yes or no */
	KEY_CHOICE,		/* uint64_t, one of a few words */
	KEY_LISTEN,		/* struct settings_listens */
	KEY_EXCEPTIONS,		/* struct settings_exceptions */
	KEY_FORMS
};

struct key_choice {
	const char *word;	/* NULL ends the list */
	uint64_t value;
};

/* Returns NULL, or what is wrong as a static sentence. */
typedef const char *key_check(struct span text);

struct key {
	const char *name;	/* NULL ends the table */
	enum key_form form;
	size_t offset;		/* in struct settings */
	/* As it would be written, lists with ", " between items; NULL = none, or found out by settings_complete(). */
	const char *initial;
	const char *example;	/* when there is no initial: flow style for lists and maps */
	key_check *check;	/* of a text, of every item of a list, of every key of a map */
	key_check *check_value;	/* of every value of a map */
	const struct key_choice *choices; /* of a choice; of every value of a map */
	uint64_t least, most;	/* of what has a number */
	const char *zero;	/* a word that means 0, or "" for a text */
	const char *about;	/* for people: config describe, sealpost.yaml(5) */
};

extern const struct key keys[];

/* The row of a name; a section's name and a key's are different rows. NULL when there is none. */
const struct key *key_find(struct span name);

/* Its place in the table. */
size_t key_index(const struct key *key);

/* The word of a key with choices that means the value; "" for any other value. */
const char *key_word(const struct key *key, uint64_t value);

/* The last part of the name: "size" of "limits.size". */
struct span key_leaf(const struct key *key);

/* Whether the key stands in the section; NULL = at the top. */
bool key_is_in(const struct key *key, const struct key *section);

#endif
