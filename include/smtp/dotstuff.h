/*
 * Content on its way out, by DATA with stuffed dots and the end of RFC 5321 4.1.1.4, or by BDAT as it is. A CR or a LF
 * that stands alone never leaves: content that has one is refused, whatever let it in.
 */
#ifndef SMTP_DOTSTUFF_H
#define SMTP_DOTSTUFF_H

#include "base/span.h"

struct dotstuff {
	enum { DOTSTUFF_LINE_START, DOTSTUFF_DOTTED, DOTSTUFF_TEXT, DOTSTUFF_CR } state;
	bool is_dotted;		/* by DATA */
	bool is_bad;		/* a CR or a LF stood alone: the content must not be completed */
};

void dotstuff_init(struct dotstuff *dotstuff, bool is_dotted);

/*
 * Take the next piece to send off *content; it is borrowed from there or static. Returns false when nothing is left,
 * or when is_bad was found: what was handed out until then is harmless.
 */
bool dotstuff_next(struct dotstuff *dotstuff, struct span *content, struct span *piece);

/*
 * What ends the content: "\r\n.\r\n", or ".\r\n" behind a line that is whole; nothing for BDAT. Sets is_bad when a CR was
 * left alone.
 */
struct span dotstuff_end(struct dotstuff *dotstuff);

#endif
