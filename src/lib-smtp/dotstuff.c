/* Lines are searched with memchr and handed out in runs as long as can be. */
#include "smtp/dotstuff.h"

void
dotstuff_init(struct dotstuff *dotstuff, bool is_dotted)
{
	*dotstuff = (struct dotstuff){ .state = DOTSTUFF_LINE_START, .is_dotted = is_dotted };
}

/* How much of a text up to its LF, or without one, may be sent; the rest of a line waits for what comes behind a CR. */
static size_t
line_measure(struct dotstuff *dotstuff, struct span text)
{
	size_t lf = span_find(text, '\n'), cr = span_find(span_first(text, lf), '\r');

	if (lf < text.length) {
		/* The only CR of the line stands before its LF. */
		if (cr + 1 != lf) {
			dotstuff->is_bad = true;
			return 0;
		}
		dotstuff->state = DOTSTUFF_LINE_START;
		return lf + 1;
	}
	if (cr < text.length) {
		if (cr + 1 < text.length) {
			dotstuff->is_bad = true;
			return 0;
		}
		dotstuff->state = DOTSTUFF_CR;
		return cr;
	}
	dotstuff->state = DOTSTUFF_TEXT;
	return text.length;
}

/* Whole lines, as long as none begins with a dot that needs another. */
static size_t
run_measure(struct dotstuff *dotstuff, struct span content)
{
	size_t length = 0;

	while (length < content.length && !dotstuff->is_bad) {
		if (dotstuff->state == DOTSTUFF_CR)
			break;
		if (dotstuff->state == DOTSTUFF_LINE_START && dotstuff->is_dotted && content.data[length] == '.')
			break;
		length += line_measure(dotstuff, span_skip(content, length));
	}
	return length;
}

bool
dotstuff_next(struct dotstuff *dotstuff, struct span *content, struct span *piece)
{
	size_t length;

	if (content->length == 0 || dotstuff->is_bad)
		return false;
	if (dotstuff->state == DOTSTUFF_CR) {
		if (content->data[0] != '\n') {
			dotstuff->is_bad = true;
			return false;
		}
		*content = span_skip(*content, 1);
		*piece = SPAN("\r\n");
		dotstuff->state = DOTSTUFF_LINE_START;
		return true;
	}
	if (dotstuff->state == DOTSTUFF_LINE_START && dotstuff->is_dotted && content->data[0] == '.') {
		*piece = SPAN(".");
		dotstuff->state = DOTSTUFF_DOTTED;
		return true;
	}
	length = run_measure(dotstuff, *content);
	*piece = span_first(*content, length);
	*content = span_skip(*content, length);
	/* A CR at the very end is taken, and waits. */
	if (dotstuff->state == DOTSTUFF_CR)
		*content = span_skip(*content, 1);
	return piece->length > 0;
}

struct span
dotstuff_end(struct dotstuff *dotstuff)
{
	if (dotstuff->state == DOTSTUFF_CR)
		dotstuff->is_bad = true;
	if (!dotstuff->is_dotted || dotstuff->is_bad)
		return SPAN("");
	return dotstuff->state == DOTSTUFF_LINE_START ? SPAN(".\r\n") : SPAN("\r\n.\r\n");
}
