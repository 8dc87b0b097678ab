/*
 * A message between rooms, decoded and encoded again: what comes out must be what went in. For the unit
 * tests (again_check.h) and the fuzz targets.
 */
#ifndef TESTS_UNIT_LIB_IPC_AGAIN_H
#define TESTS_UNIT_LIB_IPC_AGAIN_H

#include "base/arena.h"
#include "base/buf.h"

#define AGAIN_CEILING (8u * 1024 * 1024)

/* Decode the payload and, if it is a message, encode that to out. Returns whether it was. */
typedef bool again_fn(struct span payload, struct buf *out);

#define AGAIN(name) \
	static bool \
	name##_again(struct span payload, struct buf *out) \
	{ \
		struct name name; \
\
		if (!name##_decode(payload, &name)) \
			return false; \
		name##_encode(out, &name); \
		return true; \
	}

#define AGAIN_IN_ARENA(name) \
	static bool \
	name##_again(struct span payload, struct buf *out) \
	{ \
		struct arena *arena = arena_new(); \
		struct name name; \
		bool good = name##_decode(payload, arena, &name); \
\
		if (good) \
			name##_encode(out, &name); \
		arena_free(&arena); \
		return good; \
	}

#endif
