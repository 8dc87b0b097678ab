/* What is demanded of single domains for a while, whatever else is known of them. */
#include "exceptions.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/near.h"
#include "mail/date.h"

enum member { MEMBER_DOMAIN, MEMBER_REQUIRE, MEMBER_UNTIL, MEMBER_WHY, MEMBERS };

static const char *const names[MEMBERS] = { "domain", "require", "until", "why" };

struct reading {
	const struct key *key;
	const char *file;
	struct complaints *complaints;
	struct settings_exceptions *out;
};

/* Always false, for `return complain(...)`. */
static bool
complain(struct reading *reading, unsigned line, struct span text, const char *why)
{
	complaints_add(reading->complaints, reading->file, line, "%s: \"%.*s\": %s", reading->key->name,
	    (int)(text.length > 80 ? 80 : text.length), text.data, why);
	return false;
}

/* The four readers return NULL, or what is wrong. */
static const char *
domain_read(const struct key *key, struct span text, struct settings_exception *exception)
{
	const char *why = key->check(text);

	if (why != NULL)
		return why;
	exception->domain = must_copy(text.data, text.length);
	for (char *c = exception->domain; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return NULL;
}

static const char *
require_read(const struct key *key, struct span text, struct settings_exception *exception)
{
	for (const struct key_choice *choice = key->choices; choice->word != NULL; choice++)
		if (span_equal_nocase(text, span_of(choice->word))) {
			exception->require = choice->value;
			return NULL;
		}
	return "not one of encrypt, verify, secure";
}

static const char *
until_read(const struct key *key, struct span text, struct settings_exception *exception)
{
	(void)key;
	return date_parse_end(text, &exception->until_s) ? NULL :
	    "neither a date (2027-01-31: to the end of that day, UTC) nor a time (2027-01-31T12:00Z)";
}

static const char *
why_read(const struct key *key, struct span text, struct settings_exception *exception)
{
	(void)key;
	text = span_trim(text);
	if (text.length == 0)
		return "is empty: say why, for those who come later";
	if (text.length > EXCEPTION_WHY_MAX)
		return "is longer than 500 octets";
	for (size_t i = 0; i < text.length; i++)
		if (iscntrl((unsigned char)text.data[i]))
			return "has a control character, or more than one line";
	exception->why = must_copy(text.data, text.length);
	return NULL;
}

static const char *(*const readers[MEMBERS])(const struct key *, struct span, struct settings_exception *) = {
	domain_read, require_read, until_read, why_read
};

static void
exception_clear(struct settings_exception *exception)
{
	free(exception->domain);
	free(exception->why);
}

/* Which member it is; MEMBERS after a complaint. */
static size_t
member_find(struct reading *reading, const struct node *node)
{
	const char *meant;
	size_t member = near_find(node->key, names, MEMBERS, &meant);

	if (member == MEMBERS)
		complaints_add(reading->complaints, reading->file, node->key_line, "unknown key \"%.*s\" in an item of %s%s%s%s",
		    (int)(node->key.length > 80 ? 80 : node->key.length), node->key.data, reading->key->name,
		    meant == NULL ? "" : "; did you mean ", meant == NULL ? "" : meant, meant == NULL ? "" : "?");
	return member;
}

/* One member; *seen has the bits of those that were there. */
static bool
member_read(struct reading *reading, const struct node *node, struct settings_exception *exception, unsigned *seen)
{
	size_t member = member_find(reading, node);
	const char *why;

	if (member == MEMBERS)
		return false;
	if (*seen & (1u << member))
		return complain(reading, node->key_line, node->key, "is here twice");
	*seen |= 1u << member;
	if (node->kind != NODE_SCALAR)
		return complain(reading, node->line, node->key, "one value is expected here");
	why = readers[member](reading->key, node->text, exception);
	return why == NULL || complain(reading, node->line, member == MEMBER_WHY ? node->key : node->text, why);
}

/* Everything that is missing, in one go. */
static bool
is_whole(struct reading *reading, unsigned line, unsigned seen)
{
	bool good = true;

	for (size_t i = 0; i < MEMBERS; i++)
		if ((seen & (1u << i)) == 0)
			good = complain(reading, line, span_of(names[i]), "is missing");
	return good;
}

static bool
item_read(struct reading *reading, const struct node *item)
{
	struct settings_exception exception = { .line = item->line };
	struct settings_exceptions *out = reading->out;
	unsigned seen = 0;
	bool good = true;

	if (item->kind != NODE_MAP) {
		complaints_add(reading->complaints, reading->file, item->line,
		    "%s: a map with domain, require, until and why is expected here", reading->key->name);
		return false;
	}
	for (const struct node *node = item->first; node != NULL; node = node->next)
		good &= member_read(reading, node, &exception, &seen);
	if (!is_whole(reading, item->line, seen) || !good) {
		exception_clear(&exception);
		return false;
	}
	out->at = must_realloc(out->at, (out->count + 1) * sizeof(*out->at));
	out->at[out->count++] = exception;
	return true;
}

static int
by_domain(const void *a, const void *b)
{
	const struct settings_exception *const *x = a, *const *y = b;
	int order = strcmp((*x)->domain, (*y)->domain);

	return order != 0 ? order : ((*x)->line > (*y)->line) - ((*x)->line < (*y)->line);
}

static bool
domains_are_single(struct reading *reading)
{
	size_t count = reading->out->count;
	struct settings_exception **sorted = must_alloc(count * sizeof(*sorted));
	bool good = true;

	for (size_t i = 0; i < count; i++)
		sorted[i] = &reading->out->at[i];
	qsort(sorted, count, sizeof(struct settings_exception *), by_domain);
	for (size_t i = 1; i < count; i++)
		if (strcmp(sorted[i]->domain, sorted[i - 1]->domain) == 0) {
			complaints_add(reading->complaints, reading->file, sorted[i]->line,
			    "%s: there is one for \"%s\" already, on line %u", reading->key->name, sorted[i]->domain,
			    sorted[i - 1]->line);
			good = false;
		}
	free(sorted);
	return good;
}

bool
exceptions_read(const struct node *list, const struct key *key, const char *file, struct complaints *complaints,
    struct settings_exceptions *out)
{
	struct reading reading = { key, file, complaints, out };
	bool good = true;

	for (const struct node *item = list->first; item != NULL; item = item->next)
		good &= item_read(&reading, item);
	return domains_are_single(&reading) && good;
}

void
exceptions_check(const struct settings *settings, int64_t now_s, struct complaints *complaints)
{
	char until[DATE_TEXT];

	for (size_t i = 0; i < settings->exceptions.count; i++) {
		const struct settings_exception *exception = &settings->exceptions.at[i];

		if (exception->until_s <= now_s)
			complaints_warn(complaints, settings->file, exception->line,
			    "exceptions: the one for %s ended %s and does not count", exception->domain,
			    date_format_end(exception->until_s, until));
	}
}

void
exceptions_clear(struct settings_exceptions *exceptions)
{
	for (size_t i = 0; i < exceptions->count; i++)
		exception_clear(&exceptions->at[i]);
	free(exceptions->at);
	*exceptions = (struct settings_exceptions){ NULL, 0 };
}
