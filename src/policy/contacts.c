/* Answers to report's questions for contacts, by question: in memory only, for names of peers are on no disk but the ledger's. */
#include "policy/contacts.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "base/fatal.h"
#include "base/tree.h"
#include "loop/clock.h"

#define OCTETS_MAX 8192		/* of a question or an answer: names, addresses and words */

struct kept {
	RB_ENTRY(kept) of_tree;
	TAILQ_ENTRY(kept) of_age;
	struct span question;	/* encoded, without its id; ours */
	struct span answer;	/* the same */
	int64_t until_ms;
};

RB_HEAD(kept_tree, kept);
TAILQ_HEAD(kept_list, kept);

struct contacts {
	struct kept_tree tree;
	struct kept_list ages;	/* the oldest first */
	unsigned count;
};

static int
kept_compare(const struct kept *a, const struct kept *b)
{
	return span_compare(a->question, b->question);
}

TREE_GENERATE(kept_tree, kept, of_tree, kept_compare)

struct contacts *
contacts_new(void)
{
	struct contacts *contacts = must_alloc(sizeof(*contacts));

	RB_INIT(&contacts->tree);
	TAILQ_INIT(&contacts->ages);
	return contacts;
}

static void
kept_free(struct contacts *contacts, struct kept *kept)
{
	RB_REMOVE(kept_tree, &contacts->tree, kept);
	TAILQ_REMOVE(&contacts->ages, kept, of_age);
	contacts->count--;
	free((char *)(uintptr_t)kept->question.data);
	free((char *)(uintptr_t)kept->answer.data);
	free(kept);
}

void
contacts_free(struct contacts **contacts)
{
	if (*contacts == NULL)
		return;
	while (!TAILQ_EMPTY(&(*contacts)->ages))
		kept_free(*contacts, TAILQ_FIRST(&(*contacts)->ages));
	free(*contacts);
	*contacts = NULL;
}

/* The question as octets; what report counts its questions with is no part of it. */
static void
question_write(struct buf *out, const struct contact_question *question)
{
	struct contact_question asked = *question;

	asked.id = 0;
	buf_init(out, OCTETS_MAX);
	contact_question_encode(out, &asked);
}

/* What was kept of it, without what is too old to count. */
static struct kept *
kept_find(struct contacts *contacts, const struct contact_question *question)
{
	struct kept wanted, *kept;
	struct buf asked;

	question_write(&asked, question);
	wanted.question = buf_span(&asked);
	kept = RB_FIND(kept_tree, &contacts->tree, &wanted);
	buf_clear(&asked);
	if (kept == NULL || clock_ms() < kept->until_ms)
		return kept;
	kept_free(contacts, kept);
	return NULL;
}

bool
contacts_recall(struct contacts *contacts, const struct contact_question *question, struct arena *arena,
    struct contacts_answer *answer)
{
	const struct kept *kept = kept_find(contacts, question);

	if (kept == NULL || !contacts_answer_decode(kept->answer, arena, answer))
		return false;
	answer->id = question->id;
	return true;
}

static struct span
span_keep(const struct buf *octets)
{
	struct span span = buf_span(octets);

	return span_make(must_copy(span.data, span.length), span.length);
}

void
contacts_keep(struct contacts *contacts, const struct contact_question *question, const struct contacts_answer *answer,
    bool is_lasting)
{
	struct kept *kept = kept_find(contacts, question);
	struct buf out;

	if (kept != NULL)
		kept_free(contacts, kept);
	if (contacts->count == CONTACTS_KEPT)
		kept_free(contacts, TAILQ_FIRST(&contacts->ages));
	kept = must_alloc(sizeof(*kept));
	kept->until_ms = clock_ms() + (is_lasting ? CONTACTS_KEPT_MS : CONTACTS_DOUBT_MS);
	question_write(&out, question);
	kept->question = span_keep(&out);
	buf_empty(&out);
	contacts_answer_encode(&out, answer);
	kept->answer = span_keep(&out);
	buf_clear(&out);
	RB_INSERT(kept_tree, &contacts->tree, kept);
	TAILQ_INSERT_TAIL(&contacts->ages, kept, of_age);
	contacts->count++;
}
