/* What a domain would be told of the facts that a room has told (RFC 8460), by way of a real ledger: from the session to the JSON. */
#ifndef TESTS_SCENARIO_REPORTED_H
#define TESTS_SCENARIO_REPORTED_H

/* From now on facts are kept for reported_policies(), as told_facts() reads them. */
void reported_begin(void);

/*
 * The value of "policies" in the report on the domain for today, without white space between values, from all that was told since the last
 * call; "" = there would be none. Valid until the next call.
 */
const char *reported_policies(const char *domain);

#endif
