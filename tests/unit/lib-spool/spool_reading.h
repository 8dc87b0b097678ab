/* A store over the fixture's folder that remembers what it was told. */
#ifndef TESTS_UNIT_SPOOL_READING_H
#define TESTS_UNIT_SPOOL_READING_H

#include "spool/store.h"
#include "spool_fixture.h"

#define READING_MAX 512

struct reading {
	struct store *store;
	struct {
		struct mid mid;
		char sender[64];
		struct place place;
		uint32_t octets;
		struct body_place body;
	} messages[READING_MAX];
	unsigned messages_count;
	enum finding_kind findings[READING_MAX];
	uint64_t finding_offsets[READING_MAX];
	unsigned findings_count;
	uint32_t freed[READING_MAX];
	unsigned freed_count;
	bool was_freed;
};

/* A store that has looked into everything the folder holds. */
void reading_begin(struct reading *reading, struct fixture *fixture, unsigned keep_free);
void reading_end(struct reading *reading);

/* Which message has this sender; fails the test when there is none or more than one. */
unsigned reading_of(const struct reading *reading, const char *sender);

/* The body of a message opens and is what fixture_commit() made from seed. */
bool reading_body_is(const struct reading *reading, unsigned message, size_t octets, unsigned seed);

#endif
