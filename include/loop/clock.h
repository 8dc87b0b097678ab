/* Time as the current turn of the loop has it; a fake moves it by hand. */
#ifndef LOOP_CLOCK_H
#define LOOP_CLOCK_H

#include <stdint.h>

/* Milliseconds that only go forward: for time-outs within one life of the process. */
int64_t clock_ms(void);

/* Microseconds of the same, read at once: for what is shorter than a turn. */
int64_t clock_us(void);

/* Seconds since the machine was started, those included in which it slept: nobody sets this one. */
int64_t clock_up(void);

/* Seconds and milliseconds since the epoch, UTC: for what is written down. */
int64_t clock_wall(void);
int64_t clock_wall_ms(void);

/* Read the clocks again; the loop does it once per turn. */
void clock_update(void);

#endif
