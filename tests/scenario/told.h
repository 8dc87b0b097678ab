/* What a room has told the ledger, without a report room: facts as lines. */
#ifndef TESTS_SCENARIO_TOLD_H
#define TESTS_SCENARIO_TOLD_H

/*
 * Everything that was told since the last call, answered as kept: facts in the order of the alphabet, with " | " between.
 *   DIRECTION PEER IP DOMAIN REASON tls=ANSWER sessions=N messages=N own=0|1 VERSION cert=WORD EVIDENCE APPLIED PUBLISHED OBSERVED
 *   offers=BITS "DETAIL"
 * where "-" is what is empty. "" = nothing was told.
 */
const char *told_facts(void);

#endif
