/* Words and how often each was there, for answers: "TLSv1.3=12 TLSv1.2=3". */
#ifndef REPORT_COUNTED_H
#define REPORT_COUNTED_H

#include "base/arena.h"

#define COUNTED_WORDS 24	/* told apart; what is more is "others" */
#define COUNTED_OCTETS 80	/* of a word and its NUL: longer ones are cut */

struct counted_word {
	char word[COUNTED_OCTETS];
	uint64_t count;
};

/* Starts zeroed. */
struct counted {
	struct counted_word at[COUNTED_WORDS];
	unsigned words;
	uint64_t others;
};

/* An empty word is none. */
void counted_add(struct counted *counted, struct span word, uint64_t count);

uint64_t counted_of(const struct counted *counted, struct span word);

/* Most often first, then by the alphabet; in the arena. */
struct span counted_text(struct counted *counted, struct arena *arena);

#endif
