/* The clock that durations are taken from. */
#ifndef TB_RUNTIME_BASE_CLOCK_H
#define TB_RUNTIME_BASE_CLOCK_H

#include <stdint.h>

/* Nanoseconds since an unspecified start: never goes back, keeps running through time changes. */
uint64_t tb_clock_ns(void);

/* The same clock as it stood at the last tick, some milliseconds ago at most: never ahead of it, and
   cheap enough for inner loops. */
uint64_t tb_clock_coarse_ns(void);

#endif
