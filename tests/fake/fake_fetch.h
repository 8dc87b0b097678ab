/* Policy hosts that have what the test gives them. Domains that it gave nothing have no address. */
#ifndef TESTS_FAKE_FAKE_FETCH_H
#define TESTS_FAKE_FAKE_FETCH_H

#include "policy/fetch.h"

/* From now on the domain's policy file is this. */
void fake_fetch_file(const char *domain, const char *body);

/* From now on fetching it ends so. */
void fake_fetch_fail(const char *domain, enum fetch_end end);

/* Fetches wait until fake_fetch_release(). */
void fake_fetch_hold(void);
void fake_fetch_release(void);

/* Fetches begun so far, of all domains or of one; those under way; those of these that are urgent. */
unsigned fake_fetches(const char *domain);
unsigned fake_fetches_open(void);
unsigned fake_fetches_urgent(void);

#endif
