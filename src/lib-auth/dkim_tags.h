/* Lists of tags, as signatures, keys and policies have them (RFC 6376 3.2), and the values that are base64. */
#ifndef LIB_AUTH_DKIM_TAGS_H
#define LIB_AUTH_DKIM_TAGS_H

#include <stdbool.h>

#include "base/span.h"

#define DKIM_TAGS_MAX 64

struct dkim_tag {
	struct span name;
	struct span value;	/* without white space at both ends; there may be some within, folds too */
	struct span raw;	/* all that is behind the "=": a value with the white space around it */
};

struct dkim_tags {
	struct dkim_tag at[DKIM_TAGS_MAX];
	size_t count;
};

/*
 * Read a list. Everything is borrowed from it. Returns NULL, or what is wrong with it as a static sentence: what is no tag, a tag
 * that is there twice, more than DKIM_TAGS_MAX.
 */
const char *dkim_tags_read(struct span text, struct dkim_tags *tags);

/* The tag of that name, in this letter case; NULL = not there. */
const struct dkim_tag *dkim_tags_find(const struct dkim_tags *tags, const char *name);

/* White space of folds: spaces, tabs, CR and LF. Cut off at both ends. */
bool dkim_tags_is_space(char c);
struct span dkim_tags_trim(struct span value);

/* Cut the next of a list of values with colons between off *rest, trimmed. Returns false when there are no more. */
bool dkim_tags_cut(struct span *rest, struct span *value);

/* Is it one of the values of such a list? Letter case matters. */
bool dkim_tags_has(struct span list, const char *value);

/*
 * Base64 with white space anywhere and padding or not (RFC 6376 3.2). Bits that stand for nothing have to be zero, so that there is
 * one text for one value. Returns false when it is not that, is empty, or has more than `most` octets.
 */
bool dkim_tags_base64(struct span text, unsigned char *out, size_t most, size_t *length);

#endif
