/* A short list is looked through from its front. */
#include "report/counted.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define TEXT_OCTETS ((COUNTED_WORDS + 1) * (COUNTED_OCTETS + 24))

void
counted_add(struct counted *counted, struct span word, uint64_t count)
{
	unsigned i = 0;

	word = span_first(word, COUNTED_OCTETS - 1);
	if (span_is_empty(word) || count == 0)
		return;
	while (i < counted->words && !span_equal(span_of(counted->at[i].word), word))
		i++;
	if (i == COUNTED_WORDS) {
		counted->others += count;
		return;
	}
	if (i == counted->words) {
		snprintf(counted->at[i].word, COUNTED_OCTETS, "%.*s", SPAN_ARG(word));
		counted->words++;
	}
	counted->at[i].count += count;
}

uint64_t
counted_of(const struct counted *counted, struct span word)
{
	for (unsigned i = 0; i < counted->words; i++)
		if (span_equal(span_of(counted->at[i].word), word))
			return counted->at[i].count;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct counted_word *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->word, y->word);
}

struct span
counted_text(struct counted *counted, struct arena *arena)
{
	struct span text;
	struct buf out;
	bool fits = true;

	qsort(counted->at, counted->words, sizeof(*counted->at), compare);
	buf_init(&out, TEXT_OCTETS);
	for (unsigned i = 0; i < counted->words; i++)
		fits = fits && buf_printf(&out, "%s%s=%" PRIu64, i == 0 ? "" : " ", counted->at[i].word, counted->at[i].count);
	if (counted->others > 0)
		fits = fits && buf_printf(&out, " others=%" PRIu64, counted->others);
	text = fits ? arena_span(arena, buf_span(&out)) : SPAN("");
	buf_clear(&out);
	return text;
}
