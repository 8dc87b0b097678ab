/* Report's looks at hosts, without a report room: questions, and answers as lines. */
#ifndef TESTS_SCENARIO_LOOKED_H
#define TESTS_SCENARIO_LOOKED_H

#include <stdbool.h>

/* Ask for a look at a host of the domain; "" = any. False: the room does not understand. */
bool looked_ask(unsigned id, const char *domain, const char *host);

/*
 * The oldest answer that was not taken yet; NULL = there is none. "-" is what is empty; of the host's octets those that are no printable
 * ASCII are \xHH, and the end of a line is \n.
 *   ID seen|gone|unknown HOST IP REASON VERDICT VERSION CIPHER EXPIRES "CERTIFICATE" "DETAIL" banner="..." talk="..."
 */
const char *looked_take(void);

/* How many octets the transcript of the answer that was taken last has. */
unsigned looked_transcript(void);

#endif
