/* The list that the operator has loaded: policies of domains that count as if they had been published. */
#ifndef POLICY_ROOM_PRELOAD_H
#define POLICY_ROOM_PRELOAD_H

#include "base/arena.h"
#include "store/store.h"
#include "policy/sts.h"

struct preload_row {
	struct span domain;
	struct sts_policy policy;
	int64_t until_s;		/* 0 = for ever */
};

/* Read a line "domain mode pattern,pattern,... until". Returns NULL, or what is wrong as a static sentence. */
const char *preload_parse(struct span line, struct arena *arena, struct preload_row *row);

/* This list instead of the former one: all of it or nothing. False when it could not be written. */
bool preload_replace(struct store *store, const struct preload_row *rows, uint32_t count);

/* The policy of a domain, unless it has ended. */
bool preload_get(struct store *store, struct span domain, int64_t now_s, struct arena *arena, struct sts_policy *policy,
    int64_t *until_s);

uint64_t preload_count(struct store *store);

#endif
