# lib-loop: the event loop, clocks, timers, streams (a seam: tests link libfakes.a instead).
noinst_LIBRARIES += libloop.a
libloop_a_SOURCES = %D%/clock.c %D%/internal.h %D%/loop.c %D%/reap.c %D%/stream.c %D%/sync.c %D%/timer.c
