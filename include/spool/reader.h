/* Reading one sealed body with its own key: what relay and report are handed. */
#ifndef SPOOL_READER_H
#define SPOOL_READER_H

#include "base/span.h"
#include "mail/envelope.h"

struct body_reader;

/* fd (the segment, readable) becomes the reader's; the place is copied. */
struct body_reader *body_reader_new(int fd, const struct body_place *place);
void body_reader_free(struct body_reader **reader);	/* tolerates NULL, leaves NULL; the key is wiped */

/*
 * The next chunk of content, up to 64 KiB, borrowed until the next call.
 * Returns 1, 0 at the end, or -1 with errno: EBADMSG when a chunk is damaged, missing or out of order.
 */
int body_reader_next(struct body_reader *reader, struct span *chunk);

/* From the first chunk again. */
void body_reader_rewind(struct body_reader *reader);

#endif
