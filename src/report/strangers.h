/*
 * Are senders told of mail that a stranger brought? What a stranger calls the sender may be anybody's name, and each notification then a
 * mail to somebody who has nothing to do with it: nobody gets more than so many an hour of mail that SPF does not vouch for (RFC 5321 6.2;
 * standards.md N17, NX1): so many of failures, and as many of all else.
 */
#ifndef REPORT_STRANGERS_H
#define REPORT_STRANGERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

#define STRANGERS_KEPT 10000	/* senders that are counted; the oldest makes room */
#define STRANGERS_MS 3600000	/* from the first that one of them is told */

struct envelope;
struct strangers;

struct strangers *strangers_new(void);
void strangers_free(struct strangers **strangers);	/* tolerates NULL, leaves NULL */

/*
 * May the envelope's sender be told? Counts it as told when so.
 *   most         within STRANGERS_MS; 0 = any number
 *   tells_forged senders are told although SPF says that it is not they
 *   now_ms       of a clock that only goes forward
 *   is_failure   of mail that will not be delivered: no delay, and nothing else that may be said before, takes the place of that
 * Returns NULL, or why not, in a word for the log.
 */
const char *strangers_take(struct strangers *strangers, const struct envelope *envelope, bool is_failure, uint64_t most, bool tells_forged,
    int64_t now_ms);

/* It came to nothing: nobody was told. "" is nobody. */
void strangers_give_back(struct strangers *strangers, struct span sender, bool is_failure);

#endif
