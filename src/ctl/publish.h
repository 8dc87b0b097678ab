/*
 * A policy of one's own before it is published (RFC 8461): what is wrong with it or weak, whether it fits the mail hosts and
 * their certificates, and in which order things change. Pure: no file, no network.
 */
#ifndef CTL_PUBLISH_H
#define CTL_PUBLISH_H

#include "base/arena.h"
#include "conf/complaint.h"
#include "pem.h"
#include "policy/sts.h"

/* A policy file, and the lines that its parts stand on. */
struct publish_file {
	const char *name;	/* borrowed */
	struct sts_policy policy;
	unsigned mode_line, age_line, mx_line[STS_PATTERNS];
};

/* Names of mail hosts, lower case, no final dot. */
struct publish_hosts {
	struct span *names;
	uint32_t count;		/* 0 = not known */
};

struct publish_step {
	struct span text;	/* a sentence or two, without the last dot */
	struct span record;	/* as a line of a zone file; "" = none */
};

#define PUBLISH_STEPS 8

/*
 * Read the file, patterns into the arena. An error is complained of with its line, and so is as a warning what is passed over by
 * everybody who reads it: keys that nobody knows, and what stands there once more. Returns whether it is a policy.
 */
bool publish_read(struct arena *arena, const char *name, struct span body, struct complaints *complaints, struct publish_file *file);

/* Too short to help (3.2, 10.2), longer than it should be when it takes the former one back (8.3), patterns that strangers fit (10.4). */
void publish_judge(const struct publish_file *file, struct span domain, struct complaints *complaints);

/* Each host has to match, or mail to it is refused where the policy is enforced (4.1, 5); each pattern should be of use. */
void publish_match(const struct publish_file *file, const struct publish_hosts *hosts, struct complaints *complaints);

/*
 * Each host needs a certificate that it is named in and that an authority signed, and that has not ended (4.2). Without hosts the
 * patterns that are names stand for them.
 */
void publish_certify(const struct publish_file *file, const struct publish_hosts *hosts, const struct pem *pems, size_t count,
    struct complaints *complaints);

/*
 * In which order to change what is published (8.1, 8.3), at most PUBLISH_STEPS; texts are the arena's.
 *   former   what is published now; NULL = nothing, or it is not known
 *   id       of the record, a new one
 * Returns how many.
 */
uint32_t publish_plan(struct arena *arena, const struct publish_file *file, const struct sts_policy *former,
    const struct publish_hosts *hosts, struct span domain, const char *id, struct publish_step *steps);

#endif
