/* Policy hosts that have what the test gives them, and hosts that take reports. Those that it gave nothing have no address. */
#ifndef TESTS_FAKE_FAKE_FETCH_H
#define TESTS_FAKE_FAKE_FETCH_H

#include "policy/fetch.h"

/* From now on the domain's policy file is this. */
void fake_fetch_file(const char *domain, const char *body);

/* From now on fetching it ends so. */
void fake_fetch_fail(const char *domain, enum fetch_end end);

/* From now on a post to the host ends so; with FETCH_STATUS it is this one. */
void fake_fetch_post(const char *host, enum fetch_end end, unsigned status);

/* What was posted last, borrowed until the next; its number of octets is 0 when nothing was. */
const struct fetch_post *fake_fetch_posted(void);

/* Fetches wait until fake_fetch_release(). */
void fake_fetch_hold(void);
void fake_fetch_release(void);

/* Fetches begun so far, of all domains or of one; those under way; those of these that are urgent. */
unsigned fake_fetches(const char *domain);
unsigned fake_fetches_open(void);
unsigned fake_fetches_urgent(void);

#endif
