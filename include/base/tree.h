/*
 * Red-black trees: the RB_ macros of BSD's <sys/tree.h> (libbsd), for every map and every order we keep.
 * TREE_GENERATE makes a tree's functions static; those a file does not use cost nothing.
 */
#ifndef BASE_TREE_H
#define BASE_TREE_H

#include <bsd/sys/tree.h>

#define TREE_GENERATE(name, type, field, compare) \
	RB_GENERATE_INTERNAL(name, type, field, compare, __attribute__((unused)) static)

#endif
