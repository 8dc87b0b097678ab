/* Nothing is freed in a callback that may still be using it: it is freed after the turn. */
#ifndef LOOP_REAP_H
#define LOOP_REAP_H

/* Call free_it(thing) when the loop's turn is over. */
void reap_later(void (*free_it)(void *thing), void *thing);

#endif
