/* Domain patterns in a tree, found from the name upwards. */
#include "mail/pattern.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "base/tree.h"

bool
pattern_is_name(struct span name)
{
	if (name.length == 0 || name.length > 255 || name.data[0] == '.' || name.data[0] == '-')
		return false;
	for (size_t i = 0; i < name.length; i++) {
		char c = name.data[i];

		if (!isalnum((unsigned char)c) && c != '-' && c != '.' && c != '_')
			return false;
		if (c == '.' && i + 1 < name.length && name.data[i + 1] == '.')
			return false;
	}
	return true;
}

struct entry {
	RB_ENTRY(entry) entry;
	struct span pattern;	/* lower case, owned */
	struct span value;	/* owned */
};

static int
entry_compare(struct entry *a, struct entry *b)
{
	return span_compare(a->pattern, b->pattern);
}

RB_HEAD(entries, entry);

struct pattern_table {
	struct entries entries;
};

TREE_GENERATE(entries, entry, entry, entry_compare)

static struct span
lower_copy(struct span text)
{
	char *copy = must_copy(text.data, text.length);

	for (size_t i = 0; i < text.length; i++)
		copy[i] = (char)tolower((unsigned char)copy[i]);
	return span_make(copy, text.length);
}

struct pattern_table *
pattern_table_new(void)
{
	struct pattern_table *table = must_alloc(sizeof(*table));

	RB_INIT(&table->entries);
	return table;
}

static void
entry_free(struct entry *entry)
{
	free((void *)(uintptr_t)entry->pattern.data);
	free((void *)(uintptr_t)entry->value.data);
	free(entry);
}

void
pattern_table_free(struct pattern_table **table)
{
	struct entry *entry;

	if (*table == NULL)
		return;
	while ((entry = RB_MIN(entries, &(*table)->entries)) != NULL) {
		RB_REMOVE(entries, &(*table)->entries, entry);
		entry_free(entry);
	}
	free(*table);
	*table = NULL;
}

const char *
pattern_table_add(struct pattern_table *table, struct span pattern, struct span value)
{
	struct entry *entry;
	struct span name = pattern.length > 0 && pattern.data[0] == '.' ? span_skip(pattern, 1) : pattern;

	if (!span_equal(pattern, SPAN("*")) && !pattern_is_name(name))
		return "a pattern is example.org, .example.org or *";
	entry = must_alloc(sizeof(*entry));
	entry->pattern = lower_copy(pattern);
	entry->value = span_make(must_copy(value.data, value.length), value.length);
	if (RB_INSERT(entries, &table->entries, entry) != NULL)
		entry_free(entry);
	return NULL;
}

static const struct entry *
entry_find(const struct pattern_table *table, struct span pattern)
{
	struct entry wanted = { .pattern = pattern };

	/* RB_FIND does not change the tree; its type says otherwise. */
	return RB_FIND(entries, (struct entries *)(uintptr_t)&table->entries, &wanted);
}

struct span
pattern_table_find(const struct pattern_table *table, struct span domain)
{
	char lower[256];
	struct span name = span_make(lower, domain.length);
	const struct entry *entry;

	if (domain.length >= sizeof(lower))
		return SPAN("");
	for (size_t i = 0; i < domain.length; i++)
		lower[i] = (char)tolower((unsigned char)domain.data[i]);
	entry = entry_find(table, name);
	/* An address literal has no parent domains. */
	while (entry == NULL && name.length > 0 && lower[0] != '[') {
		name = span_skip(name, 1);
		name = span_skip(name, span_find(name, '.'));
		if (name.length > 0)
			entry = entry_find(table, name);
	}
	if (entry == NULL)
		entry = entry_find(table, SPAN("*"));
	return entry == NULL ? SPAN("") : entry->value;
}
