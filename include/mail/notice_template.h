/*
 * The template of notices to peers: one file for a language, plain text (UTF-8), in sections.
 *
 *	# a comment
 *	[language]			two letters: "en"
 *	[subject]			one line
 *	[opening]			paragraphs ...
 *	[fault starttls-not-supported]	what was seen, by word of policy/reason.h
 *	[change starttls-not-supported postfix]	what to change in whose software; without one, "[change WORD]" counts
 *
 * {name} stands for a value; which ones there are is in notice_template.c. A "{" that is meant is written "{{". Values are put in once:
 * what they contain is never read as a template.
 */
#ifndef MAIL_NOTICE_TEMPLATE_H
#define MAIL_NOTICE_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/span.h"

/* Is the whole text a good template? Returns true, or false with a sentence that has the line in why. */
bool notice_template_is_good(struct span text, char *why, size_t size);

/* The text of a section, "fault starttls-refused"; false = it has none. Borrowed from text. */
bool notice_template_section(struct span text, struct span name, struct span *section);

#endif
