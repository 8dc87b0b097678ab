/*
 * MTA-STS without I/O (RFC 8461): the TXT record that says there is a policy, the policy file, and whether a host matches.
 */
#ifndef POLICY_STS_H
#define POLICY_STS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

#define STS_ID 33			/* octets of an id, NUL included (3.1) */
#define STS_OCTETS (64 * 1024)		/* of a policy file, at most (3.3) */
#define STS_AGE_MOST_S 31557600		/* of max_age: what is longer counts as this (3.2) */
#define STS_PATTERNS 100		/* mx lines, at most: a file with more is not understood */

enum sts_mode { STS_NONE, STS_TESTING, STS_ENFORCE, STS_MODES };

struct sts_policy {
	enum sts_mode mode;
	uint64_t max_age_s;
	struct span *mx;		/* patterns, lower case: "mx.example.org", "*.example.org" */
	uint32_t mx_count;
	unsigned wrong_line;		/* of a file that is refused: which line is at fault, from 1; 0 = the file as a whole */
};

const char *sts_mode_name(enum sts_mode mode);		/* "enforce" */
bool sts_mode_parse(struct span word, enum sts_mode *mode);

/*
 * The id of the one valid record among the TXT records of _mta-sts.DOMAIN (3.1); the strings of each are joined already.
 * Records that do not begin with "v=STSv1;" are not meant. Returns false, id "", when there is none, more than one, or
 * the one that is left is malformed.
 */
bool sts_record_find(const struct span *texts, uint32_t count, char id[STS_ID]);

/*
 * Read a policy file (3.2); patterns are copied into the arena. Returns NULL, or what is wrong as a static sentence with
 * its section: the file as a whole is then none.
 */
const char *sts_policy_parse(struct span body, struct arena *arena, struct sts_policy *policy);

#define STS_LINES 2000			/* octets of a file's lines, for reports */

/*
 * The lines of a file as they came, faults and all, for reports (RFC 8460 4.4, 4.5): LF between them, "?" for what is not printable ASCII, no
 * empty ones at either end. A line that does not fit in STS_LINES is left out whole. In the arena.
 */
struct span sts_policy_lines(struct span body, struct arena *arena);

/* Is it a pattern at all: a domain name in A-labels, or one behind "*."? */
bool sts_pattern_is_valid(struct span pattern);

/* Does the host match any pattern (4.1)? "*." stands for exactly one label. Letter case does not matter. */
bool sts_match(const struct span *patterns, uint32_t count, const char *host);

#endif
