/* Optimal string alignment distance over short words. */
#include "base/near.h"

#include <ctype.h>
#include <string.h>

#define WORD_MAX 64

static unsigned
least(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

static int
lower(struct span s, size_t i)
{
	return tolower((unsigned char)s.data[i]);
}

unsigned
near_distance(struct span a, struct span b)
{
	unsigned rows[3][WORD_MAX + 1];	/* of a's octets: the one being filled, the one before, the one before that */
	unsigned *now = rows[0], *before = rows[1], *earlier = rows[2];

	if (a.length > WORD_MAX || b.length > WORD_MAX)
		return WORD_MAX;
	for (unsigned j = 0; j <= b.length; j++)
		before[j] = j;
	memset(earlier, 0, sizeof(rows[2]));
	for (unsigned i = 1; i <= a.length; i++) {
		unsigned *turn = earlier;

		now[0] = i;
		for (unsigned j = 1; j <= b.length; j++) {
			unsigned differs = lower(a, i - 1) != lower(b, j - 1);

			now[j] = least(before[j] + 1, now[j - 1] + 1, before[j - 1] + differs);
			if (i > 1 && j > 1 && lower(a, i - 1) == lower(b, j - 2) && lower(a, i - 2) == lower(b, j - 1) &&
			    earlier[j - 2] + 1 < now[j])
				now[j] = earlier[j - 2] + 1;
		}
		earlier = before;
		before = now;
		now = turn;
	}
	return before[b.length];
}

bool
near_enough(struct span written, unsigned distance)
{
	return distance <= 1 + written.length / 4;
}

size_t
near_find(struct span written, const char *const *words, size_t count, const char **meant)
{
	const char *nearest = NULL;
	unsigned distance = 0;

	*meant = NULL;
	for (size_t i = 0; i < count; i++) {
		unsigned d = near_distance(written, span_of(words[i]));

		if (span_equal(written, span_of(words[i])))
			return i;
		if (nearest == NULL || d < distance) {
			nearest = words[i];
			distance = d;
		}
	}
	if (nearest != NULL && near_enough(written, distance))
		*meant = nearest;
	return count;
}
