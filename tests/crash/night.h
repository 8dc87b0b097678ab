/* After a crash: queue starts over what is left, and everything that was promised holds. */
#ifndef TESTS_CRASH_NIGHT_H
#define TESTS_CRASH_NIGHT_H

#include "day.h"

/* For complaints: where the crash was, printf-like. Kept until the next. */
__attribute__((format(printf, 1, 2))) void night_where(const char *format, ...);

/* Say what is wrong, with the log, and end the program. */
__attribute__((noreturn, format(printf, 1, 2))) void night_complain(const char *format, ...);

/*
 * Hold a started house against what the world knows after so many events:
 *   every message whose commit had called back with 0, and which has no end yet, is there, every octet of it
 *   no recipient whose end was recorded and synced is pending again
 *   nothing is held that was released, and nothing is there that was removed
 *   nothing is there that was never handed to record_commit()
 *   nothing is called damaged: a crash is not damage
 */
void night_check(struct house *house, const struct world *world, size_t events);

/* Does the message's content open, every octet of it the right one? */
bool night_content_is_whole(struct house *house, struct message *message, const struct known *known);

/* Start over what a crash left, look, and end. */
void night_recover(const struct wreck *wreck, struct choice choice, const struct world *world, size_t events);

#endif
